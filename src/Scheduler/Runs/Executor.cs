using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Telemetry;

namespace Scheduler.Runs;

/// <summary>
/// Runs claimed rows in bounded slots. Takes queued rows whenever a slot is free, and rows of dead owners back into the queue. A run ends with
/// one verdict in its row, or, when this node lost it, with nothing at all.
/// </summary>
public sealed partial class Executor(
    Ledger ledger, Databases databases, NodeState state, RunPipeline pipeline, Finisher finisher, SchedulerMeter meter, TimeProvider time,
    ILogger<Executor> log)
{
    // Without a wake-up, queued runs are looked for this often; dead owners too. Each look is one statement.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);
    // Rows that name this node but that it does not know are looked for at once after an error, else this often.
    private static readonly TimeSpan OrphanLookEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PeerEndMargin = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan GiveBackWithin = TimeSpan.FromSeconds(3);
    // One for the entry loop, the others for jobs whose fires are held; fewer than the ledger's pool has connections.
    private const int EntryTurnsMax = 4;
    private const int ClaimMax = 1000;
    // A dead node's runs are told one by one up to this many at a time; the ledger has them all.
    private const int LostLoggedMax = 10;
    // Verdicts on their way to the ledger do not occupy slots; beyond this many the node takes no more work until they are written.
    private const int UnwrittenMax = 10_000;

    private readonly Slots slots = new(databases.Slots);
    private readonly ConcurrentDictionary<string, InFlight> inFlight = new(StringComparer.Ordinal);
    private readonly StartQueue starts = new(time);
    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly SemaphoreSlim claimTurn = new(1, 1);
    private readonly CancellationTokenSource handBack = new();
    private readonly CancellationTokenSource stopping = new();
    private volatile bool closed;
    private volatile bool orphansSuspected;
    private volatile bool cancelsSuspected;
    // Nobody looks for queued runs at the end of each run, only when there may be some.
    private volatile bool queueMayHold;
    private Task? loop;

    /// <summary>
    /// Held while fires are entered and their runs started; several may at a time. Who looks for orphans holds them all, so as not to look
    /// in between.
    /// </summary>
    internal SemaphoreSlim EntryTurns { get; } = new(EntryTurnsMax, EntryTurnsMax);

    /// <summary>Runs on this node right now, those included whose verdict is not written yet.</summary>
    public int RunningCount => inFlight.Count;

    /// <summary>Begin to look for work.</summary>
    public void Start()
    {
        meter.Active = () => inFlight.Values.GroupBy(f => (f.Run.Job, f.IsFinalizing)).Select(g => new Measurement<long>(
            g.Count(), new("job.name", g.Key.Job), new("state", g.Key.IsFinalizing ? "finalizing" : "executing")));
        loop = Task.Run(Loop);
    }

    /// <summary>Runs were queued: look for them now, and again whenever a slot is free, until there are none.</summary>
    public void LookForQueued()
    {
        queueMayHold = true;
        Wake();
    }

    /// <summary>Somebody asked for the end of a run, or may have (empty).</summary>
    public void LookForCancelled(string runKey)
    {
        if (runKey.Length > 0 && !inFlight.Values.Any(f => f.Run.RunKey == runKey)) { return; }
        cancelsSuspected = true;
        Wake();
    }

    /// <summary>Look for work now.</summary>
    public void Wake()
    {
        try { wake.Release(); }
        catch (SemaphoreFullException) { }     // a look is due already
    }

    /// <summary>A statement's answer was lost: rows may name this node that it does not know. Look for them.</summary>
    internal void SuspectOrphans()
    {
        orphansSuspected = true;
        Wake();
    }

    /// <summary>Take slots for rows about to be claimed; 0 while the node does not take work.</summary>
    internal int TakeSlots(int wanted) => closed || !state.Ready ? 0 : slots.Take(Math.Min(wanted, slots.Count + UnwrittenMax - inFlight.Count));

    /// <summary>Give back slots that no row used.</summary>
    internal void GiveSlots(int unused)
    {
        slots.Give(unused);
        // Who looked for queued runs meanwhile found no slot.
        if (unused > 0 && queueMayHold) { Wake(); }
    }

    /// <summary>Start a run whose slot is taken and whose row names this node.</summary>
    internal void Start(RunRow run, CancellationToken life)
    {
        var flight = new InFlight(run, () => GiveSlots(1));
        // The same run twice in one process can only be an orphan found again by its own newer claim; the row decides, the older attempt is fenced.
        inFlight[Key(run)] = flight;
        starts.Add(() => RunOne(flight, life));
    }

    /// <summary>Wait until most of the runs that were started have begun, but not for long: their work may keep all threads of the pool.</summary>
    internal Task CatchUp(CancellationToken token) => starts.CatchUp(token);

    /// <summary>
    /// Take no new work, let running work end within <paramref name="drain"/>, then cancel it and give it back to the queue (or end it as cancelled
    /// where it must not run twice).
    /// </summary>
    public async Task Stop(TimeSpan drain)
    {
        closed = true;
        await stopping.CancelAsync();
        if (loop is not null) { await loop; }
        // Fires being entered right now start their runs before anything is counted.
        await TakeEntryTurns(CancellationToken.None);
        EntryTurns.Release(EntryTurnsMax);
        LogDraining(inFlight.Count, drain.TotalSeconds);
        if (await AllEnded(drain)) { return; }
        LogCancelling(inFlight.Count);
        await handBack.CancelAsync();
        // A kind that ignores its cancellation is left behind: the row is taken from it by its token.
        await AllEnded(TimeSpan.FromSeconds(5));
    }

    /// <summary>
    /// After everything has stopped: give back whatever still names this node, kinds that ignored their cancellation and claims whose answer
    /// was lost included. Peers would take it over, as a loss; this way it is none.
    /// </summary>
    public async Task GiveBackTheRest()
    {
        try
        {
            using var limit = new CancellationTokenSource(GiveBackWithin, time);
            var (identity, _) = state.Present;
            var rest = await ledger.Owned(identity, limit.Token);
            if (rest.Count > 0) { await ledger.HandBack(rest, identity.LeaseId, limit.Token); }
        }
        catch (Exception e) { LogLookFailed(e.Message); }       // peers take them over when the lease is given up
    }

    private async Task<bool> AllEnded(TimeSpan within)
    {
        var all = Task.WhenAll(inFlight.Values.Select(f => f.Ended.Task));
        try { await all.WaitAsync(within, time); }
        catch (TimeoutException) { return false; }
        return true;
    }

    private async Task Loop()
    {
        var lastLost = time.GetTimestamp();
        var lastOrphans = time.GetTimestamp();
        var lastCancelLook = time.GetTimestamp();
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await wake.WaitAsync(state.Ready ? UntilNextLook(lastLost) : LookEvery, stopping.Token);
                if (!state.Ready) { continue; }
                if (UntilNextLook(lastLost) == TimeSpan.Zero)
                {
                    lastLost = time.GetTimestamp();
                    await TakeFromTheDead();
                }
                if (orphansSuspected || time.GetElapsedTime(lastOrphans) >= OrphanLookEvery)
                {
                    orphansSuspected = false;
                    await AdoptOrphans();
                    lastOrphans = time.GetTimestamp();
                }
                await EndCancelled(lastCancelLook);
                if (time.GetElapsedTime(lastCancelLook) >= LookEvery) { lastCancelLook = time.GetTimestamp(); }
                await ClaimWhatFits();
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested) { return; }
            catch (Exception e)
            {
                orphansSuspected = true;
                LogLookFailed(e.Message);
                await Task.Delay(RetryDelay, time, CancellationToken.None);
            }
        }
    }

    // Living peers renew long before the end of their leases that we know of. When one comes to its end, its node is dead: no time is lost.
    private TimeSpan UntilNextLook(long lastLook)
    {
        var next = lastLook + time.Stamps(LookEvery);
        if (state.PeerEndsAt + time.Stamps(PeerEndMargin) is { } end && end > lastLook && end < next) { next = end; }
        var now = time.GetTimestamp();
        return next > now ? time.GetElapsedTime(now, next) : TimeSpan.Zero;
    }

    // A notification that was lost costs no more than the time between two looks.
    private async Task EndCancelled(long lastLook)
    {
        var isTime = time.GetElapsedTime(lastLook) >= LookEvery;
        if (queueMayHold || isTime) { await ledger.Supersede(stopping.Token); }
        if (inFlight.IsEmpty || !(cancelsSuspected || isTime)) { return; }
        cancelsSuspected = false;
        foreach (var (key, token, reason) in await ledger.Cancelled(state.Identity, stopping.Token))
        {
            if (inFlight.TryGetValue($"{key}#{token}", out var flight) && flight.Cancel(reason)) { LogCancelled(key, reason); }
        }
    }

    private async Task ClaimWhatFits()
    {
        while (!closed)
        {
            var taken = TakeSlots(ClaimMax);
            if (taken == 0)
            {
                queueMayHold = true;
                // One may have been given back between the two lines above.
                if (slots.Free > 0 && !closed && state.Ready && inFlight.Count < slots.Count) { Wake(); }
                return;
            }
            var started = 0;
            await claimTurn.WaitAsync(stopping.Token);
            try
            {
                var (identity, life) = state.Present;
                // Not cancellable: a claim whose answer nobody reads would name this node and never run. The session's time-out bounds it.
                foreach (var run in await ledger.Claim(taken, identity, CancellationToken.None))
                {
                    started++;
                    Start(run, life);
                }
            }
            finally
            {
                claimTurn.Release();
                slots.Give(taken - started);
            }
            // Fewer than asked for is no sign of an end: of the runs that take turns one alone was claimed.
            queueMayHold = started > 0;
            if (!queueMayHold) { return; }
        }
    }

    private async Task TakeFromTheDead()
    {
        List<LostRun> lost;
        do
        {
            lost = await ledger.RequeueLost(stopping.Token);
            foreach (var run in lost) { meter.Recovered(run.Job, run.Verdict ?? "queued"); }
            foreach (var run in lost.Take(LostLoggedMax)) { LogLost(run.RunKey, run.Node, run.Losses, run.Verdict ?? "queued"); }
            if (lost.Count > LostLoggedMax) { LogMoreLost(lost.Count - LostLoggedMax); }
        }
        while (lost.Count == Ledger.LostBatchMax);
    }

    private async Task AdoptOrphans()
    {
        await claimTurn.WaitAsync(stopping.Token);
        await TakeEntryTurns(CancellationToken.None);
        try
        {
            var (identity, life) = state.Present;
            // Known before or after the look: a run that ends meanwhile is in the first set, and none can begin (both turns are ours).
            var known = inFlight.Keys.ToHashSet(StringComparer.Ordinal);
            foreach (var run in await ledger.Owned(identity, stopping.Token))
            {
                if (known.Contains(Key(run)) || inFlight.ContainsKey(Key(run))) { continue; }
                if (slots.Take(1) == 0)
                {
                    orphansSuspected = true;
                    return;
                }
                LogAdopted(run.RunKey);
                Start(run, life);
            }
        }
        finally
        {
            EntryTurns.Release(EntryTurnsMax);
            claimTurn.Release();
        }
    }

    // Entries end by their own time-outs; only one task at a time takes them all.
    private async Task TakeEntryTurns(CancellationToken token)
    {
        for (var taken = 0; taken < EntryTurnsMax; taken++) { await EntryTurns.WaitAsync(token); }
    }

    private async Task RunOne(InFlight flight, CancellationToken life)
    {
        try
        {
            // By a time stamp: on a node that is short of processor time the cancellation itself may come late, and its runs are others' by now.
            if (time.GetTimestamp() >= state.LifeEndOf(flight.Run.Owner))
            {
                flight.GiveSlot();
                LogTooLate(flight.Run.RunKey);
                Done(flight);
                // A renewal whose answer was read late may bring the lease back to life: then the row is still ours.
                orphansSuspected = true;
                return;
            }
            Mark(flight.Run);
            using var scope = log.BeginScope(new RunLogScope(flight.Run.RunKey, flight.Run.Job));
            var outcome = await pipeline.Run(flight, life, handBack.Token);
            flight.GiveSlot();
            flight.IsFinalizing = true;
            if (outcome is null) { Done(flight); }
            else { await finisher.Finish(outcome, () => Done(flight)); }
        }
        catch (Exception e)
        {
            // The pipeline turns every failure of a kind into a verdict; what comes here is the node stopping or a defect of ours.
            LogRunLeft(flight.Run.RunKey, e);
            Done(flight);
        }
        finally
        {
            if (queueMayHold && slots.Free > 0) { Wake(); }
        }
    }

    private void Mark(RunRow run)
    {
        run.BegunAt = time.GetTimestamp();
        var now = time.GetUtcNow() - state.ClockOffset;
        // A run of the past, backfilled or approved, is late by nobody's fault.
        if (run.Token == 1 && SchedulerMeter.TriggerOf(run.RunKey, run.Job) != "manual") { meter.Began(run.Job, now.UtcDateTime - run.DueAt); }
        run.Activity = RunTrace.Begin(run.RunKey, run.Job, run.DueAt, now, run.Token, databases.NodeName);
    }

    private void Done(InFlight flight)
    {
        inFlight.TryRemove(new KeyValuePair<string, InFlight>(Key(flight.Run), flight));
        flight.Ended.TrySetResult();
        flight.Run.Activity?.AddEvent(new("verdict written")).Dispose();
    }

    private static string Key(RunRow run) => $"{run.RunKey}#{run.Token}";


    [LoggerMessage(1030, LogLevel.Warning, "Run {RunKey} was lost by {Node} (time {Losses}) and is now {State}")]
    private partial void LogLost(string runKey, string? node, int losses, string state);

    [LoggerMessage(1036, LogLevel.Warning, "and {RunCount} more were lost")]
    private partial void LogMoreLost(int runCount);

    [LoggerMessage(1031, LogLevel.Warning, "Run {RunKey} names this node but its claim's answer was lost; started now")]
    private partial void LogAdopted(string runKey);

    [LoggerMessage(1032, LogLevel.Warning, "Could not look for work: {Problem}")]
    private partial void LogLookFailed(string problem);

    [LoggerMessage(1033, LogLevel.Error, "Run {RunKey} was left without a verdict; it will be taken over")]
    private partial void LogRunLeft(string runKey, Exception error);

    [LoggerMessage(1038, LogLevel.Debug, "Run {RunKey} was claimed under a lease that is over; it is left to its next owner")]
    private partial void LogTooLate(string runKey);

    [LoggerMessage(1037, LogLevel.Information, "Run {RunKey} is cancelled: {Reason}")]
    private partial void LogCancelled(string runKey, string reason);

    [LoggerMessage(1034, LogLevel.Information, "Taking no new work; {RunCount} runs have {Seconds} s to end")]
    private partial void LogDraining(int runCount, double seconds);

    [LoggerMessage(1035, LogLevel.Warning, "{RunCount} runs have not ended in time and are cancelled")]
    private partial void LogCancelling(int runCount);
}
