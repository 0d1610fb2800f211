using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using NpgsqlTypes;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>A row of <c>scheduler.job</c>.</summary>
/// <param name="Definition">The job as declared.</param>
/// <param name="Version">Grows by one with every change of a declared column.</param>
/// <param name="Paused">True: its fires get the verdict skipped(paused).</param>
/// <param name="UpdatedAt">When it got its present version, by the database's clock.</param>
/// <param name="Unreadable">Why a column edited in SQL cannot be read; its default stands in the definition then. Default null: all can.</param>
/// <param name="PausedUntil">When its pause ends by itself. Default null: it is not paused, or until somebody resumes it.</param>
public sealed record StoredJob(
    JobDefinition Definition, int Version, bool Paused, DateTime UpdatedAt, string? Unreadable = null, DateTimeOffset? PausedUntil = null);

/// <summary>What <see cref="JobStore.Apply"/> did: jobs that are new, that have a new version, that are gone.</summary>
public sealed record JobChanges(int Added, int Changed, int Removed);

/// <summary>The declared jobs in the database.</summary>
public static class JobStore
{
    // A hundred years.
    private const double SecondsMax = 36_500d * 86_400;

    private static readonly string LockSql = SqlFiles.Read("queries/job_lock.sql");
    private static readonly string TakenSql = SqlFiles.Read("queries/job_taken.sql");
    private static readonly string PutSql = SqlFiles.Read("queries/job_put.sql");
    private static readonly string PruneSql = SqlFiles.Read("queries/job_prune.sql");
    private static readonly string AllSql = SqlFiles.Read("queries/job_all.sql");
    private static readonly string SomeSql = SqlFiles.Read("queries/job_some.sql");

    /// <summary>
    /// Bring the table to the jobs of the files, in one transaction: the file wins for every declared column, a row that is equal is left
    /// alone, a job that came from a file and is in none any more is removed. Jobs made in SQL and pauses stay. Safe to repeat and on
    /// several nodes at once. Throws <see cref="OperatorException"/> (exit code 5), nothing changed, when a file declares the name of a job
    /// made in SQL, or when no job is declared and some would go.
    /// </summary>
    public static async Task<JobChanges> Apply(NpgsqlDataSource source, IReadOnlyList<JobDefinition> jobs, CancellationToken token)
    {
        // Written before the transaction begins: the server ends a session that is idle in one for long (see Databases).
        var rows = new JsonArray([.. jobs.Select(Row)]).ToJsonString();
        await using var connection = await source.OpenConnectionAsync(token);
        await using var transaction = await connection.BeginTransactionAsync(token);
        await using (var take = new NpgsqlCommand(LockSql, connection) { CommandTimeout = 0 }) { await take.ExecuteNonQueryAsync(token); }
        var names = jobs.Select(j => j.Name).ToArray();
        await RefuseTaken(connection, jobs, names, token);
        var (added, changed) = await Put(connection, rows, token);
        await using var prune = new NpgsqlCommand(PruneSql, connection) { Parameters = { new NpgsqlParameter<string[]> { TypedValue = names } } };
        var removed = (int)(await prune.ExecuteScalarAsync(token))!;
        if (names.Length == 0 && removed > 0)
        {
            // A folder that was not mounted, or misspelled, looks just like this.
            throw new OperatorException($"the job files declare no job, and {removed} jobs in the database came from files; nothing was removed. "
                + "Expected at least one job, or first: delete from scheduler.job where source <> 'sql'", 5);
        }
        await transaction.CommitAsync(token);
        return new(added, changed, removed);
    }

    /// <summary>Every job, in the order of their names.</summary>
    public static async Task<IReadOnlyList<StoredJob>> All(NpgsqlDataSource source, CancellationToken token)
    {
        await using var command = source.CreateCommand(AllSql);
        return await Read(command, token);
    }

    /// <summary>The jobs of these names, in no order; a name that is no job's is left out.</summary>
    public static async Task<IReadOnlyList<StoredJob>> Some(NpgsqlDataSource source, string[] names, CancellationToken token)
    {
        await using var connection = await source.OpenConnectionAsync(token);
        return await Some(connection, names, token);
    }

    /// <summary>The same on a connection, as of its transaction.</summary>
    internal static async Task<IReadOnlyList<StoredJob>> Some(NpgsqlConnection connection, string[] names, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(SomeSql, connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = names });
        return await Read(command, token);
    }

    private static async Task RefuseTaken(NpgsqlConnection connection, IReadOnlyList<JobDefinition> jobs, string[] names, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(TakenSql, connection) { Parameters = { new NpgsqlParameter<string[]> { TypedValue = names } } };
        await using var reader = await command.ExecuteReaderAsync(token);
        var taken = new List<string>();
        while (await reader.ReadAsync(token)) { taken.Add(reader.GetString(0)); }
        if (taken.Count == 0) { return; }
        throw new OperatorException(string.Join('\n', jobs.Where(j => taken.Contains(j.Name)).Select(j =>
            $"{j.Source}: job '{j.Name}' exists already and was made in SQL; expected another name, "
            + $"or first: delete from scheduler.job where name = '{j.Name}'")), 5);
    }

    private static async Task<(int Added, int Changed)> Put(NpgsqlConnection connection, string rows, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(PutSql, connection)
        {
            Parameters = { new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = rows } },
        };
        await using var reader = await command.ExecuteReaderAsync(token);
        await reader.ReadAsync(token);
        return (reader.GetInt32(0), reader.GetInt32(1));
    }

    private static JsonObject Row(JobDefinition job) => new()
    {
        ["name"] = job.Name,
        ["kind"] = job.Kind,
        ["description"] = job.Description,
        ["owner"] = job.Owner,
        ["tags"] = Texts(job.Tags),
        ["schedule"] = job.Schedule,
        ["time_zone"] = job.TimeZone,
        ["settings"] = JsonNode.Parse(job.Settings),
        ["guard"] = JsonNode.Parse(job.Guard),
        ["timeout"] = Interval(job.Timeout),
        ["retry"] = job.Retry == Retry.Default ? new JsonObject() : JsonSerializer.SerializeToNode(RetryEntry.Of(job.Retry), KindSettings.Options),
        ["overlap"] = Word(job.Overlap),
        ["missed"] = Word(job.Missed),
        ["start_within"] = job.StartWithin is { } limit ? Interval(limit) : null,
        ["on_lost"] = Word(job.OnLost),
        ["runs_on"] = Texts(job.RunsOn),
        ["priority"] = job.Priority,
        ["enabled"] = job.Enabled,
        ["calendar"] = job.Calendar,
        ["starts"] = job.Starts,
        ["ends"] = job.Ends,
        ["spread"] = job.Spread is { } spread ? Interval(spread) : null,
        ["params"] = JsonNode.Parse(job.Params),
        ["concurrency"] = JsonNode.Parse(job.Concurrency),
        ["expect"] = JsonNode.Parse(job.Expect),
        ["notify"] = JsonNode.Parse(job.Notify),
        ["for_each"] = job.ForEach is null ? null : JsonNode.Parse(job.ForEach),
        ["made_by"] = job.MadeBy,
        ["source"] = job.Source,
    };

    private static async Task<IReadOnlyList<StoredJob>> Read(NpgsqlCommand command, CancellationToken token)
    {
        var jobs = new List<StoredJob>();
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token)) { jobs.Add(Job(reader)); }
        return jobs;
    }

    private static StoredJob Job(NpgsqlDataReader reader)
    {
        var (retry, problems) = KindSettings.Check(typeof(RetryEntry), reader.GetString(9));
        var definition = new JobDefinition
        {
            Name = reader.GetString(0),
            Kind = reader.GetString(1),
            Description = reader.GetString(2),
            Owner = reader.GetString(3),
            Tags = reader.GetFieldValue<string[]>(4),
            Schedule = reader.GetString(5),
            TimeZone = reader.GetString(6),
            Settings = reader.GetString(7),
            Guard = reader.GetString(8),
            Retry = (retry as RetryEntry)?.ToRetry() ?? Retry.Default,
            Timeout = Span(reader.GetDouble(10)),
            StartWithin = reader.IsDBNull(11) ? null : Span(reader.GetDouble(11)),
            Overlap = Enum.Parse<Overlap>(reader.GetString(12), ignoreCase: true),
            Missed = Enum.Parse<Missed>(reader.GetString(13), ignoreCase: true),
            OnLost = Enum.Parse<OnLost>(reader.GetString(14), ignoreCase: true),
            RunsOn = reader.GetFieldValue<string[]>(15),
            Priority = reader.GetInt16(16),
            Enabled = reader.GetBoolean(17),
            Source = reader.GetString(18),
            Calendar = Text(reader, 22),
            Starts = Instant(reader, 23),
            Ends = Instant(reader, 24),
            Spread = reader.IsDBNull(25) ? null : Span(reader.GetDouble(25)),
            Params = reader.GetString(26),
            Concurrency = reader.GetString(27),
            Expect = reader.GetString(28),
            Notify = reader.GetString(29),
            ForEach = Text(reader, 30),
            MadeBy = Text(reader, 31),
        };
        var unreadable = problems.Count == 0 ? null : "retry: " + string.Join("; ", problems.Select(p => p.Message));
        return new(definition, reader.GetInt32(19), reader.GetBoolean(20), reader.GetDateTime(21), unreadable, Instant(reader, 32));
    }

    // A row from before the statement judged it may say more than .NET can hold; it must not keep the other jobs from being read.
    private static TimeSpan Span(double seconds) => TimeSpan.FromSeconds(Math.Min(seconds, SecondsMax));

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static DateTimeOffset? Instant(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : new(reader.GetDateTime(column), TimeSpan.Zero);

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(t => (JsonNode?)JsonValue.Create(t))];

    // PostgreSQL reads this as an interval of hours, minutes and seconds, never of months.
    private static string Interval(TimeSpan value) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{value.TotalSeconds} seconds");

    private static string Word<T>(T choice) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(choice.ToString());
}
