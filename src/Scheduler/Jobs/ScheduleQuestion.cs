using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Scheduler.Database;
using Scheduler.Schedules;

namespace Scheduler.Jobs;

/// <summary>What is asked about one schedule: a line of <c>scheduler job next --file</c>, such as
/// <c>{"schedule": "30 2 * * *", "time_zone": "Europe/Berlin", "from": "2027-10-30T00:00Z", "count": 5}</c>.</summary>
/// <param name="Schedule">The schedule.</param>
/// <param name="TimeZone">Its zone. Default: UTC.</param>
/// <param name="From">Due times strictly after this instant. Default: now.</param>
/// <param name="Until">None after this instant; null for no limit.</param>
/// <param name="Count">How many at most, 1 to <see cref="Preview.FiresMax"/>.</param>
/// <param name="Starts">The job's <c>starts</c>: not due before it, and what a rule counts from; null for none.</param>
public sealed record ScheduleQuestion(
    string Schedule, string TimeZone, DateTimeOffset From, DateTimeOffset? Until, int Count, DateTimeOffset? Starts)
{
    private static readonly string[] Keys = ["schedule", "time_zone", "from", "until", "count", "starts"];

    /// <summary>The answer. A schedule that cannot be read is answered with its error.</summary>
    public ScheduleAnswer Answer()
    {
        try
        {
            var limits = Starts is null ? null : new ScheduleLimits(Starts, null, TimeSpan.Zero, null);
            var preview = Preview.Of(Schedules.Schedule.Parse(Schedule, TimeZone, limits), From, Count, null, Until);
            return new ScheduleAnswer
            {
                Schedule = Schedule,
                TimeZone = TimeZone,
                InWords = preview.InWords,
                Due = preview.Due,
                Events = preview.Events,
                Notes = preview.Notes,
            };
        }
        catch (ScheduleException e) { return new ScheduleAnswer { Schedule = Schedule, TimeZone = TimeZone, Error = e.Problem, Hint = e.Hint }; }
    }

    /// <summary>The answer to a line of JSON. Whatever is wrong with the line is its error, and no other's.</summary>
    /// <param name="line">One object with the keys of this record.</param>
    /// <param name="unless">What holds where the line does not say.</param>
    public static ScheduleAnswer AnswerTo(string line, ScheduleQuestion unless)
    {
        try { return Read(line, unless).Answer(); }
        catch (ScheduleException e) { return new ScheduleAnswer { Error = e.Problem, Hint = e.Hint }; }
        // A mistake of ours, or text that is none, such as half a pair of surrogates.
        catch (Exception e) { return new ScheduleAnswer { Error = $"the line cannot be answered: {e.Message}" }; }
    }

    private static ScheduleQuestion Read(string line, ScheduleQuestion unless)
    {
        JsonElement root;
        try { root = JsonElement.Parse(line, new JsonDocumentOptions { AllowDuplicateProperties = false }); }
        catch (JsonException e)
        {
            throw new ScheduleException(e.BytePositionInLine is { } at
                ? string.Create(CultureInfo.InvariantCulture, $"the line is no JSON from its byte {at + 1} on; expected one object with \"schedule\"")
                : "the line gives a key twice; expected each once");
        }
        if (root.ValueKind != JsonValueKind.Object) { throw new ScheduleException("the line is no JSON object; expected one with \"schedule\""); }
        var question = unless;
        foreach (var key in root.EnumerateObject().Where(k => k.Value.ValueKind != JsonValueKind.Null))
        {
            question = key.Name switch
            {
                "schedule" => question with { Schedule = Text(key) },
                "time_zone" => question with { TimeZone = Text(key) },
                "from" => question with { From = Instant(key) },
                "until" => question with { Until = Instant(key) },
                "count" => question with { Count = Number(key) },
                "starts" => question with { Starts = Instant(key) },
                _ => throw new ScheduleException($"key '{key.Name}' is not known{Spelling.Hint(key.Name, Keys)}"),
            };
        }
        return root.TryGetProperty("schedule", out var schedule) && schedule.ValueKind != JsonValueKind.Null ? question
            : throw new ScheduleException("key 'schedule' is missing; expected it");
    }

    private static string Text(JsonProperty key) => key.Value.ValueKind == JsonValueKind.String ? key.Value.GetString()!
        : throw new ScheduleException($"{key.Name} is {key.Value.GetRawText()}; expected text");

    private static DateTimeOffset Instant(JsonProperty key) =>
        key.Value.ValueKind == JsonValueKind.String && InstantText.TryParse(key.Value.GetString()!, out var instant) ? instant
            : throw new ScheduleException($"{key.Name} is {key.Value.GetRawText()}; expected {InstantText.Expected}");

    private static int Number(JsonProperty key) =>
        key.Value.ValueKind == JsonValueKind.Number && key.Value.TryGetInt32(out var number) && number is >= 1 and <= Preview.FiresMax ? number
            : throw new ScheduleException(string.Create(CultureInfo.InvariantCulture,
                $"{key.Name} is {key.Value.GetRawText()}; expected a whole number from 1 to {Preview.FiresMax}"));
}

/// <summary>What is answered: <see cref="Due"/>, or <see cref="Error"/>.</summary>
public sealed record ScheduleAnswer
{
    /// <summary>Which line it answers, from 1.</summary>
    public int Line { get; init; }
    /// <summary>The schedule; null where the line could not be read.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Schedule { get; init; }
    /// <summary>Its zone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TimeZone { get; init; }
    /// <summary>The schedule as an English sentence.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? InWords { get; init; }
    /// <summary>When it is due, UTC, in order.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<DateTime>? Due { get; init; }
    /// <summary>The parts that are due by an event and not by the clock.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Events { get; init; }
    /// <summary>What is worth knowing about it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Notes { get; init; }
    /// <summary>Why there is no answer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }
    /// <summary>What was meant, where that can be told.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Hint { get; init; }
}
