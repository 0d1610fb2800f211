using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Schedules;

namespace Scheduler.Jobs;

/// <summary>Reads the jobs of one file's tree, and reports every mistake at its place.</summary>
internal sealed partial class JobReader(KindRegistry kinds, string file, Action<long, long, string> report)
{
    /// <summary>A job's name, where it stands, and the job itself when it has no mistake.</summary>
    internal sealed record Declared(string Name, long Line, long Column, JobDefinition? Job)
    {
        /// <summary>Where each of its keys has its value; "" is the name.</summary>
        public IReadOnlyDictionary<string, (long Line, long Column)> Keys { get; init; } = new Dictionary<string, (long, long)>();
    }

    /// <summary>The calendars of the file, once it has been read.</summary>
    internal List<(YamlText Name, CalendarDefinition Calendar)> Calendars { get; } = [];

    /// <summary>The channels of the file, once it has been read.</summary>
    internal List<(YamlText Name, ChannelDefinition Channel)> Channels { get; } = [];

    /// <summary>Every job of the file.</summary>
    public IEnumerable<Declared> Read(YamlValue root)
    {
        if (root is not YamlMap top)
        {
            report(root.Line, root.Column, "expected the key 'jobs:' with a map of job names");
            yield break;
        }
        foreach (var (key, value) in top.Entries)
        {
            if (key.Text == "calendars") { Calendars.AddRange(new CalendarReader(file, report).Read(value)); }
            else if (key.Text == "channels") { Channels.AddRange(new ChannelReader(file, report).Read(value)); }
            else if (key.Text != "jobs")
            {
                report(key.Line, key.Column, $"unknown key '{key.Text}'{Spelling.Hint(key.Text, ["jobs", "calendars", "channels"])}");
            }
            else if (value is YamlMap jobs)
            {
                foreach (var (name, body) in jobs.Entries)
                {
                    var keys = new Dictionary<string, (long, long)>(StringComparer.Ordinal) { [""] = (name.Line, name.Column) };
                    foreach (var (at, of) in body is YamlMap map ? map.Entries : []) { keys[at.Text] = (of.Line, of.Column); }
                    yield return new(name.Text, name.Line, name.Column, Job(name, body)) { Keys = keys };
                }
            }
            else if (value is not YamlText { IsNull: true })
            {
                report(value.Line, value.Column, "'jobs' is no map; expected job names, each with its keys");
            }
        }
    }

    private JobDefinition? Job(YamlText name, YamlValue body)
    {
        var fine = true;
        var isTemplate = body is YamlMap { } keys && keys.Find("for_each") is YamlMap;
        if (!JobName.IsAllowed(name.Text) && !(isTemplate && JobName.IsAllowed(name.Text.Replace('{', '_').Replace('}', '_'))))
        {
            Refuse(name, $"job name '{name.Text}' is not allowed; expected 1 to 200 lower-case letters, digits and . _ - /");
        }
        if (body is not YamlMap map)
        {
            Refuse(body, $"job '{name.Text}' has no keys; expected at least 'kind'");
            return null;
        }
        var kind = KindOf(map);
        if (kind is null) { fine = false; }
        // What the rows fill in is checked when they do.
        if (!(isTemplate && map.Find("schedule") is YamlText { } pattern && pattern.Text.Contains('{', StringComparison.Ordinal)))
        {
            fine &= CheckSchedule(map);
        }

        var places = new Dictionary<string, (YamlValue Key, YamlValue Value)>(StringComparer.Ordinal) { [""] = (name, name) };
        var json = Json(map, typeof(JobEntry), kind, "", places)!;
        var (entry, problems) = KindSettings.Check(typeof(JobEntry), json.ToJsonString());
        foreach (var problem in problems.Concat(kind is null ? [] : WithProblems(kind, json["with"])).Concat(ValueProblems(json, isTemplate)))
        {
            var (at, value) = Place(places, problem.Path);
            // What a row fills in is of any type until then; nothing fills a key in, or what stands beside the settings.
            var isFilled = isTemplate && !problem.AtKey && problem.Path.StartsWith("with.", StringComparison.Ordinal);
            if (isFilled && value is YamlText filled && filled.Text.Contains('{', StringComparison.Ordinal)) { continue; }
            Refuse(problem.AtKey ? at : value, problem.Message);
        }
        if (fine && entry is JobEntry { Starts: { } starts, Ends: { } ends } && starts > ends)
        {
            Refuse(places["ends"].Value, $"'ends' is {ends.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}, before 'starts'; expected an instant after it");
        }
        if (fine && entry is JobEntry { Starts: null, Count: { } count })
        {
            Refuse(places["count"].Value, $"'count' is {count} and counts from 'starts', which the job does not have; expected 'starts' beside it");
        }
        return fine ? ((JobEntry)entry!).ToDefinition(name.Text, kind!, $"{file}:{name.Line.ToString(CultureInfo.InvariantCulture)}") : null;

        void Refuse(YamlValue at, string message)
        {
            fine = false;
            report(at.Line, at.Column, message);
        }
    }

    // Null with nothing reported when the key is missing or no text: the entry's own check says so.
    private Kind? KindOf(YamlMap map)
    {
        if (map.Find("kind") is not YamlText { IsNull: false } text) { return null; }
        var kind = kinds.Find(text.Text);
        if (kind is null)
        {
            report(text.Line, text.Column, $"kind '{text.Text}' is not known{Spelling.Hint(text.Text, [.. kinds.All.Select(k => k.Name)])}");
        }
        return kind;
    }

    private bool CheckSchedule(YamlMap map)
    {
        var zone = "UTC";
        var fine = true;
        if (map.Find("time_zone") is YamlText { IsNull: false } zoneText)
        {
            try { zone = Zones.Find(zoneText.Text).Id; }
            catch (ScheduleException e)
            {
                report(zoneText.Line, zoneText.Column, e.Message);
                fine = false;
            }
        }
        if (map.Find("schedule") is not YamlText { IsNull: false } schedule) { return fine; }
        // A rule may count from it; what is no instant is refused as such.
        var starts = map.Find("starts") is YamlText from && InstantText.TryParse(from.Text, out var instant) ? instant : (DateTimeOffset?)null;
        try
        {
            Schedule.Parse(schedule.Text, zone, new ScheduleLimits(starts, null, TimeSpan.Zero, null));
            return fine;
        }
        catch (ScheduleException e)
        {
            report(schedule.Line, schedule.Column, e.Message);
            return false;
        }
    }

    private static IEnumerable<SettingsProblem> WithProblems(Kind kind, JsonNode? with) =>
        Within("with", KindSettings.Check(kind.SettingsType, with?.ToJsonString() ?? "{}").Problems);

    // Problems of what stands below a key.
    internal static IEnumerable<SettingsProblem> Within(string key, IEnumerable<SettingsProblem> problems) =>
        problems.Select(p => p with { Path = p.Path.Length == 0 ? key : p.Path.StartsWith('[') ? key + p.Path : $"{key}.{p.Path}" });

    private static IEnumerable<SettingsProblem> ValueProblems(JsonNode json, bool isTemplate) => isTemplate ? []
        : JobValues.Problems(json["with"]?.ToJsonString() ?? "{}", json["params"] is JsonObject given ? given.ToJsonString() : "{}",
            json["schedule"] is JsonValue schedule && schedule.TryGetValue(out string? text) ? text : "")
        .Select(p => p with { Path = p.Path == JobValues.OfSchedule ? "schedule" : "with." + p.Path });

    // The place of a path, or of the nearest one around it: a key that is missing is reported where it should be.
    internal static (YamlValue Key, YamlValue Value) Place(Dictionary<string, (YamlValue, YamlValue)> places, string path)
    {
        while (!places.ContainsKey(path)) { path = path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))]; }
        return places[path];
    }

    // YAML to JSON. A word without quotes is text where the record wants text (env: { PORT: 8080 }), else what YAML makes of it.
    internal static JsonNode? Json(YamlValue value, Type? type, Kind? kind, string path, Dictionary<string, (YamlValue, YamlValue)> places)
    {
        type = type is null ? null : Nullable.GetUnderlyingType(type) ?? type;
        switch (value)
        {
            case YamlMap map:
                var form = type is null ? Form.Free : SettingsShape.FormOf(type);
                var keys = form == Form.Record ? KindSettings.Keys(type!) : [];
                var node = new JsonObject();
                foreach (var (key, inner) in map.Entries)
                {
                    var at = path.Length == 0 ? key.Text : $"{path}.{key.Text}";
                    places[at] = (key, inner);
                    var innerType = at == "with" && type == typeof(JobEntry) ? kind?.SettingsType
                        : form == Form.Map ? SettingsShape.ValueOf(type!) : keys.FirstOrDefault(k => k.Name == key.Text)?.Type;
                    // The one word that stands for a list.
                    node[key.Text] = at == "runs_on" && type == typeof(JobEntry) && inner is YamlText { Plain: true, Text: NodeIdentity.All }
                        ? new JsonArray(NodeIdentity.All) : Json(inner, innerType, kind, at, places);
                }
                return node;
            case YamlList list:
                var items = new JsonArray();
                foreach (var item in list.Items)
                {
                    var at = $"{path}[{items.Count}]";
                    places[at] = (item, item);
                    items.Add(Json(item, type is null ? null : SettingsShape.ItemOf(type), kind, at, places));
                }
                return items;
            case YamlText text:
                return Scalar(text, type is not null && SettingsShape.FormOf(type) is Form.Text or Form.Duration or Form.Choice);
            default:
                throw new InvalidOperationException($"{value.GetType()} has no JSON");
        }
    }

    private static JsonValue? Scalar(YamlText text, bool wantsText)
    {
        if (text.IsNull) { return null; }
        if (!text.Plain || wantsText) { return JsonValue.Create(text.Text); }
        if (text.Text is "true" or "false") { return JsonValue.Create(text.Text == "true"); }
        // Only numbers that JSON knows: 010, 1_000 and .inf stay text and are refused where a number is expected.
        if (!NumberPattern().IsMatch(text.Text)) { return JsonValue.Create(text.Text); }
        using var number = JsonDocument.Parse(text.Text);
        return JsonValue.Create(number.RootElement.Clone());
    }

    [GeneratedRegex(@"^-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,3})?$")]
    private static partial Regex NumberPattern();
}
