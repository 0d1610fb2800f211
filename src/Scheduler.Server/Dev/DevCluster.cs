using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Scheduler.Database;
using Scheduler.Jobs;

namespace Scheduler.Server.Dev;

/// <summary>A node of the development cluster.</summary>
/// <param name="Name">Its name, n1, n2, …</param>
/// <param name="Port">Its HTTP port.</param>
/// <param name="Process">Its process.</param>
public sealed record DevNode(string Name, int Port, ChildProcess Process)
{
    /// <summary>Where it answers: <c>/health/…</c> and <c>/metrics</c>.</summary>
    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}");
}

/// <summary>
/// PostgreSQL, node processes and a simulated fleet, all below one folder. Restarts nothing: what is killed stays dead and the rest shows how it
/// copes. While it runs, <c>dev.json</c> in the folder says where everything is.
/// </summary>
public sealed class DevCluster(DevOptions options, TextWriter talk) : IAsyncDisposable
{
    private const int FirstPort = 8080;
    private const int PortsTried = 200;
    private const int FleetWorkers = 200;
    private static readonly TimeSpan NodesReadyLimit = TimeSpan.FromSeconds(60);
    // A node's drain (30 s by default), the cancellation after it, and its good-byes to the database.
    private static readonly TimeSpan NodeStopLimit = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan FleetStopLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string folder = Path.GetFullPath(options.Data);
    private readonly List<DevNode> nodes = [];
    private FileStream? running;
    private EmbeddedPostgres? postgres;
    private ChildProcess? fleet;
    private DevSnapshots? snapshots;

    /// <summary>Its nodes, dead ones included.</summary>
    public IReadOnlyList<DevNode> Nodes => nodes;
    /// <summary>The database's connection string.</summary>
    public string Connection => Postgres.ConnectionString();
    /// <summary>Folder of everything it writes.</summary>
    public string Folder => folder;
    /// <summary>Processes that have ended by themselves or were killed.</summary>
    public IEnumerable<string> Ended => nodes.Select(n => n.Process).Concat(fleet is null ? [] : [fleet]).Where(p => p.HasExited)
        .Concat(snapshots?.Ended ?? [])
        .Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Name}: process {p.Pid} ended, exit code {p.ExitCode}, see {p.LogFile}"))
        .Concat(Postgres.IsRunning ? [] : ["postgres: the process ended, see postgres.log"]);

    private EmbeddedPostgres Postgres => postgres ?? throw new InvalidOperationException("the cluster is not started");
    private string StateFile => Path.Combine(folder, "dev.json");

    /// <summary>
    /// Start everything; returns once all nodes are live and dev.json says so. Throws <see cref="OperatorException"/>;
    /// call <see cref="Stop"/> either way.
    /// </summary>
    public async Task Start(CancellationToken token)
    {
        var jobs = JobsFolder();
        // Every node reads them again; here all mistakes are told at once, before anything is started.
        if (jobs is not null) { JobFiles.Load(jobs, new KindRegistry(SchedulerServices.BuiltInKinds)); }
        Directory.CreateDirectory(folder);
        TakeFolder();
        await EndLeftOverNodes(token);
        var ports = ChoosePorts();
        postgres = await EmbeddedPostgres.Start(Path.Combine(folder, "postgres"),
            new EmbeddedPostgresOptions { Fresh = options.Fresh, Talk = talk, Linger = NodeStopLimit }, token);
        await talk.WriteLineAsync($"PostgreSQL: {Connection} (process {postgres.Pid}, data kept in {postgres.Folder})");
        var applied = await Migrator.Migrate(Connection, token);
        if (applied.Count > 0) { await talk.WriteLineAsync($"schema: applied {applied.Count} files of sql/"); }
        if (options.Snapshots)
        {
            snapshots = DevSnapshots.Start(folder, Log);
            await talk.WriteLineAsync(snapshots.Line);
        }
        for (var i = 0; i < options.Nodes; i++) { StartNode("n" + (i + 1).ToString(CultureInfo.InvariantCulture), ports[i], jobs); }
        if (options.Fleet)
        {
            fleet = ChildProcess.Start("fleet", Log("fleet"), [.. Self(), "dev-fleet", "--connection", Connection,
                "--workers", FleetWorkers.ToString(CultureInfo.InvariantCulture), "--exit-with-stdin"]);
        }
        await AllReady(token);
        if (snapshots is not null) { await snapshots.Register(Connection, token); }
        await WriteState(token);
        await talk.WriteLineAsync($"live: {string.Join(", ", nodes.Select(n => $"{n.Name} {n.Url}"))}  (Ctrl-C stops everything)");
    }

    /// <summary>Stop what was started: nodes drain, then the fleet, then PostgreSQL. May be called at any time, also after a failed start.</summary>
    /// <param name="hurry">Cancelled: processes that still run are killed and PostgreSQL stopped at once.</param>
    public async Task Stop(CancellationToken hurry)
    {
        if (running is null) { return; }
        var alive = nodes.Where(n => !n.Process.HasExited).ToList();
        if (alive.Count > 0) { await talk.WriteLineAsync($"stopping {string.Join(", ", alive.Select(n => n.Name))}; Ctrl-C again to hurry"); }
        await Task.WhenAll(alive.Select(n => n.Process.Stop(Signals.Terminate, NodeStopLimit, hurry)));
        if (fleet is not null) { await fleet.Stop(Signals.Terminate, FleetStopLimit, hurry); }
        if (snapshots is not null) { await snapshots.DisposeAsync(); }
        if (postgres is not null) { await postgres.Stop(); }
        if (File.Exists(StateFile)) { File.Delete(StateFile); }   // the whole folder may have been removed under us
        await running.DisposeAsync();
        running = null;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Stop(new CancellationToken(canceled: true));
        nodes.ForEach(n => n.Process.Dispose());
        fleet?.Dispose();
    }

    private string Log(string name) => Path.Combine(folder, "logs", name + ".log");

    private string? JobsFolder()
    {
        if (options.Jobs is { } given)
        {
            return Directory.Exists(given) ? Path.GetFullPath(given) : throw new OperatorException($"--jobs '{given}' is not a folder", 2);
        }
        var usual = Path.GetFullPath(Path.Combine("config", "jobs"));
        return Directory.Exists(usual) ? usual : null;
    }

    // The system lets go of the lock when the process ends, however it ends.
    private void TakeFolder()
    {
        try { running = new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None); }
        catch (IOException e)
        {
            throw new OperatorException($"a 'scheduler dev' already runs on {folder}; stop it, or choose another folder with --data", 5, e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new OperatorException($"{folder} belongs to another user (was it used by root?); "
                + "change its owner, or choose another folder with --data", 1, e);
        }
    }

    // A killed 'scheduler dev' leaves nodes that drain for a while; they would hold names and ports the new ones need.
    private async Task EndLeftOverNodes(CancellationToken token)
    {
        if (!File.Exists(StateFile)) { return; }
        try
        {
            using var state = JsonDocument.Parse(await File.ReadAllTextAsync(StateFile, token));
            foreach (var node in state.RootElement.GetProperty("nodes").EnumerateArray())
            {
                var (name, pid) = (node.GetProperty("name").GetString()!, node.GetProperty("pid").GetInt32());
                var arguments = await Commands.ArgumentsOf(pid, token);
                if (!arguments.Contains("serve") || !arguments.Contains(name) || !arguments.Contains("--exit-with-stdin")) { continue; }
                await talk.WriteLineAsync($"ending node {name} (process {pid}), left over by a run that was killed");
                Signals.Send(pid, Signals.Kill);
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException) { }   // not of our making; it is replaced
        File.Delete(StateFile);
    }

    private int[] ChoosePorts()
    {
        if (options.HttpPort is { } first)
        {
            if (first + options.Nodes - 1 > DevCommand.PortMax)
            {
                throw new OperatorException($"--http-port is {first}, and {options.Nodes} nodes need the ports up to "
                    + $"{first + options.Nodes - 1}; the highest is {DevCommand.PortMax}", 2);
            }
            var taken = Enumerable.Range(first, options.Nodes).Where(p => !Ports.IsFree(p)).ToList();
            return taken.Count == 0 ? [.. Enumerable.Range(first, options.Nodes)]
                : throw new OperatorException($"port taken: {string.Join(", ", taken)}; choose another --http-port, or leave it out for free ones");
        }
        var free = Enumerable.Range(FirstPort, PortsTried).Where(Ports.IsFree).Take(options.Nodes).ToArray();
        return free.Length == options.Nodes ? free
            : throw new OperatorException($"no {options.Nodes} free ports from {FirstPort}; give one by --http-port");
    }

    private void StartNode(string name, int port, string? jobs)
    {
        string[] jobsOption = jobs is null ? [] : ["--jobs", jobs];
        nodes.Add(new(name, port, ChildProcess.Start(name, Log(name), [.. Self(), "serve", "--name", name, "--connection", Connection,
            "--http-port", port.ToString(CultureInfo.InvariantCulture), .. jobsOption, "--labels", "maintenance", "--exit-with-stdin"],
            snapshots?.Environment)));
    }

    // Started as "dotnet scheduler.dll" the program is dotnet, and the assembly its first argument.
    private static string[] Self()
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("this process does not know its own program");
        return Path.GetFileNameWithoutExtension(program) == "dotnet" ? [program, typeof(DevCluster).Assembly.Location] : [program];
    }

    private async Task AllReady(CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(NodesReadyLimit);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        foreach (var node in nodes)
        {
            while (!await IsReady(http, node, limit.Token))
            {
                token.ThrowIfCancellationRequested();
                if (node.Process.HasExited || limit.IsCancellationRequested)
                {
                    var what = node.Process.HasExited ? $"ended with exit code {node.Process.ExitCode}"
                        : $"was not ready within {NodesReadyLimit.TotalSeconds:0} s";
                    var log = node.Process.LogFile;
                    throw new OperatorException($"node {node.Name} {what}; the end of {log}:\n{Commands.Tail(log)}");
                }
                await Task.Delay(Poll, token);
            }
        }
    }

    private async Task<bool> IsReady(HttpClient http, DevNode node, CancellationToken token)
    {
        if (node.Process.HasExited) { return false; }
        try
        {
            using var answer = await http.GetAsync(new Uri(node.Url + "/health/ready"), token);
            if (answer.IsSuccessStatusCode) { return true; }
            // Job files that were refused keep a node from being ready, not from running.
            var said = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(token)).RootElement;
            if (said.GetProperty("status").GetString() != "live" || said.GetProperty("reason").GetString() is not { } reason) { return false; }
            await talk.WriteLineAsync($"node {node.Name} is not ready: {reason}");
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException) { return false; }
    }

    // Moved into place, so that who waits for the file never reads half of it.
    private async Task WriteState(CancellationToken token)
    {
        var state = new
        {
            connection = Connection,
            nodes = nodes.Select(n => new { name = n.Name, pid = n.Process.Pid, url = n.Url }),
            postgres = new { pid = Postgres.Pid, port = Postgres.Port, bin = Postgres.BinFolder },
        };
        await File.WriteAllTextAsync(StateFile + ".new", JsonSerializer.Serialize(state, Json) + "\n", token);
        File.Move(StateFile + ".new", StateFile, overwrite: true);
    }
}
