using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Npgsql;
using Scheduler.Database;

namespace Scheduler.Telemetry;

/// <summary>
/// What is true of the cluster, read from the database and therefore the same on every node: jobs, nodes, backlog, history, fleet. Read when somebody
/// collects, at most once in <see cref="FreshFor"/>; while the database is away nothing is told but that it is.
/// </summary>
/// <remarks>At most <c>telemetry.jobs_max</c> jobs have values of their own, those with a problem first; <c>scheduler.jobs.omitted</c> says how many
/// have none.</remarks>
public sealed partial class ClusterReading(Databases databases, SchedulerMeter meter, TimeProvider time, ILogger<ClusterReading> log)
{
    /// <summary>A reading serves all who ask within this time.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(5);
    // A scraper waits 10 s by default; the statements' own time-out on the server is 5 s.
    private static readonly TimeSpan ReadWithin = TimeSpan.FromSeconds(6);
    // What is older than this is not the cluster's state any more.
    private static readonly TimeSpan StaleAfter = TimeSpan.FromMinutes(1);

    private static readonly string JobsSql = SqlFiles.Read("queries/telemetry_jobs.sql");
    private static readonly string ClusterSql = SqlFiles.Read("queries/telemetry_cluster.sql");
    private static readonly string SnapshotsSql = SqlFiles.Read("queries/telemetry_snapshots.sql");

    private readonly SemaphoreSlim turn = new(1, 1);
    private volatile Dictionary<string, List<Measurement<double>>>? values;
    private volatile bool reachable = true;
    private long readAt;
    private volatile bool started;
    private int jobsMax;
    private TimeSpan keepRuns;

    /// <summary>Make the gauges.</summary>
    /// <param name="most">Most jobs that have values of their own.</param>
    /// <param name="keep">How long the ledger keeps runs.</param>
    public void Start(int most, TimeSpan keep)
    {
        (jobsMax, keepRuns) = (most, keep);
        foreach (var (name, unit, description) in ClusterGauges.All)
        {
            meter.Meter.CreateObservableGauge(name, () => Values(name), unit, description);
        }
        meter.Meter.CreateObservableGauge("scheduler.database.up", () => reachable ? 1 : 0, "{database}",
            "1 while this node's last reading of the cluster's state succeeded");
        started = true;
    }

    /// <summary>Read anew unless a reading is fresh, or the node has not brought the schema up to date yet. Never throws: a database that is away is
    /// told as such.</summary>
    public async Task Refresh(CancellationToken token)
    {
        if (!started) { return; }
        await turn.WaitAsync(token);
        try
        {
            if (readAt != 0 && time.GetElapsedTime(readAt) < FreshFor) { return; }
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
            limit.CancelAfter(ReadWithin);
            values = await Read(limit.Token);
            reachable = true;
            readAt = time.GetTimestamp();
        }
        catch (Exception e) when (!token.IsCancellationRequested)
        {
            if (reachable) { LogNotRead(e.Message); }
            reachable = false;
            if (readAt != 0 && time.GetElapsedTime(readAt) > StaleAfter) { values = null; }
        }
        finally { turn.Release(); }
    }

    private List<Measurement<double>> Values(string metric) => values?.GetValueOrDefault(metric) ?? [];

    private async Task<Dictionary<string, List<Measurement<double>>>> Read(CancellationToken token)
    {
        // No spans of statements that belong to nobody's run.
        var before = Activity.Current;
        Activity.Current = null;
        try
        {
            var read = new Dictionary<string, List<Measurement<double>>>(StringComparer.Ordinal);
            await using var connection = await databases.Telemetry.OpenConnectionAsync(token);
            await using (var command = new NpgsqlCommand(JobsSql, connection) { Parameters = { Most() } })
            await using (var reader = await command.ExecuteReaderAsync(token))
            {
                while (await reader.ReadAsync(token)) { AddJob(read, reader); }
            }
            await AddAll(read, new NpgsqlCommand(ClusterSql, connection) { Parameters = { Most(), Keep() } }, token);
            await AddAll(read, new NpgsqlCommand(SnapshotsSql, connection) { Parameters = { Most() } }, token);
            return read;
        }
        finally { Activity.Current = before; }
    }

    private static async Task AddAll(Dictionary<string, List<Measurement<double>>> read, NpgsqlCommand command, CancellationToken token)
    {
        await using (command)
        {
            await using var reader = await command.ExecuteReaderAsync(token);
            while (await reader.ReadAsync(token)) { Add(read, reader); }
        }
    }

    private NpgsqlParameter<int> Most() => new() { TypedValue = jobsMax };

    private NpgsqlParameter<TimeSpan> Keep() => new() { TypedValue = keepRuns, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Interval };

    // The first column is the job; the others are named as their metrics.
    private static void AddJob(Dictionary<string, List<Measurement<double>>> read, NpgsqlDataReader reader)
    {
        var job = new KeyValuePair<string, object?>("job.name", reader.GetString(0));
        for (var i = 1; i < reader.FieldCount; i++)
        {
            if (!reader.IsDBNull(i)) { Of(read, reader.GetName(i)).Add(new(reader.GetDouble(i), job)); }
        }
    }

    private static void Add(Dictionary<string, List<Measurement<double>>> read, NpgsqlDataReader reader)
    {
        if (reader.IsDBNull(3)) { return; }
        var names = reader.GetFieldValue<string[]>(1);
        var labels = reader.GetFieldValue<string?[]>(2);
        Of(read, reader.GetString(0)).Add(new(reader.GetDouble(3), names.Zip(labels, (n, l) => new KeyValuePair<string, object?>(n, l ?? ""))));
    }

    private static List<Measurement<double>> Of(Dictionary<string, List<Measurement<double>>> read, string metric)
    {
        if (!read.TryGetValue(metric, out var list)) { read[metric] = list = []; }
        return list;
    }

    [LoggerMessage(6001, LogLevel.Warning, "The cluster's state could not be read for metrics: {Problem}; told as scheduler.database.up 0")]
    private partial void LogNotRead(string problem);
}
