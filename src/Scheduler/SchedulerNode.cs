using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using Quartz;
using Quartz.Extensibility;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Jobs.Files;
using Scheduler.Notifications;
using Scheduler.Runs;
using Scheduler.Telemetry;

namespace Scheduler;

/// <summary>The life of a node, top to bottom: schema, lease, jobs, executor, Quartz; and the same backwards at a stop.</summary>
public sealed partial class SchedulerNode(
    NodeOptions options, Databases databases, NodeState state, Lease lease, Listener listener, KindRegistry kinds,
    Executor executor, Finisher finisher, OutputPump output, FireEntry entry, FireEngine engine, ReconcileLoop reconciling, EventDesk events,
    ChannelEar ear, ClusterReading reading, NodeFiles files, QuestionDesk desk, ForEach forEach, Backfills backfills, TriggerWatch watch,
    Upkeep upkeep, NotificationDesk notifications, IncidentWatch incidents,
    ISchedulerFactory quartz, ISchedulerSignaler signaler, TimeProvider time, ILogger<SchedulerNode> log) : IHostedService
{
    // What cannot be done within this time at a stop (the database is away) is left to the peers, who take the runs over.
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan StateRetry = TimeSpan.FromSeconds(2);

    // A machine that boots starts the node before the database answers, and a database that fails over is away for half a minute. One that is not
    // there after two minutes needs a person: the process ends with 8, and who started it may start it again.
    private const int StartTriesMax = 28;
    private static readonly TimeSpan StartRetryDelay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan StartRetryDelayMax = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim standbyTurn = new(1, 1);
    private readonly CancellationTokenSource stopping = new();
    private IScheduler? scheduler;

    /// <inheritdoc />
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var patience = Patience();
        await patience.ExecuteAsync(async token =>
        {
            foreach (var applied in await Migrator.Migrate(options.ConnectionString, token)) { LogMigrated(applied); }
        }, cancellationToken);
        await patience.ExecuteAsync(async token => await databases.CheckLimits(token), cancellationToken);

        reading.Start(options.Telemetry.JobsMax, options.KeepRuns);
        lease.RunningCount = () => executor.RunningCount;
        await patience.ExecuteAsync(async token => await lease.Start(token), cancellationToken);
        await patience.ExecuteAsync(async token =>
            await KindCatalog.Publish(databases.Ledger, kinds, options.Name, state.Identity.LeaseId, token), cancellationToken);
        await patience.ExecuteAsync(async token => await files.Apply(token), cancellationToken);

        output.Start();
        finisher.Start();
        executor.Start();
        entry.Start();
        engine.Start();
        events.Start();
        ear.Start();
        desk.Start();
        upkeep.Start();
        watch.Start();
        notifications.Start();
        incidents.Start();
        files.Start();
        listener.Heard += Hear;
        await listener.StartAsync(cancellationToken);

        scheduler = await quartz.GetScheduler(cancellationToken);
        await reconciling.Start(cancellationToken);
        forEach.Start();
        backfills.Start();
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
            await files.Stop();
            await Within(ear.Stop());
            await Within(desk.Stop());
            await Within(events.Stop());
            await forEach.Stop();
            await backfills.Stop();
            await reconciling.Stop();
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
            // After the last verdict, so that a node that stops alone has said what it can.
            await Within(incidents.Stop());
            await notifications.Stop(EndWithin);
            await listener.StopAsync(cancellationToken);
        }
        if (state.State != "starting") { await lease.Stop(); }
        await databases.DisposeAsync();
    }

    // Each step of a start may be done again: what a lost answer had done is found done.
    private ResiliencePipeline Patience() => new ResiliencePipelineBuilder { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = StartTriesMax,
            Delay = StartRetryDelay,
            MaxDelay = StartRetryDelayMax,
            BackoffType = DelayBackoffType.Exponential,
            ShouldHandle = new PredicateBuilder().Handle<Exception>(e => e is OperatorException { ExitCode: 8 } || Transient.IsTransient(e)),
            OnRetry = failure =>
            {
                LogNotYet(failure.Outcome.Exception!.Message, (int)failure.RetryDelay.TotalMilliseconds);
                return ValueTask.CompletedTask;
            },
        })
        .Build();

    // No step of a stop may keep the next one from happening.
    private async Task Within(Task step)
    {
        try { await step.WaitAsync(EndWithin, time, CancellationToken.None); }
        catch (Exception e) { LogQuartzState(e.Message); }
    }

    private void Hear(string channel, string payload)
    {
        if (channel == Listener.Queued) { executor.LookForQueued(); }
        if (channel == Listener.Cancel) { executor.LookForCancelled(payload); }
        if (channel == Listener.QuartzWake) { signaler.SignalSchedulingChange(null).AsTask().Forget(); }
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
                    await Task.Delay(StateRetry, time, stopping.Token);
                }
            }
        }
        catch (OperationCanceledException) { }
        finally { standbyTurn.Release(); }
    }

    [LoggerMessage(5001, LogLevel.Information, "Applied sql/{File}")]
    private partial void LogMigrated(string file);

    [LoggerMessage(5007, LogLevel.Warning, "The database does not serve this node yet: {Problem}; tried again in {Milliseconds} ms")]
    private partial void LogNotYet(string problem, int milliseconds);

    [LoggerMessage(5003, LogLevel.Information, "Node {Node} is up with {RunCount} runs")]
    private partial void LogStarted(string node, int runCount);

    [LoggerMessage(5004, LogLevel.Error, "Quartz could not follow the node's state: {Problem}")]
    private partial void LogQuartzState(string problem);
}
