using Dapper;
using Npgsql;
using Scheduler.Database;
using Scheduler.Server.Dev;

namespace Scheduler.Benchmarks;

/// <summary>A durable PostgreSQL of the benchmark's own, with a new migrated database for each measurement.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private readonly string folder;
    private readonly EmbeddedPostgres server;
    private int databases;

    private BenchServer(string folder, EmbeddedPostgres server) => (this.folder, this.server) = (folder, server);

    public string LogFile => server.LogFile;

    public static async Task<BenchServer> Start(Dictionary<string, string>? settings = null)
    {
        var folder = Directory.CreateTempSubdirectory("scheduler-bench-").FullName;
        var all = new Dictionary<string, string>
        {
            ["shared_buffers"] = "1GB",
            ["max_wal_size"] = "4GB",
            ["checkpoint_timeout"] = "15min",
            ["max_connections"] = "400",
        };
        foreach (var (name, value) in settings ?? []) { all[name] = value; }
        var server = await EmbeddedPostgres.Start(Path.Combine(folder, "postgres"),
            new EmbeddedPostgresOptions { Durable = true, Settings = all, Talk = Console.Error }, CancellationToken.None);
        return new BenchServer(folder, server);
    }

    /// <summary>Version of the server, for the report.</summary>
    public async Task<string> Version()
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString("postgres"));
        return (await connection.ExecuteScalarAsync<string>("show server_version"))!.Split(' ')[0];
    }

    public async Task<string> NewDatabase()
    {
        var name = $"bench{++databases}";
        await using (var connection = new NpgsqlConnection(server.ConnectionString("postgres")))
        {
            await connection.ExecuteAsync($"create database {name}");
        }
        var connectionString = server.ConnectionString(name);
        await Migrator.Migrate(connectionString, CancellationToken.None);
        return connectionString;
    }

    public async Task Drop(string connectionString)
    {
        var name = new NpgsqlConnectionStringBuilder(connectionString).Database;
        await using var connection = new NpgsqlConnection(server.ConnectionString("postgres"));
        await connection.ExecuteAsync($"drop database {name} with (force)");
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
