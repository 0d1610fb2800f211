using System.Globalization;
using System.Text.Json;

namespace Scheduler.Snapshots.Agents;

/// <summary>
/// Agent <c>command</c>: programs of the operator's own, each run on the scheduler node and ended with its call; what they begin must live elsewhere
/// (a unit of systemd, another machine, a queue). docs/snapshots.md has the contract.
/// </summary>
internal sealed class CommandAgent(AgentSettings settings, SnapshotCalls calls) : IUploadAgent
{
    public async Task<AgentJob> Start(UploadRow upload, CancellationToken token)
    {
        var answer = await Call(settings.Start, upload, upload.GroupOfTaker(), token);
        return Job(answer, upload.GroupOfTaker()) ?? throw new RefusedException($"'{settings.Start[0]}' began a copy and did not say its job");
    }

    // A status of the attempt, whoever began it: the program is asked by the part of the group that all tokens share.
    public async Task<AgentJob?> Find(UploadRow upload, CancellationToken token)
    {
        var answer = await Call(settings.Status, upload, upload.GroupOfAttempt(), token);
        return answer.Text("state") is null or "unknown" ? null : Job(answer, answer.Text("group") ?? upload.AgentGroup);
    }

    public async Task<AgentReport> Look(UploadRow upload, CancellationToken token)
    {
        var answer = await Call(settings.Status, upload, upload.AgentGroup, token);
        var state = answer.Text("state");
        if (state == "unknown") { return new(AgentSays.Gone, $"the agent does not know job {upload.AgentJob}"); }
        var (process, started) = (answer.At("process")?.ToString() ?? "", answer.At("started")?.ToString() ?? "");
        if (process != upload.AgentProcess || started != upload.AgentStarted)
        {
            return new(AgentSays.Gone, $"job {upload.AgentJob} of the agent is another one now (process {process}, begun {started})");
        }
        var says = state switch
        {
            "running" => AgentSays.Running,
            "succeeded" => AgentSays.Succeeded,
            "failed" => AgentSays.Failed,
            _ => throw new NoAnswerException($"'{settings.Status[0]}' says state '{state}'; expected running, succeeded, failed or unknown"),
        };
        var (bytes, files) = (answer.Number("bytes") ?? 0, answer.Number("files") ?? 0);
        return new(says, says == AgentSays.Failed ? answer.Text("error") ?? "it failed without a word" : null, bytes, answer.Number("bytes_total"),
            files, answer.Number("files_total"), bytes + files + (answer.Number("activity") ?? 0), answer.Real("rate"), answer.Real("eta_seconds"));
    }

    public Task Stop(UploadRow upload, string group, CancellationToken token) => Call(settings.Stop, upload, group, token);

    public async Task StopOthers(UploadRow upload, CancellationToken token)
    {
        // Not a program more at each look: groups of earlier attempts are known, and stopped before the next one begins.
        if (upload.State != "starting") { return; }
        foreach (var group in upload.FormerGroups()) { await Stop(upload, group, token); }
    }

    public async Task<Comparison> Compare(UploadRow upload, CancellationToken token)
    {
        if (settings.List.Count == 0 || upload.Definition.Limits.Verify == VerifyBy.None) { return new(0, 0, null, Compared: false); }
        var answer = await Call(settings.List, upload, upload.AgentGroup, token);
        if (answer.At("source") is { ValueKind: JsonValueKind.Object } source && answer.At("target") is { ValueKind: JsonValueKind.Object } target)
        {
            return FileLists.Compare(Sizes(source), Sizes(target));
        }
        throw new NoAnswerException($"'{settings.List[0]}' wrote no lists; expected {{\"source\": {{\"name\": bytes, …}}, \"target\": {{…}}}}");
    }

    public async Task<bool> Remove(UploadRow upload, CancellationToken token)
    {
        if (settings.Remove.Count == 0) { return false; }
        await Call(settings.Remove, upload, upload.AgentGroup, token);
        return true;
    }

    private static AgentJob? Job(JsonElement answer, string group) => answer.At("job")?.ToString() is { Length: > 0 } id
        ? new(id, answer.At("process")?.ToString() ?? "", answer.At("started")?.ToString() ?? "", group) : null;

    private static Dictionary<string, long> Sizes(JsonElement files) =>
        files.EnumerateObject().ToDictionary(f => f.Name, f => f.Value.TryGetInt64(out var size) ? size : -1, StringComparer.Ordinal);

    private async Task<JsonElement> Call(IReadOnlyList<string> argv, UploadRow upload, string group, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(settings.Timeout);
        try
        {
            return await calls.Command(argv, new Dictionary<string, string>
            {
                ["SNAPSHOT_NODE"] = upload.Node,
                ["SNAPSHOT_UPLOAD"] = upload.Id.ToString(CultureInfo.InvariantCulture),
                ["SNAPSHOT_GROUP"] = group,
                ["SNAPSHOT_JOB"] = upload.AgentJob ?? "",
                ["SNAPSHOT_SOURCE"] = upload.Definition.Source,
                ["SNAPSHOT_TARGET"] = upload.Target,
                ["SNAPSHOT_BANDWIDTH"] = upload.Definition.Limits.BandwidthBytes()?.ToString(CultureInfo.InvariantCulture) ?? "",
            }, limit.Token);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            throw new NoAnswerException($"'{argv[0]}' did not end within {Scheduler.Database.Duration.Format(settings.Timeout)}");
        }
    }
}
