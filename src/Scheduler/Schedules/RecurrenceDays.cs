using System.Numerics;

namespace Scheduler.Schedules;

/// <summary>
/// The days a rule names: those that each of BYMONTH, BYWEEKNO, BYYEARDAY, BYMONTHDAY and BYDAY lets through. Whether RFC 5545 §3.3.10 calls a part
/// expanding or limiting in its table, the days that come out are those all parts agree on. What the rule leaves out comes from its anchor
/// ("information … necessary to determine the various recurrence instance start time and dates are derived from the Start Time").
/// </summary>
internal sealed class RecurrenceDays
{
    /// <summary>Days of 400 years. After them the calendar repeats, weekdays included: 146,097 is 20,871 weeks.</summary>
    public const int CalendarCycle = 146_097;
    private const int YearMost = 366;
    private const int Words = 6;

    private readonly DayOfWeek weekStart;
    private readonly bool[]? months;
    private readonly Places? weeks;
    private readonly Places? yearDays;
    private readonly Places? monthDays;
    private readonly (int Number, DayOfWeek Day)[] weekdays;
    private readonly bool numbersAreOfTheMonth;
    // Years are of 28 kinds: seven weekdays of 1 January, leap or not, the year before leap or not (its last week reaches into January).
    private readonly ulong[]?[] kinds = new ulong[28][];

    public RecurrenceDays(RecurrenceRule rule, DateTime anchor)
    {
        weekStart = rule.WeekStart;
        var inMonths = rule.By("BYMONTH");
        var (ofWeeks, ofYear, ofMonth) = (rule.By("BYWEEKNO"), rule.By("BYYEARDAY"), rule.By("BYMONTHDAY"));
        weekdays = [.. rule.Weekdays];
        numbersAreOfTheMonth = rule.Frequency == RuleFrequency.Monthly || inMonths.Length > 0;
        if (weekdays.Length == 0 && ofYear.Length == 0 && ofMonth.Length == 0)
        {
            if (rule.Frequency == RuleFrequency.Weekly || ofWeeks.Length > 0) { weekdays = [(0, anchor.DayOfWeek)]; }
            else if (rule.Frequency is RuleFrequency.Yearly or RuleFrequency.Monthly) { ofMonth = [anchor.Day]; }
            if (rule.Frequency == RuleFrequency.Yearly && ofWeeks.Length == 0 && inMonths.Length == 0) { inMonths = [anchor.Month]; }
        }
        months = inMonths.Length == 0 ? null : [.. Enumerable.Range(0, 13).Select(m => inMonths.Contains(m))];
        weeks = Places.Of(ofWeeks);
        yearDays = Places.Of(ofYear);
        monthDays = Places.Of(ofMonth);
    }

    /// <summary>The first named day at or after one; null when there is none up to the end. Days are <see cref="DateOnly.DayNumber"/>s.</summary>
    public int? Next(long day, long end)
    {
        while (day <= end)
        {
            var year = DateOnly.FromDayNumber((int)day).Year;
            var start = YearStart(year);
            var mask = Mask(year);
            var place = (int)(day - start);
            for (var word = place / 64; word < Words; word++)
            {
                var rest = word == place / 64 ? mask[word] & (ulong.MaxValue << (place % 64)) : mask[word];
                if (rest == 0) { continue; }
                var found = start + (word * 64) + BitOperations.TrailingZeroCount(rest);
                return found <= end ? (int)found : null;
            }
            day = YearStart(year + 1);
        }
        return null;
    }

    /// <summary>Day number of 1 January, from year 1 on; also behind the calendar's last.</summary>
    public static long YearStart(long year)
    {
        var past = year - 1;
        return (past * 365) + (past / 4) - (past / 100) + (past / 400);
    }

    /// <summary>Day number of the first day of a year's week 1, the first week with at least four days in that year.</summary>
    public static long WeekOne(long year, DayOfWeek weekStart)
    {
        var fourth = YearStart(year) + 3;
        return fourth - ((WeekdayOf(fourth) - (int)weekStart + 7) % 7);
    }

    /// <summary>The year whose numbered weeks a day is in.</summary>
    public static int WeekYear(long day, DayOfWeek weekStart)
    {
        var year = DateOnly.FromDayNumber((int)day).Year;
        return day < WeekOne(year, weekStart) ? year - 1 : day >= WeekOne(year + 1, weekStart) ? year + 1 : year;
    }

    /// <summary>As <see cref="DayOfWeek"/>. Day 0, 0001-01-01, is a Monday.</summary>
    public static int WeekdayOf(long day) => (int)((day + 1) % 7);

    private ulong[] Mask(int year)
    {
        var kind = (WeekdayOf(YearStart(year)) * 4) + (DateTime.IsLeapYear(year) ? 2 : 0) + (DateTime.IsLeapYear(year - 1) ? 1 : 0);
        if (kinds[kind] is { } known) { return known; }
        var mask = new ulong[Words];
        var (start, length) = (YearStart(year), DateTime.IsLeapYear(year) ? YearMost : YearMost - 1);
        for (var (month, day, place) = (1, 1, 0); place < length; place++)
        {
            var monthLength = DateTime.DaysInMonth(year, month);
            if (Names(start + place, place + 1, length, month, day, monthLength)) { mask[place / 64] |= 1UL << (place % 64); }
            (month, day) = day == monthLength ? (month + 1, 1) : (month, day + 1);
        }
        return kinds[kind] = mask;
    }

    private bool Names(long day, int ofYear, int yearLength, int month, int ofMonth, int monthLength)
    {
        if (months is not null && !months[month]) { return false; }
        if (monthDays is not null && !monthDays.Have(ofMonth, monthLength)) { return false; }
        if (yearDays is not null && !yearDays.Have(ofYear, yearLength)) { return false; }
        if (weeks is not null)
        {
            var weekYear = WeekYear(day, weekStart);
            var first = WeekOne(weekYear, weekStart);
            var count = (int)(WeekOne(weekYear + 1, weekStart) - first) / 7;
            if (!weeks.Have(((int)(day - first) / 7) + 1, count)) { return false; }
        }
        if (weekdays.Length == 0) { return true; }
        var weekday = (DayOfWeek)WeekdayOf(day);
        var (place, length) = numbersAreOfTheMonth ? (ofMonth, monthLength) : (ofYear, yearLength);
        var (fromStart, fromEnd) = (((place - 1) / 7) + 1, -(((length - place) / 7) + 1));
        return weekdays.Any(d => d.Day == weekday && (d.Number == 0 || d.Number == fromStart || d.Number == fromEnd));
    }

    /// <summary>Places in a row, counted from its start and, negative, from its end.</summary>
    private sealed class Places(bool[] fromStart, bool[] fromEnd)
    {
        public static Places? Of(IReadOnlyCollection<int> numbers) => numbers.Count == 0 ? null : new(
            [.. Enumerable.Range(0, YearMost + 1).Select(n => numbers.Contains(n))],
            [.. Enumerable.Range(0, YearMost + 1).Select(n => numbers.Contains(-n))]);

        public bool Have(int place, int length) => fromStart[place] || fromEnd[length - place + 1];
    }
}
