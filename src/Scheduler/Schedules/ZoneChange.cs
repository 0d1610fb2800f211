namespace Scheduler.Schedules;

/// <summary>A change of a zone's clocks.</summary>
/// <param name="At">When.</param>
/// <param name="Before">Offset from UTC until then.</param>
/// <param name="After">Offset from then on.</param>
internal sealed record ZoneChange(DateTimeOffset At, TimeSpan Before, TimeSpan After)
{
    /// <summary>How far ahead of the present the clocks are looked at.</summary>
    public const int MonthsAhead = 24;
    // What is said of changes ends a little before the calendar does.
    private const int LastYear = 9990;
    // No zone changes twice within a day.
    private static readonly TimeSpan Step = TimeSpan.FromDays(1);

    /// <summary>How long the clocks jump.</summary>
    public TimeSpan Length => (After - Before).Duration();
    /// <summary>True when times are left out, false when they come twice.</summary>
    public bool IsGap => After > Before;
    /// <summary>What the clocks show when they are changed.</summary>
    public DateTime Shown => At.UtcDateTime + Before;
    /// <summary>What they show then.</summary>
    public DateTime Set => At.UtcDateTime + After;

    /// <summary>The changes of the two years after an instant: zones announce theirs about that far ahead.</summary>
    public static IEnumerable<ZoneChange> Ahead(TimeZoneInfo zone, DateTimeOffset now) =>
        now.Year < LastYear ? Between(zone, now, now.AddMonths(MonthsAhead)) : [];

    /// <summary>The changes after one instant and before another.</summary>
    public static IEnumerable<ZoneChange> Between(TimeZoneInfo zone, DateTimeOffset from, DateTimeOffset until)
    {
        for (var at = from; at < until; at += Step)
        {
            var (before, after) = (zone.GetUtcOffset(at), zone.GetUtcOffset(at + Step));
            if (before == after) { continue; }
            var (low, high) = (at.ToUnixTimeSeconds(), (at + Step).ToUnixTimeSeconds());
            while (high - low > 1)
            {
                var middle = (low + high) / 2;
                if (zone.GetUtcOffset(DateTimeOffset.FromUnixTimeSeconds(middle)) == before) { low = middle; }
                else { high = middle; }
            }
            yield return new(DateTimeOffset.FromUnixTimeSeconds(high), before, after);
        }
    }
}
