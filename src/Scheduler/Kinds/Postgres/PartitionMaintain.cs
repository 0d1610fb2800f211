using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using Npgsql;
using Quartz;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Runs;

namespace Scheduler.Kinds.Postgres;

/// <summary>What becomes of partitions past their time.</summary>
public enum OldPartitions
{
    /// <summary>They become tables of their own. Default.</summary>
    Detach,
    /// <summary>They are dropped, rows and all.</summary>
    Drop,
}

/// <summary>Settings of the kind <c>partition.maintain</c>.</summary>
public sealed record PartitionMaintainSettings : IValidatableObject
{
    /// <summary>The partitioned table, <c>schema.table</c> or a table of schema public; partitioned by range of one column of type timestamptz,
    /// timestamp or date. No default.</summary>
    [Required]
    public string Table { get; init; } = "";

    /// <summary>Time one new partition holds: <c>day</c>, <c>week</c>, <c>month</c>, <c>year</c>, in UTC. No default.</summary>
    [Required]
    public PartitionPeriod Every { get; init; }

    /// <summary>Partitions made ahead of the present one. Too low and rows find no partition after a long outage; too high and every plan has
    /// more to look at. Default 3.</summary>
    [Range(1, 1000)]
    public int Ahead { get; init; } = 3;

    /// <summary>Partitions whose last instant is longer ago than this are old. Default: none ever is.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "36500.00:00:00")]
    public TimeSpan? KeepFor { get; init; }

    /// <summary>What becomes of old ones: <c>detach</c> or <c>drop</c>. Default detach. The guard's <c>max_rows</c> counts partitions here.</summary>
    public OldPartitions Old { get; init; }

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        QualifiedName.TryParse(Table) is not { } table
            ? [new ValidationResult($"'table' is '{Table}'; expected table or schema.table", ["table"])]
            : table.Schema is "scheduler_private" or "quartz" or "pg_catalog"
                ? [new ValidationResult($"'table' is '{Table}'; partitions of schema {table.Schema} are not a job's to keep", ["table"])]
                : [];
}

/// <summary>
/// Kind <c>partition.maintain</c>: makes the partitions that will be needed and takes away those past their time, of a table of the scheduler's
/// database. Each in a transaction of its own behind the fence; nobody waits longer than a second for its locks.
/// </summary>
public sealed class PartitionMaintain(PartitionMaintainSettings settings, RunScope run, TimeProvider time) : IJob
{
    private const int TriesMax = 10;
    private static readonly TimeSpan TryEvery = TimeSpan.FromMilliseconds(500);
    private static readonly string PartitionOfSql = SqlFiles.Read("queries/partition_of.sql");
    private static readonly string BoundsSql = SqlFiles.Read("queries/partition_bounds.sql");

    private readonly List<string> created = [];
    private readonly List<string> detached = [];
    private readonly List<string> dropped = [];
    private QualifiedName parent = null!;

    /// <summary>The kind's entry in the registry.</summary>
    public static Kind Kind { get; } = new("partition.maintain", typeof(PartitionMaintain), typeof(PartitionMaintainSettings), OnLost.Rerun,
        "Makes partitions ahead of time, and detaches or drops old ones");

    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        parent = QualifiedName.TryParse(settings.Table)!;
        List<Partition> old;
        var needed = new List<(DateTime From, DateTime Until)>();
        await using (var connection = await run.Open())
        {
            await Check(connection, cancellationToken);
            var now = await Now(connection, cancellationToken);
            var present = await Partitions(connection, cancellationToken);
            old = settings.KeepFor is { } keep ? [.. present.Where(p => p.Until <= now - keep)] : [];
            var approval = (await run.Begun(connection)).Approval;
            if (await run.AskGuard(connection, [new(parent.ToString(), "partitions", "dropped", old.Count, present.Count)], approval) is { } dryRun)
            {
                context.Result = dryRun;
                return;
            }
            var start = settings.Every.Start(now);
            for (var i = 0; i <= settings.Ahead; i++, start = settings.Every.Next(start))
            {
                var (from, until) = (start, settings.Every.Next(start));
                if (!present.Exists(p => p.From < until && p.Until > from)) { needed.Add((from, until)); }
            }
        }
        foreach (var (from, until) in needed) { await Make(from, until, cancellationToken); }
        foreach (var partition in old) { await TakeAway(partition, cancellationToken); }
        context.Result = new { created, detached, dropped };
    }

    // Made apart and then attached: only that takes a lock on the parent, and one that lets readers and writers go on.
    private Task Make(DateTime from, DateTime until, CancellationToken token)
    {
        var name = new QualifiedName(parent.Schema, Cut(parent.Name) + settings.Every.Suffix(from));
        created.Add(name.Name);
        return Locking(
            $"create table {name.Quoted} (like {parent.Quoted} including defaults including constraints including generated including storage);"
            + $" alter table {parent.Quoted} attach partition {name.Quoted} for values from ('{Text(from)}') to ('{Text(until)}')", token);
    }

    private Task TakeAway(Partition partition, CancellationToken token)
    {
        var detach = $"alter table {parent.Quoted} detach partition {partition.Name.Quoted}";
        if (settings.Old == OldPartitions.Detach)
        {
            detached.Add(partition.Name.Name);
            return Locking(detach, token);
        }
        dropped.Add(partition.Name.Name);
        return Locking($"{detach}; drop table {partition.Name.Quoted}", token);
    }

    // Whoever comes behind a waiting lock waits too: so it is tried shortly, and often.
    private async Task Locking(string sql, CancellationToken token)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await run.Step(async (connection, _, t) =>
                {
                    await using var command = new NpgsqlCommand($"set local lock_timeout = '500ms'; {sql}", connection);
                    await command.ExecuteNonQueryAsync(t);
                    return JsonSerializer.Serialize(new { created = created.Count, detached = detached.Count, dropped = dropped.Count });
                });
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable && attempt < TriesMax) { }
            await Task.Delay(TryEvery, time, token);
        }
    }

    private async Task Check(NpgsqlConnection connection, CancellationToken token)
    {
        await using var command = Ask(connection, PartitionOfSql);
        await using var reader = await command.ExecuteReaderAsync(token);
        if (!await reader.ReadAsync(token)) { throw new OperatorException($"table: {parent} is no partitioned table of the scheduler's database"); }
        var type = reader.IsDBNull(2) ? "an expression" : reader.GetString(2);
        if (reader.GetString(0) != "r" || reader.GetInt32(1) != 1
            || type is not ("timestamp with time zone" or "timestamp without time zone" or "date"))
        {
            throw new OperatorException($"table: {parent} is partitioned by {reader.GetInt32(1)} columns, the first of type {type}, strategy "
                + $"'{reader.GetString(0)}'; expected by range of one column of type timestamptz, timestamp or date");
        }
    }

    private async Task<List<Partition>> Partitions(NpgsqlConnection connection, CancellationToken token)
    {
        var partitions = new List<Partition>();
        await using var command = Ask(connection, BoundsSql);
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token))
        {
            partitions.Add(new(new(reader.GetString(0), reader.GetString(1)), reader.GetDateTime(2), reader.GetDateTime(3)));
        }
        return partitions;
    }

    private static async Task<DateTime> Now(NpgsqlConnection connection, CancellationToken token)
    {
        await using var command = new NpgsqlCommand("select now()", connection);
        return (DateTime)(await command.ExecuteScalarAsync(token))!;
    }

    private NpgsqlCommand Ask(NpgsqlConnection connection, string sql) => new(sql, connection)
    {
        Parameters = { new NpgsqlParameter<string> { TypedValue = parent.Schema }, new NpgsqlParameter<string> { TypedValue = parent.Name } },
    };

    // PostgreSQL would cut the end of a long name, the very part that differs.
    private static string Cut(string name) => name.Length <= 50 ? name : name[..50];

    private static string Text(DateTime at) => at.ToString("yyyy-MM-dd HH:mm:ss'+00'", CultureInfo.InvariantCulture);

    private sealed record Partition(QualifiedName Name, DateTime From, DateTime Until);
}
