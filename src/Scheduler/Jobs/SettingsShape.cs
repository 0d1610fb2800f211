using System.Text.Json;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>What form a value of some type takes in JSON and YAML.</summary>
internal enum Form
{
    Text,
    Duration,
    Choice,
    Flag,
    Whole,
    Number,
    List,
    Map,
    Record,
    /// <summary>Anything: a <see cref="JsonElement"/> or the like.</summary>
    Free,
}

/// <summary>Compares JSON with the record it is to be read into, so that every mistake is found and named, not only the first.</summary>
internal static class SettingsShape
{
    // Settings are a few levels deep; a record that contains itself ends here.
    private const int DepthMax = 32;
    // Longer values are cut in messages.
    private const int ShownMax = 60;

    /// <summary>The form of a type; nullable types have that of the type below.</summary>
    public static Form FormOf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) || type == typeof(Uri) || type == typeof(Guid) || type == typeof(DateTimeOffset) ? Form.Text
            : type == typeof(TimeSpan) ? Form.Duration
            : type.IsEnum ? Form.Choice
            : type == typeof(bool) ? Form.Flag
            : type == typeof(int) || type == typeof(long) || type == typeof(short) || type == typeof(byte) ? Form.Whole
            : type == typeof(double) || type == typeof(decimal) || type == typeof(float) ? Form.Number
            : type == typeof(object) || type.Namespace is "System.Text.Json" or "System.Text.Json.Nodes" ? Form.Free
            : ValueOf(type) is not null ? Form.Map
            : ItemOf(type) is not null ? Form.List
            : Form.Record;
    }

    /// <summary>Type of the values of a map with text keys, or null.</summary>
    public static Type? ValueOf(Type type) => type.GetInterfaces().Prepend(type)
        .Where(i => i.IsGenericType
            && (i.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>) || i.GetGenericTypeDefinition() == typeof(IDictionary<,>)))
        .Select(i => i.GetGenericArguments()).FirstOrDefault(a => a[0] == typeof(string))?[1];

    /// <summary>Type of the items of a list, or null.</summary>
    public static Type? ItemOf(Type type) => type.GetInterfaces().Prepend(type)
        .FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0];

    /// <summary>The names a choice may take.</summary>
    public static IReadOnlyList<string> Choices(Type type) =>
        [.. Enum.GetNames(Nullable.GetUnderlyingType(type) ?? type).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];

    /// <summary>Add a problem for every key and value that does not fit the type.</summary>
    public static void Check(JsonElement value, Type type, string path, bool nullable, List<SettingsProblem> problems, int depth = 0)
    {
        if (value.ValueKind == JsonValueKind.Null && nullable) { return; }
        if (depth > DepthMax)
        {
            problems.Add(new(path, false, $"'{path}' is nested deeper than {DepthMax} levels"));
            return;
        }
        var expected = Mismatch(value, type);
        if (expected is not null)
        {
            problems.Add(new(path, false, (path.Length == 0 ? "the settings are " : $"'{path}' is ") + $"{Show(value)}; expected {expected}"));
            return;
        }
        switch (FormOf(type))
        {
            case Form.List:
                var index = 0;
                foreach (var item in value.EnumerateArray()) { Check(item, ItemOf(type)!, $"{path}[{index++}]", false, problems, depth + 1); }
                break;
            case Form.Map:
                foreach (var entry in value.EnumerateObject())
                {
                    Check(entry.Value, ValueOf(type)!, Join(path, entry.Name), false, problems, depth + 1);
                }
                break;
            case Form.Record:
                Record(value, type, path, problems, depth);
                break;
            case Form.Text or Form.Duration or Form.Choice or Form.Flag or Form.Whole or Form.Number or Form.Free:
                break;
            default:
                throw new InvalidOperationException($"{type} has no form");
        }
    }

    private static void Record(JsonElement value, Type type, string path, List<SettingsProblem> problems, int depth)
    {
        var keys = KindSettings.Keys(type);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in value.EnumerateObject())
        {
            var at = Join(path, entry.Name);
            if (!seen.Add(entry.Name)) { problems.Add(new(at, true, $"'{at}' is there twice")); }
            else if (keys.FirstOrDefault(k => k.Name == entry.Name) is { } key)
            {
                var before = problems.Count;
                Check(entry.Value, key.Type, at, key.IsNullable, problems, depth + 1);
                if (problems.Count == before) { KindSettings.Annotations(key, entry.Value, at, problems); }
            }
            else { problems.Add(new(at, true, $"unknown key '{at}'{Spelling.Hint(entry.Name, [.. keys.Select(k => k.Name)])}")); }
        }
        problems.AddRange(keys.Where(k => k.IsRequired && !seen.Contains(k.Name))
            .Select(k => new SettingsProblem(path, true, $"'{Join(path, k.Name)}' is missing")));
    }

    // Null when the value fits; else what would have.
    private static string? Mismatch(JsonElement value, Type type)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        return FormOf(type) switch
        {
            Form.Text => text is not null ? TextMismatch(value, bare) : "text",
            Form.Duration => Duration.TryParse(text, out _) ? null : Duration.Expected,
            Form.Choice => text is not null && Choices(type).Contains(text) ? null : Choice(text, Choices(type)),
            Form.Flag => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : "true or false",
            Form.Whole => value.ValueKind == JsonValueKind.Number && WholeFits(value, bare) ? null : "a whole number",
            Form.Number => value.ValueKind == JsonValueKind.Number ? null : "a number",
            Form.List => value.ValueKind == JsonValueKind.Array ? null : "a list",
            Form.Map or Form.Record => value.ValueKind == JsonValueKind.Object ? null : "a map of keys to values",
            Form.Free => null,
            _ => throw new InvalidOperationException($"{type} has no form"),
        };
    }

    private static string? TextMismatch(JsonElement value, Type type) =>
        type == typeof(Guid) && !value.TryGetGuid(out _) ? "a UUID"
        : type == typeof(DateTimeOffset) && !value.TryGetDateTimeOffset(out _) ? "an instant such as 2026-12-01T02:00:00Z"
        : null;

    private static bool WholeFits(JsonElement value, Type type) =>
        type == typeof(int) ? value.TryGetInt32(out _) : type == typeof(short) ? value.TryGetInt16(out _)
        : type == typeof(byte) ? value.TryGetByte(out _) : value.TryGetInt64(out _);

    private static string Choice(string? text, IReadOnlyList<string> choices) =>
        "one of " + string.Join(", ", choices) + (text is not null && Spelling.Nearest(text, choices) is { } near ? $"; did you mean '{near}'?" : "");

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static string Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => $"'{Cut(value.GetString()!)}'",
        JsonValueKind.Object => "a map",
        JsonValueKind.Array => "a list",
        JsonValueKind.Null => "empty",
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => Cut(value.GetRawText()),
        _ => "nothing",
    };

    private static string Cut(string text) => text.Length <= ShownMax ? text : text[..ShownMax] + "…";
}
