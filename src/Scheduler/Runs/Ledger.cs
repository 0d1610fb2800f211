using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Telemetry;

namespace Scheduler.Runs;

/// <summary>A run this node has claimed: what the executor needs of its row.</summary>
internal sealed record RunRow(string RunKey, string Job, DateTime DueAt, long Token, int Attempts, int Version, long Owner, string? Params = null)
    : RunMarks
{
    /// <summary>JSON; null: the job's own.</summary>
    public string? Params { get; set; } = Params;
}

/// <summary>How a run ended, to be written to its row.</summary>
internal sealed record RunEnd(RunRow Run, string Verdict, string? Reason = null, string? Result = null, string? Error = null);

/// <summary>What entering a fire came to. State null: it was in the ledger already.</summary>
internal sealed record Entered(string? State, string? Verdict, int Version, string? Reason = null);

/// <summary>A run taken away from a dead owner. Verdict null: it waits in the queue for a new one.</summary>
internal sealed record LostRun(string RunKey, string? Node, long LeaseId, int Losses, string? Verdict, string Job);

internal enum GuardAnswer { Mine, AlreadySucceeded }

/// <summary>
/// The statements on the ledger, one round trip each, many runs at a time. Every change of a run names its token and owner, so that a
/// node that lost a run can change nothing of it. All statements stand in <c>sql/queries</c>.
/// </summary>
public sealed partial class Ledger(Databases databases, ILogger<Ledger> log)
{
    /// <summary>A run lost this many times is parked: its work may be what kills nodes. Design §4.4.</summary>
    public const int LossesMax = 3;
    // Raised by scheduler_private.refuse_verdict.
    private const string VerdictRefused = "SR001";
    // One call handles at most this many rows; callers repeat while it is full.
    internal const int LostBatchMax = 500;

    /// <summary>Sent before a statement that decides on fires.</summary>
    internal static readonly string KeepGatesSql = SqlFiles.Read("queries/gates_keep.sql");

    private static readonly string EnterSql = SqlFiles.Read("queries/run_enter.sql");
    private static readonly string ClaimSql = SqlFiles.Read("queries/run_claim.sql");
    private static readonly string OwnedSql = SqlFiles.Read("queries/run_owned.sql");
    private static readonly string RequeueLostSql = SqlFiles.Read("queries/run_requeue_lost.sql");
    private static readonly string FinishSql = SqlFiles.Read("queries/run_finish.sql");
    private static readonly string SucceedSql = SqlFiles.Read("queries/run_succeed.sql");
    private static readonly string FanOutSql = SqlFiles.Read("queries/run_fan_out.sql");
    private static readonly string PartsSql = SqlFiles.Read("queries/run_parts.sql");
    private static readonly string ParamsSql = SqlFiles.Read("queries/run_params.sql");
    private static readonly string AttemptSql = SqlFiles.Read("queries/run_attempt.sql");
    private static readonly string HandBackSql = SqlFiles.Read("queries/run_hand_back.sql");
    private static readonly string ProgressSql = SqlFiles.Read("queries/run_progress.sql");
    private static readonly string GuardSql = SqlFiles.Read("queries/run_guard.sql");
    private static readonly string PastSql = SqlFiles.Read("queries/run_past.sql");
    private static readonly string CancelledSql = SqlFiles.Read("queries/run_cancelled.sql");
    private static readonly string SupersedeSql = SqlFiles.Read("queries/run_supersede.sql");
    private static readonly string LimitsSql = SqlFiles.Read("queries/run_limits.sql");
    private static readonly string SessionsEndSql = SqlFiles.Read("queries/sessions_end.sql");
    private static readonly string ByIndexSql = SqlFiles.Read("queries/plan_by_index.sql");

    private readonly RunPartitions partitions = new(databases);

    /// <summary>
    /// Enter fires; the answer at index i belongs to <paramref name="fires"/>[i]. At most <paramref name="free"/> of them come back as running here.
    /// </summary>
    internal async Task<Entered[]> Enter(IReadOnlyList<Fire> fires, int free, NodeIdentity node, CancellationToken token)
    {
        var index = new Dictionary<string, int>(fires.Count, StringComparer.Ordinal);
        var answers = new Entered[fires.Count];
        for (var i = 0; i < fires.Count; i++) { index.Add(fires[i].RunKey, i); answers[i] = new(null, null, 0); }
        await using var command = Command(databases.Ledger, EnterSql,
            [.. FireParameters(fires, free, node), Array(NpgsqlDbType.Text, fires.Select(f => f.Cause))]);
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token))
        {
            answers[index[reader.GetString(0)]] = new(reader.GetString(1), Text(reader, 2), reader.GetInt32(3), Text(reader, 4));
        }
        return answers;
    }

    /// <summary>The first eight parameters of the statements that enter fires.</summary>
    internal static NpgsqlParameter[] FireParameters(IReadOnlyList<Fire> fires, int free, NodeIdentity node) =>
    [
        Array(NpgsqlDbType.Text, fires.Select(f => f.RunKey)), Array(NpgsqlDbType.Text, fires.Select(f => f.Job)),
        Array(NpgsqlDbType.TimestampTz, fires.Select(f => f.DueAt)), Array(NpgsqlDbType.TimestampTz, fires.Select(f => f.NextDueAt)),
        Value(free), Value(node.Name), Value(node.LeaseId), Value(node.Labels),
    ];

    /// <summary>Claim up to <paramref name="free"/> queued runs for this node.</summary>
    internal async Task<List<RunRow>> Claim(int free, NodeIdentity node, CancellationToken token)
    {
        var claimed = new List<RunRow>();
        await using var connection = await databases.Ledger.OpenConnectionAsync(token);
        await using var batch = ByIndex(connection, ClaimSql, Value(free), Value(node.Name), Value(node.LeaseId), Value(node.Labels));
        await using var reader = await Answer(batch, token);
        while (await reader.ReadAsync(token)) { claimed.Add(Read(reader, node)); }
        return claimed;
    }

    /// <summary>The running rows that name this lease, whether this process knows them or not.</summary>
    internal async Task<List<RunRow>> Owned(NodeIdentity node, CancellationToken token)
    {
        var owned = new List<RunRow>();
        await using var command = Command(databases.Ledger, OwnedSql, Value(node.LeaseId));
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token)) { owned.Add(Read(reader, node)); }
        return owned;
    }

    /// <summary>
    /// Put the runs of dead owners back in the queue, park or end them, and end the dead owners' job sessions. Returns what was taken away.
    /// </summary>
    internal async Task<List<LostRun>> RequeueLost(CancellationToken token)
    {
        var lost = new List<LostRun>();
        await using (var command = Command(databases.Ledger, RequeueLostSql, Value(LostBatchMax), Value(LossesMax)))
        await using (var reader = await command.ExecuteReaderAsync(token))
        {
            while (await reader.ReadAsync(token))
            {
                lost.Add(new(reader.GetString(0), Text(reader, 1), reader.GetInt64(2), reader.GetInt32(3), Text(reader, 4), reader.GetString(5)));
            }
        }
        if (lost.Count > 0)
        {
            // Ended only after the runs changed owner: the fence holds without it, this only frees what the dead sessions have locked.
            await using var command = Command(databases.Ledger, SessionsEndSql,
                Array(NpgsqlDbType.Text, lost.Select(l => Databases.JobSessionName(l.LeaseId)).Distinct()));
            var ended = (int)(await command.ExecuteScalarAsync(token))!;
            if (ended > 0) { LogSessionsEnded(ended); }
        }
        return lost;
    }

    /// <summary>Runs of this node that somebody has asked to end: key, token and reason.</summary>
    internal async Task<List<(string RunKey, long Token, string Reason)>> Cancelled(NodeIdentity node, CancellationToken token)
    {
        var cancelled = new List<(string, long, string)>();
        await using var command = Command(databases.Ledger, CancelledSql, Value(node.LeaseId));
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token)) { cancelled.Add((reader.GetString(0), reader.GetInt64(1), reader.GetString(2))); }
        return cancelled;
    }

    /// <summary>Let later fires take the place of the runs before them, where jobs say so (overlap: cancel). Returns how many runs that
    /// met.</summary>
    internal async Task<int> Supersede(CancellationToken token)
    {
        await using var command = Command(databases.Ledger, SupersedeSql);
        return (int)(await command.ExecuteScalarAsync(token))!;
    }

    /// <summary>Write verdicts. Returns those that were refused because the run is no longer this node's.</summary>
    internal async Task<List<RunEnd>> Finish(IReadOnlyList<RunEnd> ends, long leaseId, CancellationToken token)
    {
        // One that is written alone stands aside, and what holds it up holds up no others.
        await using var command = Command(ends.Count > 1 ? databases.Verdicts : databases.Ledger, FinishSql, FinishParameters(ends, leaseId));
        var accepted = await Keys(command, token);
        return [.. ends.Where(e => !accepted.Contains(e.Run.RunKey))];
    }

    /// <summary>
    /// Write a run's success inside the transaction that did its work, and commit it, in one round trip. Throws <see cref="RunLostException"/>,
    /// nothing committed, when the fence is closed; any other exception leaves open whether it is committed.
    /// </summary>
    internal async Task Commit(NpgsqlConnection connection, RunRow run, string? result, CancellationToken token)
    {
        // By the partition's own name it is planned once. By the parent's it is planned for each run: that costs more than the work of a small job.
        var partition = await partitions.Of(run.DueAt, token);
        var sql = partition is null ? SucceedSql : SucceedSql.Replace("scheduler_private.run r", $"{partition} r", StringComparison.Ordinal);
        await using var batch = ByIndex(connection, sql, Value(run.RunKey), Value(run.DueAt), Value(run.Token),
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)result ?? DBNull.Value }, Value(run.Owner));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("commit"));
        try { await batch.ExecuteNonQueryAsync(token); }
        catch (PostgresException e) when (e.SqlState == VerdictRefused) { throw await Lost(run, token); }
    }

    /// <summary>
    /// The fence's question, asked in the session that is to do the work. Throws <see cref="RunLostException"/> when the run is another's.
    /// </summary>
    /// <param name="connection">The session.</param>
    /// <param name="run">The run as this node claimed it.</param>
    /// <param name="statementTimeout">From now on the session's statements end after this time, zero for never; null leaves it as it is.</param>
    /// <param name="token">Ends the question.</param>
    internal static async Task<GuardAnswer> Guard(NpgsqlConnection connection, RunRow run, TimeSpan? statementTimeout, CancellationToken token)
    {
        var milliseconds = ((long?)statementTimeout?.TotalMilliseconds)?.ToString(System.Globalization.CultureInfo.InvariantCulture);
        await using var batch = ByIndex(connection, GuardSql, Value(run.RunKey), Value(run.DueAt),
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)milliseconds ?? DBNull.Value });
        await using var reader = await Answer(batch, token);
        if (!await reader.ReadAsync(token)) { throw new RunLostException(run.RunKey, "its row is gone"); }
        var (state, current, owner) = (reader.GetString(0), reader.GetInt64(1), reader.IsDBNull(2) ? 0 : reader.GetInt64(2));
        var (node, verdict) = (Text(reader, 3), Text(reader, 4));
        if (current == run.Token && owner == run.Owner)
        {
            if (state == "running") { return GuardAnswer.Mine; }
            if (verdict == "succeeded") { return GuardAnswer.AlreadySucceeded; }
        }
        var written = current == run.Token && owner == run.Owner && state == "finished";
        var where = node is null ? "" : " on " + node;
        throw new RunLostException(run.RunKey, $"token {run.Token} is not current; the run is {state} with token {current}{where}", written);
    }

    /// <summary>Limit the statements of a connection's transaction, as <see cref="Guard"/> does those of its session.</summary>
    internal static async Task Limit(NpgsqlConnection connection, string milliseconds, CancellationToken token)
    {
        await using var command = Command(connection, LimitsSql, Value(milliseconds));
        await command.ExecuteNonQueryAsync(token);
    }

    /// <summary>Note a failed attempt. Returns the number of the next one; throws <see cref="RunLostException"/> when the run is another's.</summary>
    internal async Task<int> NextAttempt(RunRow run, string error, CancellationToken token)
    {
        await using var command = Command(databases.Ledger, AttemptSql,
            Value(run.RunKey), Value(run.DueAt), Value(run.Token), Value(run.Owner), Value(error));
        return await command.ExecuteScalarAsync(token) is int attempt ? attempt : throw await Lost(run, token);
    }

    /// <summary>Write down what a run is given by the part of its schedule that made it due.</summary>
    internal async Task NoteParams(RunRow run, string parameters, CancellationToken token)
    {
        await using var command = Command(databases.Ledger, ParamsSql,
            Value(run.RunKey), Value(run.DueAt), Value(run.Token), Value(run.Owner), Value(parameters));
        if (await command.ExecuteNonQueryAsync(token) == 0) { throw await Lost(run, token); }
    }

    /// <summary>Make a run's parts, one for each live node, unless it has them.</summary>
    internal async Task MakeParts(RunRow run, CancellationToken token)
    {
        await using var command = Command(databases.Ledger, FanOutSql, Value(run.RunKey), Value(run.DueAt), Value(run.Token), Value(run.Owner));
        await command.ExecuteNonQueryAsync(token);
    }

    /// <summary>How far a run's parts are. Throws <see cref="RunLostException"/> when the run is no longer this node's.</summary>
    internal async Task<IReadOnlyList<RunPart>> Parts(RunRow run, CancellationToken token)
    {
        await using var command = Command(databases.Ledger, PartsSql, Value(run.RunKey), Value(run.DueAt), Value(run.Token), Value(run.Owner));
        var (parts, mine) = (new List<RunPart>(), false);
        await using (var reader = await command.ExecuteReaderAsync(token))
        {
            while (await reader.ReadAsync(token))
            {
                mine = reader.GetBoolean(4);
                if (!reader.IsDBNull(0)) { parts.Add(new(reader.GetString(0), Text(reader, 1), Text(reader, 2), Text(reader, 3))); }
            }
        }
        return mine ? parts : throw await Lost(run, token);
    }

    /// <summary>Give runs back because this node stops. Returns the keys that were this node's to give.</summary>
    internal async Task<HashSet<string>> HandBack(IReadOnlyList<RunRow> runs, long leaseId, CancellationToken token)
    {
        await using var command = Command(databases.Ledger, HandBackSql, Array(NpgsqlDbType.Text, runs.Select(r => r.RunKey)),
            Array(NpgsqlDbType.TimestampTz, runs.Select(r => r.DueAt)), Array(NpgsqlDbType.Bigint, runs.Select(r => r.Token)), Value(leaseId));
        return await Keys(command, token);
    }

    /// <summary>Write progress inside a step's transaction. Throws <see cref="RunLostException"/> when the fence is closed.</summary>
    internal async Task Progress(NpgsqlConnection connection, RunRow run, string progress, CancellationToken token)
    {
        await using var batch = ByIndex(connection, ProgressSql,
            Value(run.RunKey), Value(run.DueAt), Value(run.Token), Value(run.Owner), Value(progress));
        await using var reader = await Answer(batch, token);
        if (!await reader.ReadAsync(token)) { throw await Lost(run, token); }
    }

    /// <summary>What went before a run.</summary>
    internal async Task<RunPast> Past(RunRow run, CancellationToken token)
    {
        await using var command = Command(databases.Ledger, PastSql, Value(run.RunKey), Value(run.DueAt), Value(run.Job));
        await using var reader = await command.ExecuteReaderAsync(token);
        if (!await reader.ReadAsync(token)) { throw new RunLostException(run.RunKey, "its row is gone"); }
        return new(reader.IsDBNull(0) ? null : reader.GetDateTime(0), reader.IsDBNull(1) ? null : reader.GetDateTime(1),
            Text(reader, 2) is { } parent ? new(parent, Text(reader, 3), Text(reader, 4)) : null);
    }

    /// <summary>Say who has a run now, for the message of a refusal; asks on a connection of its own.</summary>
    internal async Task<RunLostException> Lost(RunRow run, CancellationToken token)
    {
        await using var connection = await databases.Ledger.OpenConnectionAsync(token);
        try
        {
            var answer = await Guard(connection, run, statementTimeout: null, token);
            return new RunLostException(run.RunKey, "asked again, the row says it is this node's", answer == GuardAnswer.AlreadySucceeded);
        }
        catch (RunLostException e) { return e; }
    }

    private static NpgsqlParameter[] FinishParameters(IReadOnlyList<RunEnd> ends, long leaseId) =>
    [
        Array(NpgsqlDbType.Text, ends.Select(e => e.Run.RunKey)), Array(NpgsqlDbType.TimestampTz, ends.Select(e => e.Run.DueAt)),
        Array(NpgsqlDbType.Bigint, ends.Select(e => e.Run.Token)), Array(NpgsqlDbType.Text, ends.Select(e => e.Verdict)),
        Array(NpgsqlDbType.Text, ends.Select(e => e.Reason)), Array(NpgsqlDbType.Text, ends.Select(e => e.Result)),
        Array(NpgsqlDbType.Text, ends.Select(e => e.Error)), Value(leaseId),
    ];

    private static async Task<HashSet<string>> Keys(NpgsqlCommand command, CancellationToken token)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token)) { keys.Add(reader.GetString(0)); }
        return keys;
    }

    private static NpgsqlCommand Command(NpgsqlDataSource source, string sql, params NpgsqlParameter[] parameters)
    {
        var command = source.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        return command;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return command;
    }

    // The statement with the planner's settings before it, in one round trip. They are in force to the end of the transaction, or, without one, of
    // the batch: a job's own statements are planned as ever.
    private static NpgsqlBatch ByIndex(NpgsqlConnection connection, string sql, params NpgsqlParameter[] parameters)
    {
        var statement = new NpgsqlBatchCommand(sql);
        statement.Parameters.AddRange(parameters);
        return new NpgsqlBatch(connection) { BatchCommands = { new NpgsqlBatchCommand(ByIndexSql), statement } };
    }

    /// <summary>The answer of a batch's second statement.</summary>
    internal static async Task<NpgsqlDataReader> Answer(NpgsqlBatch batch, CancellationToken token)
    {
        var reader = await batch.ExecuteReaderAsync(token);
        try
        {
            await reader.NextResultAsync(token);
            return reader;
        }
        // Left open, it would be what the transaction's end waits for.
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    private static NpgsqlParameter<T> Value<T>(T value) => new NpgsqlParameter<T> { TypedValue = value };

    private static NpgsqlParameter Array<T>(NpgsqlDbType element, IEnumerable<T> values) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | element, Value = values.ToArray() };

    private static RunRow Read(NpgsqlDataReader reader, NodeIdentity node) => new(reader.GetString(0), reader.GetString(1), reader.GetDateTime(2),
        reader.GetInt64(3), reader.GetInt32(4), reader.GetInt32(5), node.LeaseId, Text(reader, 6));

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    [LoggerMessage(1001, LogLevel.Information, "Ended {SessionCount} job sessions of dead nodes")]
    private partial void LogSessionsEnded(int sessionCount);
}
