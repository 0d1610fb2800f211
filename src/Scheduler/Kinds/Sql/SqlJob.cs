using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Npgsql;
using Quartz;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Runs;

namespace Scheduler.Kinds.Sql;

/// <summary>Settings of the kind <c>sql</c>.</summary>
public sealed record SqlSettings : IValidatableObject
{
    /// <summary>
    /// One or several statements, separated by semicolons, run in order in one transaction. May name <c>${run.key}</c>, <c>${run.due_at}</c>,
    /// <c>${run.token}</c>, <c>${run.attempt}</c>, <c>${job.name}</c>, <c>${node.name}</c>, <c>${prev.due_at}</c>, <c>${prev.succeeded_at}</c>,
    /// <c>${parent.run_key}</c>, <c>${parent.verdict}</c>, <c>${parent.result.KEY}</c>, <c>${params.NAME}</c>, <c>${secret:NAME}</c>; these are
    /// bound, never pasted. No default.
    /// </summary>
    [Required]
    public string Statement { get; init; } = "";

    /// <summary>Name of another database (config/scheduler.yaml, <c>databases</c>) to run on, with a login of its own. Default: the
    /// scheduler's own.</summary>
    public string? Database { get; init; }

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var problem = Problem();
        return problem is null ? [] : [new ValidationResult(problem, ["statement"])];
    }

    private string? Problem()
    {
        try
        {
            SqlText.Parse(Statement);
            return null;
        }
        catch (FormatException e) { return e.Message; }
    }
}

/// <summary>
/// Runs SQL. On the scheduler's own database the fence, the statements and the verdict commit in one transaction: the effect happens exactly
/// once. On another database a row of <c>scheduler_mark.done</c> with the run key commits with the statements: a second owner finds it and does
/// nothing. Not promised: anything a statement does outside its transaction (sequences, dblink, files).
/// </summary>
public sealed class SqlJob(SqlSettings settings, RunScope run, Databases databases, NodeOptions options) : IJob
{
    private static readonly string MarkTableSql = SqlFiles.Read("queries/mark_table.sql");
    private static readonly string MarkSql = SqlFiles.Read("queries/mark_run.sql");

    /// <summary>The kind's entry in the registry.</summary>
    public static Kind Kind { get; } =
        new("sql", typeof(SqlJob), typeof(SqlSettings), OnLost.Rerun, "Runs SQL statements in one transaction, exactly once");

    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        if (settings.Database is { } name)
        {
            if (!options.Sql.Trusted.Contains(name)) { await databases.CheckLogin(name, cancellationToken); }
            context.Result = await RunElsewhere(name, cancellationToken);
            return;
        }
        if (!options.Sql.OwnDatabase)
        {
            throw new OperatorException("'database' is not given, and sql.own_database of this node is false; expected one of its databases: "
                + string.Join(", ", databases.TargetNames.Order(StringComparer.Ordinal)));
        }
        run.CleansSession = SqlText.Parse(settings.Statement).Any(s => SqlText.LeavesTraces(s.Text));
        await run.Commit(async (connection, _, token) => await RunAll(connection, token));
    }

    private async Task<object> RunElsewhere(string name, CancellationToken token)
    {
        await using var connection = await run.OpenTarget(name);
        try { return await RunElsewhere(connection, token); }
        catch (PostgresException e) when (e.SqlState == "42P01" && e.MessageText.Contains("scheduler_mark", StringComparison.Ordinal))
        {
            await MakeMarkTable(connection, token);
            return await RunElsewhere(connection, token);
        }
        // Whoever's login it is: the next run to use the session is another job's.
        finally { await RunScope.Clean(connection); }
    }

    private async Task<object> RunElsewhere(NpgsqlConnection connection, CancellationToken token)
    {
        await using var transaction = await connection.BeginTransactionAsync(token);
        if (!await Mark(connection, token)) { return new { rows = 0, note = "its effect was there already" }; }
        var result = await RunAll(connection, token);
        // Outcome unknown if this fails: the next attempt finds the mark, or does the work.
        await RunScope.CommitBounded(transaction);
        return JsonSerializer.Deserialize<JsonElement>(result);
    }

    private async Task<bool> Mark(NpgsqlConnection connection, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(MarkSql, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = run.RunKey });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = run.RunToken });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = run.Node });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = run.StatementTimeoutText });
        return await command.ExecuteScalarAsync(token) is not null;
    }

    private static async Task MakeMarkTable(NpgsqlConnection connection, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(MarkTableSql, connection);
        try { await command.ExecuteNonQueryAsync(token); }
        catch (PostgresException e) when (e.SqlState == "42501")
        {
            throw new OperatorException(
                $"user '{connection.UserName}' may not create schema scheduler_mark in database '{connection.Database}': {e.MessageText}; "
                + "run sql/queries/mark_table.sql there once as its owner, and grant insert and select on scheduler_mark.done", 1, e);
        }
    }

    private async Task<string> RunAll(NpgsqlConnection connection, CancellationToken token)
    {
        long rows = 0;
        using var heard = Notices.Heard(connection, run.Output);
        foreach (var statement in SqlText.Parse(settings.Statement))
        {
            await using var command = new NpgsqlCommand(statement.Text, connection);
            foreach (var name in statement.Parameters) { command.Parameters.Add(RunValues.Of(name, run, run.DueAt)); }
            rows += Math.Max(0, await command.ExecuteNonQueryAsync(token));
        }
        return JsonSerializer.Serialize(new { rows });
    }
}
