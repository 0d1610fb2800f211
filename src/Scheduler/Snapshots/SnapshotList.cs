using System.Text.Json;
using Dapper;
using Scheduler.Database;

namespace Scheduler.Snapshots;

/// <summary>A row of the view <c>scheduler.upload</c>; the command line's JSON is this record.</summary>
public sealed record UploadListRow
{
    /// <summary>Its number.</summary>
    public long Id { get; init; }
    /// <summary>The node.</summary>
    public string Node { get; init; } = "";
    /// <summary><c>starting</c>, <c>running</c>, <c>completed</c>, <c>failed</c>, <c>cancelled</c> or <c>lost</c>.</summary>
    public string State { get; init; } = "";
    /// <summary>Why it ended as it did.</summary>
    public string? Reason { get; init; }
    /// <summary>How much of it is done; it never goes back.</summary>
    public decimal Percent { get; init; }
    /// <summary>Bytes copied.</summary>
    public long Bytes { get; init; }
    /// <summary>Bytes there are; null: not known yet.</summary>
    public long? BytesTotal { get; init; }
    /// <summary>Files copied.</summary>
    public long Files { get; init; }
    /// <summary>Files there are.</summary>
    public long? FilesTotal { get; init; }
    /// <summary>Bytes a second.</summary>
    public long? RateBytes { get; init; }
    /// <summary>Time left at that rate.</summary>
    public TimeSpan? Eta { get; init; }
    /// <summary>How often it was begun at its agent.</summary>
    public int Attempt { get; init; }
    /// <summary>When it was wanted.</summary>
    public DateTime WantedAt { get; init; }
    /// <summary>When it began.</summary>
    public DateTime? StartedAt { get; init; }
    /// <summary>When its agent last answered.</summary>
    public DateTime? SeenAt { get; init; }
    /// <summary>When it last came on.</summary>
    public DateTime? MovedAt { get; init; }
    /// <summary>When it ended.</summary>
    public DateTime? EndedAt { get; init; }
    /// <summary>When it was compared with its source and nothing differed.</summary>
    public DateTime? VerifiedAt { get; init; }
    /// <summary>When retention removed its folder.</summary>
    public DateTime? RemovedAt { get; init; }
    /// <summary>When it is begun again.</summary>
    public DateTime? ResumeAt { get; init; }
    /// <summary>Why its agent could not be asked the last time.</summary>
    public string? Problem { get; init; }
    /// <summary>What its agent said.</summary>
    public string? Error { get; init; }
    /// <summary>The run that wanted it.</summary>
    public string RunKey { get; init; } = "";
    /// <summary>What is copied.</summary>
    public string Source { get; init; } = "";
    /// <summary>Where to.</summary>
    public string Target { get; init; } = "";
    /// <summary><c>rclone</c> or <c>command</c>.</summary>
    public string AgentKind { get; init; } = "";
    /// <summary>Where the agent is.</summary>
    public string? AgentUrl { get; init; }
    /// <summary>What the agent calls it.</summary>
    public string? AgentJob { get; init; }
    /// <summary>The agent's process.</summary>
    public string? AgentProcess { get; init; }
    /// <summary>When the agent says that it began.</summary>
    public string? AgentStarted { get; init; }
    /// <summary>The group it belongs to there.</summary>
    public string AgentGroup { get; init; } = "";
    /// <summary>What somebody asked of it.</summary>
    public JsonElement? Request { get; init; }
    /// <summary>Its former states.</summary>
    public JsonElement Past { get; init; }
}

/// <summary>A row of the view <c>snapshot.by_node</c>.</summary>
public sealed record SnapshotNodeRow
{
    /// <summary>The node.</summary>
    public string Name { get; init; } = "";
    /// <summary>How it is asked about itself.</summary>
    public string Protocol { get; init; } = "";
    /// <summary>When it is uploaded.</summary>
    public string Schedule { get; init; } = "";
    /// <summary><c>uploaded</c>, <c>running</c>, <c>missing</c>, <c>not due yet</c>, or <c>disabled</c>.</summary>
    public string State { get; init; } = "";
    /// <summary>The upload job its row makes; null: not made yet.</summary>
    public string? Job { get; init; }
    /// <summary>When it was last due.</summary>
    public DateTime? LastDueAt { get; init; }
    /// <summary>How that run ended.</summary>
    public string? LastVerdict { get; init; }
    /// <summary>Why, where it did not upload.</summary>
    public string? LastReason { get; init; }
    /// <summary>Its latest complete upload.</summary>
    public long? LastCompletedId { get; init; }
    /// <summary>When that was complete.</summary>
    public DateTime? LastCompletedAt { get; init; }
    /// <summary>Its bytes.</summary>
    public long? LastBytes { get; init; }
    /// <summary>The upload that runs.</summary>
    public long? RunningId { get; init; }
    /// <summary>Since when a snapshot is missing.</summary>
    public DateTime? MissingSince { get; init; }
}

/// <summary>What an operator can see and ask of uploads, and of the nodes they are of.</summary>
public static class SnapshotList
{
    /// <summary>The latest uploads first. Throws <see cref="OperatorException"/> (3) with the nearest name for a node that neither is there nor
    /// had an upload.</summary>
    /// <param name="connectionString">The scheduler's database.</param>
    /// <param name="node">Only of this node; null: of all.</param>
    /// <param name="state">Only in this state; null: in any.</param>
    /// <param name="limit">At most this many.</param>
    /// <param name="token">Ends the wait.</param>
    public static Task<IReadOnlyList<UploadListRow>> Uploads(
        string connectionString, string? node, string? state, int limit, CancellationToken token) =>
        OperatorConnection.Use<IReadOnlyList<UploadListRow>>(connectionString, async c =>
        {
            var rows = (await c.QueryAsync<UploadListRow>(new CommandDefinition(
                "select * from scheduler.upload u where (@node::text is null or u.node = @node) and (@state::text is null or u.state = @state)"
                + " order by u.id desc limit @limit", new { node, state, limit }, cancellationToken: token))).AsList();
            if (rows.Count > 0 || node is null || await c.ExecuteScalarAsync<bool>(new CommandDefinition(
                "select exists (select from scheduler.upload where node = @node)", new { node }, cancellationToken: token)))
            {
                return rows;
            }
            var names = (await c.QueryAsync<string>(new CommandDefinition(
                "select name from snapshot.node order by name", cancellationToken: token))).AsList();
            return names.Contains(node) ? rows : throw NoNode(node, names);
        }, token);

    /// <summary>These uploads, or those that run when none is named. Throws <see cref="OperatorException"/> (3) for one that is not there.</summary>
    public static async Task<IReadOnlyList<UploadListRow>> Some(string connectionString, IReadOnlyList<long> ids, CancellationToken token)
    {
        var rows = await OperatorConnection.Use<IReadOnlyList<UploadListRow>>(connectionString, async c =>
            [.. await c.QueryAsync<UploadListRow>(new CommandDefinition(
                "select * from scheduler.upload u where u.id = any (@ids) or (@all and u.state in ('starting', 'running')) order by u.id",
                new { ids = ids.ToArray(), all = ids.Count == 0 }, cancellationToken: token))], token);
        var missing = ids.Except(rows.Select(r => r.Id)).ToList();
        return missing.Count == 0 ? rows : throw new OperatorException($"there is no upload {missing[0]}; see 'scheduler upload list'", 3);
    }

    /// <summary>Ask for the end of an upload. Returns <c>requested</c>, or the state it has ended in. Throws <see cref="OperatorException"/>
    /// (3).</summary>
    public static Task<string> Cancel(string connectionString, long id, string? reason, CancellationToken token) =>
        Ask(connectionString, "select snapshot.cancel_upload(@id, @reason)", id, reason, token);

    /// <summary>Ask for an upload to go on. Returns <c>requested</c>. Throws <see cref="OperatorException"/>: 3 when there is none, 5 when it
    /// cannot.</summary>
    public static Task<string> Retry(string connectionString, long id, string? reason, CancellationToken token) =>
        Ask(connectionString, "select snapshot.retry_upload(@id, @reason)", id, reason, token);

    /// <summary>Every node with its last snapshot, and the sentence of <c>snapshot.completeness</c>.</summary>
    public static Task<(IReadOnlyList<SnapshotNodeRow> Nodes, string Sentence)> Nodes(string connectionString, CancellationToken token) =>
        OperatorConnection.Use<(IReadOnlyList<SnapshotNodeRow>, string)>(connectionString, async c =>
        {
            var nodes = await c.QueryAsync<SnapshotNodeRow>(new CommandDefinition("select * from snapshot.by_node", cancellationToken: token));
            var disabled = await c.QueryAsync<SnapshotNodeRow>(new CommandDefinition(
                "select n.name, n.protocol, n.schedule, 'disabled' as state from snapshot.node n where not n.enabled", cancellationToken: token));
            var sentence = await c.ExecuteScalarAsync<string>(
                new CommandDefinition("select sentence from snapshot.completeness", cancellationToken: token));
            return ([.. nodes.Concat(disabled).OrderBy(n => n.Name, StringComparer.Ordinal)], sentence!);
        }, token);

    /// <summary>Add a node, or change the one of that name. Returns true when it was not there.</summary>
    /// <param name="connectionString">The scheduler's database.</param>
    /// <param name="node">What is to be in its row.</param>
    /// <param name="token">Ends the wait.</param>
    public static Task<bool> Put(string connectionString, NodeRequest node, CancellationToken token) =>
        OperatorConnection.Use(connectionString, c => c.ExecuteScalarAsync<bool>(new CommandDefinition("""
            insert into snapshot.node as n (name, protocol, endpoints, schedule, source, destination, agent, limits)
            values (@Name, @Protocol, @Endpoints::jsonb, coalesce(@Schedule, '0 */6 * * *'), @Source, @Destination, @Agent::jsonb, @Limits::jsonb)
            on conflict (name) do update set protocol = excluded.protocol, endpoints = excluded.endpoints, schedule = excluded.schedule,
                source = excluded.source, destination = excluded.destination, agent = excluded.agent, limits = excluded.limits, enabled = true
            returning n.xmax = 0
            """, node, cancellationToken: token)), token);

    /// <summary>Disable a node: its upload job goes, what runs goes on. Throws <see cref="OperatorException"/> (3) with the nearest name when there
    /// is none. Returns false when it was disabled already.</summary>
    public static Task<bool> Disable(string connectionString, string name, CancellationToken token) =>
        OperatorConnection.Use(connectionString, c => Disable(c, name, token), token);

    private static async Task<bool> Disable(Npgsql.NpgsqlConnection c, string name, CancellationToken token)
    {
        var names = (await c.QueryAsync<string>(new CommandDefinition("select name from snapshot.node", cancellationToken: token))).ToList();
        if (!names.Contains(name)) { throw NoNode(name, names); }
        return await c.ExecuteAsync(new CommandDefinition("update snapshot.node n set enabled = false where n.name = @name and n.enabled",
            new { name }, cancellationToken: token)) == 1;
    }

    private static OperatorException NoNode(string name, IReadOnlyCollection<string> names) =>
        new($"there is no node '{name}' in snapshot.node{Spelling.Hint(name, names)}", 3);

    private static Task<string> Ask(string connectionString, string sql, long id, string? reason, CancellationToken token) =>
        OperatorConnection.Use(connectionString, async c =>
        {
            try { return (await c.ExecuteScalarAsync<string>(new CommandDefinition(sql, new { id, reason }, cancellationToken: token)))!; }
            catch (Npgsql.PostgresException e) when (e.SqlState == "55000")
            {
                throw new OperatorException($"{e.MessageText}{(e.Hint is null ? "" : "; " + e.Hint)}", 5, e);
            }
        }, token);
}

/// <summary>A row for <c>snapshot.node</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Protocol">How it is asked about itself.</param>
/// <param name="Endpoints">Where, JSON.</param>
/// <param name="Schedule">When it is uploaded; null: as the table has it.</param>
/// <param name="Source">What is copied.</param>
/// <param name="Destination">Where to.</param>
/// <param name="Agent">Who copies, JSON.</param>
/// <param name="Limits">How, JSON.</param>
public sealed record NodeRequest(
    string Name, string Protocol, string Endpoints, string? Schedule, string Source, string Destination, string Agent, string Limits);
