using Microsoft.Extensions.Logging;

namespace Scheduler.Runs;

/// <summary>The code of a kind did not end when it was asked to, nor when its sessions were ended. The fence refuses what it still does.</summary>
public sealed class LeftBehindException(CancellationToken token)
    : OperationCanceledException("its code did not end when it was asked to and was left behind; the fence refuses what it still does", token);

/// <summary>
/// Carries out the code of kinds so that none can hold a slot for long after its run is to end: it is asked (its token), then its sessions are
/// ended, then it is left behind. What it does from then on changes nothing, for its run has ended or changed owner.
/// </summary>
public sealed partial class RunWork(TimeProvider time, ILogger<RunWork> log)
{
    // A command's tree has up to 4 s between being asked and being ended (kill_after). With the next one and writing the verdict: a slot is free
    // within 10 s.
    private static readonly TimeSpan AskedFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WithoutSessions = TimeSpan.FromSeconds(2);
    // Work left behind may hold a thread each. Beyond this many the slot stays taken: a node full of such work takes less of it.
    private const int LeftBehindMax = 50;

    private int leftBehind;

    /// <summary>Do a run's work. Ends when it does, or with <see cref="LeftBehindException"/> some seconds after the run's token.</summary>
    /// <param name="scope">The run.</param>
    /// <param name="work">The work; it may block, ignore the token, or never end.</param>
    public async Task Do(RunScope scope, Func<Task> work)
    {
        var working = Task.Run(work, CancellationToken.None);
        await working.WaitAsync(scope.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!working.IsCompleted && !await EndsWithin(working, AskedFor))
        {
            var sessions = await EndSessions(scope);
            if (!await EndsWithin(working, WithoutSessions) && MayLeave(working))
            {
                LogLeft(scope.RunKey, sessions);
                throw new LeftBehindException(scope.Token);
            }
        }
        await working;
    }

    private async Task<bool> EndsWithin(Task working, TimeSpan limit)
    {
        await working.WaitAsync(limit, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return working.IsCompleted;
    }

    private async Task<int> EndSessions(RunScope scope)
    {
        try { return await scope.EndSessions(); }
        catch (Exception e)
        {
            LogSessionsNotEnded(scope.RunKey, e.Message);
            return 0;
        }
    }

    private bool MayLeave(Task working)
    {
        if (Interlocked.Increment(ref leftBehind) > LeftBehindMax)
        {
            Interlocked.Decrement(ref leftBehind);
            return false;
        }
        // Its failure is nobody's any more; looked at so that it is none of the process either.
        working.ContinueWith(ended =>
        {
            Interlocked.Decrement(ref leftBehind);
            _ = ended.Exception;
        }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return true;
    }

    [LoggerMessage(1046, LogLevel.Error, "The code of {RunKey} did not end when it was asked to and was left behind; {SessionCount} sessions of it "
        + "were ended, its slot is free, and the fence refuses what it still does")]
    private partial void LogLeft(string runKey, int sessionCount);

    [LoggerMessage(1047, LogLevel.Warning, "The sessions of {RunKey}, which does not end, could not be ended: {Problem}")]
    private partial void LogSessionsNotEnded(string runKey, string problem);
}
