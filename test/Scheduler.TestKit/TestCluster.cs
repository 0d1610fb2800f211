using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Scheduler.Cluster;
using Scheduler.TestKit.Checking;

namespace Scheduler.TestKit;

/// <summary>Which engine fires on which node of a cluster.</summary>
public enum Engines
{
    /// <summary>The set-based engine on every node.</summary>
    Set,
    /// <summary>Quartz's own loop on every node.</summary>
    Quartz,
    /// <summary>Quartz's own loop on the first node, the set-based engine on the others.</summary>
    Mixed,
}

/// <summary>What a cluster is made of.</summary>
public sealed record ClusterOptions
{
    /// <summary>Nodes started at once, named n1, n2, …. Default 3.</summary>
    public int Nodes { get; init; } = 3;
    /// <summary>Text of the one job file. Default none: the nodes get no jobs folder.</summary>
    public string? Jobs { get; init; }
    /// <summary>Statements executed in the new database before any node starts. Default: the table of effects.</summary>
    public string Prepare { get; init; } = HistoryReader.EffectTable;
    /// <summary>How each of these nodes is started.</summary>
    public NodeSetup Setup { get; init; } = new();
    /// <summary>Who fires on the nodes whose setup does not say. Default <see cref="Engines.Set"/>; SCHEDULER_TEST_ENGINE (quartz, set, mixed)
    /// takes its place for runs by hand.</summary>
    public Engines Engines { get; init; } = Engines.Set;
    /// <summary>Server of the scheduler's database; default the one all tests share. Give one of your own to crash it.</summary>
    public TestServer? Server { get; init; }
    /// <summary>Its share of the machine, see <see cref="MachineShare"/>. Default: its nodes. Give more where they have much to do.</summary>
    public int? Weight { get; init; }
    /// <summary>Further databases jobs may name, e.g. <c>effects</c>, to connection strings.</summary>
    public IReadOnlyDictionary<string, string> Databases { get; init; } = new Dictionary<string, string>();
}

/// <summary>Real node processes on one real database.</summary>
public sealed class TestCluster : IAsyncDisposable
{
    /// <summary>Goes after <see cref="ClusterOptions.Prepare"/>'s statements where drift in Quartz's tables is not to be healed.</summary>
    public const string NoSweep = "; update scheduler_private.sweep set due_at = 'infinity'";

    private static readonly TimeSpan LiveMax = TimeSpan.FromSeconds(60);
    private static int clusterCount;

    private readonly ClusterOptions options;
    private readonly List<TestNode> nodes = [];
    private readonly string folder;
    private readonly MachineShare share;

    private TestCluster(ClusterOptions options, TestDatabase database, string folder, MachineShare share)
    {
        (this.options, Database, this.folder, this.share) = (options, database, folder, share);
        Database.DumpParts.Add(() => string.Join('\n', nodes.Select(n => n.Tail())));
    }

    /// <summary>The scheduler's database.</summary>
    public TestDatabase Database { get; }
    /// <summary>All nodes, dead ones included, in the order they were started.</summary>
    public IReadOnlyList<TestNode> Nodes => nodes;
    /// <summary>Folder the nodes read job files from.</summary>
    public string JobsFolder => Path.Combine(folder, "jobs");

    /// <summary>The node of that name.</summary>
    public TestNode this[string name] => nodes.Find(n => n.Name == name) ?? throw new ArgumentException($"there is no node {name}", nameof(name));

    /// <summary>Wait for a share of the machine, make a database, start the nodes and wait until all are live.</summary>
    public static async Task<TestCluster> Start(ClusterOptions options, CancellationToken token = default)
    {
        var share = await MachineShare.Take(Math.Max(options.Weight ?? options.Nodes, 1));
        using var starting = TimeSpent.On(Spending.Starting);
        TestDatabase database;
        try { database = await TestDatabase.Create(server: options.Server, token: token); }
        catch
        {
            share.Dispose();
            throw;
        }
        var number = Interlocked.Increment(ref clusterCount);
        var folder = Path.Combine(Path.GetTempPath(),
            string.Create(CultureInfo.InvariantCulture, $"scheduler-cluster-{Environment.ProcessId}-{number}"));
        Directory.CreateDirectory(Path.Combine(folder, "jobs"));
        var cluster = new TestCluster(options, database, folder, share);
        try
        {
            await database.Execute(options.Prepare);
            if (options.Jobs is not null) { cluster.WriteJobs(options.Jobs); }
            for (var i = 1; i <= options.Nodes; i++) { cluster.AddNode(string.Create(CultureInfo.InvariantCulture, $"n{i}"), options.Setup); }
            await Task.WhenAll(cluster.nodes.Select(n => cluster.UntilState(n, "live", LiveMax)));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Write the job file that nodes read when they start.</summary>
    public void WriteJobs(string yaml, string file = "test.yaml") => File.WriteAllText(Path.Combine(JobsFolder, file), yaml);

    /// <summary>Start one more node process. Does not wait for it to be live.</summary>
    public TestNode AddNode(string name, NodeSetup? setup = null)
    {
        setup ??= options.Setup;
        setup = setup with { Engine = setup.Engine ?? EngineOf(nodes.Count) };
        var proxy = setup.Proxied ? FaultProxy.To(Database.Server.Port) : null;
        var node = new TestNode(name, setup, proxy, Path.Combine(folder, $"{name}-{nodes.Count + 1}.log"), Command);
        nodes.Add(node);
        node.Start();
        return node;
    }

    /// <summary>Wait until a condition holds; dumps tables and logs when it does not.</summary>
    public Task Until(string what, Func<Task<bool>> condition, TimeSpan? within = null) => Database.Until(what, condition, within);

    /// <summary>Wait until a node's row has a state: <c>live</c>, <c>standby</c>, <c>dead</c>, … For <c>live</c> and <c>standby</c> the row must
    /// be of the present process.</summary>
    public async Task UntilState(TestNode node, string state, TimeSpan? within = null)
    {
        await Until($"node {node.Name} is {state}", async () =>
        {
            if (state is "live" or "standby" && node.ExitCode is { } code)
            {
                throw new InvalidOperationException($"node {node.Name} ended with {code} instead of being {state}\n{node.Tail()}");
            }
            // Its row is live before it has started in full; told to stop then, it breaks off its start.
            return (state != "live" || node.Url is not null)
                && await Database.Value<bool>("select exists (select from scheduler.node where name = @Name and state = @state"
                + " and (@state not in ('live', 'standby') or pid = @Pid))", new { node.Name, state, node.Pid });
        }, within ?? LiveMax);
    }

    /// <summary>How many runs a condition in SQL on <c>scheduler.run</c> holds for.</summary>
    public Task<long> Count(string where, object? parameters = null) =>
        Database.Value<long>($"select count(*) from scheduler.run where {where}", parameters);

    /// <summary>How many whole seconds after one instant and up to another have no row of a job that is due every second.</summary>
    public Task<long> MissingSeconds(string job, DateTime after, DateTime upTo) => Database.Value<long>("""
        select count(*) from generate_series(date_trunc('second', @after) + interval '1 second', @upTo, interval '1 second') s
        where not exists (select from scheduler.run r where r.job = @job and r.due_at = s)
        """, new { job, after, upTo });

    /// <summary>The database's clock.</summary>
    public Task<DateTime> Now() => Database.Value<DateTime>("select clock_timestamp()");

    /// <summary>Ask for a run of a job now; returns its key.</summary>
    public async Task<string> RunNow(string job) =>
        await Database.Value<string>("select scheduler.run_now(@job)",
            new { job }) ?? throw new InvalidOperationException($"run_now('{job}') returned nothing");

    /// <summary>Ask for a run of a job and wait until it runs; returns its key and the node it runs on.</summary>
    public async Task<(string RunKey, TestNode Node)> RunNowAndWait(string job)
    {
        var key = await RunNow(job);
        string? node = null;
        await Until($"run {key} is running", async () =>
            (node = await Database.Value<string>("select node from scheduler.run where run_key = @key and state = 'running'",
                new { key })) is not null);
        return (key, this[node!]);
    }

    /// <summary>Wait until a run has its verdict; returns its row.</summary>
    public async Task<LedgerRow> UntilFinished(string key, TimeSpan? within = null)
    {
        await Until($"run {key} is finished", async () => await Count("run_key = @key and state = 'finished'", new { key }) == 1, within);
        return (await Database.Rows<LedgerRow>(HistoryReader.RowsSql + " where run_key = @key", new { key }))[0];
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        try
        {
            await Task.WhenAll(nodes.Select(n => n.DisposeAsync().AsTask()));
            await Database.DisposeAsync();
            // Logs of a failed test are worth more than a tidy temp folder; an environment variable keeps them.
            if (Environment.GetEnvironmentVariable("SCHEDULER_TEST_KEEP") != "1") { Directory.Delete(folder, recursive: true); }
        }
        finally { share.Dispose(); }
        share.Dispose();
    }

    private FireBy EngineOf(int index)
    {
        var engines = Environment.GetEnvironmentVariable("SCHEDULER_TEST_ENGINE") is { Length: > 0 } given
            ? Enum.Parse<Engines>(given, ignoreCase: true)
            : options.Engines;
        return engines == Engines.Quartz || (engines == Engines.Mixed && index == 0) ? FireBy.Quartz : FireBy.Set;
    }

    private ProcessStartInfo Command(TestNode node)
    {
        var connection = new NpgsqlConnectionStringBuilder(Database.ConnectionString);
        if (node.Proxy is not null) { (connection.Host, connection.Port) = ("127.0.0.1", node.Proxy.Port); }
        var start = new ProcessStartInfo(SchedulerProgram.Path)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        List<string> arguments =
        [
            "serve", "--name", node.Name, "--connection", connection.ConnectionString, "--http-port", "0", "--slots", Text(node.Setup.Slots),
            "--lease", Seconds(node.Setup.Lease), "--engine", node.Setup.Engine == FireBy.Quartz ? "quartz" : "set", "--exit-with-stdin",
            .. node.Setup.Arguments,
        ];
        if (options.Jobs is not null) { arguments.AddRange(["--jobs", JobsFolder]); }
        if (node.Setup.Drain is { } drain) { arguments.AddRange(["--drain", Seconds(drain)]); }
        arguments.ForEach(start.ArgumentList.Add);
        start.WorkingDirectory = folder;
        // A node of a test lives for seconds: what its compiler would make better meanwhile never pays. Half of a node's processor time.
        start.Environment["DOTNET_TC_CallCounting"] = "0";
        foreach (var (name, text) in options.Databases) { start.Environment["SCHEDULER__DATABASES__" + name] = text; }
        // They share the login of the scheduler's database unless a test says otherwise.
        if (options.Databases.Count > 0) { start.Environment["SCHEDULER__SQL__TRUSTED"] = string.Join(',', options.Databases.Keys); }
        if (node.Setup.Sweep is { } sweep) { start.Environment["SCHEDULER__NODE__SWEEP_EVERY"] = Seconds(sweep); }
        foreach (var (name, text) in node.Setup.Environment) { start.Environment[name] = text; }
        return start;
    }

    private static string Seconds(TimeSpan time) => Text((int)time.TotalSeconds) + "s";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The built program <c>scheduler</c>.</summary>
public static class SchedulerProgram
{
    /// <summary>
    /// Its file: SCHEDULER_BINARY, else the one built beside the running assembly (artifacts/bin/Scheduler.Server/CONFIGURATION/scheduler).
    /// Throws when it is not built.
    /// </summary>
    public static string Path { get; } = Find();

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("SCHEDULER_BINARY") is { Length: > 0 } given) { return given; }
        var own = new DirectoryInfo(AppContext.BaseDirectory);   // artifacts/bin/Scheduler.ClusterTests/debug
        var file = System.IO.Path.Combine(own.Parent!.Parent!.FullName, "Scheduler.Server", own.Name, OperatingSystem.IsWindows() ? "scheduler.exe"
            : "scheduler");
        return File.Exists(file) ? file : throw new FileNotFoundException($"{file} is not there; build it with: dotnet build Scheduler.sln");
    }
}
