using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Scheduler.Database;
using Scheduler.Server.Dev;

namespace Scheduler.TestKit;

/// <summary>
/// A PostgreSQL server of the tests' own. Its data do not outlive a power cut (<c>fsync</c> is off), yet they do outlive
/// <see cref="StopImmediately"/>, because commits still wait for the write.
/// </summary>
/// <remarks>
/// <see cref="Shared"/> is one server for the whole process, stopped when the process ends; or the server of SCHEDULER_TEST_DB when that is
/// set. The folder of a process that was killed is removed by the next one.
/// </remarks>
public sealed class TestServer : IAsyncDisposable
{
    private static readonly TimeSpan ExitMax = TimeSpan.FromSeconds(10);
    private static readonly string Root = Path.Combine(Path.GetTempPath(), "scheduler-tests-" + Environment.UserName);
    private static readonly Lazy<Task<TestServer>> SharedServer = new(StartShared);
    private static int serverCount;

    private readonly NpgsqlConnectionStringBuilder settings;
    private readonly EmbeddedPostgres? server;
    private int disposed;

    private TestServer(NpgsqlConnectionStringBuilder settings, EmbeddedPostgres? server, string folder)
    {
        (this.settings, this.server, Folder) = (settings, server, folder);
    }

    /// <summary>Port of the server.</summary>
    public int Port => settings.Port;
    /// <summary>False while it is stopped.</summary>
    public bool IsRunning => server?.IsRunning ?? true;
    /// <summary>Process id of the postmaster; 0 when the server is not ours or is stopped.</summary>
    public int Pid => server is { IsRunning: true } running ? running.Pid : 0;
    /// <summary>Where its data and its log <c>data.log</c> are; empty when the server is not ours.</summary>
    public string Folder { get; }
    /// <summary>One test at a time makes the template, see <see cref="TestDatabase"/>.</summary>
    internal SemaphoreSlim TemplateGate { get; } = new(1, 1);
    internal string? Template { get; set; }

    /// <summary>The server all tests of this process share; started by the first that asks.</summary>
    public static Task<TestServer> Shared() => SharedServer.Value;

    /// <summary>Stop the shared server if it was started. Each test assembly calls it at its end; it is safe to repeat.</summary>
    public static async Task StopShared()
    {
        if (SharedServer.IsValueCreated && SharedServer.Value.IsCompletedSuccessfully) { await (await SharedServer.Value).DisposeAsync(); }
    }

    /// <summary>A server of the caller's own, to be crashed at will. Without PostgreSQL on this machine: see <see cref="Parts.Missing"/>.</summary>
    public static async Task<TestServer> Start(CancellationToken token = default)
    {
        using var starting = TimeSpent.On(Spending.Starting);
        try { await PostgresBinaries.Find(null, Console.Error, token); }
        catch (OperatorException e) { throw Parts.Missing(e.Message); }
        Sweep();
        var number = Interlocked.Increment(ref serverCount);
        var folder = Path.Combine(Root, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{number}"));
        Directory.CreateDirectory(folder);
        // Hundreds of databases and dozens of node processes at a time: connections are what runs out first.
        var tuned = new Dictionary<string, string> { ["max_connections"] = "600", ["synchronous_commit"] = "on", ["max_wal_size"] = "2GB" };
        // As slow as a disk makes it, for ./dev stress.
        var durable = Environment.GetEnvironmentVariable("SCHEDULER_TEST_FSYNC") == "1";
        var embedded = await EmbeddedPostgres.Start(Path.Combine(folder, "data"), new EmbeddedPostgresOptions { Durable = durable, Settings = tuned },
            token);
        var connection = new NpgsqlConnectionStringBuilder(embedded.ConnectionString("postgres")) { Timeout = 10, IncludeErrorDetail = true };
        var server = new TestServer(connection, embedded, folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.DisposeAsync().AsTask().Wait(ExitMax);
        return server;
    }

    /// <summary>A connection string for one of its databases, as superuser.</summary>
    public string ConnectionString(string database) =>
        new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Database = database }.ConnectionString;

    /// <summary>Stop as a crash would: no checkpoint, every session cut (<c>pg_ctl stop -m immediate</c>). Returns when it is down.</summary>
    public Task StopImmediately() => Own().StopImmediately();

    /// <summary>Start it on the same data and port. Returns when it answers.</summary>
    public Task StartAgain(CancellationToken token = default) => Own().StartAgain(token);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (server is null || Interlocked.Exchange(ref disposed, 1) != 0) { return; }
        await server.StopImmediately();
        Delete(Folder);
    }

    private static async Task<TestServer> StartShared()
    {
        if (Environment.GetEnvironmentVariable("SCHEDULER_TEST_DB") is not { Length: > 0 } given) { return await Start(); }
        return new TestServer(new NpgsqlConnectionStringBuilder(given), null, "");
    }

    private EmbeddedPostgres Own() => server ?? throw new InvalidOperationException("the server of SCHEDULER_TEST_DB is not ours to stop or start");

    // What killed test processes left. Their servers went down with them; one that still does keeps its folder until the next time.
    private static void Sweep()
    {
        if (!Directory.Exists(Root)) { return; }
        foreach (var folder in Directory.GetDirectories(Root))
        {
            var owner = int.Parse(Path.GetFileName(folder).Split('-')[0], CultureInfo.InvariantCulture);
            if (!Lives(owner) && !File.Exists(Path.Combine(folder, "data", "postmaster.pid"))) { Delete(folder); }
        }
    }

    private static bool Lives(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException) { return false; }
    }

    private static void Delete(string folder)
    {
        try { Directory.Delete(folder, recursive: true); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { /* gone, or the next run's sweep takes it */ }
    }
}
