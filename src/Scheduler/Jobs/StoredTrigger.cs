using System.Text.Json;
using Npgsql;
using Quartz;
using Scheduler.Cluster;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>A trigger of ours as Quartz's tables have it. Instants are null where the row has none, or none that can be.</summary>
internal sealed record StoredTrigger(
    string Name, string Job, string? Hash, string State, DateTimeOffset? Next, DateTimeOffset? Previous, string Type, string? Cron, string? Zone,
    long? IntervalMilliseconds, long? Repeats)
{
    public TriggerKey Key => new(Name, FireJob.Group);

    /// <summary>The row as a note of what was healed shows it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, KindSettings.Options);
}

/// <summary>What Quartz has of one job.</summary>
/// <param name="Known">Quartz has the job.</param>
/// <param name="Intact">It has it as we make it.</param>
/// <param name="Triggers">Its triggers.</param>
internal sealed record StoredInQuartz(bool Known, bool Intact, List<StoredTrigger> Triggers);

/// <summary>Declared jobs and what Quartz has of them, of one moment.</summary>
internal sealed record Snapshot(
    IReadOnlyDictionary<string, StoredJob> Jobs, IReadOnlyDictionary<string, StoredInQuartz> Quartz, IReadOnlySet<string> Unsettled,
    IReadOnlyDictionary<string, DateTimeOffset> LastDue)
{
    private static readonly string StoredSql = SqlFiles.Read("queries/quartz_stored.sql");
    private static readonly string UnsettledSql = SqlFiles.Read("queries/job_unsettled.sql");

    /// <summary>Read all about some jobs.</summary>
    public static async Task<Snapshot> Read(NpgsqlDataSource source, string[] names, CancellationToken token)
    {
        await using var connection = await source.OpenConnectionAsync(token);
        await using var moment = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, token);
        var jobs = (await JobStore.Some(connection, names, token)).ToDictionary(j => j.Definition.Name, StringComparer.Ordinal);
        var stored = new Dictionary<string, StoredInQuartz>(StringComparer.Ordinal);
        await using (var command = Command(connection, StoredSql, names))
        await using (var reader = await command.ExecuteReaderAsync(token))
        {
            while (await reader.ReadAsync(token))
            {
                var name = reader.GetString(0);
                if (!stored.TryGetValue(name, out var job)) { stored[name] = job = new(reader.GetBoolean(1), reader.GetBoolean(2), []); }
                if (!reader.IsDBNull(3)) { job.Triggers.Add(Trigger(reader, name)); }
            }
        }
        var unsettled = new HashSet<string>(StringComparer.Ordinal);
        var last = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        await using (var command = Command(connection, UnsettledSql, names))
        await using (var reader = await command.ExecuteReaderAsync(token))
        {
            while (await reader.ReadAsync(token))
            {
                if (reader.GetBoolean(1)) { unsettled.Add(reader.GetString(0)); }
                if (!reader.IsDBNull(2)) { last[reader.GetString(0)] = reader.GetFieldValue<DateTimeOffset>(2); }
            }
        }
        await moment.CommitAsync(token);
        return new(jobs, stored, unsettled, last);
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, string[] names) =>
        new(sql, connection) { Parameters = { new NpgsqlParameter<string[]> { TypedValue = names } } };

    private static StoredTrigger Trigger(NpgsqlDataReader reader, string job)
    {
        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
        long? Number(int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);
        DateTimeOffset? Instant(int column) => Number(column) is { } ticks && ticks > 0 && ticks <= DateTimeOffset.MaxValue.UtcTicks
            ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        return new(reader.GetString(3), job, Text(4), reader.GetString(5), Instant(6), Instant(7), reader.GetString(8), Text(9), Text(10),
            Number(11), Number(12));
    }
}
