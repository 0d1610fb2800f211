using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scheduler.Cluster;

namespace Scheduler.Jobs;

/// <summary>Makes the JSON schema of job files, so that editors complete and check them: <c>config/jobs.schema.json</c>.</summary>
public static class JobsSchema
{
    // A record that contains itself would never end.
    private const int DepthMax = 8;
    private const string DurationPattern = "^(?=.)([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$";

    internal static readonly JsonSerializerOptions Written =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    /// <summary>The schema (draft 2020-12) for the keys of a job and the settings of every kind, with their defaults; ends with a line
    /// feed.</summary>
    public static string Generate(KindRegistry kinds)
    {
        var job = Record(typeof(JobEntry), new JobEntry { Kind = "" }, 0);
        var keys = job["properties"]!.AsObject();
        keys["with"] = new JsonObject { ["type"] = "object", ["description"] = "Settings of the kind." };
        keys["on_lost"]!.AsObject().Remove("default");
        // A list, or the one word that stands for one.
        var labels = keys["runs_on"]!.AsObject();
        keys["runs_on"] = new JsonObject
        {
            ["description"] = labels["description"]?.DeepClone(),
            ["default"] = labels["default"]?.DeepClone(),
            ["oneOf"] = new JsonArray(
                new JsonObject { ["type"] = "array", ["items"] = labels["items"]!.DeepClone() }, new JsonObject { ["const"] = NodeIdentity.All }),
        };
        if (kinds.All.Count > 0)
        {
            keys["kind"] = new JsonObject
            {
                ["oneOf"] = new JsonArray([.. kinds.All.Select(k => new JsonObject { ["const"] = k.Name, ["description"] = k.Summary })]),
            };
            job["allOf"] = new JsonArray([.. kinds.All.SelectMany(k => new[] { Conditional(k.Name, k.SettingsType), Template(k) })]);
        }
        return new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Scheduler job file",
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["properties"] = new JsonObject
            {
                ["jobs"] = new JsonObject
                {
                    ["type"] = "object",
                    ["propertyNames"] = new JsonObject { ["pattern"] = "^[a-z0-9._/{}-]{1,200}$" },
                    ["additionalProperties"] = job,
                },
                ["calendars"] = new JsonObject
                {
                    ["type"] = "object",
                    ["propertyNames"] = new JsonObject { ["pattern"] = "^[a-z0-9._/-]{1,200}$" },
                    ["additionalProperties"] = Record(typeof(CalendarEntry), new CalendarEntry(), 0),
                },
                ["channels"] = new JsonObject
                {
                    ["type"] = "object",
                    ["propertyNames"] = new JsonObject { ["pattern"] = "^[a-z0-9._/-]{1,200}$" },
                    ["additionalProperties"] = Channel(),
                },
            },
        }.ToJsonString(Written) + "\n";
    }

    private static JsonObject Channel()
    {
        var channel = Record(typeof(ChannelEntry), new ChannelEntry { Kind = default }, 0);
        channel["properties"]!["with"] = new JsonObject { ["type"] = "object", ["description"] = "Settings of the kind." };
        channel["properties"]!["remind_every"]!["type"] = new JsonArray("string", "null");
        channel["allOf"] = new JsonArray([.. ChannelSettings.All.Select(k =>
            Conditional(JsonNamingPolicy.SnakeCaseLower.ConvertName(k.Kind.ToString()), k.Type))]);
        return channel;
    }

    // "if this kind, then these settings"; a kind with required settings requires the key "with" itself. Only jobs have a for_each.
    private static JsonObject Conditional(string kind, Type settings) => new()
    {
        ["if"] = new JsonObject
        {
            ["properties"] = new JsonObject { ["kind"] = new JsonObject { ["const"] = kind } },
            ["not"] = new JsonObject { ["required"] = new JsonArray("for_each") },
        },
        ["then"] = Then(settings, Record(settings, Fresh(settings), 0)),
    };

    // What the rows of a for_each fill in may be of any type there: the names of its settings are checked, their values when they are filled.
    private static JsonObject Template(Kind kind)
    {
        var keys = KindSettings.Keys(kind.SettingsType);
        return new()
        {
            ["if"] = new JsonObject
            {
                ["properties"] = new JsonObject { ["kind"] = new JsonObject { ["const"] = kind.Name } },
                ["required"] = new JsonArray("for_each"),
            },
            ["then"] = Then(kind.SettingsType, new JsonObject
            {
                ["type"] = "object",
                ["propertyNames"] = new JsonObject { ["enum"] = Names(keys) },
                ["required"] = Names(keys.Where(k => k.IsRequired)),
            }),
        };
    }

    private static JsonArray Names(IEnumerable<SettingsKey> keys) => new([.. keys.Select(k => (JsonNode?)JsonValue.Create(k.Name))]);

    private static JsonObject Then(Type settings, JsonObject with)
    {
        var then = new JsonObject { ["properties"] = new JsonObject { ["with"] = with } };
        if (KindSettings.Keys(settings).Any(k => k.IsRequired)) { then["required"] = new JsonArray("with"); }
        return then;
    }

    private static JsonObject Record(Type type, object? defaults, int depth)
    {
        var keys = KindSettings.Keys(type);
        var properties = new JsonObject();
        foreach (var key in keys)
        {
            var inner = defaults is null ? null : key.Property?.GetValue(defaults);
            var schema = Value(key.Type, inner, depth);
            Limit(schema, key);
            if (!key.IsRequired && inner is not null && SettingsShape.FormOf(key.Type) is not (Form.Record or Form.Free))
            {
                schema["default"] = JsonSerializer.SerializeToNode(inner, key.Type, KindSettings.Options);
            }
            if (Description(key) is { } description) { schema["description"] = description; }
            properties[key.Name] = schema;
        }
        var record = new JsonObject { ["type"] = "object", ["additionalProperties"] = false };
        var required = keys.Where(k => k.IsRequired).Select(k => (JsonNode?)JsonValue.Create(k.Name)).ToArray();
        if (required.Length > 0) { record["required"] = new JsonArray(required); }
        record["properties"] = properties;
        return record;
    }

    // A key of a job is described where its column's record is.
    private static string? Description(SettingsKey key) => XmlDocs.Of(key.Property) ?? (key.Property?.DeclaringType == typeof(JobEntry)
        ? XmlDocs.Of(typeof(JobDefinition).GetProperty(key.Property.Name)) : null);

    private static JsonObject Value(Type type, object? defaults, int depth) => SettingsShape.FormOf(type) switch
    {
        _ when depth > DepthMax => [],
        // Files may write a number or a flag without quotes where text is wanted.
        Form.Text => new() { ["type"] = new JsonArray("string", "number", "boolean") },
        Form.Duration => new() { ["type"] = "string", ["pattern"] = DurationPattern },
        Form.Choice => new() { ["enum"] = new JsonArray([.. SettingsShape.Choices(type).Select(c => (JsonNode?)JsonValue.Create(c))]) },
        Form.Flag => new() { ["type"] = "boolean" },
        Form.Whole => new() { ["type"] = "integer" },
        Form.Number => new() { ["type"] = "number" },
        Form.List => new() { ["type"] = "array", ["items"] = Value(SettingsShape.ItemOf(type)!, null, depth + 1) },
        Form.Map => new() { ["type"] = "object", ["additionalProperties"] = Value(SettingsShape.ValueOf(type)!, null, depth + 1) },
        Form.Record => Record(type, defaults ?? Fresh(type), depth + 1),
        Form.Free => [],
        _ => throw new InvalidOperationException($"{type} has no form"),
    };

    internal static void Limit(JsonObject schema, SettingsKey key)
    {
        foreach (var attribute in key.Property?.GetCustomAttributes<ValidationAttribute>() ?? [])
        {
            switch (attribute)
            {
                case RangeAttribute { OperandType: var operand } range when operand == typeof(int) || operand == typeof(double):
                    schema[range.MinimumIsExclusive ? "exclusiveMinimum" : "minimum"] = JsonSerializer.SerializeToNode(range.Minimum);
                    // The largest double or int as an end means no end.
                    if (range.Maximum is not (int.MaxValue or > 1e18))
                    {
                        schema[range.MaximumIsExclusive ? "exclusiveMaximum" : "maximum"] = JsonSerializer.SerializeToNode(range.Maximum);
                    }
                    break;
                case MinLengthAttribute min:
                    schema[SettingsShape.FormOf(key.Type) == Form.List ? "minItems" : "minLength"] = min.Length;
                    break;
                case MaxLengthAttribute max:
                    schema[SettingsShape.FormOf(key.Type) == Form.List ? "maxItems" : "maxLength"] = max.Length;
                    break;
                case RegularExpressionAttribute pattern:
                    schema["pattern"] = $"^(?:{pattern.Pattern})$";
                    break;
                default:
                    break;
            }
        }
    }

    // Initialisers give the defaults; a record with only a primary constructor has those of its parameters.
    private static object? Fresh(Type type)
    {
        if (type.GetConstructor(Type.EmptyTypes) is not null) { return Activator.CreateInstance(type); }
        var constructor = type.GetConstructors().OrderBy(c => c.GetParameters().Length).FirstOrDefault();
        return constructor?.Invoke([.. constructor.GetParameters().Select(p => p.HasDefaultValue ? p.DefaultValue
            : p.ParameterType.IsValueType ? RuntimeHelpers.GetUninitializedObject(p.ParameterType) : null)]);
    }
}
