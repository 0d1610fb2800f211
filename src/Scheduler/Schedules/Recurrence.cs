using System.Collections.Immutable;
using System.Numerics;

namespace Scheduler.Schedules;

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
    private readonly Lazy<int[]> waits;
    // BYSETPOS chooses what is not there, or INTERVAL reaches no time of a day that is named.
    private readonly bool never;
    private Chosen? latest;

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
            RuleFrequency.Hourly => (3600, new RecurrenceTimes(Limits("BYHOUR", 24), [0], [0]), ChosenOf(
                [.. from m in Given("BYMINUTE", anchor.Minute) from s in Whole(Given("BYSECOND", anchor.Second)) select (m * 60) + s])),
            RuleFrequency.Minutely => (60, new RecurrenceTimes(Limits("BYHOUR", 24), Limits("BYMINUTE", 60), [0]),
                ChosenOf(Whole(Given("BYSECOND", anchor.Second)))),
            RuleFrequency.Secondly => (1, new RecurrenceTimes(Limits("BYHOUR", 24), Limits("BYMINUTE", 60), Whole(Limits("BYSECOND", 60))),
                ChosenOf([0])),
            _ => (DaySeconds, new RecurrenceTimes(
                Given("BYHOUR", anchor.Hour), Given("BYMINUTE", anchor.Minute), Whole(Given("BYSECOND", anchor.Second))), (int[])[]),
        };
        var start = anchor.Ticks / TimeSpan.TicksPerSecond;
        this.begins = (begins ?? anchor).Ticks / TimeSpan.TicksPerSecond;
        origin = unit < DaySeconds ? start / unit : PeriodOf(start / DaySeconds);
        cycleDays = Cycle();
        waits = new(Waits);
        never = unit < DaySeconds ? within.Length == 0 || (interval > 1 && times.Count < DaySeconds / unit && waits.Value[0] < 0)
            : frequency == RuleFrequency.Daily && positions.Length > 0 && !Places(times.Count).Any();
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
        var last = Math.Min((from / DaySeconds) + cycleDays, Last.Ticks / TimeSpan.TicksPerDay);
        return never ? null : unit == DaySeconds ? SearchDays(from, last) : SearchUnits(from, last);
    }

    private long? SearchDays(long from, long last)
    {
        var (first, time) = Math.DivRem(from, DaySeconds);
        var day = first;
        while (days.Next(day, last) is { } named)
        {
            day = named;
            var period = PeriodOf(day);
            if (Behind(period) is > 0 and var behind) { day = DayOf(period + interval - behind); }
            else if (positions.Length == 0)
            {
                var found = times.First(day == first ? (int)time : 0);
                if (found < DaySeconds) { return (day * DaySeconds) + found; }
                day++;
            }
            else
            {
                var all = InPeriod(period);
                var place = Array.FindIndex(all, s => s >= from);
                if (place >= 0) { return all[place]; }
                day = DayOf(period + interval);
            }
        }
        return null;
    }

    // BYSETPOS chooses from all times of one period, also from those before the anchor.
    private long[] InPeriod(long period)
    {
        // Asked many times about one period when the rule is walked. A lost write costs a second computation.
        if (latest is { } known && known.Period == period) { return known.Times; }
        var (day, last) = (DayOf(period), DayOf(period + 1) - 1);
        var named = new List<int>();
        for (var next = days.Next(day, last); next is { } found; next = days.Next(found + 1, last)) { named.Add(found); }
        long[] all = [.. Places(named.Count * times.Count).Select(p => ((long)named[p / times.Count] * DaySeconds) + times.At(p % times.Count))];
        latest = new Chosen(period, all);
        return all;
    }

    // The named days and the units that INTERVAL and the times of a day leave are asked in turn until they agree.
    private long? SearchUnits(long from, long last)
    {
        long perDay = DaySeconds / unit;
        var place = from / unit;
        var rest = Array.BinarySearch(within, (int)(from % unit));
        rest = rest < 0 ? ~rest : rest;
        if (rest == within.Length) { (place, rest) = (place + 1, 0); }
        var first = place;
        while (days.Next(place / perDay, last) is { } day)
        {
            place = NextUnit(Math.Max(place, day * perDay));
            if (place / perDay == day) { return (place * unit) + within[place == first ? rest : 0]; }
        }
        return null;
    }

    // The first unit at or after one that INTERVAL reaches and the times of a day name, on whatever day.
    private long NextUnit(long place)
    {
        var perDay = DaySeconds / unit;
        if (interval == 1)
        {
            var (day, ofDay) = Math.DivRem(place, perDay);
            var named = times.First((int)ofDay * unit);
            return named < DaySeconds ? (day * perDay) + (named / unit) : ((day + 1) * perDay) + (times.First(0) / unit);
        }
        var step = (place - origin + interval - 1) / interval;
        if (times.Count < perDay) { step += waits.Value[step % waits.Value.Length]; }
        return origin + (step * interval);
    }

    // Steps of INTERVAL come to the same time of a day again after so many; of each, how many steps it is to one that is named. -1: none is.
    private int[] Waits()
    {
        var perDay = DaySeconds / unit;
        var waiting = new int[perDay / (long)BigInteger.GreatestCommonDivisor(interval, perDay)];
        var wait = -1;
        for (var i = (2L * waiting.Length) - 1; i >= 0; i--)
        {
            var second = (int)((origin + (i * interval)) % perDay) * unit;
            wait = times.First(second) == second ? 0 : wait < 0 ? wait : wait + 1;
            waiting[i % waiting.Length] = wait;
        }
        return waiting;
    }

    // BYSETPOS of so many, as places from 0, ascending.
    private IEnumerable<int> Places(int count) =>
        positions.Select(p => p > 0 ? p - 1 : count + p).Where(p => p >= 0 && p < count).Distinct().Order();

    private int[] ChosenOf(int[] all)
    {
        Array.Sort(all);
        return positions.Length == 0 ? all : [.. Places(all.Length).Select(p => all[p])];
    }

    private sealed record Chosen(long Period, long[] Times);

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
