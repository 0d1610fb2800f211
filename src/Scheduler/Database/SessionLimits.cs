using System.Globalization;
using Npgsql;

namespace Scheduler.Database;

/// <summary>
/// Time-outs the server keeps for a session, whatever becomes of its client: without them one frozen process that holds a lock stalls a cluster.
/// They are asked for when a session starts.
/// </summary>
/// <param name="Statement">Longest statement; zero for none.</param>
/// <param name="Lock">Longest wait for a lock. Zero for none.</param>
/// <param name="IdleInTransaction">Longest silence inside a transaction before the server ends the session. Zero for none.</param>
internal sealed record SessionLimits(TimeSpan Statement, TimeSpan Lock, TimeSpan IdleInTransaction)
{
    /// <summary>Times in whole seconds, as most roles have them.</summary>
    public static SessionLimits OfSeconds(int statement, int @lock, double idleInTransaction) =>
        new(TimeSpan.FromSeconds(statement), TimeSpan.FromSeconds(@lock), TimeSpan.FromSeconds(idleInTransaction));

    /// <summary>Ask for them in a connection's options, behind those that the operator gave.</summary>
    public void Apply(NpgsqlConnectionStringBuilder settings)
    {
        var asked = Settings().Select(s => string.Create(CultureInfo.InvariantCulture, $"-c {s.Name}={s.Milliseconds}"));
        settings.Options = $"{settings.Options} {string.Join(' ', asked)}".Trim();
    }

    /// <summary>Which of them are not in force in a session, in words; null when all are. What lies between a client and its server (a
    /// connection pooler) may drop them without a word.</summary>
    public async Task<string?> Missing(NpgsqlConnection connection, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(
            "select name, setting from pg_settings where name in ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')",
            connection);
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token)) { found[reader.GetString(0)] = reader.GetString(1); }
        var wrong = Settings().Where(s => found[s.Name] != s.Milliseconds.ToString(CultureInfo.InvariantCulture))
            .Select(s => $"{s.Name} is {found[s.Name]} ms, expected {s.Milliseconds} ms").ToList();
        return wrong.Count == 0 ? null : string.Join("; ", wrong);
    }

    private (string Name, long Milliseconds)[] Settings() =>
    [
        ("statement_timeout", (long)Statement.TotalMilliseconds), ("lock_timeout", (long)Lock.TotalMilliseconds),
        ("idle_in_transaction_session_timeout", (long)IdleInTransaction.TotalMilliseconds),
    ];
}
