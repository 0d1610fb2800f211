using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Quartz;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Kinds.Http;
using Scheduler.Runs;

namespace Scheduler.Snapshots;

/// <summary>Settings of the kind <c>snapshot.monitor</c>.</summary>
public sealed record MonitorSettings
{
    /// <summary>Uploads looked at at a time. Too low and hanging agents hold the others up; too high and this node is busy with them alone. Default
    /// 16.</summary>
    [Range(1, 200)]
    public int AtATime { get; init; } = 16;
    /// <summary>Longest time for one look at one upload, all its calls together. Default 15s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan LookTimeout { get; init; } = TimeSpan.FromSeconds(15);
    /// <summary>Longest time for comparing one upload with its source. The others are looked at meanwhile. Too low and folders of very many files are
    /// never verified; too high and a store that hangs is found late. Below the job's timeout. Default 10m.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "06:00:00")]
    public TimeSpan VerifyTimeout { get; init; } = TimeSpan.FromMinutes(10);
    /// <summary>Time between two looks of one pass. Too low and agents are asked for nothing new; too high and progress is old. Default 5s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>A pass looks again and again for this long while uploads run, and then ends; one with nothing to do ends at once. Below the time
    /// between two passes. Default 40s; 0s is one look.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan LookFor { get; init; } = TimeSpan.FromSeconds(40);
}

/// <summary>
/// Kind <c>snapshot.monitor</c>: looks at every upload that runs, each by itself, several at a time; writes their progress; ends, verifies and
/// resumes them; removes snapshots beyond <c>keep</c>.
/// </summary>
/// <remarks>
/// One upload's agent never delays another upload: each look has a time-out, and its failure is its own. The verdict is <c>failed</c> when an upload
/// came to a bad end in this pass that nothing resumes, with its reason as the error; what became of each is in the result. Safe to run twice.
/// </remarks>
public sealed class MonitorJob(
    MonitorSettings settings, RunScope run, HttpCaller http, NodeState state, NodeOptions options, TimeProvider time) : IJob
{
    // Looked at in one round; those seen longest ago come first, so that with more each has its turn.
    private const int UploadsMax = 1000;
    // A purge may take a while; the rest is the next pass's.
    private const int RemovedMax = 20;
    // Each has its agent list two folders.
    private const int VerifiedAtATime = 8;
    private const int NamedInError = 10;
    private const int NamedInResult = 200;

    private readonly ConcurrentDictionary<long, (UploadRow Upload, LookOutcome Outcome)> ends = new();
    private readonly ConcurrentDictionary<long, (UploadRow Upload, LookOutcome Outcome)> last = new();
    private readonly ConcurrentDictionary<long, Task> verifying = new();
    private readonly SemaphoreSlim verifiers = new(VerifiedAtATime);
    private readonly List<long> removed = [];

    /// <summary>The kind's entry in the registry.</summary>
    public static Kind Kind { get; } = new("snapshot.monitor", typeof(MonitorJob), typeof(MonitorSettings), OnLost.Rerun,
        "Follows the uploads that run: progress, verdict, verification, resumption, retention");

    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        using var store = new UploadStore(run);
        var begin = new UploadBegin(store, new SnapshotCalls(run, http, state, options, time));
        using var verifiersStop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try { await LookAgainAndAgain(store, new UploadWatch(store, begin, settings.VerifyTimeout), verifiersStop.Token, cancellationToken); }
        finally
        {
            await verifiersStop.CancelAsync();
            await Task.WhenAll(verifying.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            verifiers.Dispose();
        }
        await Retain(store, begin, cancellationToken);
        Conclude(context);
    }

    private async Task LookAgainAndAgain(UploadStore store, UploadWatch watch, CancellationToken verify, CancellationToken token)
    {
        var (began, verified) = (time.GetTimestamp(), new HashSet<long>());
        for (var isFirst = true; ; isFirst = false)
        {
            foreach (var (id, task) in verifying.Where(v => v.Value.IsCompleted))
            {
                verifying.Remove(id, out _);
                await task;
            }
            var isOver = time.GetElapsedTime(began) + settings.LookEvery > settings.LookFor;
            // One whose verification came to no verdict has its next try in the next pass.
            var uploads = (await store.Due(UploadsMax)).Where(u => !verified.Contains(u.Id)).ToList();
            await Parallel.ForEachAsync(uploads, new ParallelOptions { MaxDegreeOfParallelism = settings.AtATime, CancellationToken = token },
                async (upload, t) =>
                {
                    // What is found done once the time is over is the next pass's to verify.
                    if (await Look(watch, upload, t) is { } conclude && (isFirst || !isOver))
                    {
                        verifying[upload.Id] = Verify(upload, conclude, verify);
                    }
                });
            verified.UnionWith(verifying.Keys);
            if (verifying.IsEmpty && (uploads.Count == 0 || isOver)) { return; }
            await run.Step((_, _, _) => Task.FromResult(JsonSerializer.Serialize(new
            {
                uploads = uploads.Count + verifying.Count,
                verifying = verifying.Count,
                ended = ends.Count,
            })));
            var pause = Task.Delay(settings.LookEvery, time, token);
            await (verifying.IsEmpty ? pause : Task.WhenAny(pause, Task.WhenAll(verifying.Values)));
            token.ThrowIfCancellationRequested();
        }
    }

    private async Task<Func<CancellationToken, Task<LookOutcome>>?> Look(UploadWatch watch, UploadRow upload, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(settings.LookTimeout);
        LookOutcome outcome;
        try { outcome = await watch.Look(upload, limit.Token); }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            outcome = await watch.NoAnswer(upload, $"the look took longer than {Duration.Format(settings.LookTimeout)}", token);
        }
        Note(upload, outcome);
        return outcome.Verify;
    }

    private async Task Verify(UploadRow upload, Func<CancellationToken, Task<LookOutcome>> conclude, CancellationToken token)
    {
        await verifiers.WaitAsync(token);
        try { Note(upload, await conclude(token)); }
        finally { verifiers.Release(); }
    }

    private void Note(UploadRow upload, LookOutcome outcome)
    {
        last[upload.Id] = (upload, outcome);
        if (outcome.What is "completed" or "failed" or "cancelled" or "lost" or "resumed")
        {
            ends[upload.Id] = (upload, outcome);
            run.Output.Write(outcome.What is "failed" or "lost" ? OutputSource.Error : OutputSource.Scheduler,
                $"upload {upload.Id} of {upload.Node} {outcome.What}{(outcome.Why is null ? "" : ": " + outcome.Why)}"
                + (outcome.Resumes ? "; it is resumed" : ""));
        }
    }

    private async Task Retain(UploadStore store, UploadBegin begin, CancellationToken token)
    {
        foreach (var upload in await store.Old(RemovedMax))
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
            limit.CancelAfter(settings.LookTimeout);
            try
            {
                if (!await begin.AgentOf(upload).Remove(upload, limit.Token)) { continue; }
                await store.Removed(upload);
                removed.Add(upload.Id);
            }
            catch (Exception e) when (e is NoAnswerException or RefusedException
                || (e is OperationCanceledException && !token.IsCancellationRequested))
            {
                run.Output.Write(OutputSource.Error, $"upload {upload.Id} of {upload.Node}: {upload.Target} could not be removed: {e.Message}");
            }
        }
    }

    private void Conclude(IJobExecutionContext context)
    {
        object[] Of(IEnumerable<(UploadRow Upload, LookOutcome Outcome)> outcomes, string what) =>
            [.. outcomes.Where(o => o.Outcome.What == what).OrderBy(o => o.Upload.Id).Take(NamedInResult).Select(o => o.Outcome.Why is { } why
                ? (object)new { upload = o.Upload.Id, node = o.Upload.Node, why, resumes = o.Outcome.Resumes }
                : new { upload = o.Upload.Id, node = o.Upload.Node })];
        var result = new
        {
            running = last.Values.Count(o => o.Outcome.What is "running" or "resumed" or "verifying"),
            completed = Of(ends.Values, "completed"),
            failed = Of(ends.Values, "failed"),
            lost = Of(ends.Values, "lost"),
            cancelled = Of(ends.Values, "cancelled"),
            resumed = Of(ends.Values, "resumed"),
            unreachable = Of(last.Values, "unreachable"),
            removed,
        };
        var bad = ends.Values.Where(o => o.Outcome.What is "failed" or "lost" && !o.Outcome.Resumes).OrderBy(o => o.Upload.Id).ToList();
        if (bad.Count == 0)
        {
            context.Result = result;
            return;
        }
        var named = string.Join("; ", bad.Take(NamedInError).Select(o =>
            $"upload {o.Upload.Id} of {o.Upload.Node} {o.Outcome.What}: {o.Outcome.Why}"));
        throw new RunFailedException(named + (bad.Count > NamedInError ? $"; and {bad.Count - NamedInError} more" : ""), result);
    }
}
