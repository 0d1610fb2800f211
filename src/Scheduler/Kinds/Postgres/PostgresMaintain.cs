using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Quartz;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Kinds.Sql;
using Scheduler.Runs;

namespace Scheduler.Kinds.Postgres;

/// <summary>What is done to each table.</summary>
public enum MaintainAction
{
    /// <summary>VACUUM: room of dead rows is made free.</summary>
    Vacuum,
    /// <summary>ANALYZE: the planner learns what is in the table.</summary>
    Analyze,
    /// <summary>REINDEX CONCURRENTLY: bloated indexes are built anew; nobody waits.</summary>
    Reindex,
}

/// <summary>Settings of the kind <c>postgres.maintain</c>.</summary>
public sealed record PostgresMaintainSettings : IValidatableObject
{
    /// <summary>What to do, in this order: <c>vacuum</c>, <c>analyze</c>, <c>reindex</c>. No default.</summary>
    [Required, MinLength(1)]
    public IReadOnlyList<MaintainAction> Actions { get; init; } = [];

    /// <summary>Tables as <c>schema.table</c>, or <c>schema.*</c> for all of a schema. Default: every table of the database.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];

    /// <summary>Name of another database (config/scheduler.yaml, <c>databases</c>). Default: the scheduler's own.</summary>
    public string? Database { get; init; }

    /// <summary>Only tables of whose rows at least this share is dead, 0 to 1. Default 0: all.</summary>
    [Range(0.0, 1.0)]
    public double MinDeadFraction { get; init; }

    /// <summary>Wait for a table's lock. A table that is locked longer is passed over and named in the result. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Tables
        .Where(t => t.Split('.') is not [{ Length: > 0 }, { Length: > 0 }])
        .Select(t => new ValidationResult($"'tables' names '{t}'; expected schema.table or schema.*", ["tables"]));
}

/// <summary>
/// Kind <c>postgres.maintain</c>: VACUUM, ANALYZE and REINDEX CONCURRENTLY, table by table. These run outside a transaction, so what they do is
/// done at least once; two sessions never do it at a time.
/// </summary>
/// <remarks>
/// The session that works holds an advisory lock of the job. Its process number stands in the run's checkpoint: the next owner ends it, and goes on
/// with the tables that are not done.
/// </remarks>
public sealed class PostgresMaintain(PostgresMaintainSettings settings, RunScope run, Databases databases) : IJob
{
    private static readonly string TablesSql = SqlFiles.Read("queries/maintain_tables.sql");
    private static readonly string EndSql = SqlFiles.Read("queries/maintain_end_session.sql");
    private static readonly string SessionSql = SqlFiles.Read("queries/maintain_session.sql");
    private static readonly string MissingSql = SqlFiles.Read("queries/maintain_missing.sql");
    private static readonly string LockSql = SqlFiles.Read("queries/maintain_lock.sql");
    private static readonly string BrokenSql = SqlFiles.Read("queries/maintain_broken_indexes.sql");

    /// <summary>The kind's entry in the registry.</summary>
    public static Kind Kind { get; } = new("postgres.maintain", typeof(PostgresMaintain), typeof(PostgresMaintainSettings), OnLost.Rerun,
        "VACUUM, ANALYZE and REINDEX CONCURRENTLY, table by table");

    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var state = await Begun();
        await using var connection = await Open(cancellationToken);
        using var heard = Notices.Heard(connection, run.Output);
        if (state.Pid is { } former) { await EndSession(connection, former, state.Since, cancellationToken); }
        // Noted before it takes the lock: whatever holds it can be ended by the next owner.
        state = await Session(connection, state, cancellationToken);
        await Note(state, 0);
        try
        {
            await Lock(connection, cancellationToken);
            await ThrowIfMissing(connection, cancellationToken);
            var tables = await Tables(connection, cancellationToken);
            foreach (var table in tables.Where(t => !state.Done.Contains(t.Oid)))
            {
                var locked = await Maintain(connection, table, cancellationToken);
                state = state with { Done = [.. state.Done, table.Oid] };
                if (locked) { state = state with { Skipped = [.. state.Skipped, table.Name.ToString()] }; }
                await Note(state, tables.Count);
            }
            context.Result = new { tables = state.Done.Count - state.Skipped.Count, locked = state.Skipped };
        }
        catch when (cancellationToken.IsCancellationRequested)
        {
            // A cancelled statement ends by itself, unless the way to the server is what broke. Then the server is told on another one.
            await EndAfterCancel(state);
            throw;
        }
        // The session goes back to the pool without the lock and with its usual time-outs, or not at all.
        finally { await RunScope.Clean(connection); }
    }

    // True: it was locked by others for too long and something was left out.
    private async Task<bool> Maintain(NpgsqlConnection connection, Table table, CancellationToken token)
    {
        try
        {
            foreach (var action in settings.Actions.Distinct())
            {
                if (action == MaintainAction.Reindex) { await DropBroken(connection, table, token); }
                await Execute(connection, action switch
                {
                    MaintainAction.Vacuum => $"vacuum {table.Name.Quoted}",
                    MaintainAction.Analyze => $"analyze {table.Name.Quoted}",
                    MaintainAction.Reindex => $"reindex table concurrently {table.Name.Quoted}",
                    _ => throw new InvalidOperationException($"action {action} has no statement"),
                }, token);
            }
            return false;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable) { return true; }
        // Dropped since the tables were listed.
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable) { return false; }
    }

    private static async Task DropBroken(NpgsqlConnection connection, Table table, CancellationToken token)
    {
        var broken = new List<QualifiedName>();
        await using (var command = new NpgsqlCommand(BrokenSql, connection))
        {
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = table.Oid });
            await using var reader = await command.ExecuteReaderAsync(token);
            while (await reader.ReadAsync(token)) { broken.Add(new(reader.GetString(0), reader.GetString(1))); }
        }
        foreach (var index in broken) { await Execute(connection, $"drop index concurrently if exists {index.Quoted}", token); }
    }

    private async Task<NpgsqlConnection> Open(CancellationToken token) =>
        settings.Database is null ? await run.Open() : await databases.Target(settings.Database).OpenConnectionAsync(token);

    private async Task<State> Begun()
    {
        await using var connection = await run.Open();
        return (await run.Begun(connection)).Checkpoint is { } text ? JsonSerializer.Deserialize<State>(text, KindSettings.Options)! : new();
    }

    private static async Task<State> Session(NpgsqlConnection connection, State state, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(SessionSql, connection);
        await using var reader = await command.ExecuteReaderAsync(token);
        await reader.ReadAsync(token);
        return state with { Pid = reader.GetInt32(0), Since = reader.GetDateTime(1) };
    }

    private async Task Lock(NpgsqlConnection connection, CancellationToken token)
    {
        await using (var limits = new NpgsqlCommand(
            "select set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false)", connection))
        {
            limits.Parameters.Add(new NpgsqlParameter<string> { TypedValue = run.StatementTimeoutText });
            limits.Parameters.Add(new NpgsqlParameter<string>
            {
                TypedValue = ((long)settings.LockTimeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture),
            });
            await limits.ExecuteNonQueryAsync(token);
        }
        await using var command = new NpgsqlCommand(LockSql, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = run.Job });
        await command.ExecuteNonQueryAsync(token);
    }

    private async Task ThrowIfMissing(NpgsqlConnection connection, CancellationToken token)
    {
        var problems = new List<string>();
        await using var command = new NpgsqlCommand(MissingSql, connection);
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, Value = settings.Tables.ToArray() });
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token))
        {
            var name = reader.GetString(0);
            problems.Add($"there is no {name}{Spelling.DidYouMean(name, reader.GetFieldValue<string[]>(1))}");
        }
        if (problems.Count > 0) { throw new OperatorException($"tables: {string.Join("; ", problems)}"); }
    }

    private async Task<List<Table>> Tables(NpgsqlConnection connection, CancellationToken token)
    {
        var tables = new List<Table>();
        await using var command = new NpgsqlCommand(TablesSql, connection);
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, Value = settings.Tables.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<double> { TypedValue = settings.MinDeadFraction });
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token)) { tables.Add(new(reader.GetInt64(0), new(reader.GetString(1), reader.GetString(2)))); }
        return tables;
    }

    private Task Note(State state, int of) => run.Step((_, _, _) => Task.FromResult(new StepDone(
        JsonSerializer.Serialize(new { tables = state.Done.Count, of }), JsonSerializer.Serialize(state, KindSettings.Options))));

    private async Task EndAfterCancel(State state)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        try
        {
            var pool = settings.Database is null ? databases.Jobs : databases.Target(settings.Database);
            await using var connection = await pool.OpenConnectionAsync(limit.Token);
            if (state.Pid is { } pid) { await EndSession(connection, pid, state.Since, limit.Token); }
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException) { /* the next owner ends it */ }
    }

    private static async Task EndSession(NpgsqlConnection connection, int pid, DateTime since, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(EndSql, connection);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = pid });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = since });
        await command.ExecuteNonQueryAsync(token);
    }

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(token);
    }

    private sealed record Table(long Oid, QualifiedName Name);

    private sealed record State
    {
        public IReadOnlyList<long> Done { get; init; } = [];
        public IReadOnlyList<string> Skipped { get; init; } = [];
        public int? Pid { get; init; }
        public DateTime Since { get; init; }
    }
}
