using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Telemetry;

namespace Scheduler.Runs;

/// <summary>
/// Writes verdicts to the ledger, many in one statement, until they are written or refused. A refused one changes nothing and is logged.
/// </summary>
public sealed partial class Finisher(Ledger ledger, LargeStatements large, SchedulerMeter meter, TimeProvider time, ILogger<Finisher> log)
{
    private const int BatchMax = 2000;
    // Runs wait here for their verdict to be written; their slots are free already. A database away for long stops new work, not memory.
    private const int WaitingMax = 10_000;
    private const string UnstorableError = "the run's result or error text could not be stored; this node's log has it";
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    private readonly Channel<(RunEnd End, Action Written)> channel =
        Channel.CreateBounded<(RunEnd, Action)>(new BoundedChannelOptions(WaitingMax) { SingleReader = true });
    private readonly CancellationTokenSource stopping = new();
    private Task? loop;

    /// <summary>Begin to write.</summary>
    public void Start() => loop = Task.Run(Loop);

    /// <summary>Write what waits, for at most <paramref name="within"/>, then stop; what is left is taken over by peers.</summary>
    public async Task Stop(TimeSpan within)
    {
        channel.Writer.TryComplete();
        stopping.CancelAfter(within);
        if (loop is not null) { await loop; }
        stopping.Dispose();
    }

    /// <summary>Hand a verdict over; <paramref name="written"/> is called when it was written or refused.</summary>
    internal ValueTask Finish(RunEnd end, Action written) => channel.Writer.WriteAsync((end, written), stopping.Token);

    private async Task Loop()
    {
        var batch = new List<(RunEnd End, Action Written)>(BatchMax);
        try
        {
            while (await channel.Reader.WaitToReadAsync(stopping.Token))
            {
                batch.Clear();
                while (batch.Count < BatchMax && channel.Reader.TryRead(out var item)) { batch.Add(item); }
                // Runs of a former lease cannot be written under the present one: they go apart and are refused.
                foreach (var sameLease in batch.GroupBy(b => b.End.Run.Owner)) { await Write([.. sameLease], sameLease.Key); }
            }
        }
        catch (OperationCanceledException) { }
    }

    private async Task Write(List<(RunEnd End, Action Written)> batch, long lease)
    {
        while (true)
        {
            try
            {
                await WriteOnce(batch, lease);
                return;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested) { throw; }
            catch (Exception e) when (batch.Count > 1 && (e is PostgresException || Transient.IsRefusal(e)))
            {
                // A gate somebody holds locked, or a text that cannot be stored, must not hold back the verdicts of other runs.
                LogNotWritten(batch.Count, e.Message);
                foreach (var one in batch) { WriteAside(one, lease).Forget(); }
                return;
            }
            catch (Exception e)
            {
                // Repeating is safe: a verdict written twice is refused the second time by its own row.
                LogNotWritten(batch.Count, e.Message);
                await Task.Delay(RetryDelay, time, stopping.Token);
                if (batch.Count == 1 && (e is PostgresException || Transient.IsRefusal(e)))
                {
                    WriteAside(batch[0], lease).Forget();
                    return;
                }
            }
        }
    }

    private async Task WriteAside((RunEnd End, Action Written) one, long lease)
    {
        try
        {
            while (true)
            {
                try
                {
                    await WriteOnce([one], lease);
                    return;
                }
                catch (Exception e) when (Transient.IsRefusal(e))
                {
                    LogResultRefused(one.End.Run.RunKey, e.Message);
                    if (one.End is { Result: null, Error: UnstorableError }) { break; }
                    one = (one.End with { Result = null, Error = UnstorableError }, one.Written);
                }
                catch (Exception e) when (!stopping.IsCancellationRequested)
                {
                    LogNotWritten(1, e.Message);
                    await Task.Delay(RetryDelay, time, stopping.Token);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested) { return; }
        one.Written();
    }

    private async Task WriteOnce(List<(RunEnd End, Action Written)> batch, long lease)
    {
        List<RunEnd> refused;
        using (await large.Wait(batch.Count, stopping.Token)) { refused = await ledger.Finish([.. batch.Select(b => b.End)], lease, stopping.Token); }
        if (meter.CountsRuns)
        {
            meter.Ended([.. batch.Where(b => refused.Count == 0 || !refused.Contains(b.End))
                .Select(b => (b.End.Run.RunKey, b.End.Run.Job, b.End.Verdict, (RunMarks)b.End.Run))], time.GetTimestamp());
        }
        foreach (var end in refused) { await Explain(end); }
        foreach (var (_, written) in batch) { written(); }
    }

    private async Task Explain(RunEnd end)
    {
        var lost = await ledger.Lost(end.Run, stopping.Token);
        // After a lost answer the verdict is there already, with our own token: nothing was refused.
        if (!lost.AlreadyWritten) { LogRefused(end.Run.RunKey, end.Verdict, lost.Message); }
    }

    [LoggerMessage(1020, LogLevel.Warning, "Late verdict {Verdict} of {RunKey} was refused: {Reason}")]
    private partial void LogRefused(string runKey, string verdict, string reason);

    [LoggerMessage(1021, LogLevel.Warning, "{RunCount} verdicts could not be written: {Problem}; trying again")]
    private partial void LogNotWritten(int runCount, string problem);

    [LoggerMessage(1022, LogLevel.Warning, "The result of {RunKey} could not be stored: {Problem}")]
    private partial void LogResultRefused(string runKey, string problem);
}
