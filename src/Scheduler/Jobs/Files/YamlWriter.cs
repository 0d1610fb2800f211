using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Scheduler.Jobs.Files;

/// <summary>Writes JSON as YAML that people like to read and <see cref="YamlTree"/> reads back as it was: maps in blocks, short lists in one line,
/// texts of several lines as literal blocks, quotes only where needed.</summary>
internal static partial class YamlWriter
{
    private const int Step = 2;
    // A longer list is written item by item.
    private const int FlowColumnsMax = 100;

    // What other readers of YAML take for something else than text.
    private static readonly HashSet<string> Words =
        new(["true", "false", "null", "yes", "no", "on", "off", "y", "n"], StringComparer.OrdinalIgnoreCase);

    /// <summary>The entries of a map, each on lines of its own that end with a line feed.</summary>
    /// <param name="text">Where to write.</param>
    /// <param name="map">The map; not empty.</param>
    /// <param name="indent">Columns before each key.</param>
    public static void Write(StringBuilder text, JsonObject map, int indent)
    {
        foreach (var (key, value) in map)
        {
            text.Append(' ', indent).Append(Scalar(key)).Append(':');
            Value(text, value, indent);
        }
    }

    /// <summary>A text on one line: as it is where nothing else could be meant, else in double quotes.</summary>
    /// <param name="text">The text.</param>
    /// <param name="inList">True inside <c>[a, b]</c>, where a comma parts.</param>
    public static string Scalar(string text, bool inList = false) =>
        (inList ? PlainInList() : Plain()).IsMatch(text) && !Words.Contains(text) ? text : Quoted(text);

    private static void Value(StringBuilder text, JsonNode? value, int indent)
    {
        switch (value)
        {
            case JsonObject { Count: > 0 } map:
                text.Append('\n');
                Write(text, map, indent + Step);
                break;
            case JsonArray { Count: > 0 } list when Flow(list) is not { } flow || flow.Length > FlowColumnsMax:
                text.Append('\n');
                foreach (var item in list) { Item(text, item, indent + Step); }
                break;
            case JsonValue when value.GetValueKind() == JsonValueKind.String && IsBlock((string)value!):
                Block(text, (string)value!, indent);
                break;
            default:
                text.Append(' ').Append(Flow(value)).Append('\n');
                break;
        }
    }

    private static void Item(StringBuilder text, JsonNode? item, int indent)
    {
        text.Append(' ', indent).Append('-');
        if (item is JsonObject { Count: > 0 } map)
        {
            // "- key: value", further keys below the first.
            var start = text.Length;
            Write(text, map, indent + Step);
            text.Remove(start, indent + 1);
        }
        else { Value(text, item, indent); }
    }

    // Null when it does not fit on one line.
    private static string? Flow(JsonNode? value) => value switch
    {
        null => "null",
        JsonObject { Count: 0 } => "{}",
        JsonArray list when list.Any(i => i is JsonObject { Count: > 0 } or JsonArray { Count: > 0 }) => null,
        JsonArray list => "[" + string.Join(", ",
            list.Select(i => i?.GetValueKind() == JsonValueKind.String ? Scalar((string)i!, inList: true) : Flow(i))) + "]",
        _ when value.GetValueKind() == JsonValueKind.String => Scalar((string)value!),
        _ => value.ToJsonString(),
    };

    // Literal blocks know no escapes, and what a reader does with tabs and blank lines at the edge differs.
    // Blank lines at its end would be one with those between jobs.
    private static bool IsBlock(string text) => text.Contains('\n') && text.Trim('\n').Length > 0 && !text.StartsWith('\n')
        && !text.EndsWith("\n\n", StringComparison.Ordinal)
        && !text.Split('\n').Any(l => l.StartsWith('\t') || (l.Length > 0 && l.Trim(' ').Length == 0))
        && text.All(c => c is '\n' or '\t' || IsPrintable(c));

    private static void Block(StringBuilder text, string value, int indent)
    {
        text.Append(" |");
        if (value.StartsWith(' ')) { text.Append(Step); }
        if (!value.EndsWith('\n')) { text.Append('-'); }
        text.Append('\n');
        foreach (var line in value.TrimEnd('\n').Split('\n'))
        {
            if (line.Length > 0) { text.Append(' ', indent + Step).Append(line); }
            text.Append('\n');
        }
    }

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                '\r' => quoted.Append("\\r"),
                _ when IsPrintable(c) || char.IsSurrogate(c) => quoted.Append(c),
                _ => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
            };
        }
        return quoted.Append('"').ToString();
    }

    private static bool IsPrintable(char c) => !char.IsControl(c) && c is not ('\u2028' or '\u2029' or '\uFEFF' or '\uFFFE' or '\uFFFF')
        && !(char.GetUnicodeCategory(c) == UnicodeCategory.Format);

    [GeneratedRegex(@"^[A-Za-z](?:[A-Za-z0-9_./,;()+ -]*[A-Za-z0-9_./)-])?\z")]
    private static partial Regex Plain();

    [GeneratedRegex(@"^[A-Za-z](?:[A-Za-z0-9_./ -]*[A-Za-z0-9_./-])?\z")]
    private static partial Regex PlainInList();
}
