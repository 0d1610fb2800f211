namespace Scheduler.Benchmarks;

/// <summary>Figures of one measured window of recurring fires.</summary>
internal sealed record Figures(
    double FiresPerSecond, double P50Ms, double P99Ms, double MaxMs, double EarliestMs, int Fires, int Duplicates, int Gaps)
{
    /// <param name="logs">Files of all nodes of the run.</param>
    /// <param name="interval">Time between two fires of one schedule.</param>
    /// <param name="from">Begin of the window.</param>
    /// <param name="to">End of the window.</param>
    public static Figures Of(IEnumerable<string> logs, TimeSpan interval, DateTimeOffset from, DateTimeOffset to)
    {
        var all = logs.SelectMany(FireLog.Read).ToList();
        var window = all.Where(f => f.Started >= from.UtcTicks && f.Started < to.UtcTicks).ToList();
        var late = new Sample(window.Select(f => (f.Started - f.Due) / (double)TimeSpan.TicksPerMillisecond));
        int duplicates = 0, gaps = 0;
        foreach (var schedule in all.GroupBy(f => f.Schedule))
        {
            var due = schedule.Select(f => f.Due).ToList();
            var distinct = due.Distinct().Order().ToList();
            duplicates += due.Count - distinct.Count;
            // Between the first and the last fire of a schedule no instant may be missing. The nodes are stopped abruptly, so the last
            // instants before the end may be with a node that had no time to note them: a second's worth at the end is left out.
            var last = Math.Min(distinct[^1], to.UtcTicks - TimeSpan.TicksPerSecond);
            var inside = distinct.Count(d => d <= last);
            if (inside > 0) { gaps += (int)Math.Max(0, ((distinct[inside - 1] - distinct[0]) / interval.Ticks) + 1 - inside); }
        }
        return new(window.Count / (to - from).TotalSeconds, late.P50, late.P99, late.Max, late.Min, window.Count, duplicates, gaps);
    }
}

/// <summary>Measured values, in order.</summary>
internal sealed class Sample(IEnumerable<double> values)
{
    private readonly List<double> sorted = [.. values.Order()];

    public int Count => sorted.Count;
    public double Min => At(0);
    public double P50 => At(0.5);
    public double P99 => At(0.99);
    public double Max => At(1);

    /// <summary>The middle one; of an even number the upper of the two.</summary>
    public static double Median<T>(IEnumerable<T> of, Func<T, double> value) => new Sample(of.Select(value)).P50;

    private double At(double share) => sorted.Count == 0 ? double.NaN : sorted[(int)Math.Min(sorted.Count - 1, share * sorted.Count)];
}
