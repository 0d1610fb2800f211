using System.Runtime.CompilerServices;

namespace Scheduler.Schedules;

/// <summary>A stretch of time during which a zone's offset stays the same. A change of the year ends one, too.</summary>
/// <param name="From">First second of it, counted from 1970-01-01T00:00:00Z.</param>
/// <param name="Until">First second after it.</param>
/// <param name="Offset">What the zone's clocks show more than UTC, in seconds.</param>
internal readonly record struct ZoneStretch(long From, long Until, int Offset);

/// <summary>
/// What a zone's clocks show, and when they show it. Built from the one answer of <see cref="TimeZoneInfo"/> that is right in every zone: the offset
/// at an instant. Its answers about local times (what is invalid or ambiguous) are wrong where winter is the exception, as in Dublin and
/// Casablanca, so they are worked out here. Keeps what it has looked up, year by year; safe for any number of threads.
/// </summary>
internal sealed class ZoneClock
{
    // The years of cron expressions with one on either side; what lies outside is looked up each time, but for the year asked about last.
    private const int KeptFrom = 1969;
    private const int KeptUntil = 2300;
    // Clocks are changed twice within a few weeks at the closest; a quarter of a day finds each change for certain.
    private const long StepSeconds = 6 * 3600;
    // No clock is further from UTC than this, nor was ever put on or back by more: Apia left out a whole day in 2011.
    private const long ShiftMost = 26 * 3600;
    private static readonly ConditionalWeakTable<TimeZoneInfo, ZoneClock> Clocks = [];

    private readonly TimeZoneInfo zone;
    private readonly ZoneStretch[]?[] kept = new ZoneStretch[]?[KeptUntil - KeptFrom + 1];
    private volatile FarYear? far;

    private ZoneClock(TimeZoneInfo zone) => this.zone = zone;

    /// <summary>The clock of a zone, the same each time.</summary>
    public static ZoneClock Of(TimeZoneInfo zone) => Clocks.GetValue(zone, static z => new(z));

    /// <summary>The stretch an instant lies in. Instants and local times are seconds since 1970-01-01T00:00:00, as everywhere in this
    /// class.</summary>
    public ZoneStretch At(long instant)
    {
        var stretches = OfYear(DateTime.UnixEpoch.AddSeconds(instant).Year);
        var i = 0;
        while (instant >= stretches[i].Until) { i++; }
        return stretches[i];
    }

    /// <summary>What the clocks show at an instant.</summary>
    public long Local(long instant) => instant + At(instant).Offset;

    /// <summary>
    /// The first instant at which the clocks show a local time or a later one: the first of the two for a time that comes twice, the end of the gap
    /// for one that is left out.
    /// </summary>
    public long First(long local)
    {
        var stretch = At(local - ShiftMost);
        while (local >= stretch.Until + stretch.Offset) { stretch = At(stretch.Until); }
        return Math.Max(stretch.From, local - stretch.Offset);
    }

    /// <summary>True when the clocks never show that local time, for they are put forward over it.</summary>
    public bool LeavesOut(long local) => Local(First(local)) != local;

    /// <summary>The latest local time that the clocks have shown up to an instant, that one included: put back, they have shown later ones.</summary>
    public long LatestShown(long instant)
    {
        var stretch = At(instant);
        var latest = instant + stretch.Offset;
        while (stretch.From > instant - ShiftMost)
        {
            stretch = At(stretch.From - 1);
            latest = Math.Max(latest, stretch.Until - 1 + stretch.Offset);
        }
        return latest;
    }

    private ZoneStretch[] OfYear(int year)
    {
        if (year is >= KeptFrom and <= KeptUntil) { return kept[year - KeptFrom] ??= LookUp(year); }
        if (far is { } last && last.Year == year) { return last.Stretches; }
        var stretches = LookUp(year);
        far = new(year, stretches);
        return stretches;
    }

    private ZoneStretch[] LookUp(int year)
    {
        var stretches = new List<ZoneStretch>();
        var from = Seconds(new DateTime(year, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var end = year < 9999 ? Seconds(new DateTime(year + 1, 1, 1, 0, 0, 0, DateTimeKind.Utc)) : long.MaxValue / 2;
        var last = year < 9999 ? end : Seconds(DateTime.MaxValue);
        var offset = OffsetAt(from);
        for (var at = from; at < last;)
        {
            var to = Math.Min(at + StepSeconds, last);
            var then = OffsetAt(Math.Min(to, last - 1));
            if (then != offset)
            {
                var change = Change(at, to, offset);
                stretches.Add(new(from, change, offset));
                (from, offset, to) = (change, OffsetAt(change), change);
            }
            at = to;
        }
        stretches.Add(new(from, end, offset));
        return [.. stretches];
    }

    // The first second after one that has the offset and up to one that has another.
    private long Change(long with, long without, int offset)
    {
        while (without - with > 1)
        {
            var middle = (with + without) / 2;
            if (OffsetAt(middle) == offset) { with = middle; }
            else { without = middle; }
        }
        return without;
    }

    private int OffsetAt(long instant) => (int)(zone.GetUtcOffset(DateTime.UnixEpoch.AddSeconds(instant)).Ticks / TimeSpan.TicksPerSecond);

    private static long Seconds(DateTime utc) => (utc - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond;

    private sealed record FarYear(int Year, ZoneStretch[] Stretches);
}
