using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Quartz;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Runs;

namespace Scheduler.Fleet;

/// <summary>
/// Kind <c>fleet.cleanup</c>: deletes nodes that never joined or left long ago, configs nothing uses and, when asked to, old heartbeats.
/// </summary>
/// <remarks>
/// The guard is asked about every table before the first row goes, in the transaction of the first deletes, and an attempt never deletes more
/// of a table than was counted then. A new attempt counts anew. Ages are measured from that transaction, by the database's clock. Safe to run twice.
/// </remarks>
public sealed class FleetCleanup : IJob
{
    // One run deletes at most this many batches of each table (with the default batch a million rows); the next run carries on.
    private const int BatchesPerTableMax = 1000;

    private static readonly string NodesSql = SqlFiles.Read("queries/fleet_cleanup_nodes.sql");
    private static readonly string LockConfigsSql = SqlFiles.Read("queries/fleet_cleanup_lock_configs.sql");
    private static readonly string ConfigsSql = SqlFiles.Read("queries/fleet_cleanup_configs.sql");
    private static readonly string HeartbeatsSql = SqlFiles.Read("queries/fleet_cleanup_heartbeats.sql");
    private static readonly string CountNodesSql = SqlFiles.Read("queries/fleet_cleanup_count_nodes.sql");
    private static readonly string CountConfigsSql = SqlFiles.Read("queries/fleet_cleanup_count_configs.sql");
    private static readonly string CountHeartbeatsSql = SqlFiles.Read("queries/fleet_cleanup_count_heartbeats.sql");

    private readonly Settings settings;
    private readonly RunScope run;
    private readonly Table nodes = new("node");
    private readonly Table configs = new("config");
    private readonly Table heartbeats = new("heartbeat");
    private readonly Table[] tables;
    private DateTime asOf;

    /// <summary>Made for one attempt.</summary>
    /// <param name="settings">The job's settings.</param>
    /// <param name="run">The run.</param>
    public FleetCleanup(Settings settings, RunScope run)
    {
        (this.settings, this.run) = (settings, run);
        Table[] usual = settings.OnlyHeartbeats ? [] : [nodes, configs];
        tables = settings.HeartbeatOlderThan is null ? usual : [.. usual, heartbeats];
    }

    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        JsonElement? dryRun = null;
        await run.Step(async (connection, _, token) =>
        {
            asOf = await Now(connection, token);
            dryRun = await AskGuard(connection, token);
            if (dryRun is { } counted) { return counted.GetRawText(); }
            foreach (var table in tables) { await DeleteBatch(connection, table, token); }
            return Counts();
        });
        if (dryRun is not null)
        {
            context.Result = dryRun;
            return;
        }
        foreach (var table in tables)
        {
            // The first batch is done; the last belongs to the commit below.
            for (var batch = 2; batch < BatchesPerTableMax && table.MayHaveMore; batch++)
            {
                await run.Step(async (connection, _, token) =>
                {
                    await DeleteBatch(connection, table, token);
                    return Counts();
                });
            }
        }
        // Commits together with the verdict; after a short batch it finds only what was busy before.
        await run.Commit(async (connection, _, token) =>
        {
            foreach (var table in tables) { await DeleteBatch(connection, table, token); }
            return Counts();
        });
    }

    // Null: go ahead.
    private async Task<JsonElement?> AskGuard(NpgsqlConnection connection, CancellationToken token)
    {
        var limits = run.Guard ?? new(null, null);
        var approval = (await run.Begun(connection)).Approval;
        var doomed = new List<Doomed>();
        foreach (var table in tables)
        {
            // Counting every row that may go can take long; the limit says how far it matters. A guard that stops says the whole number.
            var (wouldDelete, total) = await Count(connection, table, limits, approval is null ? limits.MaxRows + 1 : null, token);
            if (wouldDelete > limits.MaxRows) { (wouldDelete, total) = await Count(connection, table, limits, null, token); }
            doomed.Add(new($"fleet.{table.Name}", "rows", table.Name + "s", wouldDelete, limits.MaxFraction is null ? null : total));
            table.Left = wouldDelete;
        }
        return await run.AskGuard(connection, doomed, approval);
    }

    private async Task<(long WouldDelete, long Total)> Count(
        NpgsqlConnection connection, Table table, GuardLimits limits, long? countMax, CancellationToken token)
    {
        (NpgsqlDbType, object?)[] bounds = [(NpgsqlDbType.Bigint, countMax), (NpgsqlDbType.Double, limits.MaxFraction)];
        await using var command =
            table == nodes
                ? FleetStatement.Of(connection, CountNodesSql, [Before(settings.PendingOlderThan), Before(settings.OfflineOlderThan), .. bounds])
            : table == configs ? FleetStatement.Of(connection, CountConfigsSql, [Before(settings.UnusedConfigOlderThan), .. bounds])
            : FleetStatement.Of(connection, CountHeartbeatsSql, [Before(settings.HeartbeatOlderThan!.Value), .. bounds]);
        await using var reader = await command.ExecuteReaderAsync(token);
        await reader.ReadAsync(token);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    private async Task DeleteBatch(NpgsqlConnection connection, Table table, CancellationToken token)
    {
        var limit = (int)Math.Min(settings.Batch, table.Left);
        if (limit == 0) { return; }
        var rows =
            table == nodes
                ? await FleetStatement.Count(connection, NodesSql, token,
                    Before(settings.PendingOlderThan), Before(settings.OfflineOlderThan), Limit(limit))
            : table == configs ? await DeleteConfigs(connection, limit, token)
            : await FleetStatement.Count(connection, HeartbeatsSql, token, Before(settings.HeartbeatOlderThan!.Value), Limit(limit));
        table.Deleted += rows;
        table.Left -= rows;
        table.MayHaveMore = rows == limit && table.Left > 0;
    }

    private async Task<int> DeleteConfigs(NpgsqlConnection connection, int limit, CancellationToken token)
    {
        var hashes = new List<string>();
        await using (var command = FleetStatement.Of(connection, LockConfigsSql, Before(settings.UnusedConfigOlderThan), Limit(limit)))
        await using (var reader = await command.ExecuteReaderAsync(token))
        {
            while (await reader.ReadAsync(token)) { hashes.Add(reader.GetString(0)); }
        }
        return await FleetStatement.Count(connection, ConfigsSql, token, (NpgsqlDbType.Array | NpgsqlDbType.Text, hashes.ToArray()));
    }

    private static async Task<DateTime> Now(NpgsqlConnection connection, CancellationToken token)
    {
        await using var command = FleetStatement.Of(connection, "select now()");
        return (DateTime)(await command.ExecuteScalarAsync(token))!;
    }

    private (NpgsqlDbType, object?) Before(TimeSpan age) => (NpgsqlDbType.TimestampTz, asOf - age);

    private static (NpgsqlDbType, object?) Limit(int rows) => (NpgsqlDbType.Integer, rows);

    private string Counts() => $$"""{{{string.Join(", ", tables.Select(t => $"\"{t.Name}s\": {t.Deleted}"))}}}""";

    /// <summary>How far the attempt has come with one table.</summary>
    private sealed class Table(string name)
    {
        public string Name { get; } = name;
        public long Deleted { get; set; }
        /// <summary>Rows that may still go: what the guard was asked about, less what is deleted.</summary>
        public long Left { get; set; } = long.MaxValue;
        public bool MayHaveMore { get; set; }
    }

    /// <summary>Settings of <c>fleet.cleanup</c>.</summary>
    public sealed record Settings
    {
        /// <summary>Age of a pending node nobody claimed after which it is deleted. Too low and a worker is deleted while it is being set up; too
        /// high and abandoned registrations pile up. Default 1 hour.</summary>
        [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
        public TimeSpan PendingOlderThan { get; init; } = TimeSpan.FromHours(1);

        /// <summary>Time since an offline node was last seen after which it is deleted. Too low and a worker that comes back must register anew;
        /// too high and gone workers pile up. Default 30 days.</summary>
        [Range(typeof(TimeSpan), "00:10:00", "3650.00:00:00")]
        public TimeSpan OfflineOlderThan { get; init; } = TimeSpan.FromDays(30);

        /// <summary>Time since a config's last use after which it is deleted if no job refers to it. Too low and configs about to be used are
        /// gone; too high and they pile up. Default 7 days.</summary>
        [Range(typeof(TimeSpan), "00:10:00", "3650.00:00:00")]
        public TimeSpan UnusedConfigOlderThan { get; init; } = TimeSpan.FromDays(7);

        /// <summary>Age after which heartbeats are deleted. Too low and history for looking into outages is gone; too high and the table
        /// grows. Default null: heartbeats stay.</summary>
        [Range(typeof(TimeSpan), "00:10:00", "3650.00:00:00")]
        public TimeSpan? HeartbeatOlderThan { get; init; }

        /// <summary>True: nodes and configs are left alone, so that heartbeats can have a job, a schedule and a guard of their own.
        /// Default false.</summary>
        public bool OnlyHeartbeats { get; init; }

        /// <summary>Most rows of one table deleted in one transaction. Too low and a large backlog takes many round trips; too high and locks
        /// are held long. Default 1000.</summary>
        [Range(1, 100_000)]
        public int Batch { get; init; } = 1000;
    }
}
