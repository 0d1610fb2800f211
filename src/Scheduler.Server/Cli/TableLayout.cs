using Spectre.Console.Rendering;

namespace Scheduler.Server.Cli;

/// <summary>What a column does where the terminal is too narrow for it.</summary>
internal enum Fit
{
    /// <summary>Nothing is taken from it: names, keys, ids, words of a set. What is longer than the column goes beyond it, and the rest of its row
    /// onto the next line.</summary>
    Whole,
    /// <summary>Text whose beginning is enough to recognise it: cut after a word.</summary>
    Cut,
    /// <summary>Text that is the answer itself: goes on below, broken between words.</summary>
    Wrap,
}

/// <summary>A column as the layout sees it.</summary>
/// <param name="Name">Its heading.</param>
/// <param name="Rank">0: always shown; of the others the highest goes first.</param>
/// <param name="Fit">What it does where it is too long.</param>
internal sealed record TableColumn(string Name, int Rank, Fit Fit);

/// <summary>A text at its place in a line.</summary>
/// <param name="Column">Number of its column.</param>
/// <param name="At">Cells of the terminal to its left.</param>
/// <param name="Text">What stands there.</param>
internal readonly record struct PlacedText(int Column, int At, string Text);

/// <summary>
/// Where the cells of a table go in a given width: columns give way by rank, longer texts by their <see cref="Fit"/>. Widths are in cells of a
/// terminal, of which an East Asian character takes two. A pure function of its arguments.
/// </summary>
internal sealed class TableLayout
{
    private const int Gap = 2;
    // A shorter beginning of a text does not say what it is about.
    private const int TextLeast = 16;
    // A longer key takes a line of its own; the share is what leaves room for the words that stand beside a key.
    private const double KeyShareMax = 0.6;

    private readonly IReadOnlyList<TableColumn> columns;
    private readonly int[] widths;
    private readonly int[] offsets;
    private readonly int? width;

    /// <summary>Lay out a table.</summary>
    /// <param name="columns">Its columns from left to right.</param>
    /// <param name="rows">Its cells, each one line of plain text.</param>
    /// <param name="width">Cells of the terminal; null: no limit, all is shown whole.</param>
    public TableLayout(IReadOnlyList<TableColumn> columns, IReadOnlyList<string[]> rows, int? width)
    {
        (this.columns, this.width) = (columns, width);
        widths = [.. columns.Select((c, i) => rows.Select(r => Cells(r[i])).Append(Cells(c.Name)).Max())];
        Shown = [.. Enumerable.Range(0, columns.Count)];
        if (width is { } limit && Total(widths) > limit) { Narrow(rows, limit); }
        offsets = new int[columns.Count];
        var at = 0;
        foreach (var i in Shown) { (offsets[i], at) = (at, at + widths[i] + Gap); }
    }

    /// <summary>Numbers of the columns that are shown, from left to right.</summary>
    public IReadOnlyList<int> Shown { get; private set; }

    /// <summary>The lines of a row.</summary>
    public IReadOnlyList<IReadOnlyList<PlacedText>> Lines(string[] row)
    {
        var lines = new List<List<PlacedText>> { new() };
        var (line, end) = (0, 0);
        foreach (var i in Shown.Where(i => row[i].Length > 0))
        {
            var at = offsets[i];
            // Longer than what the terminal has to the right of its column: further to the left, so that the terminal does not break it.
            if (columns[i].Fit == Fit.Whole && width is { } limit) { at = Math.Max(0, Math.Min(at, limit - Cells(row[i]))); }
            // The former cell reaches beyond its column.
            if (end > at) { line++; }
            var parts = columns[i].Fit switch
            {
                Fit.Cut => [Cut(row[i], widths[i])],
                Fit.Wrap => Wrap(row[i], widths[i]),
                Fit.Whole or _ => [row[i]],
            };
            while (lines.Count < line + parts.Count) { lines.Add([]); }
            foreach (var (number, part) in parts.Index()) { lines[line + number].Add(new(i, at, part)); }
            end = at + Cells(parts[0]) + Gap;
        }
        return lines;
    }

    /// <summary>Cells of a terminal that a text takes.</summary>
    public static int Cells(string text) => text.All(c => c is >= ' ' and <= '~') ? text.Length : new Segment(text).CellCount();

    /// <summary>The text, or as many of its first words as fit with an ellipsis after them; only the ellipsis where not one does.</summary>
    public static string Cut(string text, int width)
    {
        if (Cells(text) <= width) { return text; }
        var kept = 0;
        foreach (var end in Breaks(text))
        {
            if (Cells(text[..end].TrimEnd()) + 1 > width) { break; }
            kept = end;
        }
        return text[..kept].TrimEnd() + "…";
    }

    /// <summary>The text in lines of that width, broken between words; a longer word is broken where the line ends.</summary>
    public static IReadOnlyList<string> Wrap(string text, int width)
    {
        var lines = new List<string>();
        while (Cells(text) > width)
        {
            var end = Breaks(text).TakeWhile(b => Cells(text[..b].TrimEnd()) <= width).LastOrDefault();
            if (end == 0) { end = Math.Max(Characters(text).TakeWhile(c => Cells(text[..c]) <= width).LastOrDefault(), Characters(text).First()); }
            lines.Add(text[..end].TrimEnd());
            text = text[end..].TrimStart();
        }
        lines.Add(text);
        return lines;
    }

    // Columns without a value go, then the least important ones; what is left over goes to what had to give way.
    private void Narrow(IReadOnlyList<string[]> rows, int limit)
    {
        var natural = (int[])widths.Clone();
        var keyMost = (int)(limit * KeyShareMax);
        foreach (var (i, column) in columns.Index())
        {
            var heading = Cells(column.Name);
            widths[i] = column.Fit == Fit.Whole
                ? rows.Select(r => Cells(r[i])).Where(c => c <= keyMost).Append(heading).Max()
                : Math.Max(heading, Math.Min(natural[i], TextLeast));
        }
        Shown = [.. Shown.Where(i => columns[i].Rank == 0 || rows.Any(r => r[i].Length > 0))];
        var leaving = Shown.Where(i => columns[i].Rank > 0).OrderByDescending(i => columns[i].Rank).ToList();
        foreach (var i in leaving.TakeWhile(_ => Total(widths) > limit)) { Shown = [.. Shown.Where(s => s != i)]; }
        foreach (var i in Shown.Where(i => columns[i].Fit == Fit.Whole))
        {
            if (natural[i] - widths[i] <= limit - Total(widths)) { widths[i] = natural[i]; }
        }
        var texts = Shown.Where(i => columns[i].Fit != Fit.Whole).OrderBy(i => natural[i]).ToList();
        var left = limit - Total(widths) + texts.Sum(i => widths[i]);
        foreach (var (number, i) in texts.Index())
        {
            widths[i] = Math.Max(Cells(columns[i].Name), Math.Min(natural[i], left / (texts.Count - number)));
            left -= widths[i];
        }
    }

    private int Total(int[] of) => Shown.Sum(i => of[i]) + Gap * (Shown.Count - 1);

    // Where a line may end: before a blank, after a comma, on either side of a wide character (such scripts write no blanks).
    private static IEnumerable<int> Breaks(string text) => Characters(text).Where(end => end < text.Length
        && (text[end] == ' ' || text[end - 1] == ',' || IsWide(text, end) || (text[end - 1] != ' ' && IsWideBefore(text, end))));

    private static bool IsWide(string text, int at) => Cells(char.ConvertFromUtf32(char.ConvertToUtf32(text, at))) == 2;

    private static bool IsWideBefore(string text, int end) => IsWide(text, char.IsLowSurrogate(text[end - 1]) ? end - 2 : end - 1);

    // Ends of the text's characters as readers see them, combining marks with what they stand on.
    private static IEnumerable<int> Characters(string text)
    {
        for (var at = 0; at < text.Length;)
        {
            at += System.Globalization.StringInfo.GetNextTextElementLength(text, at);
            yield return at;
        }
    }
}
