using System.Buffers;
using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Scheduler.Database;
using Spectre.Console;

namespace Scheduler.Server.Cli;

/// <summary>One column of a table.</summary>
/// <param name="Name">The name of the SQL column it shows.</param>
/// <param name="Rank">0: always shown; of the others the highest goes first where the terminal is too narrow.</param>
/// <param name="Value">Its text in a row.</param>
/// <param name="Fit">What it does where it is too long.</param>
internal sealed record Column<T>(string Name, int Rank, Func<T, object?> Value, Fit Fit = Fit.Whole);

/// <summary>Data on stdout: JSON, a table as wide as the terminal, all columns whole anywhere else. Talk on stderr.</summary>
internal static class Output
{
    // Longer than any line that is written, so that Spectre breaks none.
    private const int LineCellsMax = 10_000_000;
    // Marks and overrides of the direction of writing: they would show one name as another.
    private static readonly SearchValues<char> DirectionMarks =
        SearchValues.Create("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069");

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
    public static void Rows<T>(ParseResult parsed, IReadOnlyList<T> rows, string whenEmpty, params Column<T>[] columns)
    {
        if (parsed.GetValue(Settings.Json)) { Json(rows); }
        else if (rows.Count == 0) { Talk(whenEmpty); }
        else
        {
            Table([.. columns.Select(c => new TableColumn(c.Name, c.Rank, c.Fit))],
                [.. rows.Select(r => columns.Select(c => OneLine(Text(c.Value(r)))).ToArray())], parsed.GetValue(Settings.Wide) is not null);
        }
    }

    /// <summary>What is said of a list that is empty: that nothing is there, or, where it was asked for only a part, which part.</summary>
    /// <param name="things">What is listed, in the plural.</param>
    /// <param name="whenAll">What is said when nothing was left out.</param>
    /// <param name="filter">The options that leave something out, and their values; null: not given.</param>
    public static string NoneOf(string things, string whenAll, params (string Option, string? Value)[] filter)
    {
        var given = filter.Where(f => f.Value is not null).Select(f => $"{f.Option} {f.Value}".Trim()).ToList();
        return given.Count == 0 ? whenAll : $"no {things} match {string.Join(' ', given)}";
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

    /// <summary>Sentences for people, a line each, on stderr.</summary>
    public static void Talk(string lines)
    {
        foreach (var part in lines.ReplaceLineEndings("\n").Split('\n').SelectMany(l => Broken(l, Console.IsErrorRedirected)))
        {
            Console.Error.WriteLine(part);
        }
    }

    /// <summary>A sentence that is itself the answer; on a terminal broken between words, later lines below the first one's text.</summary>
    public static void Sentence(string line, string bullet = "")
    {
        foreach (var (number, part) in Broken(line, Console.IsOutputRedirected, bullet.Length).Index())
        {
            Console.Out.WriteLine((number == 0 ? bullet : new string(' ', bullet.Length)) + part);
        }
    }

    /// <summary>Text of unknown origin on one line: its line breaks, control characters and changes of direction must not break the table, or the
    /// terminal.</summary>
    public static string OneLine(string text)
    {
        var clean = PlainText.Clean(text.ReplaceLineEndings(" ")).Replace('\t', ' ');
        return clean.AsSpan().ContainsAny(DirectionMarks) ? string.Concat(clean.Where(c => !DirectionMarks.Contains(c))) : clean;
    }

    // A word longer than the terminal stays whole, so that a key can be copied.
    private static IEnumerable<string> Broken(string line, bool redirected, int indent = 0)
    {
        line = OneLine(line);
        if (redirected || TableLayout.Cells(line) <= AnsiConsole.Profile.Width - indent) { return [line]; }
        var lines = new List<string> { "" };
        foreach (var word in line.Split(' '))
        {
            var longer = lines[^1].Length == 0 ? word : $"{lines[^1]} {word}";
            if (lines[^1].Length == 0 || TableLayout.Cells(longer) <= AnsiConsole.Profile.Width - indent) { lines[^1] = longer; }
            else { lines.Add(word); }
        }
        return lines;
    }

    private static void Table(TableColumn[] columns, string[][] rows, bool wide)
    {
        var terminal = !Console.IsOutputRedirected;
        var layout = new TableLayout(columns, rows, terminal && !wide ? AnsiConsole.Profile.Width : null);
        string[] headings = [.. columns.Select(c => c.Name)];
        if (!terminal)
        {
            foreach (var row in rows.Prepend(headings))
            {
                foreach (var line in layout.Lines(row)) { Console.Out.WriteLine(string.Concat(Pieces(line).Select(p => p.Text))); }
            }
            return;
        }
        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        console.Profile.Width = LineCellsMax;
        Write(console, layout.Lines(headings), (_, _) => new Style(decoration: Decoration.Bold));
        foreach (var row in rows) { Write(console, layout.Lines(row), (column, _) => Look(headings[column], row[column])); }
        var hidden = columns.Index().Count(c => !layout.Shown.Contains(c.Index) && rows.Any(r => r[c.Index].Length > 0));
        if (hidden > 0) { Talk($"{hidden} more {(hidden == 1 ? "column" : "columns")} with -o wide"); }
    }

    private static void Write(IAnsiConsole console, IReadOnlyList<IReadOnlyList<PlacedText>> lines, Func<int, string, Style> look)
    {
        foreach (var line in lines)
        {
            var paragraph = new Paragraph();
            foreach (var (column, text) in Pieces(line)) { paragraph.Append(text, column < 0 ? Style.Plain : look(column, text)); }
            console.Write(paragraph);
            console.WriteLine();
        }
    }

    // Blanks between the texts of a line have no column.
    private static IEnumerable<(int Column, string Text)> Pieces(IReadOnlyList<PlacedText> line)
    {
        var at = 0;
        foreach (var placed in line)
        {
            if (placed.At > at) { yield return (-1, new string(' ', placed.At - at)); }
            yield return (placed.Column, placed.Text);
            at = placed.At + TableLayout.Cells(placed.Text);
        }
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
