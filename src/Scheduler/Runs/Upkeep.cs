using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Scheduler.Cluster;
using Scheduler.Database;

namespace Scheduler.Runs;

/// <summary>
/// Keeps the ledger's storage flat: makes the partitions of the coming days, drops those wholly older than <see cref="NodeOptions.KeepRuns"/>, and
/// deletes callers' keys and runs' output of that age; clears pauses that are over, and notes on jobs whose kind no live node knows. Every node does;
/// they take turns.
/// </summary>
/// <remarks>
/// A partition with a queued or running run is never dropped. Firing is not held up: a lock that is not to be had within 200 ms is left for the
/// next look. Not promised: that old runs are gone at a given instant.
/// </remarks>
public sealed partial class Upkeep(Databases databases, NodeOptions options, TimeProvider time, ILogger<Upkeep> log)
{
    // Partitions exist a week ahead; this only has to come around within that time, and a day's partition is dropped within the hour.
    private static readonly TimeSpan LookEvery = TimeSpan.FromHours(1);
    // After a start, a failure, or when something was in use or is left to do.
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMinutes(1);
    // Nodes that started together do not look together: each wait is up to this share longer.
    private const double JitterShare = 0.2;
    // Each drop makes every session plan its statements anew; a retention that was cut short is worked off over several looks.
    private const int DropsMax = 5;
    // A batch takes some 20 ms and locks nothing others want; one look handles at most 200 of them.
    private const int BatchRowsMax = 5000;
    private const int BatchesMax = 200;

    private static readonly string OldPartitionsSql = SqlFiles.Read("queries/upkeep_old_partitions.sql");
    private static readonly string PruneDefaultSql = SqlFiles.Read("queries/upkeep_prune_default.sql");
    private static readonly string EndPausesSql = SqlFiles.Read("queries/upkeep_end_pauses.sql");
    private static readonly string KindProblemsSql = SqlFiles.Read("queries/kind_problems.sql");
    private static readonly string PruneRequestsSql = SqlFiles.Read("queries/upkeep_prune_requests.sql");
    private static readonly string PruneOutputSql = SqlFiles.Read("queries/upkeep_prune_output.sql");

    private readonly CancellationTokenSource stopping = new();
    private Task? loop;

    /// <summary>Begin to look after the storage; the first look is a minute away, for the schema has just been brought up to date.</summary>
    public void Start() => loop = Task.Run(Loop);

    /// <summary>Stop; a statement on its way is cancelled.</summary>
    public async Task Stop()
    {
        await stopping.CancelAsync();
        if (loop is not null) { await loop; }
    }

    /// <summary>Do what is to do. Returns false when something is left that another look may find possible.</summary>
    internal async Task<bool> Look(CancellationToken token)
    {
        await using var connection = await databases.Upkeep.OpenConnectionAsync(token);
        connection.Notice += Tell;
        try
        {
            var made = (int)(await Ask(connection, "select scheduler_private.ensure_partitions()", token))!;
            if (made > 0) { LogMade(made); }
            var (deleted, more) = await Prune(connection, PruneDefaultSql, token);
            if (deleted > 0) { LogPruned(deleted, "runs outside every partition"); }
            var (forgotten, moreKeys) = await Prune(connection, PruneRequestsSql, token);
            if (forgotten > 0) { LogPruned(forgotten, "keys of requests"); }
            var (silenced, moreOutput) = await Prune(connection, PruneOutputSql, token);
            if (silenced > 0) { LogPruned(silenced, "pieces of output"); }
            await Ask(connection, EndPausesSql, token);
            await Ask(connection, KindProblemsSql, token);
            return await DropOld(connection, token) && !more && !moreKeys && !moreOutput;
        }
        finally { connection.Notice -= Tell; }
    }

    private async Task Loop()
    {
        var wait = LookAgainAfter;
        while (true)
        {
            try
            {
                await Task.Delay(wait * (1 + (JitterShare * Random.Shared.NextDouble())), time, stopping.Token);
                wait = await Look(stopping.Token) ? LookEvery : LookAgainAfter;
            }
            catch (Exception) when (stopping.IsCancellationRequested) { return; }
            catch (Exception e)
            {
                LogFailed(e.Message);
                wait = LookAgainAfter;
            }
        }
    }

    private async Task<bool> DropOld(NpgsqlConnection connection, CancellationToken token)
    {
        var dropped = 0;
        foreach (var partition in await OldPartitions(connection, token))
        {
            if (dropped == DropsMax) { return false; }
            try
            {
                switch (await Ask(connection, "select scheduler_private.drop_partition($1, $2)", token,
                    new NpgsqlParameter<string> { TypedValue = partition }, Keep()))
                {
                    case 0L:
                        dropped++;
                        LogDropped(partition, Duration.Format(options.KeepRuns));
                        break;
                    case long unfinished:
                        LogKept(partition, unfinished, Duration.Format(options.KeepRuns));
                        break;
                }
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                LogInUse(partition, e.MessageText);
                return false;
            }
        }
        return true;
    }

    private async Task<List<string>> OldPartitions(NpgsqlConnection connection, CancellationToken token)
    {
        var names = new List<string>();
        await using var command = new NpgsqlCommand(OldPartitionsSql, connection) { Parameters = { Keep() } };
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token)) { names.Add(reader.GetString(0)); }
        return names;
    }

    private async Task<(int Rows, bool More)> Prune(NpgsqlConnection connection, string sql, CancellationToken token)
    {
        var rows = 0;
        for (var batch = 0; batch < BatchesMax; batch++)
        {
            var deleted = (int)(await Ask(connection, sql, token, Keep(), new NpgsqlParameter<int> { TypedValue = BatchRowsMax }))!;
            rows += deleted;
            if (deleted < BatchRowsMax) { return (rows, false); }
        }
        return (rows, true);
    }

    private static async Task<object?> Ask(NpgsqlConnection connection, string sql, CancellationToken token, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return await command.ExecuteScalarAsync(token);
    }

    private NpgsqlParameter Keep() => new NpgsqlParameter<TimeSpan> { TypedValue = options.KeepRuns, NpgsqlDbType = NpgsqlDbType.Interval };

    // What the functions warn of: a day's partition that could not be made, and why.
    private void Tell(object sender, NpgsqlNoticeEventArgs e)
    {
        if (e.Notice.Severity == "WARNING") { LogWarned(e.Notice.MessageText, e.Notice.Hint is null ? "" : "; " + e.Notice.Hint); }
    }

    [LoggerMessage(1060, LogLevel.Information, "Made {PartitionCount} partitions of the ledger")]
    private partial void LogMade(int partitionCount);

    [LoggerMessage(1061, LogLevel.Information, "Dropped {Partition}: older than {Keep} (node.keep_runs)")]
    private partial void LogDropped(string partition, string keep);

    [LoggerMessage(1062, LogLevel.Warning,
        "{Partition} is older than {Keep} (node.keep_runs) but has {RunCount} queued or running runs; it stays until they have ended")]
    private partial void LogKept(string partition, long runCount, string keep);

    [LoggerMessage(1063, LogLevel.Information, "{Partition} is not dropped now, to hold nobody up: {Problem}")]
    private partial void LogInUse(string partition, string problem);

    [LoggerMessage(1064, LogLevel.Information, "Deleted {RowCount} {What} older than node.keep_runs")]
    private partial void LogPruned(int rowCount, string what);

    [LoggerMessage(1065, LogLevel.Warning, "The ledger's storage: {Problem}{Hint}")]
    private partial void LogWarned(string problem, string hint);

    [LoggerMessage(1066, LogLevel.Warning, "Could not look after the ledger's storage: {Problem}; trying again")]
    private partial void LogFailed(string problem);
}
