using System.Globalization;

namespace Scheduler.Tests.Schedules;

/// <summary>
/// When a cron expression is due, worked out from the rule of docs/schedules.md alone: every local time of some days is held against the fields, one
/// by one, and then against the stretches of a zone file. Shares nothing with the product: no bits, no search, no <see cref="TimeZoneInfo"/>.
/// </summary>
internal sealed class CronJudge(string text)
{
    private static readonly string[] Months = ["", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    private static readonly string[] Days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
    private readonly string[] words = text.ToUpperInvariant().Split(' ');

    private int Shift => words.Length == 5 ? 0 : 1;

    private bool IsInterval => (words[Shift] + words[Shift + 1]).IndexOfAny(['*', '-', '/']) >= 0;

    /// <summary>Every due instant within the stretches, but for the first and last day of them, in order.</summary>
    public SortedSet<long> Due(IReadOnlyList<ZoneFile.Stretch> stretches)
    {
        var due = new SortedSet<long>();
        var first = DateTime.UnixEpoch.AddSeconds(stretches[0].From + stretches[0].Offset).Date.AddDays(1);
        var last = DateTime.UnixEpoch.AddSeconds(stretches[^1].Until + stretches[^1].Offset).Date.AddDays(-1);
        foreach (var local in Times(first, last))
        {
            var shown = stretches.Where(s => s.From + s.Offset <= local && local < s.Until + s.Offset).Select(s => local - s.Offset).ToList();
            if (shown.Count == 0) { due.Add(stretches.First(s => s.From + s.Offset > local).From); }
            else if (IsInterval) { due.UnionWith(shown); }
            else { due.Add(shown.Min()); }
        }
        return due;
    }

    private IEnumerable<long> Times(DateTime first, DateTime last)
    {
        var seconds = Shift == 0 ? [0] : Numbers(words[0], 0, 59);
        var (minutes, hours) = (Numbers(words[Shift], 0, 59), Numbers(words[Shift + 1], 0, 23));
        for (var day = first; day < last; day = day.AddDays(1))
        {
            if (!HasDay(day)) { continue; }
            foreach (var hour in hours)
            {
                foreach (var minute in minutes)
                {
                    foreach (var second in seconds)
                    {
                        yield return (long)(day - DateTime.UnixEpoch).TotalSeconds + (hour * 3600) + (minute * 60) + second;
                    }
                }
            }
        }
    }

    private bool HasDay(DateTime day)
    {
        if (words.Length == 7 && !Numbers(words[6], 1970, 2299).Contains(day.Year)) { return false; }
        if (!Numbers(words[Shift + 3], 1, 12, Months).Contains(day.Month)) { return false; }
        var (ofMonth, ofWeek) = (words[Shift + 2], words[Shift + 4]);
        var (any, anyWeekday) = (ofMonth is "*" or "?", ofWeek is "*" or "?");
        return (any && anyWeekday) || (!any && ofMonth.Split(',').Any(i => IsDay(i, day))) || (!anyWeekday && IsWeekday(ofWeek, day));
    }

    private static bool IsDay(string item, DateTime day)
    {
        var last = DateTime.DaysInMonth(day.Year, day.Month);
        if (item.IndexOfAny(['L', 'W']) < 0) { return Numbers(item, 1, 31).Contains(day.Day); }
        var digits = new string([.. item.Where(char.IsDigit)]);
        var number = digits.Length == 0 ? 0 : int.Parse(digits, CultureInfo.InvariantCulture);
        number = item[0] == 'L' ? last - number : Math.Min(number, last);
        if (number < 1) { return false; }
        if (!item.EndsWith('W')) { return number == day.Day; }
        // Of Monday to Friday of the month the one with the fewest days between; there is never more than one.
        var target = new DateTime(day.Year, day.Month, number);
        var nearest = Enumerable.Range(1, last).Select(d => new DateTime(day.Year, day.Month, d))
            .Where(d => d.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday)).MinBy(d => Math.Abs((d - target).Days));
        return nearest.Day == day.Day;
    }

    private bool IsWeekday(string field, DateTime day)
    {
        var (name, last) = (Days[(int)day.DayOfWeek], DateTime.DaysInMonth(day.Year, day.Month));
        bool Is(string value) => value == name || (value.Length == 1 && char.IsDigit(value[0]) && (value[0] - '0' - Shift) % 7 == (int)day.DayOfWeek);
        if (field == "L") { return day.DayOfWeek == DayOfWeek.Saturday; }
        if (field.EndsWith('L') && field.Length < 5) { return Is(field[..^1]) && day.Day > last - 7; }
        if (field.Split('#') is [var which, var nth]) { return Is(which) && (day.Day - 1) / 7 == nth[0] - '1'; }
        return Numbers(field, Shift == 0 ? 0 : 1, 7, Days, Shift).Any(n => (n - Shift) % 7 == (int)day.DayOfWeek);
    }

    private static HashSet<int> Numbers(string field, int lowest, int highest, string[]? names = null, int shift = 0)
    {
        int Number(string value) => names is not null && Array.IndexOf(names, value) is >= 0 and var at ? at + shift
            : int.Parse(value, CultureInfo.InvariantCulture);
        var numbers = new HashSet<int>();
        foreach (var item in field.Split(','))
        {
            var (range, step) = item.Split('/') is [var before, var by] ? (before, int.Parse(by, CultureInfo.InvariantCulture)) : (item, 1);
            var ends = range.Split('-');
            var from = range is "*" or "?" ? lowest : Number(ends[0]);
            var to = range is "*" or "?" ? highest : ends.Length == 2 ? Number(ends[1]) : item == range ? from : highest;
            // Over the end: count on, and what is beyond begins anew; Sunday is both ends of a Unix week.
            var round = names is not null ? names.Count(n => n.Length > 0) : highest - lowest + 1;
            if (to < from && from == lowest + round) { from = lowest; }
            for (var n = from; n <= (to < from ? to + round : to); n += step) { numbers.Add(n > highest ? n - round : n); }
        }
        return numbers;
    }
}
