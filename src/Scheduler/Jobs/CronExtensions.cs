using Quartz;

namespace Scheduler.Jobs;

/// <summary>What a cron expression of Quartz's lacks.</summary>
internal static class CronExtensions
{
    // A night's change of the clocks is an hour or two; no zone has a longer one.
    private static readonly TimeSpan ForwardMost = TimeSpan.FromHours(4);

    /// <summary>
    /// The first due instant strictly after one, or null when there is none. In zones whose winter time is the exception (Dublin, Casablanca,
    /// El Aaiun) Quartz 4.7.3 answers with an instant before the one asked about in the night of the change, and a trigger that
    /// follows it fires one hour for ever. There the first later instant for which the answer goes forward is looked for, by halves.
    /// </summary>
    public static DateTimeOffset? NextAfter(this CronExpression cron, DateTimeOffset after) => NextAfter(cron.GetNextValidTimeAfter, after);

    /// <summary>The same of whatever says what comes next: recurrence rules go back in those nights too.</summary>
    /// <param name="ask">Quartz's answer to "when is it due next after this instant".</param>
    /// <param name="after">The instant.</param>
    public static DateTimeOffset? NextAfter(Func<DateTimeOffset, DateTimeOffset?> ask, DateTimeOffset after)
    {
        var next = ask(after);
        if (next is null || next > after) { return next; }
        var (back, forward) = (0L, (long)ForwardMost.TotalSeconds);
        while (forward - back > 1)
        {
            var middle = (back + forward) / 2;
            if (ask(after.AddSeconds(middle)) is { } answer && answer <= after) { back = middle; }
            else { forward = middle; }
        }
        return ask(after.AddSeconds(forward));
    }
}
