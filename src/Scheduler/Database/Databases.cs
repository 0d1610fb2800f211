using System.Diagnostics;
using Npgsql;

namespace Scheduler.Database;

/// <summary>
/// The connection pools of one node, apart from each other so that no kind of work can starve another: Quartz, the lease, the ledger,
/// and the jobs' own statements. Every session has statement, lock and idle-in-transaction time-outs set on the server's side.
/// </summary>
public sealed class Databases : IAsyncDisposable
{
    // Measured in performance.md: prepared statements and no reset on return double Quartz's rate. 100 statements hold all of Quartz's and ours.
    private const int AutoPrepareMax = 100;
    // A frozen node that holds a transaction open stalls every node behind its locks; after this the server ends the session.
    private const double IdleInTransactionSeconds = 1.5;
    /// <summary>Parts the set-based engine divides its share into at most.</summary>
    internal const int FiresMax = 2;
    // Statements of the ledger go by keys. A plan that was made while a day's partition was empty must not scan it when it has grown. And no bitmaps:
    // they visit every dead entry of an index again and again, where a scan in order marks it and passes by from then on. Of the live runs' index
    // 99 of 100 entries are dead between two vacuums.
    private const string ByKeys = "-c enable_seqscan=off -c enable_bitmapscan=off";
    // Between these a job's own statements have no limit of the session's: each run sets its time-out in its transaction (run_guard, mark_run).
    private static readonly SessionLimits JobLimits = SessionLimits.OfSeconds(0, 60, IdleInTransactionSeconds);
    private static readonly string LoginPowersSql = SqlFiles.Read("queries/login_powers.sql");
    // LISTEN alone; between notifications the session is idle outside a transaction.
    private static readonly SessionLimits ListenLimits = SessionLimits.OfSeconds(10, 5, IdleInTransactionSeconds);

    private readonly NpgsqlConnectionStringBuilder source;
    private readonly IReadOnlyDictionary<string, string> targets;
    private readonly Dictionary<string, NpgsqlDataSource> targetPools = new(StringComparer.Ordinal);
    private readonly HashSet<string> checkedLogins = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private readonly List<(NpgsqlDataSource Pool, SessionLimits Limits)> poolLimits = [];
    private NpgsqlDataSource jobs;

    /// <summary>Opens no connection yet. Throws <see cref="OperatorException"/> for a connection string that cannot be read.</summary>
    /// <param name="connectionString">The scheduler's own database, in Npgsql's form, e.g.
    /// <c>Host=db;Username=scheduler;Database=scheduler</c>.</param>
    /// <param name="nodeName">Name shown in <c>pg_stat_activity.application_name</c>.</param>
    /// <param name="slots">Runs at a time on this node; the jobs' pool has one connection for each and two more.</param>
    /// <param name="targets">Other databases jobs may name, by name. Default none.</param>
    public Databases(string connectionString, string nodeName, int slots, IReadOnlyDictionary<string, string>? targets = null)
    {
        source = Parse(connectionString, "the connection string");
        NodeName = nodeName;
        Slots = slots;
        this.targets = targets ?? new Dictionary<string, string>();
        Quartz = Pool("quartz", maxSize: 24, statementSeconds: 10, lockSeconds: 10);
        Lease = Pool("lease", maxSize: 2, statementSeconds: 3, lockSeconds: 2);
        // A gate is locked for milliseconds; who meets one that is held for longer steps aside and lets the others pass.
        Ledger = Pool("ledger", maxSize: 10, statementSeconds: 10, lockSeconds: 1, settings: ByKeys);
        // What the engine hands over or refuses, and what it leaves to Quartz. Its statements wait for nothing, so none of them takes long.
        Engine = Pool("engine", maxSize: 3, statementSeconds: 5, lockSeconds: 1, settings: ByKeys);
        // A pool hands out what was idle for longest. Statements of thousands of rows, several a second, would so go round all its sessions, and each
        // begins with cold caches: one session for each of the loops that send them.
        Fires = [.. Enumerable.Range(1, FiresMax)
            .Select(part => Pool($"fires {part}", maxSize: 1, statementSeconds: 5, lockSeconds: 1, settings: ByKeys))];
        Verdicts = Pool("verdicts", maxSize: 1, statementSeconds: 10, lockSeconds: 1, settings: ByKeys);
        // Deletes of old rows in batches. What takes a lock that others wait for sets a shorter time-out itself.
        Upkeep = Pool("upkeep", maxSize: 1, statementSeconds: 30, lockSeconds: 1);
        Telemetry = Pool("telemetry", maxSize: 1, statementSeconds: 5, lockSeconds: 1);
        jobs = Build(source, $"scheduler {nodeName} jobs", slots + 2, JobLimits);
    }

    /// <summary>The node's name, as in its row.</summary>
    public string NodeName { get; }
    /// <summary>Runs at a time on this node.</summary>
    public int Slots { get; }
    /// <summary>Quartz's store.</summary>
    public NpgsqlDataSource Quartz { get; }
    /// <summary>Lease renewal alone, so that nothing can delay it.</summary>
    public NpgsqlDataSource Lease { get; }
    /// <summary>Entries, claims, finishes, definitions.</summary>
    public NpgsqlDataSource Ledger { get; }
    /// <summary>What the set-based engine hands over or refuses.</summary>
    public NpgsqlDataSource Engine { get; }
    /// <summary>The set-based engine's reading and firing: a session for each part of a divided share.</summary>
    public IReadOnlyList<NpgsqlDataSource> Fires { get; }
    /// <summary>Verdicts, many in one statement.</summary>
    public NpgsqlDataSource Verdicts { get; }
    /// <summary>Partitions made and dropped, old rows deleted.</summary>
    public NpgsqlDataSource Upkeep { get; }
    /// <summary>The cluster's state, read for metrics.</summary>
    public NpgsqlDataSource Telemetry { get; }
    /// <summary>Statements of jobs on the scheduler's own database. Made anew for each lease, see <see cref="RenewJobs"/>.</summary>
    public NpgsqlDataSource Jobs { get { lock (gate) { return jobs; } } }

    /// <summary>Names of the other databases jobs may use.</summary>
    public IEnumerable<string> TargetNames => targets.Keys;

    /// <summary>Application name of the job sessions of one lease; its successor ends them by it.</summary>
    public static string JobSessionName(long leaseId) => $"scheduler job lease {leaseId}";

    /// <summary>Give job sessions a pool of their own for a new lease and close the former one, whose sessions others may be ending right
    /// now.</summary>
    public void RenewJobs(long leaseId)
    {
        NpgsqlDataSource former;
        lock (gate)
        {
            former = jobs;
            jobs = Build(source, JobSessionName(leaseId), Slots + 2, JobLimits);
        }
        former.Dispose();
    }

    /// <summary>The pool of another database that jobs name, e.g. <c>effects</c>. Throws <see cref="OperatorException"/> when there is none
    /// of that name.</summary>
    public NpgsqlDataSource Target(string name)
    {
        lock (gate)
        {
            if (targetPools.TryGetValue(name, out var pool)) { return pool; }
            if (!targets.TryGetValue(name, out var text))
            {
                throw new OperatorException($"there is no database named '{name}'; " + (targets.Count == 0
                    ? "declare it under databases: in config/scheduler.yaml or as SCHEDULER__DATABASES__" + name.ToUpperInvariant()
                    : "known are " + string.Join(", ", targets.Keys.Order())));
            }
            var settings = Parse(text, $"the connection string of database '{name}'");
            return targetPools[name] = Build(settings, $"scheduler {NodeName} job", Slots + 2, JobLimits);
        }
    }

    /// <summary>
    /// See that the login of a database is one that text of jobs may have: no superuser, no way to one, no programs or files of the server, no
    /// tables of the scheduler's, not the node's own. Asked once for each database. Throws <see cref="OperatorException"/>.
    /// </summary>
    internal async Task CheckLogin(string name, CancellationToken token)
    {
        var pool = Target(name);
        lock (gate) { if (checkedLogins.Contains(name)) { return; } }
        var login = Parse(targets[name], $"the connection string of database '{name}'");
        if (login.Username == source.Username && login.Host == source.Host && login.Port == source.Port)
        {
            throw Powerful(name, login.Username, "is the node's own");
        }
        await using (var command = pool.CreateCommand(LoginPowersSql))
        {
            if (await command.ExecuteScalarAsync(token) is string power) { throw Powerful(name, login.Username, power); }
        }
        lock (gate) { checkedLogins.Add(name); }
    }

    private static OperatorException Powerful(string name, string? login, string power) =>
        new($"the login '{login}' of database '{name}' {power}, and the text of jobs would be too; expected a login of its own with the rights "
            + $"its jobs need, or '{name}' in sql.trusted of the node's settings");

    /// <summary>How to reach a database that jobs name, secrets included, for PostgreSQL's own programs; null for the scheduler's own. Throws
    /// <see cref="OperatorException"/> when there is none of that name.</summary>
    internal NpgsqlConnectionStringBuilder Reach(string? name)
    {
        if (name is null) { return new(source.ConnectionString); }
        Target(name);      // says what is known when there is none
        return Parse(targets[name], $"the connection string of database '{name}'");
    }

    /// <summary>A connection string for a connection of its own, e.g. for LISTEN: no pooling, keepalive every 5 s, statements end after
    /// 10 s.</summary>
    public string ListenConnectionString()
    {
        var settings = new NpgsqlConnectionStringBuilder(source.ConnectionString)
        {
            Pooling = false,
            KeepAlive = 5,
            Timeout = 5,
            ApplicationName = $"scheduler {NodeName} listen",
        };
        ListenLimits.Apply(settings);
        return settings.ConnectionString;
    }

    /// <summary>
    /// Ask a session of each pool for its time-outs. Throws <see cref="OperatorException"/> when they are not in force: a connection pooler that
    /// drops them would also drop LISTEN and locks, and one frozen node could stall the cluster.
    /// </summary>
    public async Task CheckLimits(CancellationToken token)
    {
        foreach (var (pool, limits) in Limits())
        {
            await using var connection = await pool.OpenConnectionAsync(token);
            await Check(connection, limits, token);
        }
        await using var listening = new NpgsqlConnection(ListenConnectionString());
        await listening.OpenAsync(token);
        await Check(listening, ListenLimits, token);
    }

    internal static async Task Check(NpgsqlConnection connection, SessionLimits limits, CancellationToken token)
    {
        if (await limits.Missing(connection, token) is not { } missing) { return; }
        var settings = new NpgsqlConnectionStringBuilder(connection.ConnectionString);
        throw new OperatorException($"the time-outs of session '{settings.ApplicationName}' at {settings.Host}:{settings.Port} are not in force: "
            + $"{missing}; expected a direct connection to PostgreSQL: a connection pooler, or a login trigger, drops what the session asked for");
    }

    internal IEnumerable<(NpgsqlDataSource Pool, SessionLimits Limits)> Limits() =>
        poolLimits.Append((Jobs, JobLimits));

    /// <summary>Read a connection string; throws <see cref="OperatorException"/> naming what is wrong with it, without showing a password.</summary>
    public static NpgsqlConnectionStringBuilder Parse(string connectionString, string what)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString);
            if (string.IsNullOrEmpty(settings.Host))
            {
                throw new OperatorException($"{what} has no Host; expected e.g. Host=127.0.0.1;Port=5432;Username=scheduler;Database=scheduler", 2);
            }
            return settings;
        }
        catch (ArgumentException e)
        {
            throw new OperatorException($"{what} cannot be read: {e.Message} "
                + "Expected e.g. Host=127.0.0.1;Port=5432;Username=scheduler;Database=scheduler", 2);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var pool in targetPools.Values.Concat([Jobs, Telemetry, Upkeep, .. Fires, Verdicts, Engine, Ledger, Quartz, Lease]))
        {
            await pool.DisposeAsync();
        }
    }

    private NpgsqlDataSource Pool(string role, int maxSize, int statementSeconds, int lockSeconds, string settings = "")
    {
        var limits = SessionLimits.OfSeconds(statementSeconds, lockSeconds, IdleInTransactionSeconds);
        // What the planner takes for dear, because it was forbidden another way or knows no statistics, it compiles: for longer than the statement.
        var pool = Build(source, $"scheduler {NodeName} {role}", maxSize, limits, "-c jit=off " + settings);
        poolLimits.Add((pool, limits));
        return pool;
    }

    private static NpgsqlDataSource Build(
        NpgsqlConnectionStringBuilder from, string applicationName, int maxSize, SessionLimits limits, string more = "")
    {
        var settings = new NpgsqlConnectionStringBuilder(from.ConnectionString)
        {
            ApplicationName = applicationName,
            MaxPoolSize = maxSize,
            MaxAutoPrepare = AutoPrepareMax,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
            Timeout = 5,
            CommandTimeout = limits.Statement == TimeSpan.Zero ? 0 : (int)limits.Statement.TotalSeconds + 2,
            CancellationTimeout = 2000,
            TcpKeepAlive = true,
            TcpKeepAliveTime = 5,
            TcpKeepAliveInterval = 2,
            KeepAlive = 5,
        };
        limits.Apply(settings);
        settings.Options += " -c client_connection_check_interval=2000"
            + $" -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c timezone=UTC {more}";
        // A pool is known by what it is for: by its connection string, metrics would show where the database is.
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = applicationName };
        // A statement has a span where it belongs to something that has one: a run.
        builder.ConfigureTracing(t => t
            .ConfigureCommandFilter(_ => Activity.Current is not null).ConfigureBatchFilter(_ => Activity.Current is not null)
            .EnablePhysicalOpenTracing(false));
        return builder.Build();
    }
}
