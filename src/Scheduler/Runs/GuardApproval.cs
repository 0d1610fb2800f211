using Dapper;
using Scheduler.Database;

namespace Scheduler.Runs;

/// <summary>Lets runs go on that their guard stopped.</summary>
public static class GuardApproval
{
    /// <summary>Approve one; returns the key of the run that goes on, the same for a second call. Throws <see cref="OperatorException"/>: 3 when
    /// there is no such run, 5 when it waits for no approval, its job was changed since, or a run of the job is under way.</summary>
    /// <param name="connectionString">The scheduler's database.</param>
    /// <param name="runKey">The run the guard stopped.</param>
    /// <param name="reason">Why; kept with the run.</param>
    /// <param name="token">Ends the call.</param>
    public static Task<string> Approve(string connectionString, string runKey, string reason, CancellationToken token) =>
        OperatorConnection.Use(connectionString, async c =>
        {
            try
            {
                return await c.ExecuteScalarAsync<string>(new CommandDefinition(
                    "select scheduler.approve(@runKey, @reason)", new { runKey, reason }, cancellationToken: token))
                    ?? throw new InvalidOperationException("scheduler.approve returned null");
            }
            catch (Npgsql.PostgresException e) when (e.SqlState is "55000" or "55006")
            {
                throw new OperatorException($"{e.MessageText}; {e.Hint}", 5, e);
            }
        }, token);
}
