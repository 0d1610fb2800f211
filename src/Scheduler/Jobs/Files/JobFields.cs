using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scheduler.Database;

namespace Scheduler.Jobs.Files;

/// <summary>A job as one map with the keys of a job file, every key there: what files, rows and the record of the last apply are compared
/// as.</summary>
internal static class JobFields
{
    // PostgreSQL takes deeper jsonb than a file may hold; what SQL stored has to be readable.
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 512 };

    /// <summary>The fields of a job, in the order a file has them.</summary>
    public static JsonObject Of(JobDefinition job)
    {
        var fields = new JsonObject
        {
            ["kind"] = job.Kind,
            ["description"] = job.Description,
            ["owner"] = job.Owner,
            ["tags"] = Texts(job.Tags),
            ["schedule"] = job.Schedule,
            ["time_zone"] = job.TimeZone,
            ["calendar"] = job.Calendar,
            ["starts"] = Instant(job.Starts),
            ["ends"] = Instant(job.Ends),
            ["spread"] = Time(job.Spread),
            ["count"] = job.Count,
            ["with"] = Json(job.Settings),
            ["guard"] = Json(job.Guard),
            ["timeout"] = Time(job.Timeout),
            ["retry"] = JsonSerializer.SerializeToNode(RetryEntry.Of(job.Retry), KindSettings.Options),
            ["overlap"] = Word(job.Overlap),
            ["missed"] = Word(job.Missed),
            ["start_within"] = Time(job.StartWithin),
            ["on_lost"] = Word(job.OnLost),
            ["runs_on"] = Texts(job.RunsOn),
            ["priority"] = job.Priority,
            ["concurrency"] = Json(job.Concurrency),
            ["params"] = Json(job.Params),
            ["expect"] = Json(job.Expect),
            ["notify"] = Json(job.Notify),
            ["for_each"] = job.ForEach is null ? null : Json(job.ForEach),
            ["enabled"] = job.Enabled,
        };
        // One form of numbers and texts, so that what is equal compares equal.
        return Json(fields.ToJsonString())!.AsObject();
    }

    /// <summary>The fields as text to store and to hash.</summary>
    public static JsonObject Parse(string json) => Json(json)!.AsObject();

    /// <summary>The job of these fields. They come from a job that was read before, so they have the right form.</summary>
    public static JobDefinition ToDefinition(string name, JsonObject fields, string source)
    {
        var retry = fields["retry"].Deserialize<RetryEntry>(KindSettings.Options) ?? new RetryEntry();
        return new()
        {
            Name = name,
            Kind = Text(fields, "kind"),
            Description = Text(fields, "description"),
            Owner = Text(fields, "owner"),
            Tags = List(fields, "tags"),
            Schedule = Text(fields, "schedule"),
            TimeZone = Text(fields, "time_zone"),
            Calendar = (string?)fields["calendar"],
            Starts = Instant(fields, "starts"),
            Ends = Instant(fields, "ends"),
            Spread = Time(fields, "spread"),
            Count = (int?)fields["count"],
            Settings = Json(fields, "with"),
            Guard = Json(fields, "guard"),
            Timeout = Time(fields, "timeout") ?? TimeSpan.Zero,
            Retry = retry.ToRetry(),
            Overlap = Enum.Parse<Overlap>(Text(fields, "overlap"), ignoreCase: true),
            Missed = Enum.Parse<Missed>(Text(fields, "missed"), ignoreCase: true),
            StartWithin = Time(fields, "start_within"),
            OnLost = Enum.Parse<OnLost>(Text(fields, "on_lost"), ignoreCase: true),
            RunsOn = List(fields, "runs_on"),
            Priority = (int)fields["priority"]!,
            Concurrency = Json(fields, "concurrency"),
            Params = Json(fields, "params"),
            Expect = Json(fields, "expect"),
            Notify = Json(fields, "notify"),
            ForEach = fields["for_each"]?.ToJsonString(),
            Enabled = (bool)fields["enabled"]!,
            Source = source,
        };
    }

    /// <summary>The fields a file must name for this job: those that differ from what is so when nothing is said.</summary>
    /// <param name="job">The job.</param>
    /// <param name="kind">Its kind, or null when this process does not know it.</param>
    public static JsonObject WithoutDefaults(JobDefinition job, Kind? kind)
    {
        var fields = Of(job);
        var defaults = Of(new JobDefinition { Name = job.Name, Kind = job.Kind, OnLost = kind?.OnLost ?? job.OnLost });
        // Without the kind nobody knows its default.
        if (kind is null) { defaults.Remove("on_lost"); }
        defaults.Remove("kind");
        return Different(fields, defaults);
    }

    /// <summary>The fields that are not as usual.</summary>
    public static JsonObject Different(JsonObject fields, JsonObject defaults)
    {
        var rest = new JsonObject();
        foreach (var (key, value) in fields)
        {
            if (FieldMerge.Same(value, defaults[key])) { continue; }
            // Of a retry policy only what is not as usual; settings of a kind are written whole.
            rest[key] = key == "retry" ? Different(value!.AsObject(), defaults[key]!.AsObject()) : value?.DeepClone();
        }
        return rest;
    }

    private static JsonNode? Json(string text) => JsonNode.Parse(text, documentOptions: Deep);

    private static string Json(JsonObject fields, string key) => fields[key]?.ToJsonString() ?? "{}";

    private static string Text(JsonObject fields, string key) => (string?)fields[key] ?? "";

    private static IReadOnlyList<string> List(JsonObject fields, string key) => [.. fields[key]?.AsArray().Select(t => (string)t!) ?? []];

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(t => (JsonNode?)JsonValue.Create(t))];

    // A duration of parts of a second, which SQL can store, is written so that no file's equals it.
    private static string? Time(TimeSpan? value) => value is not { } time ? null
        : time.Ticks % TimeSpan.TicksPerSecond == 0 && time > TimeSpan.Zero ? Duration.Format(time)
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds}ms");

    private static TimeSpan? Time(JsonObject fields, string key) => (string?)fields[key] is not { } text ? null
        : Duration.TryParseFine(text, out var value) ? value : throw new FormatException($"'{key}' is '{text}'; expected {Duration.Expected}");

    private static string? Instant(DateTimeOffset? value) =>
        value?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    private static DateTimeOffset? Instant(JsonObject fields, string key) => (string?)fields[key] is { } text
        ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal)
        : null;

    private static string Word<T>(T choice) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(choice.ToString());
}
