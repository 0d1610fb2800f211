using Microsoft.Extensions.Logging;
using Scheduler.Cluster;

namespace Scheduler.Jobs;

/// <summary>When to reconcile: at once when a change is heard of, and now and then in case none was heard; and the sweep for drift.</summary>
public sealed partial class ReconcileLoop(Reconciler reconciler, Listener listener, NodeState state, TimeProvider time, ILogger<ReconcileLoop> log)
{
    // A statement that changes many jobs notifies of each: let them all arrive first.
    private const string Reconciling = "bringing jobs to Quartz";
    private const string Sweeping = "looking for drift";
    private static readonly TimeSpan ReconcileAfter = TimeSpan.FromMilliseconds(50);
    // Marks are in the database: one that no notification told of waits no longer than this.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);
    // Whose turn it is to sweep is in the database too; a look that finds it is another's is one statement.
    private static readonly TimeSpan SweepLookEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SweepGap = TimeSpan.FromMilliseconds(250);

    private readonly SemaphoreSlim wanted = new(0);
    private readonly CancellationTokenSource stopping = new();
    private Task? changes;
    private Task? sweeps;

    /// <summary>Reconcile once, then begin to listen and to sweep. A database that refuses now is asked again; the node starts all the
    /// same.</summary>
    public async Task Start(CancellationToken token)
    {
        listener.Heard += (channel, _) =>
        {
            if (channel == Listener.Jobs && wanted.CurrentCount == 0) { wanted.Release(); }
        };
        // A row somebody holds locked is no reason not to serve the other jobs: the loop tries again.
        try { if (await reconciler.BringChanges(token) > 0) { wanted.Release(); } }
        catch (Exception e) when (!token.IsCancellationRequested)
        {
            LogFailed(e.Message);
            wanted.Release();
        }
        changes = Task.Run(ChangesLoop, CancellationToken.None);
        sweeps = Task.Run(SweepLoop, CancellationToken.None);
    }

    /// <summary>Stop; what was not done is left to the other nodes, or to the next start.</summary>
    public async Task Stop()
    {
        await stopping.CancelAsync();
        if (changes is not null) { await changes; }
        if (sweeps is not null) { await sweeps; }
    }

    private async Task ChangesLoop()
    {
        try
        {
            while (true)
            {
                if (await wanted.WaitAsync(LookEvery, stopping.Token)) { await Task.Delay(ReconcileAfter, time, stopping.Token); }
                try
                {
                    var held = await reconciler.BringChanges(stopping.Token);
                    state.Worked(Reconciling);
                    if (held == 0) { continue; }
                }
                catch (Exception e) when (!stopping.IsCancellationRequested)
                {
                    state.Failed(Reconciling, e);
                    LogFailed(e.Message);
                }
                await Task.Delay(RetryAfter, time, stopping.Token);
                if (wanted.CurrentCount == 0) { wanted.Release(); }
            }
        }
        catch (Exception) when (stopping.IsCancellationRequested) { }
    }

    private async Task SweepLoop()
    {
        try
        {
            var wait = SweepLookEvery;
            while (true)
            {
                await Task.Delay(wait, time, stopping.Token);
                wait = SweepLookEvery;
                if (!state.Ready) { continue; }
                try
                {
                    if (await reconciler.Sweep(stopping.Token)) { wait = SweepGap; }
                    state.Worked(Sweeping);
                }
                catch (Exception e) when (!stopping.IsCancellationRequested)
                {
                    state.Failed(Sweeping, e);
                    LogSweepFailed(e.Message);
                }
            }
        }
        catch (Exception) when (stopping.IsCancellationRequested) { }
    }

    [LoggerMessage(5005, LogLevel.Warning, "Quartz could not be brought to the declared jobs: {Problem}; trying again")]
    private partial void LogFailed(string problem);

    [LoggerMessage(3009, LogLevel.Warning, "Could not look for drift in Quartz's tables: {Problem}; trying again")]
    private partial void LogSweepFailed(string problem);
}
