using System.Globalization;
using System.Text.Json;
using Scheduler.Schedules;

namespace Scheduler.Jobs;

/// <summary>Reads the calendars of one file's tree: the key <c>calendars</c> beside <c>jobs</c>.</summary>
internal sealed class CalendarReader(string file, Action<long, long, string> report)
{
    private static readonly string[] DayForms = ["yyyy-MM-dd"];

    /// <summary>Every calendar that has no mistake.</summary>
    public IEnumerable<(YamlText Name, CalendarDefinition Calendar)> Read(YamlValue value)
    {
        if (value is not YamlMap map)
        {
            if (value is not YamlText { IsNull: true })
            {
                report(value.Line, value.Column, "'calendars' is no map; expected calendar names, each with its keys");
            }
            yield break;
        }
        foreach (var (name, body) in map.Entries)
        {
            if (Calendar(name, body) is { } calendar) { yield return (name, calendar); }
        }
    }

    private CalendarDefinition? Calendar(YamlText name, YamlValue body)
    {
        if (!JobName.IsAllowed(name.Text))
        {
            report(name.Line, name.Column, $"calendar name '{name.Text}' is not allowed; expected 1 to 200 lower-case letters, digits and . _ - /");
            return null;
        }
        if (body is not YamlMap map)
        {
            report(body.Line, body.Column, $"calendar '{name.Text}' has no keys; expected holidays, weekdays or blackouts");
            return null;
        }
        var places = new Dictionary<string, (YamlValue Key, YamlValue Value)>(StringComparer.Ordinal) { [""] = (name, name) };
        var json = JobReader.Json(map, typeof(CalendarEntry), null, "", places)!;
        var (entry, problems) = KindSettings.Check(typeof(CalendarEntry), json.ToJsonString());
        foreach (var problem in problems)
        {
            var (key, at) = JobReader.Place(places, problem.Path);
            report((problem.AtKey ? key : at).Line, (problem.AtKey ? key : at).Column, problem.Message);
        }
        if (entry is not CalendarEntry fine || problems.Count > 0) { return null; }
        try
        {
            var calendar = new CalendarDefinition
            {
                Name = name.Text,
                Description = fine.Description,
                TimeZone = fine.TimeZone,
                Holidays = [.. fine.Holidays.Select(Holiday)],
                Weekdays = [.. fine.Weekdays.Select(w => w.ToLowerInvariant())],
                Blackouts = JsonSerializer.Serialize(fine.Blackouts, CalendarDefinition.Style),
                Source = $"{file}:{name.Line.ToString(CultureInfo.InvariantCulture)}",
            };
            calendar.Read();
            return calendar;
        }
        catch (ScheduleException e)
        {
            report(name.Line, name.Column, $"calendar '{name.Text}': {e.Message}");
            return null;
        }
    }

    private static DateOnly Holiday(string text) =>
        DateOnly.TryParseExact(text, DayForms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day
            : throw new ScheduleException($"holiday '{text}' cannot be read; expected a day such as 2026-12-25");
}
