using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
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

/// <summary>The declared jobs in the database.</summary>
public static class JobStore
{
    // A hundred years.
    private const double SecondsMax = 36_500d * 86_400;

    private static readonly string AllSql = SqlFiles.Read("queries/job_all.sql");
    private static readonly string SomeSql = SqlFiles.Read("queries/job_some.sql");

    /// <summary>Every job, in the order of their names.</summary>
    public static async Task<IReadOnlyList<StoredJob>> All(NpgsqlDataSource source, CancellationToken token)
    {
        await using var connection = await source.OpenConnectionAsync(token);
        return await All(connection, token);
    }

    /// <summary>Every job, in the order of their names, as the connection's transaction sees them.</summary>
    internal static async Task<IReadOnlyList<StoredJob>> All(NpgsqlConnection connection, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(AllSql, connection);
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

    /// <summary>A job as a row for job_put.sql, without its version.</summary>
    internal static JsonObject Row(JobDefinition job) => new()
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
        ["count"] = job.Count,
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
        var unreadable = problems.Select(p => $"retry: {p.Message}").ToList();
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
            Starts = Instant(reader, 23, "starts", unreadable),
            Ends = Instant(reader, 24, "ends", unreadable),
            Spread = reader.IsDBNull(25) ? null : Span(reader.GetDouble(25)),
            Params = reader.GetString(26),
            Concurrency = reader.GetString(27),
            Expect = reader.GetString(28),
            Notify = reader.GetString(29),
            ForEach = Text(reader, 30),
            MadeBy = Text(reader, 31),
            Count = reader.IsDBNull(33) ? null : reader.GetInt32(33),
        };
        var pausedUntil = Instant(reader, 32, "paused_until", unreadable);
        return new(definition, reader.GetInt32(19), reader.GetBoolean(20), reader.GetDateTime(21),
            unreadable.Count == 0 ? null : string.Join("; ", unreadable), pausedUntil);
    }

    // A row from before the statement judged it may say more than .NET can hold; it must not keep the other jobs from being read.
    private static TimeSpan Span(double seconds) => TimeSpan.FromSeconds(Math.Min(seconds, SecondsMax));

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    // PostgreSQL knows more years than .NET. A row from before the statement judged it may name one; what it means is then that there is no limit.
    private static DateTimeOffset? Instant(NpgsqlDataReader reader, int column, string name, List<string> unreadable)
    {
        if (reader.IsDBNull(column)) { return null; }
        try { return new(reader.GetDateTime(column), TimeSpan.Zero); }
        catch (Exception e) when (e is InvalidCastException or ArgumentException or OverflowException)
        {
            unreadable.Add($"{name} is no instant of the years 1970 to 9998");
            return null;
        }
    }

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(t => (JsonNode?)JsonValue.Create(t))];

    // PostgreSQL reads this as an interval of hours, minutes and seconds, never of months.
    private static string Interval(TimeSpan value) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{value.TotalSeconds} seconds");

    private static string Word<T>(T choice) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(choice.ToString());
}
