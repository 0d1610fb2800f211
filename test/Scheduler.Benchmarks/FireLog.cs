using System.Collections.Concurrent;

namespace Scheduler.Benchmarks;

/// <summary>What a node's no-op jobs note: which schedule, due when, started when (UTC ticks). Kept in memory, written to a file at the
/// end.</summary>
internal sealed class FireLog
{
    private readonly ConcurrentQueue<(string Schedule, long Due, long Started)> fires = new();

    public void Note(string schedule, DateTimeOffset due) => fires.Enqueue((schedule, due.UtcTicks, TimeProvider.System.GetUtcNow().UtcTicks));

    public void Write(string path)
    {
        using var writer = new StreamWriter(path);
        foreach (var (schedule, due, started) in fires) { writer.WriteLine(FormattableString.Invariant($"{schedule}\t{due}\t{started}")); }
    }

    public static IEnumerable<(string Schedule, long Due, long Started)> Read(string path) => File.ReadLines(path).Select(line =>
    {
        var parts = line.Split('\t');
        return (parts[0], long.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture),
            long.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture));
    });
}

/// <summary>Figures of one measured window.</summary>
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
        var late = window.Select(f => (f.Started - f.Due) / (double)TimeSpan.TicksPerMillisecond).Order().ToList();
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
        double At(double share) => late.Count == 0 ? double.NaN : late[(int)Math.Min(late.Count - 1, share * late.Count)];
        return new(window.Count / (to - from).TotalSeconds, At(0.5), At(0.99), At(1), At(0), window.Count, duplicates, gaps);
    }
}
