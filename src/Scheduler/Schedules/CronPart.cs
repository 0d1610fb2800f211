namespace Scheduler.Schedules;

/// <summary>
/// A cron expression in its zone, reckoned by the house's own rule: the local times it names are laid on the zone's clocks. One that the clocks leave
/// out is due when they have been put forward. Of one that comes twice the first is due, and both where the expression is an interval
/// (<see cref="CronTimes.IsInterval"/>). So what is due is a set of instants, and the next one after an instant is the first
/// of the set: it does not matter from where it is asked. docs/decisions/0021 has what differs from Quartz's own and why.
/// </summary>
internal sealed record CronPart : SchedulePart
{
    // Cron has no years before 1970 and none after 2299, in any zone.
    private static readonly long FirstSecond = -TwoDays;
    private static readonly long LastSecond = new DateTimeOffset(CronTimes.YearLast + 1, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds() + TwoDays;
    // Longer than any change of the clocks.
    private const long TwoDays = 2 * 86400;
    // A stretch before a fold, the fold, the year's end, and the same again around the instant: nothing is looked for in between.
    private const int StretchesMax = 16;

    private readonly ZoneClock clock;

    private CronPart(string text, CronTimes times, TimeZoneInfo zone) : base(text) =>
        (Canonical, Times, clock) = ($"cron|{Plain}|{zone.Id}", times, ZoneClock.Of(zone));

    /// <inheritdoc />
    public override string Canonical { get; }

    /// <summary>The local times it names.</summary>
    public CronTimes Times { get; }

    /// <summary>Read 5 fields as Unix cron, 6 or 7 as Quartz's. Throws <see cref="ScheduleException"/>.</summary>
    public static CronPart Of(string text, string[] words, TimeZoneInfo zone) => new(text, CronReader.Read(text, words), zone);

    /// <inheritdoc />
    public override DateTimeOffset? Next(DateTimeOffset after)
    {
        var from = Math.Max(after.ToUnixTimeSeconds() + 1, FirstSecond);
        if (from > LastSecond) { return null; }
        return (Times.IsInterval ? NextOfInterval(from) : NextOfFixed(from)) is { } next ? DateTimeOffset.FromUnixTimeSeconds(next) : null;
    }

    // A local time is first due later than an instant exactly when the clocks have shown neither it nor a later one up to that instant.
    private long? NextOfFixed(long from) => Times.From(clock.LatestShown(from - 1) + 1) is { } local ? clock.First(local) : null;

    private long? NextOfInterval(long from)
    {
        for (var i = 0; i < StretchesMax; i++)
        {
            var stretch = clock.At(from);
            // Put forward at this very instant: over a time of it?
            if (from == stretch.From && Times.From(from + clock.At(from - 1).Offset) < from + stretch.Offset) { return from; }
            var local = Times.From(from + stretch.Offset);
            if (local < stretch.Until + stretch.Offset) { return local - stretch.Offset; }
            var far = stretch.Until - from > TwoDays;
            if (local is not { } later)
            {
                // Only clocks that are put back show times again that lie behind.
                if (far) { return null; }
                from = stretch.Until;
                continue;
            }
            // Nothing is due between here and there, and what a change far from here repeats lies there, too.
            from = far ? Math.Max(stretch.Until, later - stretch.Offset - TwoDays) : stretch.Until;
        }
        throw new InvalidOperationException($"schedule '{Text}' finds no instant near {DateTimeOffset.FromUnixTimeSeconds(from):u}");
    }
}
