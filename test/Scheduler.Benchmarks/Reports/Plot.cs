using System.Globalization;
using System.Net;
using System.Text;

namespace Scheduler.Benchmarks;

/// <summary>A line of points under one name.</summary>
internal sealed record Series(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>
/// A small chart as SVG: horizontal bars, or lines over time. Colours follow the reader's light or dark background. Few shapes, no library,
/// some kilobytes.
/// </summary>
/// <param name="File">Name of the file without its ending.</param>
/// <param name="Title">What is shown.</param>
/// <param name="Unit">Unit of the values, named at their axis.</param>
internal abstract record Plot(string File, string Title, string Unit)
{
    protected const int Width = 720;
    protected const int Left = 170;
    protected const int Right = 90;
    protected const int Top = 44;

    // Text and axes take the page's colours. Four hues that keep apart on both backgrounds, and for most readers with weak colour vision.
    private const string Style = """
        text{font:12px system-ui,sans-serif;fill:#24292f}.t{font-size:15px;font-weight:600}.s{font-size:10px;fill:#57606a}
        .g{stroke:#d0d7de;stroke-width:1}.c0{fill:#8c959f;stroke:#8c959f}.c1{fill:#bf8700;stroke:#bf8700}.c2{fill:#1a7f9c;stroke:#1a7f9c}
        .c3{fill:#2da44e;stroke:#2da44e}.l{fill:none;stroke-width:1.5}
        @media(prefers-color-scheme:dark){text{fill:#e6edf3}.s{fill:#9da7b3}.g{stroke:#3d444d}}
        """;

    /// <summary>The picture.</summary>
    /// <param name="machine">What it was measured on; written below.</param>
    public string Draw(string machine)
    {
        var body = new StringBuilder();
        var height = Body(body) + 24;
        return string.Create(CultureInfo.InvariantCulture,
            $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" width="{Width}" height="{height}" role="img">
            <title>{Escaped(Title)}</title>
            <style>{Style}</style>
            <text class="t" x="12" y="24">{Escaped(Title)}</text>
            {body}<text class="s" x="12" y="{height - 8}">{Escaped(machine)}</text>
            </svg>

            """);
    }

    /// <summary>Draw what is below the title; returns the y where it ends.</summary>
    protected abstract int Body(StringBuilder svg);

    protected static string Escaped(string text) => WebUtility.HtmlEncode(text);

    protected static string Short(double value) => value switch
    {
        >= 1_000_000 => (value / 1_000_000).ToString("0.##", CultureInfo.InvariantCulture) + " M",
        >= 1000 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.##", CultureInfo.InvariantCulture),
    };

    /// <summary>Round numbers from zero to at least a value: 1, 2 or 5 times a power of ten apart.</summary>
    protected static IReadOnlyList<double> Ticks(double most)
    {
        var rough = Math.Max(most, 1e-9) / 4;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = new[] { 1, 2, 5, 10 }.First(m => m * power >= rough) * power;
        return [.. Enumerable.Range(0, (int)Math.Ceiling(most / step) + 1).Select(i => i * step)];
    }

    protected static void Line(StringBuilder svg, double x1, double y1, double x2, double y2) => svg.AppendLine(
        CultureInfo.InvariantCulture, $"<line class=\"g\" x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\"/>");

    protected static void Text(StringBuilder svg, double x, double y, string anchor, string text, string style = "s") => svg.AppendLine(
        CultureInfo.InvariantCulture, $"<text class=\"{style}\" x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\">{Escaped(text)}</text>");
}

/// <summary>One bar for each name, the first one on top, its value at its end; logarithmic for values that lie powers of ten apart.</summary>
internal sealed record BarPlot(string File, string Title, string Unit, IReadOnlyList<(string Name, double Value)> Bars, bool Logarithmic = false)
    : Plot(File, Title, Unit)
{
    private const int BarHeight = 22;
    private const int Pitch = 32;

    protected override int Body(StringBuilder svg)
    {
        var values = Bars.Select(b => b.Value).Where(v => double.IsFinite(v) && v > 0).DefaultIfEmpty(1).ToList();
        var ticks = Logarithmic ? Decades(values.Min(), values.Max()) : Ticks(values.Max());
        var bottom = Top + (Pitch * Bars.Count);
        double Position(double value) => Left + ((Width - Left - Right) * (Logarithmic
            ? Math.Log10(Math.Max(value, ticks[0]) / ticks[0]) / Math.Log10(ticks[^1] / ticks[0])
            : value / ticks[^1]));
        foreach (var tick in ticks)
        {
            Line(svg, Position(tick), Top - 4, Position(tick), bottom);
            Text(svg, Position(tick), bottom + 14, "middle", Short(tick));
        }
        foreach (var (i, (name, value)) in Bars.Index())
        {
            var y = Top + (Pitch * i);
            Text(svg, Left - 8, y + 15, "end", name, "n");
            var isNumber = double.IsFinite(value);
            var width = isNumber ? Math.Max(1, Position(value) - Left) : 1;
            svg.AppendLine(CultureInfo.InvariantCulture,
                $"<rect class=\"c{Math.Min(i, 3)}\" x=\"{Left}\" y=\"{y}\" width=\"{width:0.#}\" height=\"{BarHeight}\" rx=\"2\"/>");
            Text(svg, Left + width + 6, y + 15, "start", isNumber ? Short(value) : "none", "n");
        }
        Text(svg, (Left + Width - Right) / 2.0, bottom + 30, "middle", Logarithmic ? $"{Unit} (logarithmic)" : Unit);
        return bottom + 34;
    }

    private static double[] Decades(double least, double most)
    {
        var first = (int)Math.Floor(Math.Log10(least) - 0.001);
        var last = Math.Max(first + 1, (int)Math.Ceiling(Math.Log10(most)));
        return [.. Enumerable.Range(first, last - first + 1).Select(p => Math.Pow(10, p))];
    }
}

/// <summary>Lines over a common axis, both from zero up.</summary>
internal sealed record LinePlot(string File, string Title, string Unit, string XUnit, IReadOnlyList<Series> Lines) : Plot(File, Title, Unit)
{
    private const int PlotHeight = 220;
    private const int LineLeft = 70;
    // More points than pixels say nothing and make the file large.
    private const int PointsMax = 240;

    protected override int Body(StringBuilder svg)
    {
        var points = Lines.SelectMany(l => l.Points).ToList();
        var (xMost, yMost) = (points.Select(p => p.X).DefaultIfEmpty(1).Max(), points.Select(p => p.Y).DefaultIfEmpty(1).Max());
        var (xTicks, yTicks) = (Ticks(xMost), Ticks(yMost));
        const int Bottom = Top + 16 + PlotHeight;
        double X(double x) => LineLeft + ((Width - LineLeft - 24) * x / xTicks[^1]);
        double Y(double y) => Bottom - (PlotHeight * y / yTicks[^1]);
        foreach (var tick in yTicks)
        {
            Line(svg, LineLeft, Y(tick), Width - 24, Y(tick));
            Text(svg, LineLeft - 6, Y(tick) + 4, "end", Short(tick));
        }
        foreach (var tick in xTicks) { Text(svg, X(tick), Bottom + 16, "middle", Short(tick)); }
        Text(svg, LineLeft, Top + 2, "start", Unit);
        Text(svg, (LineLeft + Width) / 2.0, Bottom + 32, "middle", XUnit);
        foreach (var (i, line) in Lines.Index())
        {
            var every = Math.Max(1, (int)Math.Ceiling(line.Points.Count / (double)PointsMax));
            var path = line.Points.Where((_, n) => n % every == 0)
                .Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.X):0.#},{Y(p.Y):0.#}"));
            var colour = 3 - Math.Min(i, 3);
            svg.AppendLine(CultureInfo.InvariantCulture, $"<polyline class=\"c{colour} l\" points=\"{string.Join(' ', path)}\"/>");
            var x = LineLeft + 90 + (150 * i);
            svg.AppendLine(CultureInfo.InvariantCulture, $"<rect class=\"c{colour}\" x=\"{x}\" y=\"{Top - 7}\" width=\"10\" height=\"10\"/>");
            Text(svg, x + 16, Top + 2, "start", line.Name, "n");
        }
        return Bottom + 36;
    }
}
