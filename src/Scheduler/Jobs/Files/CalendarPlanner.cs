using System.Text.Json;
using System.Text.Json.Nodes;

namespace Scheduler.Jobs.Files;

/// <summary>What a plan does with a calendar.</summary>
public enum CalendarFate
{
    /// <summary>It is new.</summary>
    Add,
    /// <summary>It changes.</summary>
    Change,
    /// <summary>It was edited in SQL and stays so.</summary>
    Keep,
    /// <summary>It was made in SQL, the file says the same, and from now on it is the file's.</summary>
    TakeOver,
    /// <summary>No file declares it any more and no job uses it.</summary>
    Delete,
}

/// <summary>A calendar in which file and row differ.</summary>
/// <param name="Name">The calendar's name.</param>
/// <param name="Source">Where it is declared, or was.</param>
/// <param name="Fate">What becomes of it.</param>
/// <param name="Fields">The fields that differ.</param>
public sealed record PlannedCalendar(string Name, string Source, CalendarFate Fate, IReadOnlyList<FieldDifference> Fields);

/// <summary>A row of <c>scheduler.calendar</c> as it is to become, and the version of the row as it is; null for a new one.</summary>
internal sealed record CalendarRow(CalendarDefinition Calendar, int? Version);

/// <summary>The calendars' part of a plan; they are merged as jobs are.</summary>
internal sealed class CalendarPlanner(LiveJobs live, PlanOptions options, List<string> refusals)
{
    public List<PlannedCalendar> Planned { get; } = [];
    public List<CalendarRow> Rows { get; } = [];
    public List<(string Name, int Version)> Removals { get; } = [];
    public List<AppliedFile> Notes { get; } = [];

    /// <summary>Plan them, and tell <paramref name="bind"/> of all the plan depends on.</summary>
    /// <param name="declared">The calendars of the files.</param>
    /// <param name="used">Names of calendars that jobs use when the plan is done.</param>
    /// <param name="bind">Called with name, source, fields of the file, version, source and fields of the row, fields last applied.</param>
    public void Plan(IReadOnlyList<CalendarDefinition> declared, IReadOnlySet<string> used, Bind bind)
    {
        var byName = live.Calendars.ToDictionary(c => c.Calendar.Name, StringComparer.Ordinal);
        foreach (var calendar in declared)
        {
            var file = Fields(calendar);
            var last = live.Applied.GetValueOrDefault((AppliedFile.Calendar, calendar.Name));
            if (!byName.TryGetValue(calendar.Name, out var row))
            {
                bind(calendar.Name, calendar.Source, file, null, null, null, last?.Fields);
                Planned.Add(new(calendar.Name, calendar.Source, CalendarFate.Add, []));
                Rows.Add(new(calendar, null));
                Notes.Add(new(AppliedFile.Calendar, calendar.Name, file, calendar.Source));
                continue;
            }
            bind(calendar.Name, calendar.Source, file, row.Version, row.Calendar.Source, Fields(row.Calendar), last?.Fields);
            Merge(calendar, file, row, row.Calendar.Source == "sql" ? null : last);
        }
        var names = declared.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (calendar, version) in live.Calendars.Where(c => c.Calendar.Source != "sql" && !names.Contains(c.Calendar.Name)))
        {
            bind(calendar.Name, "", null, version, calendar.Source, null, null);
            // One that is still used stays until it is not.
            if (used.Contains(calendar.Name)) { continue; }
            Planned.Add(new(calendar.Name, calendar.Source, CalendarFate.Delete, []));
            Removals.Add((calendar.Name, version));
        }
    }

    private void Merge(CalendarDefinition calendar, JsonObject file, (CalendarDefinition Calendar, int Version) row, AppliedFile? last)
    {
        var (name, source) = (calendar.Name, calendar.Source);
        var isSql = row.Calendar.Source == "sql";
        var (merged, differences) = FieldMerge.Of(last?.Fields, file, Fields(row.Calendar), options.Forces(name));
        if (isSql && differences.Count > 0 && !options.Forces(name))
        {
            refusals.Add($"{source}: calendar '{name}' exists already and was made in SQL, with another {differences[0].Field}; expected another "
                + $"name, or --force {name} to take it over");
            return;
        }
        var kept = differences.Where(d => d.Fate == FieldFate.Keep).ToList();
        var taken = differences.Where(d => d.Fate != FieldFate.Keep).ToList();
        if (kept.Count > 0) { Planned.Add(new(name, source, CalendarFate.Keep, kept)); }
        if (taken.Count > 0) { Planned.Add(new(name, source, CalendarFate.Change, taken)); }
        else if (isSql) { Planned.Add(new(name, source, CalendarFate.TakeOver, [])); }
        if (taken.Count > 0) { Rows.Add(new(ToDefinition(name, merged, source), row.Version)); }
        else if (row.Calendar.Source != source) { Rows.Add(new(row.Calendar with { Source = source }, row.Version)); }
        if (last is null || last.Source != source || !FieldMerge.Same(last.Fields, file))
        {
            Notes.Add(new(AppliedFile.Calendar, name, file, source));
        }
    }

    /// <summary>A calendar as a map with the keys of a file.</summary>
    public static JsonObject Fields(CalendarDefinition calendar) => JobFields.Parse(new JsonObject
    {
        ["description"] = calendar.Description,
        ["time_zone"] = calendar.TimeZone,
        ["holidays"] = JsonSerializer.SerializeToNode(calendar.Holidays),
        ["weekdays"] = JsonSerializer.SerializeToNode(calendar.Weekdays),
        ["blackouts"] = JsonNode.Parse(calendar.Blackouts),
    }.ToJsonString());

    private static CalendarDefinition ToDefinition(string name, JsonObject fields, string source) => new()
    {
        Name = name,
        Description = (string?)fields["description"] ?? "",
        TimeZone = (string?)fields["time_zone"] ?? "UTC",
        Holidays = fields["holidays"].Deserialize<DateOnly[]>() ?? [],
        Weekdays = fields["weekdays"].Deserialize<string[]>() ?? [],
        Blackouts = fields["blackouts"]?.ToJsonString() ?? "[]",
        Source = source,
    };
}

/// <summary>Hears of one thing a plan depends on.</summary>
internal delegate void Bind(string name, string source, JsonObject? file, int? version, string? rowSource, JsonObject? row, JsonObject? last);
