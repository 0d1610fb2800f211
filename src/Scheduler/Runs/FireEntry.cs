using Microsoft.Extensions.Logging;
using Npgsql;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Telemetry;

namespace Scheduler.Runs;

/// <summary>
/// Enters Quartz's fires in the ledger, many in one statement, and starts at once those that were claimed here. A fire is answered only
/// when its row is committed; while the ledger cannot be reached the fires wait, and Quartz with them.
/// </summary>
public sealed partial class FireEntry(
    FireInbox inbox, Ledger ledger, Executor executor, NodeState state, SchedulerMeter meter, TimeProvider time, ILogger<FireEntry> log)
{
    // One statement handles at most this many fires; measured best between 100 and 1,000 rows a statement.
    private const int BatchMax = 500;
    // A fire whose very values the database refuses is given up after this many tries, with an error. Nothing else is ever given up.
    private const int RefusalsMax = 5;
    // A node whose clock is further ahead than half a second stands by; a longer hold could only be a jump of the clock.
    private static readonly TimeSpan HoldMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RetryDelayMax = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource stopping = new();
    // Fires of jobs that cannot be entered just now, by job; the list is there as long as its task is.
    private readonly Dictionary<string, List<(Fire Fire, TaskCompletionSource Done)>> held = new(StringComparer.Ordinal);
    private Task? loop;

    /// <summary>Begin to serve the inbox.</summary>
    public void Start() => loop = Task.Run(Loop);

    /// <summary>Stop serving; fires still waiting are recovered by peers, because Quartz lists them as executing.</summary>
    public async Task Stop()
    {
        await stopping.CancelAsync();
        if (loop is not null) { await loop; }
        stopping.Dispose();
    }

    private async Task Loop()
    {
        var batch = new List<(Fire Fire, TaskCompletionSource Done)>(BatchMax);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            while (await inbox.Reader.WaitToReadAsync(stopping.Token))
            {
                batch.Clear();
                keys.Clear();
                // A key twice in one statement would be two rows to decide on: the second waits for the next batch.
                while (batch.Count < BatchMax && inbox.Reader.TryPeek(out var next)
                    && keys.Add(next.Fire.RunKey) && inbox.Reader.TryRead(out var item))
                {
                    if (!IsHeld(item)) { batch.Add(item); }
                }
                await WaitUntilDue(batch);
                if (batch.Count > 0) { await EnterOrHold([.. batch]); }
            }
        }
        catch (OperationCanceledException) { }
    }

    // Quartz goes by this node's clock. Where it is ahead of the database's, what it fires is not due yet: nothing starts early.
    private async Task WaitUntilDue(List<(Fire Fire, TaskCompletionSource Done)> batch)
    {
        if (batch.Count == 0) { return; }
        var early = batch.Max(b => b.Fire.DueAt) - (time.GetUtcNow() - state.ClockOffset).UtcDateTime;
        if (early <= TimeSpan.Zero) { return; }
        await Task.Delay(early < HoldMax ? early : HoldMax, time, stopping.Token);
    }

    // While the database is away everybody waits. When it answers and refuses, only the jobs concerned wait: each is tried on its own beside
    // the loop, so that a gate somebody holds locked, or a fire that cannot be stored, delays no other job.
    private async Task EnterOrHold(List<(Fire Fire, TaskCompletionSource Done)> batch)
    {
        while (true)
        {
            try
            {
                await Enter(batch);
                return;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested) { throw; }
            catch (Exception e)
            {
                executor.SuspectOrphans();
                LogNotEntered(batch.Count, e.Message);
                if (e is PostgresException || Transient.IsRefusal(e))
                {
                    foreach (var item in batch) { Hold(item); }
                    return;
                }
                await Task.Delay(RetryDelay, time, stopping.Token);
            }
        }
    }

    // True when fires of the job are held already: this one goes behind them.
    private bool IsHeld((Fire Fire, TaskCompletionSource Done) item)
    {
        lock (held)
        {
            if (!held.TryGetValue(item.Fire.Job, out var waiting)) { return false; }
            waiting.Add(item);
            return true;
        }
    }

    private void Hold((Fire Fire, TaskCompletionSource Done) item)
    {
        if (IsHeld(item)) { return; }
        lock (held) { held[item.Fire.Job] = [item]; }
        EnterHeld(item.Fire.Job).Forget();
    }

    // One task a held job, until none of its fires waits any more.
    private async Task EnterHeld(string job)
    {
        var refusals = 0;
        var wait = RetryDelay;
        while (true)
        {
            List<(Fire Fire, TaskCompletionSource Done)> batch;
            lock (held)
            {
                batch = [.. held[job].DistinctBy(h => h.Fire.RunKey).Take(BatchMax)];
                if (batch.Count == 0)
                {
                    held.Remove(job);
                    return;
                }
            }
            try
            {
                await Enter(batch);
                (refusals, wait) = (0, RetryDelay);
                lock (held) { held[job].RemoveAll(h => batch.Contains(h)); }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested) { return; }
            catch (Exception e)
            {
                executor.SuspectOrphans();
                if (Transient.IsRefusal(e) && ++refusals >= RefusalsMax)
                {
                    lock (held) { held[job].RemoveAll(h => batch.Contains(h)); }
                    foreach (var (fire, done) in batch)
                    {
                        LogGivenUp(fire.RunKey, e);
                        done.TrySetException(e);
                    }
                    continue;
                }
                LogHeld(job, batch.Count, e.Message);
                await Task.Delay(wait, time, CancellationToken.None);
                wait = wait * 2 < RetryDelayMax ? wait * 2 : RetryDelayMax;
            }
        }
    }

    private async Task Enter(List<(Fire Fire, TaskCompletionSource Done)> batch)
    {
        await executor.EntryTurns.WaitAsync(stopping.Token);
        try
        {
            var (identity, life) = state.Present;
            var taken = executor.TakeSlots(batch.Count);
            var started = 0;
            try
            {
                var answers = await ledger.Enter([.. batch.Select(b => b.Fire)], taken, identity, stopping.Token);
                for (var i = 0; i < batch.Count; i++)
                {
                    var fire = batch[i].Fire;
                    if (answers[i] is { Verdict: { } verdict } refused) { meter.Refused(fire.RunKey, fire.Job, verdict, refused.Reason); }
                    if (answers[i].State != "running") { continue; }
                    started++;
                    executor.Start(new RunRow(fire.RunKey, fire.Job, fire.DueAt, 1, 1, answers[i].Version, identity.LeaseId), life);
                }
            }
            finally { executor.GiveSlots(taken - started); }
        }
        finally { executor.EntryTurns.Release(); }
        foreach (var (_, done) in batch) { done.TrySetResult(); }
    }

    [LoggerMessage(1010, LogLevel.Warning, "{FireCount} fires could not be entered in the ledger: {Problem}; trying again")]
    private partial void LogNotEntered(int fireCount, string problem);

    [LoggerMessage(1012, LogLevel.Warning, "{FireCount} fires of {Job} wait to be entered in the ledger: {Problem}")]
    private partial void LogHeld(string job, int fireCount, string problem);

    [LoggerMessage(1011, LogLevel.Error, "Fire {RunKey} cannot be entered in the ledger and is given up")]
    private partial void LogGivenUp(string runKey, Exception error);
}
