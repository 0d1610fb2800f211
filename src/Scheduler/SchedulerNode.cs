using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;
using Quartz.Extensibility;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Runs;

namespace Scheduler;

/// <summary>The life of a node, top to bottom: schema, lease, jobs, executor, Quartz; and the same backwards at a stop.</summary>
public sealed partial class SchedulerNode(
    NodeOptions options, Databases databases, NodeState state, Lease lease, Listener listener, KindRegistry kinds,
    Executor executor, Finisher finisher, OutputPump output, FireEntry entry, FireEngine engine, FireInbox inbox, TriggerWatch watch, Upkeep upkeep,
    ISchedulerFactory quartz, ISchedulerSignaler signaler, TimeProvider time, ILogger<SchedulerNode> log) : IHostedService
{
    // What cannot be done within this time at a stop (the database is away) is left to the peers, who take the runs over.
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ReconcileAfter = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ReconcileRetry = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim standbyTurn = new(1, 1);
    private readonly SemaphoreSlim reconcileWanted = new(0);
    private readonly CancellationTokenSource stopping = new();
    private IScheduler? scheduler;
    private Task? reconciling;

    /// <inheritdoc />
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // Files first: a mistake in them stops the node before it has touched anything.
        var declared = options.JobsFolder is null ? null : JobFiles.Load(options.JobsFolder, kinds);
        foreach (var applied in await Migrator.Migrate(options.ConnectionString, cancellationToken)) { LogMigrated(applied); }

        await databases.CheckLimits(cancellationToken);

        lease.RunningCount = () => executor.RunningCount;
        await lease.Start(cancellationToken);
        if (declared is not null)
        {
            var change = await JobStore.Apply(databases.Ledger, declared, cancellationToken);
            LogApplied(change.Added, change.Changed, change.Removed);
        }

        output.Start();
        finisher.Start();
        executor.Start();
        entry.Start();
        engine.Start();
        upkeep.Start();
        watch.Start();
        listener.Heard += Hear;
        await listener.StartAsync(cancellationToken);

        scheduler = await quartz.GetScheduler(cancellationToken);
        try
        {
            if ((await Reconciler.Apply(scheduler, databases.Ledger, inbox, DatabaseNow, log, cancellationToken)).Postponed > 0)
            {
                reconcileWanted.Release();
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // A row somebody holds locked is no reason not to serve the other jobs: the loop tries again.
            LogReconcile(e.Message);
            reconcileWanted.Release();
        }
        reconciling = Task.Run(ReconcileLoop, CancellationToken.None);
        state.Changed += _ => FollowState().Forget();
        await lease.Open(cancellationToken);
        await FollowState();
        LogStarted(options.Name, executor.RunningCount);
    }

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // A start that failed half-way has a lease at most.
        if (scheduler is not null)
        {
            lease.Drain();
            await stopping.CancelAsync();
            await watch.Stop();
            if (reconciling is not null) { await reconciling; }
            await Within(scheduler.Standby(cancellationToken).AsTask());
            await Within(engine.Stop());
            await Within(upkeep.Stop());
            await executor.Stop(options.Drain);
            // Firings that still wait for the ledger end with the process; Quartz lists them as executing, and peers recover them.
            await Within(scheduler.Shutdown(true, cancellationToken).AsTask());
            await entry.Stop();
            await finisher.Stop(EndWithin);
            await executor.GiveBackTheRest();
            await output.Stop(EndWithin);
            await listener.StopAsync(cancellationToken);
        }
        if (state.State != "starting") { await lease.Stop(); }
        await databases.DisposeAsync();
    }

    private DateTimeOffset DatabaseNow() => time.GetUtcNow() - state.ClockOffset;

    // No step of a stop may keep the next one from happening.
    private async Task Within(Task step)
    {
        try { await step.WaitAsync(EndWithin, time, CancellationToken.None); }
        catch (Exception e) { LogQuartzState(e.Message); }
    }

    private void Hear(string channel, string payload)
    {
        if (channel == Listener.Queued) { executor.LookForQueued(); }
        if (channel == Listener.Jobs && reconcileWanted.CurrentCount == 0) { reconcileWanted.Release(); }
        if (channel == Listener.QuartzWake) { signaler.SignalSchedulingChange(null).AsTask().Forget(); }
    }

    // Definitions edited in SQL reach Quartz here. Changes that arrive meanwhile are one more turn.
    private async Task ReconcileLoop()
    {
        try
        {
            while (true)
            {
                await reconcileWanted.WaitAsync(stopping.Token);
                // A statement that changes many jobs notifies of each: let them all arrive first.
                await Task.Delay(ReconcileAfter, time, stopping.Token);
                try
                {
                    var result = await Reconciler.Apply(scheduler!, databases.Ledger, inbox, DatabaseNow, log, stopping.Token);
                    if (result.Postponed == 0) { continue; }
                }
                catch (Exception e) when (!stopping.IsCancellationRequested)
                {
                    LogReconcile(e.Message);
                }
                await Task.Delay(ReconcileRetry, time, stopping.Token);
                if (reconcileWanted.CurrentCount == 0) { reconcileWanted.Release(); }
            }
        }
        catch (OperationCanceledException) { }
    }

    // Quartz fires while the node is live and only then; the state may change again while this waits its turn.
    private async Task FollowState()
    {
        await standbyTurn.WaitAsync();
        try
        {
            while (scheduler is { Status: not (SchedulerStatus.ShuttingDown or SchedulerStatus.Shutdown) })
            {
                try
                {
                    if (state.Ready) { await scheduler.Start(); }
                    else { await scheduler.Standby(); }
                    executor.Wake();
                    return;
                }
                catch (Exception e) when (!stopping.IsCancellationRequested)
                {
                    LogQuartzState(e.Message);
                    await Task.Delay(ReconcileRetry, time, stopping.Token);
                }
            }
        }
        catch (OperationCanceledException) { }
        finally { standbyTurn.Release(); }
    }

    [LoggerMessage(5001, LogLevel.Information, "Applied sql/{File}")]
    private partial void LogMigrated(string file);

    [LoggerMessage(5002, LogLevel.Information, "Jobs from files: {Added} added, {Changed} changed, {Removed} removed")]
    private partial void LogApplied(int added, int changed, int removed);

    [LoggerMessage(5003, LogLevel.Information, "Node {Node} is up with {RunCount} runs")]
    private partial void LogStarted(string node, int runCount);

    [LoggerMessage(5005, LogLevel.Warning, "Quartz could not be brought to the declared jobs: {Problem}; trying again")]
    private partial void LogReconcile(string problem);

    [LoggerMessage(5004, LogLevel.Error, "Quartz could not follow the node's state: {Problem}")]
    private partial void LogQuartzState(string problem);
}
