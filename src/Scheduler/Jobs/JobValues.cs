using System.Globalization;
using System.Text.Json;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>What settings say of the job around them: its params, and the run it follows. sql/functions/scheduler_private.check_values.sql says the
/// same in the statement that edits a job.</summary>
internal static class JobValues
{
    /// <summary>Path of a problem that is the schedule's.</summary>
    public const string OfSchedule = "(schedule)";

    /// <summary>Every mistake: a param the job does not have, a parent where the job follows none.</summary>
    /// <param name="settings">The settings, JSON.</param>
    /// <param name="params">The job's params, a JSON object.</param>
    /// <param name="schedule">The job's schedule.</param>
    public static IReadOnlyList<SettingsProblem> Problems(string settings, string @params, string schedule)
    {
        var ofParts = PartParams.Problems(schedule, @params).Select(p => new SettingsProblem(OfSchedule, false, p)).ToList();
        // Most jobs name neither.
        if (!settings.Contains("${" + Placeholders.ParamPrefix, StringComparison.Ordinal)
            && !settings.Contains("${parent.", StringComparison.Ordinal))
        {
            return ofParts;
        }
        using var document = JsonDocument.Parse(settings);
        using var declared = JsonDocument.Parse(@params);
        var names = declared.RootElement.ValueKind == JsonValueKind.Object
            ? declared.RootElement.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal).ToList() : [];
        var problems = ofParts;
        foreach (var (path, text) in Texts(document.RootElement, ""))
        {
            foreach (var name in Placeholders.In(text).Distinct())
            {
                if (Problem(name, names, schedule) is { } problem) { problems.Add(new(path, false, $"'{path}' names ${{{name}}}{problem}")); }
            }
        }
        return problems;
    }

    private static string? Problem(string name, List<string> @params, string schedule)
    {
        if (Placeholders.IsParam(name) && name[Placeholders.ParamPrefix.Length..] is var param && !@params.Contains(param))
        {
            return @params.Count == 0 ? ", but the job has no params" : ", which is none of the job's params" + Spelling.Hint(param, @params);
        }
        return Placeholders.IsParent(name) && !Follows(schedule) ? ", but the job follows none; expected a schedule 'after JOB'" : null;
    }

    private static bool Follows(string schedule) =>
        schedule.Split(';', StringSplitOptions.TrimEntries).Any(p => p.StartsWith("after ", StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<(string Path, string Text)> Texts(JsonElement element, string path) => element.ValueKind switch
    {
        JsonValueKind.String => [(path, element.GetString()!)],
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => Texts(p.Value, path.Length == 0 ? p.Name : $"{path}.{p.Name}")),
        JsonValueKind.Array => element.EnumerateArray().SelectMany((e, i) => Texts(e, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"))),
        _ => [],
    };
}
