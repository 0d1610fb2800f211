using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scheduler.Kinds.Http;

namespace Scheduler.Snapshots.Agents;

/// <summary>
/// Agent <c>rclone</c>: a remote control daemon (<c>rclone rcd</c>). After its restart the numbers of its jobs begin anew, so a job is the one we
/// began only when process, number, group and time of start are all the same.
/// </summary>
internal sealed class RcloneAgent(AgentSettings settings, SnapshotCalls calls) : IUploadAgent
{
    // A list of a hundred thousand files is some 15 MB.
    private const int ListBytesMax = 64 * 1024 * 1024;
    private const int AnswerBytesMax = 1024 * 1024;
    // Every call takes a number and is forgotten after a minute; the one looked for is among the latest.
    private const int LookedThroughMax = 5000;
    // Listing a bucket takes longer than a question about a job; who asks for it says how long it may.
    private static readonly TimeSpan ListTimeout = TimeSpan.FromHours(1);

    public async Task<AgentJob> Start(UploadRow upload, CancellationToken token)
    {
        var (definition, group) = (upload.Definition, upload.GroupOfTaker());
        var config = new JsonObject { ["Transfers"] = definition.Limits.Transfers };
        // A limit of the whole agent would slow the uploads of other nodes; this one is each file's, so each gets its part.
        if (definition.Limits.BandwidthBytes() is { } bytes)
        {
            config["BwLimitFile"] = Math.Max(1, bytes / definition.Limits.Transfers).ToString(CultureInfo.InvariantCulture) + "B";
        }
        foreach (var (name, value) in settings.Options)
        {
            config[name] = long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
                : value is "true" or "false" ? value == "true" : value;
        }
        // Not sent twice: whether an unanswered one has begun is found out by its group.
        var begun = await Post("sync/copy", new()
        {
            ["srcFs"] = definition.Source,
            ["dstFs"] = upload.Target,
            ["_async"] = true,
            ["_group"] = group,
            ["_config"] = config,
        }, again: false, token);
        var id = begun.Number("jobid") ?? throw new RefusedException("rclone began a copy and did not say its jobid");
        var status = await Status(id, token);
        return new(Text(id), await Process(token), status?.Text("startTime") ?? "", group);
    }

    public async Task<AgentJob?> Find(UploadRow upload, CancellationToken token)
    {
        var beginning = upload.GroupOfAttempt();
        var groups = await Post("core/group-list", [], again: true, token);
        if (!Items(groups, "groups").Any(g => g.GetString()!.StartsWith(beginning, StringComparison.Ordinal))) { return null; }
        var ids = Items(await Post("job/list", [], again: true, token), "jobids").Select(i => i.GetInt64()).OrderDescending();
        foreach (var id in ids.Take(LookedThroughMax))
        {
            if (await Status(id, token) is { } status && status.Text("group") is { } group && group.StartsWith(beginning, StringComparison.Ordinal))
            {
                return new(Text(id), await Process(token), status.Text("startTime") ?? "", group);
            }
        }
        return null;
    }

    public async Task<AgentReport> Look(UploadRow upload, CancellationToken token)
    {
        var process = await Process(token);
        if (process != upload.AgentProcess)
        {
            return new(AgentSays.Gone, $"the agent was restarted (process {process}, was {upload.AgentProcess})");
        }
        if (await Status(long.Parse(upload.AgentJob!, CultureInfo.InvariantCulture), token) is not { } status)
        {
            return new(AgentSays.Gone, $"the agent no longer knows job {upload.AgentJob}");
        }
        if (status.Text("group") != upload.AgentGroup || status.Text("startTime") != upload.AgentStarted)
        {
            return new(AgentSays.Gone,
                $"job {upload.AgentJob} of the agent is another one now ({status.Text("group")}, begun {status.Text("startTime")})");
        }
        var stats = await Post("core/stats", new() { ["group"] = upload.AgentGroup }, again: true, token);
        var (bytes, files) = (stats.Number("bytes") ?? 0, stats.Number("transfers") ?? 0);
        // Totals grow while rclone still lists, and are 0 before it does.
        var total = stats.Number("totalBytes") is > 0 and var t ? t : (long?)null;
        var says = status.Flag("finished") != true ? AgentSays.Running : status.Flag("success") == true ? AgentSays.Succeeded : AgentSays.Failed;
        return new(says, says == AgentSays.Failed ? status.Text("error") is { Length: > 0 } error ? error : "it failed without a word" : null,
            bytes, total, files, stats.Number("totalTransfers"), bytes + files + (stats.Number("checks") ?? 0),
            stats.Real("speed"), stats.Real("eta"));
    }

    public async Task Stop(UploadRow upload, string group, CancellationToken token)
    {
        try { await Post("job/stopgroup", new() { ["group"] = group }, again: true, token); }
        catch (RefusedException) when (upload.AgentJob is not null)
        {
            // An older rclone stops single jobs only; ours, if it still is.
            if ((await Look(upload, token)).Says == AgentSays.Running)
            {
                await Post("job/stop", new() { ["jobid"] = long.Parse(upload.AgentJob, CultureInfo.InvariantCulture) }, again: true, token);
            }
        }
    }

    public async Task StopOthers(UploadRow upload, CancellationToken token)
    {
        var ours = upload.GroupOfUpload();
        var groups = Items(await Post("core/group-list", [], again: true, token), "groups").Select(g => g.GetString()!);
        foreach (var group in groups.Where(g => g != upload.AgentGroup && g.StartsWith(ours, StringComparison.Ordinal)))
        {
            // Of those that have ended nothing is left to stop, which is no error.
            await Post("job/stopgroup", new() { ["group"] = group }, again: true, token);
        }
    }

    public async Task<Comparison> Compare(UploadRow upload, CancellationToken token)
    {
        if (upload.Definition.Limits.Verify == VerifyBy.None) { return new(0, 0, null, Compared: false); }
        if (upload.Definition.Limits.Verify == VerifyBy.Totals) { return await CompareTotals(upload, token); }
        var wanted = await List(upload.Definition.Source, token);
        var there = await List(upload.Target, token);
        return FileLists.Compare(wanted, there);
    }

    public async Task<bool> Remove(UploadRow upload, CancellationToken token)
    {
        try
        {
            await Post("operations/purge", new() { ["fs"] = upload.Definition.Destination, ["remote"] = upload.Folder() }, again: true, token,
                ListTimeout);
        }
        catch (RefusedException e) when (IsNotThere(e)) { /* gone already */ }
        return true;
    }

    private async Task<Comparison> CompareTotals(UploadRow upload, CancellationToken token)
    {
        var wanted = await Post("operations/size", new() { ["fs"] = upload.Definition.Source }, again: true, token, ListTimeout);
        var there = await Post("operations/size", new() { ["fs"] = upload.Target }, again: true, token, ListTimeout);
        var (files, bytes) = (there.Number("count") ?? 0, there.Number("bytes") ?? 0);
        var same = (files, bytes) == (wanted.Number("count") ?? -1, wanted.Number("bytes") ?? -1);
        return new(files, bytes, same ? null : string.Create(CultureInfo.InvariantCulture,
            $"there are {files} files of {bytes} bytes; expected {wanted.Number("count")} of {wanted.Number("bytes")}"));
    }

    private async Task<Dictionary<string, long>> List(string folder, CancellationToken token)
    {
        try
        {
            var answer = await Post("operations/list", new()
            {
                ["fs"] = folder,
                ["remote"] = "",
                ["opt"] = new JsonObject { ["recurse"] = true, ["filesOnly"] = true, ["noModTime"] = true, ["noMimeType"] = true },
            }, again: true, token, ListTimeout, ListBytesMax);
            var files = new Dictionary<string, long>(StringComparer.Ordinal);
            foreach (var file in Items(answer, "list")) { files[file.Text("Path") ?? ""] = file.Number("Size") ?? -1; }
            return files;
        }
        catch (RefusedException e) when (IsNotThere(e)) { return []; }
    }

    private static bool IsNotThere(RefusedException error) => error.Message.Contains("directory not found", StringComparison.Ordinal);

    private async Task<string> Process(CancellationToken token) =>
        Text((await Post("core/pid", [], again: true, token)).Number("pid") ?? 0);

    // Null: it knows no job of that number.
    private async Task<JsonElement?> Status(long id, CancellationToken token)
    {
        try { return await Post("job/status", new() { ["jobid"] = id }, again: true, token); }
        catch (RefusedException e) when (e.Message.Contains("job not found", StringComparison.Ordinal)) { return null; }
    }

    private async Task<JsonElement> Post(
        string path, JsonObject body, bool again, CancellationToken token, TimeSpan? timeout = null, int answerMax = AnswerBytesMax)
    {
        var headers = new Dictionary<string, string>();
        if (settings.User is { } user)
        {
            headers["Authorization"] = SnapshotCalls.Basic(calls.Fill(user), settings.Password is { } password ? calls.Fill(password) : "");
        }
        var address = SnapshotCalls.Address(settings.Url!.TrimEnd('/') + "/" + path);
        var request = new HttpRequest(HttpMethod.Post, address, SnapshotCalls.OwnHeaders, headers, body.ToJsonString(), "application/json")
        { AnswerMax = answerMax, Says500 = true };
        var answer = await calls.Send(request, timeout ?? settings.Timeout, again, token);
        var where = request.Address.GetLeftPart(UriPartial.Path);
        if (answer.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            throw new NoAnswerException(
                $"{where}: answered {(int)answer.Status}; expected agent.user and agent.password to be rclone's --rc-user and --rc-pass");
        }
        if (answer.BodyIsCut) { throw new NoAnswerException($"{where}: its answer has more than {answerMax} bytes; set limits.verify to totals"); }
        try
        {
            using var document = JsonDocument.Parse(answer.Body.Length == 0 ? "{}" : answer.Body);
            return answer.Status == HttpStatusCode.OK ? document.RootElement.Clone()
                : throw new RefusedException($"{path}{SnapshotCalls.Said(document.RootElement.Text("error") ?? answer.Body)}");
        }
        catch (JsonException) { throw new NoAnswerException($"{where}: answered {(int)answer.Status}, and no JSON; is it rclone's remote control?"); }
    }

    private static IEnumerable<JsonElement> Items(JsonElement answer, string key) =>
        answer.At(key) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Compares two lists of files with their sizes.</summary>
internal static class FileLists
{
    private const int NamedMax = 3;

    /// <summary>What of <paramref name="wanted"/> is <paramref name="there"/>. Files that are there beyond it are a difference too.</summary>
    public static Comparison Compare(Dictionary<string, long> wanted, Dictionary<string, long> there)
    {
        var (files, bytes) = (0L, 0L);
        var differences = new List<string>();
        foreach (var (name, size) in wanted)
        {
            if (!there.TryGetValue(name, out var found)) { differences.Add($"{name} is missing"); }
            else if (found != size) { differences.Add(string.Create(CultureInfo.InvariantCulture, $"{name} has {found} bytes, expected {size}")); }
            else
            {
                files++;
                bytes += size;
            }
        }
        differences.AddRange(there.Keys.Where(n => !wanted.ContainsKey(n)).Select(n => $"{n} is not in the source"));
        if (wanted.Count == 0) { differences.Add("the source has no files"); }
        if (differences.Count == 0) { return new(files, bytes, null); }
        var more = differences.Count > NamedMax ? string.Create(CultureInfo.InvariantCulture, $" and {differences.Count - NamedMax} more") : "";
        return new(files, bytes, string.Join("; ", differences.Take(NamedMax)) + more);
    }
}
