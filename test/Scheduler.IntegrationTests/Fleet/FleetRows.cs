using Dapper;
using Npgsql;
using Scheduler.Database;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Fleet;

/// <summary>A migrated database with shorthands for the rows of the fleet.</summary>
internal sealed class FleetRows(TestDatabase database) : IAsyncDisposable
{
    private readonly NpgsqlDataSource source = NpgsqlDataSource.Create(database.ConnectionString);

    internal string ConnectionString => database.ConnectionString;

    internal static async Task<FleetRows> Create() => new(await TestDatabase.Create());

    internal ValueTask<NpgsqlConnection> Open() => source.OpenConnectionAsync();

    internal async Task<T?> Value<T>(string sql, object? parameters = null)
    {
        await using var connection = await Open();
        return await connection.ExecuteScalarAsync<T>(sql, parameters);
    }

    internal async Task Execute(string sql, object? parameters = null)
    {
        await using var connection = await Open();
        await connection.ExecuteAsync(sql, parameters);
    }

    internal async Task<List<T>> List<T>(string sql, object? parameters = null)
    {
        await using var connection = await Open();
        return [.. await connection.QueryAsync<T>(sql, parameters)];
    }

    internal async Task<Guid> OnlineNode(string name = "worker")
    {
        var id = await Value<Guid>("select fleet.register(@name)", new { name });
        await Execute("select fleet.heartbeat(@id)", new { id });
        return id;
    }

    internal async Task Chunks(int count)
    {
        await Execute("insert into fleet.config (hash) values ('c') on conflict do nothing");
        await Execute("with job as (insert into fleet.job (config_hash) values ('c') returning id)"
            + " insert into fleet.chunk (job_id) select job.id from job, generate_series(1, @count)", new { count });
    }

    internal Task<List<Guid>> Claim(Guid node, int max = 1) => List<Guid>("select id from fleet.claim_chunks(@node, @max)", new { node, max });

    /// <summary>Execute a maintenance statement of <c>sql/queries</c> by itself.</summary>
    internal async Task<int> Maintain(string query, TimeSpan age, int limit = 1000)
    {
        await using var connection = await Open();
        return await Maintain(connection, query, age, limit);
    }

    internal static async Task<int> Maintain(NpgsqlConnection connection, string query, TimeSpan age, int limit = 1000)
    {
        await using var command = new NpgsqlCommand(SqlFiles.Read($"queries/{query}.sql"), connection);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = age });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return (int)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        await database.DisposeAsync();
    }
}
