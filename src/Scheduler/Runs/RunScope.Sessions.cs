using Npgsql;
using Scheduler.Database;

namespace Scheduler.Runs;

public sealed partial class RunScope
{
    private static readonly string SessionEndSql = SqlFiles.Read("queries/session_end.sql");
    private static readonly string SessionCleanSql = SqlFiles.Read("queries/session_clean.sql");
    private static readonly TimeSpan SessionsWithin = TimeSpan.FromSeconds(2);

    // Sessions the run has open, and the pool that reaches them with the same login.
    private readonly List<(NpgsqlConnection Session, NpgsqlDataSource Pool)> sessions = [];

    /// <summary>Open a session of the scheduler's database that is ended when the run does not.</summary>
    private Task<NpgsqlConnection> OpenOwn() => OpenTracked(databases.Jobs, databases.Ledger);

    /// <summary>Open a session of another database that is ended when the run does not.</summary>
    internal Task<NpgsqlConnection> OpenTarget(string name)
    {
        var target = databases.Target(name);
        return OpenTracked(target, target);
    }

    private async Task<NpgsqlConnection> OpenTracked(NpgsqlDataSource pool, NpgsqlDataSource endedFrom)
    {
        var session = await pool.OpenConnectionAsync(Token);
        lock (sessions)
        {
            sessions.RemoveAll(s => s.Session.FullState == System.Data.ConnectionState.Closed);
            sessions.Add((session, endedFrom));
        }
        return session;
    }

    /// <summary>End the sessions the run has open, on the server: what they did is rolled back and their locks are free. Returns how many there
    /// were.</summary>
    internal async Task<int> EndSessions()
    {
        (NpgsqlConnection Session, NpgsqlDataSource Pool)[] open;
        lock (sessions) { open = [.. sessions.Where(s => s.Session.FullState.HasFlag(System.Data.ConnectionState.Open))]; }
        using var limit = new CancellationTokenSource(SessionsWithin);
        foreach (var (session, pool) in open)
        {
            await using var command = pool.CreateCommand(SessionEndSql);
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = session.ProcessID });
            await command.ExecuteNonQueryAsync(limit.Token);
        }
        return open.Length;
    }

    /// <summary>True when the run's own session is to be set back before another run has it; see <see cref="Clean"/>.</summary>
    internal bool CleansSession { get; set; }

    /// <summary>Set a session back to what it was when it began: settings, advisory locks, temporary tables, LISTEN. Text of a job ran in it, and
    /// the next run to use it is another's. Where that fails, the session goes.</summary>
    internal static async Task Clean(NpgsqlConnection session)
    {
        if (session.FullState != System.Data.ConnectionState.Open) { return; }     // broken: its pool throws it away
        try
        {
            using var limit = new CancellationTokenSource(SessionsWithin);
            await using var command = new NpgsqlCommand(SessionCleanSql, session);
            await command.ExecuteNonQueryAsync(limit.Token);
        }
        // What the run came to is known already; a session that cannot be set back must only not be used again.
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException) { NpgsqlConnection.ClearPool(session); }
    }
}
