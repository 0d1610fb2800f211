using Dapper;
using Npgsql;
using Scheduler.Database;

namespace Scheduler.Fleet;

/// <summary>The fleet in one row: the view <c>fleet.status</c>. Instants are UTC; null where there is no such row.</summary>
/// <param name="NodesPending">Registered, never seen.</param>
/// <param name="NodesOnline">Seen lately, as far as maintenance has looked.</param>
/// <param name="NodesOffline">Silent.</param>
/// <param name="ChunksPending">Waiting for a worker.</param>
/// <param name="ChunksRunning">Held by a worker.</param>
/// <param name="ChunksDone">Done.</param>
/// <param name="ChunksFailed">Failed.</param>
/// <param name="OldestPendingAt">When the longest waiting chunk was made.</param>
/// <param name="Jobs">Jobs of the fleet.</param>
/// <param name="Configs">Configs.</param>
/// <param name="ChunksToReclaim">Running for more than 5 minutes.</param>
/// <param name="NodesToMarkOffline">Online and silent for more than 5 minutes.</param>
/// <param name="NodesToDelete">Pending and unclaimed for more than an hour, or offline and unseen for more than 30 days.</param>
/// <param name="ConfigsToDelete">Unused for more than 7 days and no job's.</param>
/// <param name="OldestHeartbeatAt">The first heartbeat still kept.</param>
/// <param name="NewestHeartbeatAt">The last heartbeat.</param>
public sealed record FleetStatus(
    long NodesPending, long NodesOnline, long NodesOffline,
    long ChunksPending, long ChunksRunning, long ChunksDone, long ChunksFailed,
    DateTime? OldestPendingAt, long Jobs, long Configs,
    long ChunksToReclaim, long NodesToMarkOffline, long NodesToDelete, long ConfigsToDelete,
    DateTime? OldestHeartbeatAt, DateTime? NewestHeartbeatAt)
{
    private static readonly string StatusSql = SqlFiles.Read("queries/fleet_status.sql");

    /// <summary>Read it.</summary>
    public static async Task<FleetStatus> Read(string connectionString, CancellationToken token)
    {
        var settings = Databases.Parse(connectionString, "the connection string");
        settings.ApplicationName = "scheduler fleet status";
        SessionLimits.OfSeconds(statement: 30, @lock: 5, idleInTransaction: 5).Apply(settings);
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(token);
        return await connection.QuerySingleAsync<FleetStatus>(new CommandDefinition(StatusSql, cancellationToken: token));
    }
}
