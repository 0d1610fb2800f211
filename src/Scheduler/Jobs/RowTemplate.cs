using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Scheduler.Database;
using Scheduler.Schedules;

namespace Scheduler.Jobs;

/// <summary>
/// A job with <c>for_each</c>: makes one job from each row of a relation. <c>{column}</c> in its name, schedule, description, settings and params is
/// the row's value. The text of SQL statements is never filled: a value is data, and there it would be code.
/// </summary>
internal sealed partial class RowTemplate(JsonObject job, KindRegistry kinds)
{
    // Settings of these names hold SQL.
    private static readonly string[] Code = ["statement"];

    public string Name { get; } = (string)job["name"]!;
    public string Relation { get; } = (string?)job["for_each"]?["relation"] ?? "";
    public string? Where { get; } = (string?)job["for_each"]?["where"];

    /// <summary>The relation as SQL names it, quoted. Throws <see cref="FormatException"/>.</summary>
    public (string Schema, string Table) Parts()
    {
        var parts = Relation.Split('.');
        if (parts.Length > 2 || !parts.All(p => PlainName().IsMatch(p)))
        {
            throw new FormatException($"for_each: relation '{Relation}' cannot be read; expected schema.table in lower case, e.g. snapshot.node");
        }
        return parts.Length == 2 ? (parts[0], parts[1]) : ("public", parts[0]);
    }

    /// <summary>The job one row makes. Throws <see cref="FormatException"/> saying what is wrong with it.</summary>
    public JsonObject Fill(JsonObject row)
    {
        var name = Text(Name, row);
        if (name == Name) { throw new FormatException($"the name '{Name}' has no {{column}}, and each row needs a name of its own"); }
        if (!JobName.IsAllowed(name))
        {
            throw new FormatException($"job name '{name}' is not allowed; expected 1 to 200 lower-case letters, digits and . _ - /");
        }
        var schedule = Text((string)job["schedule"]!, row);
        Schedule.Parse(schedule, (string)job["time_zone"]!);
        var settings = Value(job["settings"]!, row, "");
        var kind = kinds.Find((string)job["kind"]!);
        if (kind is not null)
        {
            var problems = KindSettings.Check(kind.SettingsType, settings.ToJsonString()).Problems;
            if (problems.Count > 0)
            {
                throw new FormatException($"settings: {problems[0].Path} {problems[0].Message}".Replace("  ", " ", StringComparison.Ordinal));
            }
        }
        var given = Value(job["params"]!, row, "");
        if (JobValues.Problems(settings.ToJsonString(), given.ToJsonString(), schedule) is [var first, ..])
        {
            throw new FormatException("settings: " + first.Message);
        }
        return new JsonObject
        {
            ["name"] = name,
            ["schedule"] = schedule,
            ["settings"] = settings,
            ["params"] = given,
            ["description"] = Text((string?)job["description"] ?? "", row),
        };
    }

    // A text that is one placeholder alone becomes the value itself: a number stays a number.
    private static JsonNode Value(JsonNode node, JsonObject row, string key)
    {
        switch (node)
        {
            case JsonObject map:
                var filled = new JsonObject();
                foreach (var (name, inner) in map) { filled[name] = inner is null ? null : Value(inner, row, name); }
                return filled;
            case JsonArray list:
                return new JsonArray([.. list.Select(i => i is null ? null : Value(i, row, key))]);
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                var text = (string)value!;
                if (Code.Contains(key))
                {
                    var pasted = Placeholder().Matches(text)
                        .FirstOrDefault(m => text.ElementAtOrDefault(m.Index - 1) != '$' && row.ContainsKey(m.Groups[1].Value));
                    return pasted is null ? JsonValue.Create(text) : throw new FormatException(
                        $"settings: {key} holds {pasted.Value}, and a value is not pasted into SQL; look its row up by ${{job.name}}");
                }
                if (Placeholder().Match(text) is { Success: true } alone && alone.Length == text.Length
                    && row[Column(alone, row)]?.DeepClone() is JsonValue whole && whole.GetValueKind() != JsonValueKind.String) { return whole; }
                return JsonValue.Create(AsData(text, row));
            default:
                return node.DeepClone();
        }
    }

    private static string Text(string text, JsonObject row) => Placeholder().Replace(text, match => ValueOf(match, row));

    private static string ValueOf(Match match, JsonObject row) => row[Column(match, row)] switch
    {
        null => throw new FormatException($"{match.Value} is null"),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => (string)value!,
        var other => other.ToJsonString(),
    };

    // Settings are scanned for ${…} when a run begins. What a row fills in is data: a ${ that it brings, or makes together with what stands beside
    // it, stands for itself, and no row chooses what is named within one.
    private static string AsData(string text, JsonObject row)
    {
        var (filled, ofRow, at) = (new StringBuilder(), new List<bool>(), 0);
        void Add(string piece, bool isOfRow)
        {
            filled.Append(piece);
            ofRow.AddRange(Enumerable.Repeat(isOfRow, piece.Length));
        }
        foreach (Match match in Placeholder().Matches(text))
        {
            Add(text[at..match.Index], false);
            if (IsWithin(text, match.Index))
            {
                throw new FormatException($"{match.Value} stands within ${{…}}, and a row does not choose what is filled in there");
            }
            Add(ValueOf(match, row), true);
            at = match.Index + match.Length;
        }
        Add(text[at..], false);
        var safe = new StringBuilder();
        for (var i = 0; i < filled.Length; i++)
        {
            if (filled[i] == '$' && i + 1 < filled.Length && filled[i + 1] == '{' && (ofRow[i] || ofRow[i + 1])) { safe.Append('$'); }
            safe.Append(filled[i]);
        }
        return safe.ToString();
    }

    // True behind a ${ that is not closed yet.
    private static bool IsWithin(string text, int at) =>
        text.LastIndexOf("${", at, StringComparison.Ordinal) is >= 0 and var open && open + 1 < at && text.IndexOf('}', open) > at;

    private static string Column(Match match, JsonObject row) => row.ContainsKey(match.Groups[1].Value) ? match.Groups[1].Value
        : throw new FormatException($"{match.Value} is no column of the relation{Spelling.Hint(match.Groups[1].Value, [.. row.Select(c => c.Key)])}");

    [GeneratedRegex(@"\{([a-z_][a-z0-9_]{0,62})\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex("^[a-z_][a-z0-9_]{0,62}$")]
    private static partial Regex PlainName();
}
