using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace Scheduler.Server.Cli;

/// <summary>One column of a table: the name of the SQL column it shows, and its text.</summary>
internal sealed record Column<T>(string Name, Func<T, object?> Value);

/// <summary>Data on stdout: JSON, a table on a terminal, plain aligned columns anywhere else. Talk on stderr.</summary>
internal static class Output
{
    // Keys are the SQL columns' names; what a shell reads need not be safe inside HTML.
    internal static readonly JsonSerializerOptions JsonStyle = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    /// <summary>As <see cref="JsonStyle"/>, on one line.</summary>
    internal static readonly JsonSerializerOptions JsonLine = new(JsonStyle) { WriteIndented = false };

    public static void Json<T>(T value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, JsonStyle));

    /// <summary>A value as JSON on one line, for output that comes line by line.</summary>
    public static void OneJsonLine<T>(T value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, JsonLine));

    /// <summary>Rows as JSON or as a table; <paramref name="whenEmpty"/> is said on stderr when there is none.</summary>
    public static void Rows<T>(bool json, IReadOnlyList<T> rows, string whenEmpty, params Column<T>[] columns)
    {
        if (json) { Json(rows); }
        else if (rows.Count == 0) { Talk(whenEmpty); }
        else { Table([.. columns.Select(c => c.Name)], [.. rows.Select(r => columns.Select(c => Text(c.Value(r))).ToArray())]); }
    }

    /// <summary>One record, a line for each property that has a value, named as in JSON.</summary>
    public static void Record<T>(T record) where T : notnull
    {
        var lines = typeof(T).GetProperties()
            .Select(p => (Name: JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name), Text: Text(p.GetValue(record))))
            .Where(l => l.Text.Length > 0).ToArray();
        var width = lines.Max(l => l.Name.Length);
        foreach (var (name, text) in lines)
        {
            var first = true;
            foreach (var part in text.Split('\n'))
            {
                Console.Out.WriteLine($"{(first ? name : "").PadRight(width)}  {OneLine(part.TrimEnd('\r'))}".TrimEnd());
                first = false;
            }
        }
    }

    /// <summary>A heading between the parts of an answer.</summary>
    public static void Heading(string text) => Console.Out.WriteLine($"{Environment.NewLine}{text}");

    public static void Talk(string line) => Console.Error.WriteLine(line);

    private static void Table(string[] names, string[][] rows)
    {
        rows = [.. rows.Select(row => row.Select(OneLine).ToArray())];
        if (Console.IsOutputRedirected)
        {
            var widths = names.Select((n, i) => Math.Max(n.Length, rows.Max(r => r[i].Length))).ToArray();
            foreach (var row in rows.Prepend(names))
            {
                Console.Out.WriteLine(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
            }
            return;
        }
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumns([.. names.Select(n => new TableColumn(new Text(n, new Style(decoration: Decoration.Bold))))]);
        foreach (var row in rows) { table.AddRow(row.Select((cell, i) => new Text(cell, Look(names[i], cell)))); }
        AnsiConsole.Write(table);
    }

    // The word itself always says it; colour only helps the eye.
    private static Style Look(string column, string word) => word switch
    {
        _ when column is not ("state" or "verdict" or "last_verdict" or "outcome") => Style.Plain,
        "succeeded" or "live" or "completed" or "uploaded" => new Style(Color.Green),
        "running" or "draining" => new Style(Color.Blue),
        "failed" or "timed_out" or "dead" or "problem" or "unknown" or "lost" or "missed" or "missing" => new Style(Color.Red),
        "paused" or "standby" or "skipped" or "queued" or "cancelled" => new Style(Color.Yellow),
        _ => Style.Plain,
    };

    // Line breaks and control characters of an error or a description must not break the table, or the terminal.
    private static string OneLine(string text) => string.Concat(text.ReplaceLineEndings(" ").Select(c => char.IsControl(c) ? '?' : c));

    private static string Text(object? value) => value switch
    {
        null => "",
        string s => s,
        DateTime t => t.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        string[] many => string.Join(',', many),
        JsonElement { ValueKind: JsonValueKind.Undefined } => "",
        JsonElement { ValueKind: JsonValueKind.Object } o when !o.EnumerateObject().Any() => "",
        JsonElement { ValueKind: JsonValueKind.Array } a when a.GetArrayLength() == 0 => "",
        JsonElement json => json.GetRawText(),
        bool b => b ? "true" : "false",
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
