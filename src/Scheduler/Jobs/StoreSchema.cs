using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>
/// The schemas by which the database checks the JSON columns of a job in the statement that writes them (<c>scheduler_private.json_problems</c>).
/// They say what <see cref="KindSettings"/> accepts, never less: text is text, and what may be left empty may be null. Rules that span several keys
/// only a node judges.
/// </summary>
internal static class StoreSchema
{
    // A record that contains itself would never end.
    private const int DepthMax = 8;

    /// <summary>The JSON columns that have a shape of their own.</summary>
    private static readonly (string Column, Type Type)[] Columns =
    [
        ("guard", typeof(GuardEntry)), ("retry", typeof(RetryEntry)), ("concurrency", typeof(ConcurrencyEntry)), ("expect", typeof(ExpectEntry)),
        ("notify", typeof(NotifyEntry)), ("for_each", typeof(ForEachEntry)),
    ];

    /// <summary>The schema of a kind's settings.</summary>
    public static JsonObject Of(Kind kind) => Record(kind.SettingsType, 0);

    /// <summary>The file <c>sql/functions/scheduler_private.column_schema.sql</c>.</summary>
    public static string ColumnsFile() =>
        "-- The shape of a job's JSON columns, for json_problems. Made from the records that job files are read into: ./dev schema writes it anew.\n"
        + "--   name   the column\n"
        + "-- Returns null for a column without a shape of its own.\n"
        + "create or replace function scheduler_private.column_schema(name text) returns jsonb\n"
        + "language sql immutable strict parallel safe as $$\n    select case name\n"
        + string.Concat(Columns.Select(c => $"        when '{c.Column}' then '{Pretty(Record(c.Type, 0))}'::jsonb\n"))
        + "    end\n$$;\n";

    /// <summary>The schema of a record, written to stand in a function's text.</summary>
    internal static string Text(Type type) => Pretty(Record(type, 0));

    private static string Pretty(JsonObject schema) => string.Join("\n            ",
        schema.ToJsonString(JobsSchema.Written).Replace("'", "''", StringComparison.Ordinal).Split('\n'));

    private static JsonObject Record(Type type, int depth)
    {
        var keys = KindSettings.Keys(type);
        var properties = new JsonObject();
        foreach (var key in keys)
        {
            var schema = Value(key.Type, depth);
            Limit(schema, key);
            if (key.IsNullable) { Nullable(schema); }
            properties[key.Name] = schema;
        }
        return new()
        {
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["required"] = new JsonArray([.. keys.Where(k => k.IsRequired).Select(k => (JsonNode?)JsonValue.Create(k.Name))]),
            ["properties"] = properties,
        };
    }

    private static JsonObject Value(Type type, int depth) => SettingsShape.FormOf(type) switch
    {
        _ when depth > DepthMax => [],
        Form.Text => new() { ["type"] = "string" },
        Form.Duration => new() { ["type"] = "string", ["duration"] = new JsonObject(), ["expected"] = Duration.Expected },
        Form.Choice => new()
        {
            ["type"] = "string",
            ["expected"] = "one of " + string.Join(", ", SettingsShape.Choices(type)),
            ["enum"] = new JsonArray([.. SettingsShape.Choices(type).Select(c => (JsonNode?)JsonValue.Create(c))]),
        },
        Form.Flag => new() { ["type"] = "boolean" },
        Form.Whole => new() { ["type"] = "integer" },
        Form.Number => new() { ["type"] = "number" },
        Form.List => new() { ["type"] = "array", ["items"] = Value(SettingsShape.ItemOf(type)!, depth + 1) },
        Form.Map => new() { ["type"] = "object", ["additionalProperties"] = Value(SettingsShape.ValueOf(type)!, depth + 1) },
        Form.Record => Record(type, depth + 1),
        Form.Free => [],
        _ => throw new InvalidOperationException($"{type} has no form"),
    };

    private static void Nullable(JsonObject schema)
    {
        if (schema["type"] is { } type) { schema["type"] = new JsonArray((string)type!, "null"); }
        if (schema["enum"] is JsonArray choices) { choices.Add((JsonNode?)null); }
    }

    private static void Limit(JsonObject schema, SettingsKey key)
    {
        JobsSchema.Limit(schema, key);
        if (key.Property?.GetCustomAttribute<RequiredAttribute>() is { AllowEmptyStrings: false } && SettingsShape.FormOf(key.Type) == Form.Text)
        {
            schema["minLength"] ??= 1;
        }
        foreach (var range in key.Property?.GetCustomAttributes<RangeAttribute>() ?? [])
        {
            if (schema["duration"] is not JsonObject duration || range.OperandType != typeof(TimeSpan)) { continue; }
            var (shortest, longest) = (Span(range.Minimum), Span(range.Maximum));
            duration["shortest"] = (long)shortest.TotalSeconds;
            duration["longest"] = (long)longest.TotalSeconds;
            duration["expected"] = $"{Duration.Format(shortest)} to {Duration.Format(longest)}";
        }
    }

    private static TimeSpan Span(object end) => end as TimeSpan? ?? TimeSpan.Parse((string)end, CultureInfo.InvariantCulture);
}
