using Dapper;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>What operators do to declared jobs, through the SQL functions that psql uses too. Each throws <see cref="OperatorException"/>: 3 with the
/// nearest name when there is no such job.</summary>
public static class JobEdits
{
    /// <summary>Pause jobs. Returns the names of those that were changed.</summary>
    /// <param name="connectionString">The scheduler's database.</param>
    /// <param name="pattern">A name, in which <c>*</c> and <c>?</c> stand for others.</param>
    /// <param name="reason">Why, or null.</param>
    /// <param name="duration">The pause ends by itself after this time; null: when somebody resumes the jobs.</param>
    /// <param name="until">The pause ends by itself then; null as above.</param>
    /// <param name="token">Ends the wait.</param>
    public static Task<IReadOnlyList<string>> Pause(
        string connectionString, string pattern, string? reason, TimeSpan? duration, DateTimeOffset? until, CancellationToken token) =>
        OperatorConnection.Use<IReadOnlyList<string>>(connectionString, async c => [.. await c.QueryAsync<string>(new CommandDefinition(
            "select scheduler.pause(@pattern, @reason, coalesce(@until::timestamptz, clock_timestamp() + @duration::interval))",
            new { pattern, reason, until, duration }, cancellationToken: token))], token);

    /// <summary>End the pause of jobs. Returns the names of those that were changed.</summary>
    public static Task<IReadOnlyList<string>> Resume(string connectionString, string pattern, string? reason, CancellationToken token) =>
        Names(connectionString, "select scheduler.resume(@pattern, @reason)", pattern, reason, token);

    /// <summary>Let disabled jobs fire again. Returns the names of those that were changed.</summary>
    public static Task<IReadOnlyList<string>> Enable(string connectionString, string pattern, string? reason, CancellationToken token) =>
        Names(connectionString, "select scheduler.enable(@pattern, @reason)", pattern, reason, token);

    /// <summary>Disable jobs. Returns the names of those that were changed.</summary>
    public static Task<IReadOnlyList<string>> Disable(string connectionString, string pattern, string? reason, CancellationToken token) =>
        Names(connectionString, "select scheduler.disable(@pattern, @reason)", pattern, reason, token);

    /// <summary>Delete one job; its runs and versions stay.</summary>
    public static Task Delete(string connectionString, string name, string? reason, CancellationToken token) =>
        OperatorConnection.Use(connectionString, c => c.ExecuteAsync(
            new CommandDefinition("select scheduler.unschedule(@name, @reason)", new { name, reason }, cancellationToken: token)), token);

    /// <summary>Restore a former version, as a new one. Returns its number.</summary>
    /// <param name="connectionString">The scheduler's database.</param>
    /// <param name="name">The job; it may have been deleted.</param>
    /// <param name="version">The version to restore; null: the one before the last change.</param>
    /// <param name="reason">Why, or null.</param>
    /// <param name="token">Ends the wait.</param>
    public static Task<int> Undo(string connectionString, string name, int? version, string? reason, CancellationToken token) =>
        OperatorConnection.Use(connectionString, c => c.ExecuteScalarAsync<int>(
            new CommandDefinition("select scheduler.undo(@name, @version, @reason)", new { name, version, reason }, cancellationToken: token)),
            token);

    private static Task<IReadOnlyList<string>> Names(string connectionString, string sql, string pattern, string? reason, CancellationToken token) =>
        OperatorConnection.Use<IReadOnlyList<string>>(connectionString,
            async c => [.. await c.QueryAsync<string>(new CommandDefinition(sql, new { pattern, reason }, cancellationToken: token))], token);
}
