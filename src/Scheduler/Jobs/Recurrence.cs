using System.Collections.Immutable;
using System.Numerics;

namespace Scheduler.Jobs;

/// <summary>
/// When a rule is due, in local times that know no zone: RFC 5545 §3.3.10, counted from an anchor (DTSTART). The anchor itself is due only where the
/// rule names it. An answer is found by arithmetic near the time asked about, never by walking from the anchor; only COUNT walks, once.
/// </summary>
internal sealed class Recurrence
{
    private const int DaySeconds = RecurrenceTimes.DaySeconds;
    // The last month of the calendar is left out, so that no zone's arithmetic leaves it.
    private static readonly DateTime Last = new(9999, 12, 1);

    private readonly RuleFrequency frequency;
    private readonly DayOfWeek weekStart;
    private readonly bool hasWeeks;
    private readonly ImmutableArray<int> positions;
    private readonly RecurrenceDays days;
    // Of a day; of the hours or minutes of a day where these are what the rule repeats by, at their beginning.
    private readonly RecurrenceTimes times;
    // Seconds of a unit the rule repeats by: a day, an hour, a minute, a second; and those it is due at within an hour or minute.
    private readonly int unit;
    private readonly int[] within;
    private readonly long interval;
    // What INTERVAL is counted from: a year, month, week, day, hour, minute or second, see PeriodOf.
    private readonly long origin;
    private readonly long begins;
    // The rule is the same again after so many days, so a search that long has seen all of it.
    private readonly long cycleDays;
    private readonly Lazy<long> ends;

    /// <summary>A rule and what it counts from.</summary>
    /// <param name="rule">The rule. Its UNTIL counts here when it is local.</param>
    /// <param name="anchor">DTSTART: what INTERVAL counts from and where what the rule leaves out is taken from. Whole seconds.</param>
    /// <param name="begins">Not due before this. Default: the anchor.</param>
    public Recurrence(RecurrenceRule rule, DateTime anchor, DateTime? begins = null)
    {
        (frequency, weekStart, interval) = (rule.Frequency, rule.WeekStart, rule.Interval);
        hasWeeks = rule.By("BYWEEKNO").Length > 0;
        positions = rule.By("BYSETPOS");
        days = new RecurrenceDays(rule, anchor);
        int[] Given(string name, int left) => rule.By(name) is { Length: > 0 } given ? [.. given] : [left];
        int[] Limits(string name, int count) => rule.By(name) is { Length: > 0 } given ? [.. given] : [.. Enumerable.Range(0, count)];
        // A system without leap seconds reads 60 as 59 (RFC 5545 §3.3.12).
        int[] Whole(int[] seconds) => [.. seconds.Select(s => Math.Min(s, 59)).Distinct()];
        (unit, times, within) = frequency switch
        {
            RuleFrequency.Hourly => (3600, new RecurrenceTimes(Limits("BYHOUR", 24), [0], [0]), Chosen(
                [.. from m in Given("BYMINUTE", anchor.Minute) from s in Whole(Given("BYSECOND", anchor.Second)) select (m * 60) + s])),
            RuleFrequency.Minutely => (60, new RecurrenceTimes(Limits("BYHOUR", 24), Limits("BYMINUTE", 60), [0]),
                Chosen(Whole(Given("BYSECOND", anchor.Second)))),
            RuleFrequency.Secondly => (1, new RecurrenceTimes(Limits("BYHOUR", 24), Limits("BYMINUTE", 60), Whole(Limits("BYSECOND", 60))),
                Chosen([0])),
            _ => (DaySeconds, new RecurrenceTimes(
                Given("BYHOUR", anchor.Hour), Given("BYMINUTE", anchor.Minute), Whole(Given("BYSECOND", anchor.Second))), (int[])[]),
        };
        var start = anchor.Ticks / TimeSpan.TicksPerSecond;
        this.begins = (begins ?? anchor).Ticks / TimeSpan.TicksPerSecond;
        origin = unit < DaySeconds ? start / unit : PeriodOf(start / DaySeconds);
        cycleDays = Cycle();
        var until = rule.Until is { Kind: not DateTimeKind.Utc } local && local < Last ? local : Last;
        ends = new(() => rule.Count is { } count ? Counted(count) : until.Ticks / TimeSpan.TicksPerSecond);
    }

    /// <summary>The first due time strictly after one; null when there is none, or none before December 9999.</summary>
    public DateTime? Next(DateTime after)
    {
        var from = Math.Max(begins, (after.Ticks / TimeSpan.TicksPerSecond) + 1);
        // Asked about first: the end of a rule that counts is known only after a walk.
        return from < Last.Ticks / TimeSpan.TicksPerSecond && Search(from) is { } found && found <= ends.Value
            ? new DateTime(found * TimeSpan.TicksPerSecond) : null;
    }

    private long Counted(int count)
    {
        var last = begins - 1;
        for (var i = 0; i < count; i++)
        {
            if (Search(last + 1) is not { } next) { break; }
            last = next;
        }
        return last;
    }

    // Seconds since 0001-01-01; the first due one at or after the given.
    private long? Search(long from)
    {
        var (first, time) = Math.DivRem(from, DaySeconds);
        var (day, last) = (first, Math.Min(first + cycleDays, Last.Ticks / TimeSpan.TicksPerDay));
        while (days.Next(day, last) is { } named)
        {
            day = named;
            var second = day == first ? (int)time : 0;
            if (unit < DaySeconds)
            {
                if (InDay(day, second) is { } found) { return (day * DaySeconds) + found; }
                day = DayOfNextUnit(day + 1);
                continue;
            }
            var period = PeriodOf(day);
            if (Behind(period) is > 0 and var behind) { day = DayOf(period + interval - behind); }
            else if (positions.Length == 0)
            {
                var found = times.First(second);
                if (found < DaySeconds) { return (day * DaySeconds) + found; }
                day++;
            }
            else if (InPeriod(period, from) is { } found) { return found; }
            else { day = DayOf(period + interval); }
        }
        return null;
    }

    // The hours, minutes or seconds of a day that the rule names and INTERVAL reaches.
    private int? InDay(long day, int second)
    {
        var start = day * (DaySeconds / unit);
        var place = second / unit;
        var rest = Array.FindIndex(within, w => w >= second % unit);
        if (rest < 0) { (place, rest) = (place + 1, 0); }
        if (within.Length == 0 || FirstUnit(place, origin - start, interval) is not { } found) { return null; }
        return (found * unit) + within[found == place ? rest : 0];
    }

    // The first unit of a day at or after one that the rule names and that is behind a remainder by whole steps.
    private int? FirstUnit(int from, long remainder, long step)
    {
        for (long place = from; place < DaySeconds / unit;)
        {
            var named = times.First((int)place * unit);
            if (named >= DaySeconds) { return null; }
            place = named / unit;
            var missing = Modulo(remainder - place, step);
            if (missing == 0) { return (int)place; }
            place += missing;
        }
        return null;
    }

    private long DayOfNextUnit(long day)
    {
        var units = DaySeconds / unit;
        return ((day * units) + Modulo(origin - (day * units), interval)) / units;
    }

    // BYSETPOS chooses from all times of one period, also from those before the anchor.
    private long? InPeriod(long period, long from)
    {
        var (day, last) = (DayOf(period), DayOf(period + 1) - 1);
        var named = new List<int>();
        for (var next = days.Next(day, last); next is { } found; next = days.Next(found + 1, last)) { named.Add(found); }
        var all = named.Count * times.Count;
        foreach (var place in positions.Select(p => p > 0 ? p - 1 : all + p).Where(p => p >= 0 && p < all).Distinct().Order())
        {
            var second = ((long)named[place / times.Count] * DaySeconds) + times.At(place % times.Count);
            if (second >= from) { return second; }
        }
        return null;
    }

    private int[] Chosen(int[] all)
    {
        Array.Sort(all);
        return positions.Length == 0 ? all : [.. positions.Select(p => p > 0 ? p - 1 : all.Length + p)
            .Where(p => p >= 0 && p < all.Length).Distinct().Order().Select(p => all[p])];
    }

    // How many periods a period is past the last that INTERVAL reaches.
    private long Behind(long period) => Modulo(period - origin, interval);

    private long PeriodOf(long day)
    {
        if (frequency == RuleFrequency.Weekly) { return (day + WeekShift()) / 7; }
        if (frequency == RuleFrequency.Daily) { return day; }
        // A week belongs to one year whole: the last days of December may be of the first week, and period, of the next.
        if (hasWeeks) { return RecurrenceDays.WeekYear(day, weekStart); }
        var date = DateOnly.FromDayNumber((int)day);
        return frequency == RuleFrequency.Yearly ? date.Year : (date.Year * 12) + date.Month - 1;
    }

    // First day of a period; long past the end when the calendar does not reach it.
    private long DayOf(long period)
    {
        switch (frequency)
        {
            case RuleFrequency.Weekly: return Math.Max(0, (period * 7) - WeekShift());
            case RuleFrequency.Daily: return period;
            case RuleFrequency.Yearly: return hasWeeks ? Math.Max(0, RecurrenceDays.WeekOne(period, weekStart)) : RecurrenceDays.YearStart(period);
            default:
                var (year, month) = Math.DivRem(period, 12);
                return year > Last.Year ? long.MaxValue : new DateOnly((int)year, (int)month + 1, 1).DayNumber;
        }
    }

    // Day 0 is a Monday; so many days of its week are before it.
    private int WeekShift() => ((int)DayOfWeek.Monday - (int)weekStart + 7) % 7;

    private long Cycle()
    {
        const int cycle = RecurrenceDays.CalendarCycle;
        long Together(long one, long other) => one / (long)BigInteger.GreatestCommonDivisor(one, other) * other;
        return frequency switch
        {
            RuleFrequency.Yearly => Together(400, interval) / 400 * cycle,
            RuleFrequency.Monthly => Together(4800, interval) / 4800 * cycle,
            RuleFrequency.Weekly => Together(cycle / 7, interval) * 7,
            RuleFrequency.Daily => Together(cycle, interval),
            _ => Together((long)cycle * (DaySeconds / unit), interval) / (DaySeconds / unit),
        };
    }

    private static long Modulo(long value, long divisor) => ((value % divisor) + divisor) % divisor;
}
