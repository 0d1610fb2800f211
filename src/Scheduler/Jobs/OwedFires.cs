using Microsoft.Extensions.Logging;
using Quartz;
using Scheduler.Cluster;

namespace Scheduler.Jobs;

/// <summary>
/// Fires that a schedule's former version owed and Quartz has not delivered when its trigger is replaced: due before the edit, late because
/// the cluster was down or busy. They go to the ledger all the same, so that no due instant is without a verdict.
/// </summary>
internal static partial class OwedFires
{
    // An hour's outage of a job that is due every second. Beyond it the trigger has been neglected for longer than any edit explains.
    private const int FiresMax = 3600;

    /// <param name="scheduler">Where the former triggers still are.</param>
    /// <param name="inbox">Where their fires go; one that is in the ledger already changes nothing there.</param>
    /// <param name="owing">Triggers about to be replaced or removed, with the instant up to which they count.</param>
    /// <param name="log">Where deliveries are told.</param>
    /// <param name="token">Ends the wait.</param>
    public static async Task Deliver(
        IScheduler scheduler, FireInbox inbox, IEnumerable<(TriggerHeader Trigger, DateTimeOffset Until)> owing, ILogger log, CancellationToken token)
    {
        foreach (var (header, until) in owing)
        {
            if (header.NextFireTimeUtc is not { } next || next > until) { continue; }
            if (await Read(scheduler, header.Key, log, token) is not { } trigger) { continue; }
            var entries = new List<Task>();
            for (DateTimeOffset? due = next; due <= until && entries.Count < FiresMax; due = trigger.GetFireTimeAfter(due))
            {
                var instant = due.Value.UtcDateTime;
                var following = trigger.GetFireTimeAfter(due)?.UtcDateTime;
                entries.Add(inbox.Enter(new Fire(Fire.KeyOf(header.JobKey.Name, instant), header.JobKey.Name, instant, following), token));
            }
            await Task.WhenAll(entries);
            LogDelivered(log, header.JobKey.Name, entries.Count);
        }
    }

    /// <summary>Enter every instant of a schedule's parts after one instant and up to another. What is in the ledger already changes
    /// nothing.</summary>
    public static async Task Deliver(
        FireInbox inbox, IEnumerable<(string Job, TimedPart Part, DateTimeOffset After, DateTimeOffset UpTo)> owing, ILogger log,
        CancellationToken token)
    {
        foreach (var (job, part, after, upTo) in owing)
        {
            var entries = new List<Task>();
            for (var due = part.Next(after); due <= upTo && entries.Count < FiresMax; due = part.Next(due.Value))
            {
                var instant = due.Value.UtcDateTime;
                entries.Add(inbox.Enter(new Fire(Fire.KeyOf(job, instant), job, instant, part.Next(due.Value)?.UtcDateTime), token));
            }
            await Task.WhenAll(entries);
            if (entries.Count > 0) { LogDelivered(log, job, entries.Count); }
        }
    }

    // One whose row was spoilt by hand owes nothing that anybody could reckon.
    private static async Task<ITrigger?> Read(IScheduler scheduler, TriggerKey key, ILogger log, CancellationToken token)
    {
        try { return await scheduler.GetTrigger(key, token); }
        catch (Exception e) when ((e.InnerException ?? e) is FormatException or TimeZoneNotFoundException)
        {
            LogUnreadable(log, key.Name, e.Message);
            return null;
        }
    }

    [LoggerMessage(3006, LogLevel.Warning, "What the former trigger {Trigger} owed cannot be reckoned: {Problem}")]
    private static partial void LogUnreadable(ILogger log, string trigger, string problem);

    [LoggerMessage(3005, LogLevel.Information, "Job {Job} owed {FireCount} fires when its schedule was stored; entered them")]
    private static partial void LogDelivered(ILogger log, string job, int fireCount);
}
