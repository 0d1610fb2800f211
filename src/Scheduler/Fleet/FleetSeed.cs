using Npgsql;
using NpgsqlTypes;
using Scheduler.Database;

namespace Scheduler.Fleet;

/// <summary>
/// Makes rows for a simulated fleet: work for it, and rows with a past that give each maintenance job something to do. For development only.
/// Every method has a cap, so that calling it again and again does not fill the database.
/// </summary>
public sealed class FleetSeed
{
    private static readonly string WorkSql = SqlFiles.Read("queries/fleet_seed_work.sql");
    private static readonly string NodesSql = SqlFiles.Read("queries/fleet_seed_nodes.sql");
    private static readonly string OldClaimsSql = SqlFiles.Read("queries/fleet_seed_old_claims.sql");
    private static readonly string ConfigsSql = SqlFiles.Read("queries/fleet_seed_configs.sql");
    private static readonly string HeartbeatsSql = SqlFiles.Read("queries/fleet_seed_heartbeats.sql");
    private static readonly string PruneSql = SqlFiles.Read("queries/fleet_seed_prune.sql");

    private readonly NpgsqlDataSource source;

    internal FleetSeed(NpgsqlDataSource source) => this.source = source;

    /// <summary>New jobs with chunks, unless <paramref name="pendingMax"/> chunks are waiting. Returns the chunks made.</summary>
    public Task<int> Work(int jobs, int chunksPerJob, int configs, int pendingMax, CancellationToken token) =>
        Count(WorkSql, token, Number(jobs), Number(chunksPerJob), Number(configs), Number(pendingMax));

    /// <summary>Nodes last seen (pending ones: made) <paramref name="age"/> ago, unless <paramref name="cap"/> such are there.</summary>
    public Task<int> Nodes(string status, TimeSpan age, int count, int cap, CancellationToken token) =>
        Count(NodesSql, token, (NpgsqlDbType.Text, status), Age(age), Number(count), Number(cap));

    /// <summary>Make the newest claims look <paramref name="age"/> old.</summary>
    public Task<int> OldClaims(TimeSpan age, int count, CancellationToken token) => Count(OldClaimsSql, token, Age(age), Number(count));

    /// <summary>Configs nothing refers to, last used <paramref name="age"/> ago, unless <paramref name="cap"/> such are there.</summary>
    public Task<int> Configs(TimeSpan age, int count, int cap, CancellationToken token) =>
        Count(ConfigsSql, token, Age(age), Number(count), Number(cap));

    /// <summary>Heartbeats at least <paramref name="age"/> old, spread over <paramref name="spread"/> before that,
    /// unless <paramref name="cap"/> such are there.</summary>
    public Task<int> Heartbeats(TimeSpan age, TimeSpan spread, int count, int cap, CancellationToken token) =>
        Count(HeartbeatsSql, token, Age(age), Age(spread), Number(count), Number(cap));

    /// <summary>Delete what a simulation has finished with, down to the numbers given. Returns the rows deleted, chunks not counted.</summary>
    public Task<int> Prune(int finishedJobs, int offlineNodes, TimeSpan heartbeatAge, CancellationToken token) =>
        Count(PruneSql, token, Number(finishedJobs), Number(offlineNodes), Age(heartbeatAge));

    private async Task<int> Count(string sql, CancellationToken token, params (NpgsqlDbType, object?)[] parameters)
    {
        await using var connection = await source.OpenConnectionAsync(token);
        return await FleetStatement.Count(connection, sql, token, parameters);
    }

    private static (NpgsqlDbType, object?) Number(int value) => (NpgsqlDbType.Integer, value);

    private static (NpgsqlDbType, object?) Age(TimeSpan value) => (NpgsqlDbType.Interval, value);
}
