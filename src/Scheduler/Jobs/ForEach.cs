using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Scheduler.Cluster;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>
/// Keeps the jobs that jobs with <c>for_each</c> stand for: one a row of a relation, made, changed and removed within seconds of the rows. Any node
/// does, in turns; what is right already is not touched. A row that makes no job is named in the problem of the job, and stops no other row.
/// </summary>
public sealed partial class ForEach(
    Databases databases, Listener listener, KindRegistry kinds, NodeState state, TimeProvider time, ILogger<ForEach> log)
{
    // More jobs than this from one relation is a mistake in its where; the others are made.
    private const int ChildrenMax = 10_000;
    private const int ProblemsShown = 3;
    // Rows whose changes nobody tells of (views, tables of other owners) are looked at this often.
    private const string Part = "making jobs of rows";
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LookAfter = TimeSpan.FromMilliseconds(100);

    private static readonly string TemplatesSql = SqlFiles.Read("queries/for_each_templates.sql");
    private static readonly string TurnSql = SqlFiles.Read("queries/for_each_turn.sql");
    private static readonly string ReadSql = SqlFiles.Read("queries/for_each_read.sql");
    private static readonly string PutSql = SqlFiles.Read("queries/for_each_put.sql");
    private static readonly string TriggerSql = SqlFiles.Read("queries/for_each_trigger.sql");

    private readonly SemaphoreSlim wake = new(0);
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private readonly HashSet<string> heardJobs = new(StringComparer.Ordinal);
    private readonly HashSet<string> heardRelations = new(StringComparer.Ordinal);
    private bool heardAll = true;
    private Task? loop;

    /// <summary>Begin to look after them.</summary>
    public void Start()
    {
        listener.Heard += Hear;
        loop = Task.Run(Loop);
    }

    /// <summary>Stop.</summary>
    public async Task Stop()
    {
        await stopping.CancelAsync();
        if (loop is not null) { await loop; }
    }

    private void Hear(string channel, string payload)
    {
        if (channel is not (Listener.Jobs or Listener.ForEach)) { return; }
        lock (gate)
        {
            if (payload.Length == 0 || heardJobs.Count > ChildrenMax) { heardAll = true; }
            else { (channel == Listener.Jobs ? heardJobs : heardRelations).Add(payload); }
        }
        if (wake.CurrentCount == 0) { wake.Release(); }
    }

    private async Task Loop()
    {
        var lastAll = time.GetTimestamp();
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (await wake.WaitAsync(LookEvery, stopping.Token)) { await Task.Delay(LookAfter, time, stopping.Token); }
                if (!state.Ready) { continue; }
                string[] jobs;
                HashSet<string> relations;
                bool all;
                lock (gate)
                {
                    all = heardAll || time.GetElapsedTime(lastAll) >= LookEvery;
                    (jobs, relations, heardAll) = ([.. heardJobs], [.. heardRelations], false);
                    heardJobs.Clear();
                    heardRelations.Clear();
                }
                if (all) { lastAll = time.GetTimestamp(); }
                await Look(all, jobs, relations, stopping.Token);
                state.Worked(Part);
            }
            catch (Exception) when (stopping.IsCancellationRequested) { return; }
            catch (Exception e)
            {
                state.Failed(Part, e);
                lock (gate) { heardAll = true; }
                LogFailed("for_each", e.Message);
            }
        }
    }

    private async Task Look(bool all, string[] jobs, HashSet<string> relations, CancellationToken token)
    {
        // Of a change of rows the relation is known, not the job: with one, all of these few jobs are asked for.
        foreach (var (name, relation) in await Templates(all || relations.Count > 0 ? null : jobs, token))
        {
            if (!all && !jobs.Contains(name)
                && !relations.Contains(relation.Contains('.', StringComparison.Ordinal) ? relation : "public." + relation))
            {
                continue;
            }
            try { await Expand(name, token); }
            catch (Exception e) when (!token.IsCancellationRequested) { LogFailed(name, e.Message); }
        }
    }

    private async Task<List<(string Name, string Relation)>> Templates(string[]? names, CancellationToken token)
    {
        var templates = new List<(string, string)>();
        await using var command = databases.Ledger.CreateCommand(TemplatesSql);
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, Value = (object?)names ?? DBNull.Value });
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token)) { templates.Add((reader.GetString(0), reader.GetString(1))); }
        return templates;
    }

    private async Task Expand(string name, CancellationToken token)
    {
        await using var connection = await databases.Jobs.OpenConnectionAsync(token);
        await using var transaction = await connection.BeginTransactionAsync(token);
        await using (var limit = new NpgsqlCommand("set local lock_timeout = '10s'; set local statement_timeout = '30s'", connection))
        {
            await limit.ExecuteNonQueryAsync(token);
        }
        await using (var turn = new NpgsqlCommand(TurnSql, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = name } } })
        {
            await turn.ExecuteNonQueryAsync(token);
        }
        // A statement of its own: it sees what whoever had the turn before has committed.
        await using var read = new NpgsqlCommand(ReadSql, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = name } } };
        var text = await read.ExecuteScalarAsync(token) as string;
        var children = new JsonArray();
        string? problem = null;
        if (text is not null)
        {
            var template = new RowTemplate((JsonObject)JsonNode.Parse(text)!, kinds);
            try
            {
                await Tell(connection, transaction, template, token);
                problem = Fill(template, await Rows(connection, transaction, template, token), children);
            }
            catch (Exception e) when (e is FormatException or PostgresException)
            {
                // Its rows cannot be read: the children stay as they are.
                await Note(connection, name, $"for_each: {Explain(e)}", token);
                await transaction.CommitAsync(token);
                return;
            }
        }
        await using (var put = new NpgsqlCommand(PutSql, connection))
        {
            put.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
            put.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = children.ToJsonString() });
            put.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)problem ?? DBNull.Value });
            await using var reader = await put.ExecuteReaderAsync(token);
            await reader.ReadAsync(token);
            if (reader.GetInt32(0) + reader.GetInt32(1) > 0) { LogExpanded(name, children.Count, reader.GetInt32(0), reader.GetInt32(1)); }
        }
        await transaction.CommitAsync(token);
    }

    private static string? Fill(RowTemplate template, List<string> rows, JsonArray children)
    {
        var problems = new List<string>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var text in rows.Take(ChildrenMax))
        {
            try
            {
                var child = template.Fill((JsonObject)JsonNode.Parse(text)!);
                if (!names.Add((string)child["name"]!)) { throw new FormatException($"another row makes the job '{child["name"]}' too"); }
                children.Add((JsonNode)child);
            }
            catch (FormatException e) { problems.Add($"row {(text.Length > 200 ? text[..200] + "…" : text)}: {e.Message}"); }
        }
        if (rows.Count > ChildrenMax) { problems.Insert(0, $"the relation has more than {ChildrenMax} rows; the others make no job"); }
        if (problems.Count == 0) { return null; }
        var more = problems.Count > ProblemsShown ? $"; and {problems.Count - ProblemsShown} more" : "";
        return $"{problems.Count} of {rows.Count} rows make no job: " + string.Join("; ", problems.Take(ProblemsShown)) + more;
    }

    // What the operator wrote is read-only for this one question, with the rights of scheduler_node and an end after five seconds.
    private static async Task<List<string>> Rows(
        NpgsqlConnection connection, NpgsqlTransaction transaction, RowTemplate template, CancellationToken token)
    {
        var (schema, table) = template.Parts();
        await transaction.SaveAsync("rows", token);
        try
        {
            await using (var limits = new NpgsqlCommand(
                "set local statement_timeout = '5s'; set transaction read only; set local role scheduler_node",
                connection)) { await limits.ExecuteNonQueryAsync(token); }
            var rows = new List<string>();
            // Each on a line of its own, so that a comment in it ends with it; with a parameter, so that it is one statement or none.
            await using var command = new NpgsqlCommand(
                $"select to_jsonb(r)::text from \"{schema}\".\"{table}\" r where (\n{template.Where ?? "true"}\n) limit $1", connection)
            {
                Parameters = { new NpgsqlParameter<int> { TypedValue = ChildrenMax + 1 } },
            };
            await using var reader = await command.ExecuteReaderAsync(token);
            while (await reader.ReadAsync(token)) { rows.Add(reader.GetString(0)); }
            return rows;
        }
        finally { await transaction.RollbackAsync("rows", CancellationToken.None); }
    }

    // Have the relation tell of its changes, where we may.
    private async Task Tell(NpgsqlConnection connection, NpgsqlTransaction transaction, RowTemplate template, CancellationToken token)
    {
        var (schema, table) = template.Parts();
        await using (var command = new NpgsqlCommand(TriggerSql, connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = $"{schema}.{table}" } },
        })
        await using (var reader = await command.ExecuteReaderAsync(token))
        {
            if (!await reader.ReadAsync(token)) { throw new FormatException($"there is no relation '{schema}.{table}'"); }
            if (reader.GetString(0) is not ("r" or "p") || reader.GetBoolean(1)) { return; }
        }
        await transaction.SaveAsync("tell", token);
        try
        {
            await using var make = new NpgsqlCommand("set local lock_timeout = '1s';"
                + " create or replace trigger scheduler_for_each after insert or update"
                + $" or delete or truncate on \"{schema}\".\"{table}\""
                + " for each statement execute function scheduler_private.for_each_changed()", connection);
            await make.ExecuteNonQueryAsync(token);
        }
        catch (PostgresException e)
        {
            await transaction.RollbackAsync("tell", token);
            LogNotTold($"{schema}.{table}", e.MessageText, LookEvery.TotalSeconds);
        }
    }

    private static async Task Note(NpgsqlConnection connection, string name, string problem, CancellationToken token)
    {
        await using var command = new NpgsqlCommand("update scheduler.job j set problem = $2 where j.name = $1 and j.problem is distinct from $2",
            connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = name }, new NpgsqlParameter<string> { TypedValue = problem } },
        };
        await command.ExecuteNonQueryAsync(token);
    }

    private static string Explain(Exception error) => error switch
    {
        PostgresException { SqlState: "42501" } p => $"{p.MessageText}; grant select on it to scheduler_node",
        PostgresException p => p.MessageText,
        _ => error.Message,
    };

    [LoggerMessage(3020, LogLevel.Information, "Job {Job} stands for {ChildCount} jobs: {Put} made or changed, {Removed} removed")]
    private partial void LogExpanded(string job, int childCount, int put, int removed);

    [LoggerMessage(3021, LogLevel.Warning, "The rows of {Job} could not be followed: {Problem}; trying again")]
    private partial void LogFailed(string job, string problem);

    [LoggerMessage(3022, LogLevel.Information, "Relation {Relation} does not tell of its changes ({Problem}); it is looked at every {Seconds} s")]
    private partial void LogNotTold(string relation, string problem, double seconds);
}
