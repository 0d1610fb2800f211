using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Scheduler.Database;
using Scheduler.Schedules;

namespace Scheduler.Jobs;

/// <summary>Params that a part of a schedule gives the runs it makes due (<c>0 2 * * * with mode=full</c>). sql/functions/
/// scheduler_private.check_values.sql refuses the same in the statement that edits a job.</summary>
internal static partial class PartParams
{
    /// <summary>Every param that the job does not have, and every value that is none of its type.</summary>
    /// <param name="schedule">The job's schedule; one that cannot be read has no mistakes of this kind.</param>
    /// <param name="params">The job's params, a JSON object.</param>
    public static IEnumerable<string> Problems(string schedule, string @params)
    {
        // Most schedules have none.
        if (!schedule.Contains("with", StringComparison.Ordinal)) { return []; }
        IReadOnlyList<IReadOnlyList<KeyValuePair<string, string>>> given;
        // A rule with COUNT needs a start; which one changes no params.
        try { given = Schedule.Parse(schedule, "UTC", ScheduleLimits.None with { Starts = DateTimeOffset.UnixEpoch }).Given; }
        catch (ScheduleException) { return []; }
        var declared = JsonNode.Parse(@params)!.AsObject();
        return given.SelectMany(g => g).Select(g => Read(declared, g.Key, g.Value).Problem).OfType<string>().Distinct();
    }

    /// <summary>The params of a run as JSON: the job's own, with those of the part that made it due over them. Null when that part gives none, or no
    /// part made it due.</summary>
    /// <param name="job">The job in the version of the run.</param>
    /// <param name="runKey">The run's key; of an event its mark says which part it was.</param>
    /// <param name="dueAt">When it was due, UTC.</param>
    public static string? Of(JobDefinition job, string runKey, DateTime dueAt)
    {
        if (!job.Schedule.Contains("with", StringComparison.Ordinal)) { return null; }
        Schedule schedule;
        // What a calendar leaves out, or a count, was never due; what is due is found without them.
        try { schedule = (job with { Calendar = null, Count = null }).ReadSchedule(new Dictionary<string, NamedCalendar>()); }
        catch (ScheduleException) { return null; }
        var given = PlaceOf().Match(runKey) is { Success: true } place
            ? schedule.Given.ElementAtOrDefault(int.Parse(place.Groups[1].Value, CultureInfo.InvariantCulture) - 1) ?? []
            : runKey.Contains('@', StringComparison.Ordinal) ? schedule.ParamsAt(new DateTimeOffset(dueAt, TimeSpan.Zero)) : [];
        if (given.Count == 0) { return null; }
        var values = JsonNode.Parse(job.Params)!.AsObject();
        var declared = JsonNode.Parse(job.Params)!.AsObject();
        foreach (var (name, value) in given)
        {
            var (read, problem) = Read(declared, name, value);
            values[name] = problem is null ? read : throw new OperatorException($"job '{job.Name}': {problem}");
        }
        return values.ToJsonString();
    }

    // A value as the type of what the job declares; of a param declared as null any text.
    private static (JsonNode? Value, string? Problem) Read(JsonObject declared, string name, string text)
    {
        if (!declared.TryGetPropertyValue(name, out var own))
        {
            return (null, $"its schedule gives the param '{name}', which the job does not have"
                + Spelling.Hint(name, [.. declared.Select(d => d.Key).Order(StringComparer.Ordinal)]));
        }
        var expected = "text";
        switch (own?.GetValueKind() ?? JsonValueKind.Null)
        {
            case JsonValueKind.Null or JsonValueKind.String: return (JsonValue.Create(text), null);
            case JsonValueKind.True or JsonValueKind.False:
                if (text is "true" or "false") { return (JsonValue.Create(text == "true"), null); }
                expected = "true or false";
                break;
            case JsonValueKind.Number when !own!.ToJsonString().AsSpan().ContainsAny('.', 'e', 'E'):
                if (Whole().IsMatch(text)) { return (JsonNode.Parse(text), null); }
                expected = "a whole number";
                break;
            case JsonValueKind.Number:
                if (Number().IsMatch(text)) { return (JsonNode.Parse(text), null); }
                expected = "a number";
                break;
            default:
                return (null, $"its schedule gives the param '{name}', which is a list or a map; expected text, a number, or true or false");
        }
        return (null, $"its schedule gives the param '{name}' as '{text}'; expected {expected}");
    }

    [GeneratedRegex("~[^@!]*w([0-9]{1,2})(?:/[^@!]*)?$")]
    private static partial Regex PlaceOf();

    [GeneratedRegex("^(?:0|-?[1-9][0-9]{0,17})$")]
    private static partial Regex Whole();

    [GeneratedRegex("^-?(?:0|[1-9][0-9]{0,17})(?:[.][0-9]{1,17})?$")]
    private static partial Regex Number();
}
