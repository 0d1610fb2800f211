using System.ComponentModel.DataAnnotations;
using Quartz;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Kinds.Http;
using Scheduler.Runs;
using Scheduler.Snapshots.Protocols;

namespace Scheduler.Snapshots;

/// <summary>Settings of the kind <c>snapshot.upload</c>.</summary>
public sealed record UploadSettings
{
    /// <summary>Name of the node in <c>snapshot.node</c>. No default.</summary>
    [Required]
    public string Node { get; init; } = "";
}

/// <summary>
/// Kind <c>snapshot.upload</c>: measures a node and begins the upload of its snapshot at its agent. The run ends when the agent has begun; what
/// becomes of the upload <see cref="MonitorJob"/> finds out.
/// </summary>
/// <remarks>
/// The row of <c>snapshot.upload</c> is written under the run's key before the agent is asked. Whoever does the run again, or takes it over, finds it
/// and looks for what was begun before it begins anything: one upload for a run.
/// </remarks>
public sealed class UploadJob(UploadSettings settings, RunScope run, HttpCaller http, NodeState state, NodeOptions options, TimeProvider time) : IJob
{
    /// <summary>The kind's entry in the registry.</summary>
    public static Kind Kind { get; } = new("snapshot.upload", typeof(UploadJob), typeof(UploadSettings), OnLost.Rerun,
        "Measures a node and begins the upload of its snapshot");

    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        using var store = new UploadStore(run);
        var calls = new SnapshotCalls(run, http, state, options, time);
        var begin = new UploadBegin(store, calls);
        try
        {
            var upload = await store.OfRun();
            if (upload is null)
            {
                upload = await begin.Fresh(await Want(store, calls, cancellationToken), cancellationToken);
            }
            else if (upload.State == "starting") { upload = await begin.Taken(upload, cancellationToken); }
            if (upload is null) { throw new TryAgainException("another owner of this run has begun the upload meanwhile"); }
            context.Result = new { upload = upload.Id, target = upload.Target };
        }
        catch (NoAnswerException e) { throw new TryAgainException("the agent could not be asked: " + e.Message); }
        catch (RefusedException e) { throw new RunFailedException("the agent refused the upload: " + e.Message, null, e); }
    }

    private async Task<UploadRow> Want(UploadStore store, SnapshotCalls calls, CancellationToken token)
    {
        if (await store.Node(settings.Node) is not var (node, json, inTheWay))
        {
            throw new OperatorException($"there is no node '{settings.Node}' in snapshot.node");
        }
        if (!node.Enabled) { throw new RunSkippedException($"node {node.Name} is disabled"); }
        if (inTheWay is { } other) { throw new RunSkippedException($"upload running #{other}", new { upload = other }); }
        var metrics = await NodeProtocols.Of(node.Protocol).Collect(node.Endpoints, calls, token);
        await store.Keep(node.Name, metrics);
        foreach (var (question, why) in metrics.Missing) { run.Output.Write(OutputSource.Scheduler, $"{question} has no answer: {why}"); }
        if (Health.Refusal(metrics, node.Limits, time.GetUtcNow()) is { } refusal)
        {
            throw new RunSkippedException(refusal, new { metrics.Height, metrics.Syncing, metrics.Peers });
        }
        return await store.Want(node.Name, json, UploadRow.TargetOf(node, run.RunKey, run.DueAt))
            ?? throw new RunSkippedException("upload running: another run began one meanwhile");
    }
}
