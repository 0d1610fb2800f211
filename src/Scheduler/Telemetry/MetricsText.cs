using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Scheduler.Telemetry;

/// <summary>
/// The metrics of this process as OpenMetrics text, or as Prometheus's older text, names and units turned into Prometheus's as the OpenTelemetry
/// specification says: the node's own meter, the runtime's, and the state of Npgsql's pools. Counts from the moment it is made.
/// </summary>
public sealed class MetricsText : IDisposable
{
    /// <summary>What OpenMetrics text is.</summary>
    public const string ContentType = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    /// <summary>What the older text is: without exemplars and units.</summary>
    public const string PlainContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly MeterListener listener = new();
    private readonly ConcurrentDictionary<Instrument, MetricSeries> series = new();
    private readonly Lock writing = new();
    private readonly Meter own;

    /// <summary>Begin to count.</summary>
    public MetricsText(SchedulerMeter meter)
    {
        own = meter.Meter;
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (IsWanted(instrument)) { l.EnableMeasurementEvents(instrument, series.GetOrAdd(instrument, static i => new(i))); }
        };
        listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => ((MetricSeries)state!).Record(value, tags));
        listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => ((MetricSeries)state!).Record(value, tags));
        listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => ((MetricSeries)state!).Record(value, tags));
        listener.Start();
    }

    /// <summary>The metrics now.</summary>
    /// <param name="plain">In the older text. Default OpenMetrics.</param>
    public string Write(bool plain = false)
    {
        // One at a time: what is observed is cleared and observed anew.
        lock (writing)
        {
            foreach (var one in series.Values.Where(s => s.Instrument.IsObservable)) { one.BeginObservation(); }
            listener.RecordObservableInstruments();
            var text = new StringBuilder(64 * 1024);
            var families = series.Values.GroupBy(NameOf).OrderBy(f => f.Key, StringComparer.Ordinal);
            foreach (var family in families) { Append(text, family.Key, [.. family], plain); }
            return (plain ? text : text.Append("# EOF\n")).ToString();
        }
    }

    /// <inheritdoc />
    public void Dispose() => listener.Dispose();

    // Of other nodes in this process only their own listener tells; Npgsql's durations would be measured for every statement.
    private bool IsWanted(Instrument instrument) => instrument.Meter.Name switch
    {
        SchedulerMeter.Name => instrument.Meter == own,
        "System.Runtime" => true,
        "Npgsql" => instrument.IsObservable,
        _ => false,
    };

    private static string NameOf(MetricSeries one) => NameOf(one.Instrument.Name, UnitOf(one));

    /// <summary>A gauge's name in Prometheus.</summary>
    internal static string GaugeName(string name, string unit) => NameOf(name, UnitOf(unit, isGauge: true));

    private static string NameOf(string instrument, string unit)
    {
        var name = instrument.Replace('.', '_').Replace('-', '_');
        return unit.Length == 0 || name.EndsWith("_" + unit, StringComparison.Ordinal) ? name : $"{name}_{unit}";
    }

    private static string UnitOf(MetricSeries one) => UnitOf(one.Instrument.Unit, !one.IsCounter && !one.IsHistogram);

    private static string UnitOf(string? unit, bool isGauge) => unit switch
    {
        "s" => "seconds",
        "ms" => "milliseconds",
        "By" => "bytes",
        "1" when isGauge => "ratio",
        _ => "",
    };

    private static void Append(StringBuilder text, string name, List<MetricSeries> family, bool plain)
    {
        var first = family[0];
        var sample = first.IsCounter ? name + "_total" : name;
        // OpenMetrics names the family, the older text what its samples are named.
        var called = plain ? sample : name;
        text.Append("# TYPE ").Append(called).Append(first.IsHistogram ? " histogram\n" : first.IsCounter ? " counter\n" : " gauge\n");
        if (!plain && UnitOf(first) is { Length: > 0 } unit) { text.Append("# UNIT ").Append(name).Append(' ').Append(unit).Append('\n'); }
        if (first.Instrument.Description is { Length: > 0 } help)
        {
            text.Append("# HELP ").Append(called).Append(' ').Append(plain ? EscapeLine(help) : Escape(help)).Append('\n');
        }
        foreach (var (tags, point) in family.SelectMany(f => f.All))
        {
            var labels = Render(tags);
            lock (point)
            {
                if (first.IsHistogram) { AppendHistogram(text, name, labels, first, point, plain); }
                else { Sample(text, sample, labels, "", point.Sum).Append('\n'); }
            }
        }
    }

    private static void AppendHistogram(
        StringBuilder text, string name, string labels, MetricSeries series, MetricSeries.Point point, bool plain)
    {
        var count = 0L;
        for (var i = 0; i < point.Counts.Length; i++)
        {
            count += point.Counts[i];
            var bound = i < series.Bounds.Count ? Number(series.Bounds[i]) : "+Inf";
            Sample(text, name + "_bucket", labels, $"le=\"{(bound.Contains('.') || bound[0] == '+' ? bound : bound + ".0")}\"", count);
            if (!plain && point.Exemplars.Length > 0 && point.Exemplars[i] is { } e)
            {
                text.Append(CultureInfo.InvariantCulture, $" # {{trace_id=\"{e.TraceId}\",span_id=\"{e.SpanId}\"}} {Number(e.Value)}");
            }
            text.Append('\n');
        }
        Sample(text, name + "_count", labels, "", count).Append('\n');
        Sample(text, name + "_sum", labels, "", point.Sum).Append('\n');
    }

    private static StringBuilder Sample(StringBuilder text, string name, string labels, string more, double value)
    {
        text.Append(name);
        if (labels.Length + more.Length > 0)
        {
            text.Append('{').Append(labels).Append(labels.Length > 0 && more.Length > 0 ? "," : "").Append(more).Append('}');
        }
        return text.Append(' ').Append(Number(value));
    }

    private static string Render(KeyValuePair<string, object?>[] tags) => string.Join(',', tags.Select(t =>
        $"{t.Key.Replace('.', '_').Replace('-', '_')}=\"{Escape(Convert.ToString(t.Value, CultureInfo.InvariantCulture) ?? "")}\""));

    private static string Escape(string text) => EscapeLine(text).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static string EscapeLine(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
