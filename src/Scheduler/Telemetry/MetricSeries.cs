using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Scheduler.Telemetry;

/// <summary>All label sets of one instrument and their values so far. Measurements come from any thread.</summary>
internal sealed class MetricSeries
{
    /// <summary>Most label sets of one instrument; what comes after goes to one set with the label <c>otel_metric_overflow</c>.</summary>
    public const int LabelSetsMax = 20_000;

    private static readonly KeyValuePair<string, object?>[] Overflow = [new("otel.metric.overflow", "true")];

    private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], Point> points = new(new Labels());
    private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], Point>.AlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>> bySpan;
    private readonly double[] bounds;

    public MetricSeries(Instrument instrument)
    {
        Instrument = instrument;
        IsHistogram = instrument is Histogram<double>;
        IsCounter = instrument.GetType().Name.StartsWith("Counter", StringComparison.Ordinal)
            || instrument.GetType().Name.StartsWith("ObservableCounter", StringComparison.Ordinal);
        bounds = instrument is Histogram<double> { Advice.HistogramBucketBoundaries: { } given } ? [.. given] : [0.01, 0.1, 1, 10];
        bySpan = points.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
    }

    public Instrument Instrument { get; }
    public bool IsHistogram { get; }
    public bool IsCounter { get; }
    public IReadOnlyList<double> Bounds => bounds;
    public IEnumerable<(KeyValuePair<string, object?>[] Tags, Point Point)> All => points.Select(p => (p.Key, p.Value));

    /// <summary>Forget the values of an observed instrument before it is observed anew: a label set that is gone must not stay.</summary>
    public void BeginObservation() => points.Clear();

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!bySpan.TryGetValue(tags, out var point))
        {
            var key = points.Count < LabelSetsMax ? tags.ToArray() : Overflow;
            point = points.GetOrAdd(key, _ => new Point(IsHistogram ? bounds.Length + 1 : 0));
        }
        lock (point)
        {
            if (IsHistogram) { point.Observe(Bucket(value), value); }
            else if (Instrument.IsObservable) { point.Sum = value; }
            else { point.Sum += value; }
        }
    }

    private int Bucket(double value)
    {
        var at = 0;
        while (at < bounds.Length && value > bounds[at]) { at++; }
        return at;
    }

    /// <summary>The values of one label set. Locked while it is read or written.</summary>
    public sealed class Point(int buckets)
    {
        public double Sum { get; set; }
        public long[] Counts { get; } = buckets == 0 ? [] : new long[buckets];
        public Exemplar?[] Exemplars { get; private set; } = [];

        public void Observe(int bucket, double value)
        {
            Counts[bucket]++;
            Sum += value;
            if (Activity.Current is not { Recorded: true } activity) { return; }
            if (Exemplars.Length == 0) { Exemplars = new Exemplar?[Counts.Length]; }
            Exemplars[bucket] = new(activity.TraceId, activity.SpanId, value);
        }
    }

    /// <summary>A run that fell in a bucket, by its trace.</summary>
    public sealed record Exemplar(ActivityTraceId TraceId, ActivitySpanId SpanId, double Value);

    // Found by the span a measurement comes with: no array is made for it.
    private sealed class Labels : IEqualityComparer<KeyValuePair<string, object?>[]>,
        IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>, KeyValuePair<string, object?>[]>
    {
        public bool Equals(KeyValuePair<string, object?>[]? x, KeyValuePair<string, object?>[]? y) =>
            Equals((ReadOnlySpan<KeyValuePair<string, object?>>)x, y!);

        public int GetHashCode(KeyValuePair<string, object?>[] obj) => GetHashCode((ReadOnlySpan<KeyValuePair<string, object?>>)obj);

        public KeyValuePair<string, object?>[] Create(ReadOnlySpan<KeyValuePair<string, object?>> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> alternate, KeyValuePair<string, object?>[] other)
        {
            if (alternate.Length != other.Length) { return false; }
            for (var i = 0; i < other.Length; i++)
            {
                if (alternate[i].Key != other[i].Key || !Equals(alternate[i].Value, other[i].Value)) { return false; }
            }
            return true;
        }

        public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> alternate)
        {
            var hash = default(HashCode);
            foreach (var tag in alternate) { hash.Add(tag.Value); }
            return hash.ToHashCode();
        }
    }
}
