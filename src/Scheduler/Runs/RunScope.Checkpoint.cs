using System.Text.Json;
using Npgsql;
using Scheduler.Database;
using Scheduler.Jobs;

namespace Scheduler.Runs;

/// <summary>The approval a run works under: a guard stopped another run of the job, and somebody let it go on.</summary>
/// <param name="RunKey">The run the guard stopped.</param>
/// <param name="DueAt">When that run was due; the approved one works as of then.</param>
/// <param name="Counts">What it would have deleted, thing to count.</param>
/// <param name="By">Who approved.</param>
public sealed record RunApproval(string RunKey, DateTime DueAt, IReadOnlyDictionary<string, long> Counts, string By);

/// <summary>What a run begins with.</summary>
/// <param name="Checkpoint">How far a former owner or attempt came, as JSON in the kind's own form; null when nothing was done yet.</param>
/// <param name="Approval">The approval it works under, or null.</param>
public sealed record RunBegun(string? Checkpoint, RunApproval? Approval);

/// <summary>One step of longer work that can go on elsewhere.</summary>
/// <param name="Progress">For people, as JSON.</param>
/// <param name="Checkpoint">For the next owner, as JSON in the kind's own form. Stored as it is, nothing is taken out: put no secret there.</param>
public sealed record StepDone(string Progress, string Checkpoint);

public sealed partial class RunScope
{
    private static readonly string BegunSql = SqlFiles.Read("queries/run_begun.sql");
    private static readonly string CheckpointSql = SqlFiles.Read("queries/run_checkpoint.sql");

    /// <summary>Open a session of the scheduler's database for this run. Ends with <see cref="RunLostException"/> when the run is no longer this
    /// node's. The caller disposes of it; what it sets in the session it sets back.</summary>
    public async Task<NpgsqlConnection> Open()
    {
        var connection = await OpenOwn();
        try
        {
            await Fence(connection);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ask, in a session of the scheduler's database, whether the run is still this node's; ends with <see cref="RunLostException"/> when
    /// it is not. What is done after it may be too late all the same: only work in one transaction with the answer is safe.</summary>
    public async Task Fence(NpgsqlConnection connection)
    {
        if (await Ledger.Guard(connection, Run, StatementTimeout, Token) == GuardAnswer.AlreadySucceeded)
        {
            // An earlier attempt's last commit did happen and only its answer was lost: nothing is left to do.
            throw new RunLostException(RunKey, "it has succeeded already", alreadyWritten: true);
        }
    }

    /// <summary>How far former owners and attempts of this run came, and whether it is an approved one.</summary>
    public async Task<RunBegun> Begun(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(BegunSql, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = RunKey });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = DueAt });
        await using var reader = await command.ExecuteReaderAsync(Token);
        if (!await reader.ReadAsync(Token)) { throw new RunLostException(RunKey, "its row is gone"); }
        var approval = reader.IsDBNull(1) ? null : new RunApproval(reader.GetString(1), reader.GetDateTime(2),
            JsonSerializer.Deserialize<Dictionary<string, long>>(reader.GetString(3))!, reader.GetString(4));
        return new(reader.IsDBNull(0) ? null : reader.GetString(0), approval);
    }

    /// <summary>
    /// Do one step of longer work and note its progress and where the next owner goes on, in one transaction of the scheduler's database, behind
    /// the fence. Ends with <see cref="RunLostException"/>, the step rolled back, when the run is no longer this node's.
    /// </summary>
    public async Task Step(Func<NpgsqlConnection, NpgsqlTransaction, CancellationToken, Task<StepDone>> work)
    {
        await using var connection = await Open();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var done = await work(connection, transaction, Token);
        await Note(connection, done);
        await CommitBounded(transaction);
    }

    /// <summary>Write progress and checkpoint in a session of the scheduler's database, behind the fence.</summary>
    public async Task Note(NpgsqlConnection connection, StepDone done)
    {
        await using var command = new NpgsqlCommand(CheckpointSql, connection);
        AddFence(command.Parameters);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = redactor.CleanJson(done.Progress) });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = done.Checkpoint });
        if (await command.ExecuteScalarAsync(Token) is null) { throw await ledger.Lost(Run, Token); }
    }

    /// <summary>Add what the fence goes by, in this order: run key, due time, token, this node's lease.</summary>
    internal void AddFence(NpgsqlParameterCollection parameters)
    {
        parameters.Add(new NpgsqlParameter<string> { TypedValue = RunKey });
        parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = DueAt });
        parameters.Add(new NpgsqlParameter<long> { TypedValue = RunToken });
        parameters.Add(new NpgsqlParameter<long> { TypedValue = Run.Owner });
    }

    /// <summary>Ask on a session of its own, after a statement behind the fence failed; ends with <see cref="RunLostException"/> when the run is
    /// another's.</summary>
    internal async Task ThrowIfLost() => await (await Open()).DisposeAsync();

    /// <summary>Ask the job's guard before the first thing goes. Ends with <see cref="GuardBreachedException"/> when it would be too much; the
    /// approval of such a run lifts the guard up to what was counted then.</summary>
    /// <param name="connection">A session of the scheduler's database.</param>
    /// <param name="doomed">What would go.</param>
    /// <param name="approval">The approval the run works under, or null.</param>
    /// <returns>Null: go ahead. Otherwise the result of a dry run: delete nothing, end with this.</returns>
    public Task<JsonElement?> AskGuard(NpgsqlConnection connection, IReadOnlyList<Doomed> doomed, RunApproval? approval) =>
        DeleteGuard.Ask(this, connection, doomed, approval);
}
