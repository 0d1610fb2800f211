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
    // Fires handed over before they are waited for: thousands of jobs may owe one each.
    private const int WaitingMax = 5000;
    // Whoever holds a job's row holds up its entries, and must not hold up the other jobs' changes. What was handed over is entered all the same.
    private static readonly TimeSpan JobWithin = TimeSpan.FromSeconds(5);

    /// <summary>Enter what former triggers owe. Returns the jobs that could not be waited for: somebody holds their rows.</summary>
    /// <param name="scheduler">Where the former triggers still are.</param>
    /// <param name="inbox">Where their fires go; one that is in the ledger already changes nothing there.</param>
    /// <param name="owing">Triggers about to be replaced or removed, with the instant up to which they count.</param>
    /// <param name="log">Where deliveries are told.</param>
    /// <param name="token">Ends the wait.</param>
    public static async Task<HashSet<string>> Deliver(
        IScheduler scheduler, FireInbox inbox, IEnumerable<(StoredTrigger Trigger, DateTimeOffset Until)> owing, ILogger log, CancellationToken token)
    {
        var entries = new Entries(inbox, log, token);
        foreach (var (stored, until) in owing)
        {
            if (stored.Next is not { } next || next > until) { continue; }
            if (await Read(scheduler, stored.Key, log, token) is not { } trigger) { continue; }
            await entries.Add(stored.Job, next, until, due => trigger.GetFireTimeAfter(due));
        }
        return await entries.All();
    }

    /// <summary>Enter every instant of a schedule's parts after one instant and up to another. What is in the ledger already changes
    /// nothing. Returns the jobs that could not be waited for: somebody holds their rows.</summary>
    public static async Task<HashSet<string>> Deliver(
        FireInbox inbox, IEnumerable<(string Job, TimedPart Part, DateTimeOffset After, DateTimeOffset UpTo)> owing, ILogger log,
        CancellationToken token)
    {
        var entries = new Entries(inbox, log, token);
        foreach (var (job, part, after, upTo) in owing) { await entries.Add(job, part.Next(after), upTo, due => part.Next(due)); }
        return await entries.All();
    }

    // One whose row was spoilt by hand owes nothing that anybody could reckon.
    private static async Task<ITrigger?> Read(IScheduler scheduler, TriggerKey key, ILogger log, CancellationToken token)
    {
        try
        {
            var trigger = await scheduler.GetTrigger(key, token);
            // A trigger of ours is read when it is first asked.
            trigger?.GetFireTimeAfter(DateTimeOffset.UnixEpoch);
            return trigger;
        }
        catch (Exception e) when ((e.InnerException ?? e) is FormatException or TimeZoneNotFoundException)
        {
            LogUnreadable(log, key.Name, e.Message);
            return null;
        }
    }

    private sealed class Entries(FireInbox inbox, ILogger log, CancellationToken token)
    {
        private readonly Dictionary<string, List<Task>> waiting = new(StringComparer.Ordinal);
        private readonly HashSet<string> held = new(StringComparer.Ordinal);
        private int count;

        public async Task Add(string job, DateTimeOffset? first, DateTimeOffset upTo, Func<DateTimeOffset, DateTimeOffset?> next)
        {
            var due = first;
            for (var fires = 0; due <= upTo && fires < FiresMax; fires++)
            {
                var instant = due.Value.UtcDateTime;
                due = next(due.Value);
                if (!waiting.TryGetValue(job, out var tasks)) { waiting[job] = tasks = []; }
                tasks.Add(inbox.Enter(new Fire(Fire.KeyOf(job, instant), job, instant, due?.UtcDateTime), token));
                count++;
            }
            if (count >= WaitingMax) { await All(); }
        }

        public async Task<HashSet<string>> All()
        {
            var all = Task.WhenAll(waiting.Values.SelectMany(t => t));
            try { await all.WaitAsync(JobWithin, token); }
            catch (TimeoutException) { all.Forget(); }
            foreach (var (job, tasks) in waiting)
            {
                if (tasks.TrueForAll(t => t.IsCompletedSuccessfully)) { LogDelivered(log, job, tasks.Count); }
                else if (held.Add(job)) { LogHeld(log, job, tasks.Count, JobWithin.TotalSeconds); }
            }
            waiting.Clear();
            count = 0;
            return held;
        }
    }

    [LoggerMessage(3006, LogLevel.Warning, "What the former trigger {Trigger} owed cannot be reckoned: {Problem}")]
    private static partial void LogUnreadable(ILogger log, string trigger, string problem);

    [LoggerMessage(3007, LogLevel.Warning,
        "Job {Job} owes {FireCount} fires that could not be entered within {Seconds} s: somebody holds its row. Its new schedule waits for them")]
    private static partial void LogHeld(ILogger log, string job, int fireCount, double seconds);

    [LoggerMessage(3005, LogLevel.Debug, "Job {Job} owed {FireCount} fires when its schedule was stored; entered them")]
    private static partial void LogDelivered(ILogger log, string job, int fireCount);
}
