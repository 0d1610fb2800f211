using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using Scheduler.Database;

namespace Scheduler.TestKit;

/// <summary>A database of its own for one test, cloned from a migrated template; dropped when disposed.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    // Any number does; all test processes on one server must use the same. "Template" on a telephone's keys.
    private const long TemplateLock = 836_752_83;
    private static readonly string[] SqlFolders = ["migrations", "functions", "views"];

    private TestDatabase(TestServer server, string name)
    {
        (Server, Name) = (server, name);
        ConnectionString = server.ConnectionString(name);
        // As the product's own pools: compiling a query over all partitions costs more than it saves, on a busy machine more than a time-out.
        Source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString)
        { ApplicationName = "test", MaxPoolSize = 20, Options = "-c jit=off" });
    }

    /// <summary>The server it is on.</summary>
    public TestServer Server { get; }
    /// <summary>Name of the database.</summary>
    public string Name { get; }
    /// <summary>Connection string of the database, as superuser.</summary>
    public string ConnectionString { get; }
    /// <summary>A pool for the test's own questions.</summary>
    public NpgsqlDataSource Source { get; }
    /// <summary>Further text for the dump of a wait that failed, e.g. tails of node logs.</summary>
    internal List<Func<string>> DumpParts { get; } = [];

    /// <summary>Make one.</summary>
    /// <param name="migrated">True: with this binary's schema. False: with nothing in it, e.g. for the migrator's tests or an effects log.</param>
    /// <param name="server">The server, or null for the one all tests share.</param>
    /// <param name="token">Ends the attempt.</param>
    public static async Task<TestDatabase> Create(bool migrated = true, TestServer? server = null, CancellationToken token = default)
    {
        server ??= await TestServer.Shared();
        return await CreateFrom(server, migrated ? await Template(server, token) : "template0", token);
    }

    /// <summary>Execute a statement; returns the number of rows it touched.</summary>
    public async Task<int> Execute(string sql, object? parameters = null)
    {
        await using var connection = await Source.OpenConnectionAsync();
        return await connection.ExecuteAsync(sql, parameters);
    }

    /// <summary>The one value a query returns, default for none.</summary>
    public async Task<T?> Value<T>(string sql, object? parameters = null)
    {
        await using var connection = await Source.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<T>(sql, parameters);
    }

    /// <summary>The rows a query returns.</summary>
    public async Task<IReadOnlyList<T>> Rows<T>(string sql, object? parameters = null)
    {
        await using var connection = await Source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<T>(sql, parameters)];
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        if (!Server.IsRunning) { return; }   // its server is down, and is removed whole
        await using var connection = await Admin(Server, default);
        try { await connection.ExecuteAsync($"drop database if exists \"{Name}\" with (force)"); }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ObjectInUse)
        {
            // A session that takes long to end on a busy machine must not hide what the test found; the server goes at the end of the run.
        }
    }

    private static async Task<TestDatabase> CreateFrom(TestServer server, string template, CancellationToken token)
    {
        var name = "test_" + Guid.NewGuid().ToString("N")[..12];
        await using var connection = await Admin(server, token);
        // file_copy of a small template is a few file copies; wal_log writes every page twice.
        await connection.ExecuteAsync(new CommandDefinition($"create database \"{name}\" template \"{template}\" strategy file_copy",
            cancellationToken: token));
        return new TestDatabase(server, name);
    }

    // Named by the hash of sql/, so that a server shared by several checkouts keeps one template for each, and by the day, because a schema made
    // yesterday has yesterday's partitions.
    private static async Task<string> Template(TestServer server, CancellationToken token)
    {
        await server.TemplateGate.WaitAsync(token);
        try
        {
            var today = string.Create(CultureInfo.InvariantCulture, $"scheduler_template_{TimeProvider.System.GetUtcNow():yyyyMMdd}_");
            if (server.Template is { } known && known.StartsWith(today, StringComparison.Ordinal)) { return known; }
            var name = today + HashOfSql();
            await using var admin = await Admin(server, token);
            await admin.ExecuteAsync($"select pg_advisory_lock({TemplateLock})");
            if (!await admin.ExecuteScalarAsync<bool>("select exists (select from pg_database where datname = @name)", new { name }))
            {
                var making = name + "_making";
                await admin.ExecuteAsync($"drop database if exists \"{making}\" with (force)");
                await admin.ExecuteAsync($"create database \"{making}\" template template0");
                await Migrator.Migrate(server.ConnectionString(making), token);
                await admin.ExecuteAsync($"alter database \"{making}\" rename to \"{name}\"");
            }
            return server.Template = name;
        }
        finally { server.TemplateGate.Release(); }
    }

    private static string HashOfSql()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var files = SqlFolders.SelectMany(SqlFiles.List).Append("roles.sql");
        foreach (var file in files) { hash.AppendData(Encoding.UTF8.GetBytes(SqlFiles.Read(file))); }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    // Not pooled: "create database" refuses while anybody is connected to the template, and the lock must end with the session.
    private static async Task<NpgsqlConnection> Admin(TestServer server, CancellationToken token)
    {
        var settings = new NpgsqlConnectionStringBuilder(server.ConnectionString("postgres"))
        {
            Pooling = false,
            CommandTimeout = 60,
            ApplicationName = "test admin",
        };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(token);
        return connection;
    }
}
