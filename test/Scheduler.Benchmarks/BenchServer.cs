using System.Globalization;
using Dapper;
using Npgsql;
using Scheduler.Database;
using Scheduler.Server.Dev;

namespace Scheduler.Benchmarks;

/// <summary>A durable PostgreSQL of the benchmark's own, with a new migrated database for each measurement.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    // The kernel counts processor time in ticks of a hundredth of a second on every Linux that .NET runs on.
    private const int TicksPerSecond = 100;

    private readonly string folder;
    private readonly EmbeddedPostgres server;
    private int databases;
    private int files;

    private BenchServer(string folder, EmbeddedPostgres server) => (this.folder, this.server) = (folder, server);

    public string LogFile => server.LogFile;

    public static async Task<BenchServer> Start()
    {
        var folder = Directory.CreateTempSubdirectory("scheduler-bench-").FullName;
        var settings = new Dictionary<string, string>
        {
            ["shared_buffers"] = "1GB",
            ["max_wal_size"] = "4GB",
            ["checkpoint_timeout"] = "15min",
            ["max_connections"] = "400",
            // Says whose statement a line of the log is.
            ["log_line_prefix"] = "%a|",
        };
        var server = await EmbeddedPostgres.Start(Path.Combine(folder, "postgres"),
            new EmbeddedPostgresOptions { Durable = true, Settings = settings, Talk = Console.Error }, CancellationToken.None);
        return new BenchServer(folder, server);
    }

    /// <summary>Version of the server, for the report.</summary>
    public async Task<string> Version()
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString("postgres"));
        return (await connection.ExecuteScalarAsync<string>("show server_version"))!.Split(' ')[0];
    }

    /// <summary>Write every statement into the log, or none.</summary>
    public async Task LogStatements(bool all)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString("postgres"));
        await connection.ExecuteAsync($"alter system set log_statement = '{(all ? "all" : "none")}'");
        await connection.ExecuteAsync("select pg_reload_conf()");
    }

    /// <summary>Processor time of the server and of all its sessions, ended ones included.</summary>
    /// <remarks>Read from /proc; on other systems than Linux it is zero.</remarks>
    public TimeSpan ProcessorTime()
    {
        if (!OperatingSystem.IsLinux()) { return TimeSpan.Zero; }
        var postmaster = server.Pid.ToString(CultureInfo.InvariantCulture);
        long ticks = 0;
        foreach (var path in Directory.EnumerateDirectories("/proc").Where(p => char.IsAsciiDigit(Path.GetFileName(p)[0])))
        {
            string stat;
            try { stat = File.ReadAllText(Path.Combine(path, "stat")); }
            catch (IOException) { continue; }   // the process ended between the listing and the look
            // The name may contain spaces; fields are counted behind it: state, parent, …, own time (user, system), that of ended children.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var isPostmaster = Path.GetFileName(path) == postmaster;
            if (!isPostmaster && fields[1] != postmaster) { continue; }
            ticks += fields[11..(isPostmaster ? 15 : 13)].Sum(f => long.Parse(f, CultureInfo.InvariantCulture));
        }
        return TimeSpan.FromSeconds((double)ticks / TicksPerSecond);
    }

    /// <summary>Path of a new file that goes with the server.</summary>
    public string NewFile() => Path.Combine(folder, $"node{++files}.log");

    /// <summary>A new database: migrated, or for vanilla with an empty schema that Quartz fills by itself at the first populate, so that
    /// nothing we add to its tables weighs on it.</summary>
    public async Task<string> NewDatabase(bool ours)
    {
        var name = $"bench{++databases}";
        await using (var connection = new NpgsqlConnection(server.ConnectionString("postgres")))
        {
            await connection.ExecuteAsync($"create database {name}");
        }
        var connectionString = server.ConnectionString(name);
        if (ours) { await Migrator.Migrate(connectionString, CancellationToken.None); }
        else
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.ExecuteAsync("create schema quartz");
        }
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
