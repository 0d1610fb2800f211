using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scheduler.Jobs.Files;
using Scheduler.Schedules;

namespace Scheduler.Jobs;

/// <summary>A calendar as a file declares it, key by key: days and hours on which the jobs that name it are not due.</summary>
internal sealed record CalendarEntry
{
    public string Description { get; init; } = "";
    public string TimeZone { get; init; } = "UTC";
    /// <summary>Whole days, e.g. <c>2026-12-25</c>.</summary>
    [MaxLength(10000)]
    public IReadOnlyList<string> Holidays { get; init; } = [];
    /// <summary>mon to sun.</summary>
    [MaxLength(7)]
    public IReadOnlyList<string> Weekdays { get; init; } = [];
    [MaxLength(1000)]
    public IReadOnlyList<BlackoutEntry> Blackouts { get; init; } = [];
}

/// <summary>A row of <c>scheduler.calendar</c>.</summary>
public sealed record CalendarDefinition : IFilePart<CalendarDefinition>
{
    /// <summary>Lower-case letters, digits and <c>. _ - /</c>, at most 200 characters.</summary>
    public required string Name { get; init; }
    /// <summary>One sentence for people. Default empty.</summary>
    public string Description { get; init; } = "";
    /// <summary>IANA zone that its days and hours are of. Default UTC.</summary>
    public string TimeZone { get; init; } = "UTC";
    /// <summary>Whole days that are left out.</summary>
    public IReadOnlyList<DateOnly> Holidays { get; init; } = [];
    /// <summary>Weekdays that are left out, <c>mon</c> to <c>sun</c>.</summary>
    public IReadOnlyList<string> Weekdays { get; init; } = [];
    /// <summary>Spans that are left out, as JSON: an array of <c>{from, to}</c>, <c>{daily: [from, to]}</c> or <c>{cron}</c>.</summary>
    public string Blackouts { get; init; } = "[]";
    /// <summary>Where it was declared, <c>file:line</c>, or <c>sql</c>.</summary>
    public string Source { get; init; } = "sql";
    /// <summary>When it got its present version, by the database's clock.</summary>
    public DateTime UpdatedAt { get; init; } = DateTime.UnixEpoch;

    /// <summary>The calendar it declares. Throws <see cref="ScheduleException"/> that names the value.</summary>
    public NamedCalendar Read() => NamedCalendar.Of(
        Name, new DateTimeOffset(DateTime.SpecifyKind(UpdatedAt, DateTimeKind.Utc)), TimeZone, Holidays, Weekdays, Blackouts);

    static string IFilePart<CalendarDefinition>.What => AppliedFile.Calendar;

    JsonObject IFilePart<CalendarDefinition>.Fields() => JobFields.Parse(new JsonObject
    {
        ["description"] = Description,
        ["time_zone"] = TimeZone,
        ["holidays"] = JsonSerializer.SerializeToNode(Holidays),
        ["weekdays"] = JsonSerializer.SerializeToNode(Weekdays),
        ["blackouts"] = JsonNode.Parse(Blackouts),
    }.ToJsonString());

    static CalendarDefinition IFilePart<CalendarDefinition>.Of(string name, JsonObject fields, string source) => new()
    {
        Name = name,
        Description = (string?)fields["description"] ?? "",
        TimeZone = (string?)fields["time_zone"] ?? "UTC",
        Holidays = fields["holidays"].Deserialize<DateOnly[]>() ?? [],
        Weekdays = fields["weekdays"].Deserialize<string[]>() ?? [],
        Blackouts = fields["blackouts"]?.ToJsonString() ?? "[]",
        Source = source,
    };

    CalendarDefinition IFilePart<CalendarDefinition>.At(string source) => this with { Source = source };

    internal static JsonSerializerOptions Style { get; } =
        new(KindSettings.Options) { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };
}
