using System.Collections.Concurrent;
using System.Globalization;

namespace Scheduler.Benchmarks;

/// <summary>
/// Keeps a bounded account of any number of starts of schedules that are due at whole seconds: for each window of ten seconds how many started
/// how late, and for each schedule one bit a second. An hour at 2,000 fires a second takes some ten megabytes.
/// </summary>
internal sealed class SteadyLog : IFireLog
{
    /// <summary>Length of a window.</summary>
    public const int WindowSeconds = 10;
    // A bucket is 1 % wider than the one below it: 1,400 of them reach from 0.1 ms to a day.
    private const double FirstBucketMs = 0.1;
    private const double BucketRatio = 1.01;
    private const int BucketsMax = 2100;
    // Six hours of bits a schedule.
    private const int SecondsMax = 6 * 3600;
    // Fires that were owed when the node began may be due before it.
    private const int SecondsBefore = 600;

    private readonly long firstSecond = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - SecondsBefore;
    private readonly ConcurrentDictionary<string, Seconds> seconds = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, int[]> windows = new();
    private long repeats;
    private long outside;

    public void Note(string schedule, DateTimeOffset due, long token = 0)
    {
        var now = TimeProvider.System.GetUtcNow();
        var counts = windows.GetOrAdd(now.ToUnixTimeSeconds() / WindowSeconds, _ => new int[BucketsMax]);
        Interlocked.Increment(ref counts[Bucket((now - due).TotalMilliseconds)]);
        var second = due.ToUnixTimeSeconds() - firstSecond;
        if (second is < 0 or >= SecondsMax) { Interlocked.Increment(ref outside); }
        else if (!seconds.GetOrAdd(schedule, _ => new Seconds()).Set((int)second)) { Interlocked.Increment(ref repeats); }
    }

    public void Write(string path)
    {
        using var writer = new StreamWriter(path);
        writer.WriteLine(FormattableString.Invariant($"repeats\t{repeats}"));
        writer.WriteLine(FormattableString.Invariant($"outside\t{outside}"));
        foreach (var (window, counts) in windows)
        {
            var text = counts.Index().Where(c => c.Item > 0).Select(c => FormattableString.Invariant($"{c.Index}:{c.Item}"));
            writer.WriteLine(FormattableString.Invariant($"window\t{window}\t{string.Join(' ', text)}"));
        }
        foreach (var (name, bits) in seconds)
        {
            writer.WriteLine(FormattableString.Invariant($"schedule\t{name}\t{firstSecond}\t{bits.Hex()}"));
        }
    }

    /// <summary>Put the files of all nodes together.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="until">Instants due later are not missed: the nodes may have been stopped before they noted them.</param>
    public static SteadyFigures Read(IEnumerable<string> paths, DateTimeOffset until)
    {
        var windows = new SortedDictionary<long, long[]>();
        var due = new Dictionary<string, List<long>>();
        long duplicates = 0, outside = 0;
        foreach (var parts in paths.SelectMany(File.ReadLines).Select(line => line.Split('\t')))
        {
            switch (parts[0])
            {
                case "repeats": duplicates += Number(parts[1]); break;
                case "outside": outside += Number(parts[1]); break;
                case "window": AddWindow(windows, Number(parts[1]), parts[2]); break;
                default:
                    if (!due.TryGetValue(parts[1], out var list)) { due[parts[1]] = list = []; }
                    list.AddRange(Seconds.Set(parts[3]).Select(s => s + Number(parts[2])));
                    break;
            }
        }
        if (outside > 0) { throw new InvalidOperationException($"{outside} fires lie outside of the {SecondsMax} s that can be checked"); }
        long gaps = 0;
        foreach (var list in due.Values)
        {
            var distinct = list.Distinct().ToList();
            duplicates += list.Count - distinct.Count;
            var (first, last) = (distinct.Min(), Math.Min(distinct.Max(), until.ToUnixTimeSeconds()));
            gaps += Math.Max(0, last - first + 1 - distinct.Count(d => d <= last));
        }
        return new SteadyFigures(
            [.. windows.Select(w => new SteadyWindow(DateTimeOffset.FromUnixTimeSeconds(w.Key * WindowSeconds), w.Value))], duplicates, gaps);
    }

    private static int Bucket(double ms) =>
        ms <= FirstBucketMs ? 0 : (int)Math.Min(BucketsMax - 1, 1 + (Math.Log(ms / FirstBucketMs) / Math.Log(BucketRatio)));

    /// <summary>Upper end of a bucket in milliseconds.</summary>
    public static double Ms(int bucket) => FirstBucketMs * Math.Pow(BucketRatio, bucket);

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static void AddWindow(SortedDictionary<long, long[]> windows, long window, string text)
    {
        if (!windows.TryGetValue(window, out var counts)) { windows[window] = counts = new long[BucketsMax]; }
        foreach (var pair in text.Split(' ').Select(p => p.Split(':'))) { counts[Number(pair[0])] += Number(pair[1]); }
    }

    // The seconds one schedule was due and started.
    private sealed class Seconds
    {
        private readonly Lock gate = new();
        private byte[] bits = new byte[128];

        /// <summary>False when it was set before.</summary>
        public bool Set(int second)
        {
            lock (gate)
            {
                if (second / 8 >= bits.Length) { Array.Resize(ref bits, Math.Max(bits.Length * 2, (second / 8) + 1)); }
                var mask = (byte)(1 << (second % 8));
                var isNew = (bits[second / 8] & mask) == 0;
                bits[second / 8] |= mask;
                return isNew;
            }
        }

        public string Hex() { lock (gate) { return Convert.ToHexString(bits); } }

        public static IEnumerable<long> Set(string hex) =>
            from part in Convert.FromHexString(hex).Index()
            from bit in Enumerable.Range(0, 8)
            where (part.Item & (1 << bit)) != 0
            select ((long)part.Index * 8) + bit;
    }
}

/// <summary>Ten seconds of starts.</summary>
/// <param name="At">When they begin.</param>
/// <param name="Counts">How many started how late, by bucket of <see cref="SteadyLog.Ms"/>.</param>
internal sealed record SteadyWindow(DateTimeOffset At, long[] Counts)
{
    public long Fires => Counts.Sum();

    /// <summary>Lateness that a share of the starts does not exceed, to 1 %.</summary>
    public double LateMs(double share)
    {
        long seen = 0;
        var all = Fires;
        for (var bucket = 0; bucket < Counts.Length; bucket++)
        {
            seen += Counts[bucket];
            if (seen > 0 && seen >= share * all) { return SteadyLog.Ms(bucket); }
        }
        return double.NaN;
    }

    /// <summary>Several windows as one.</summary>
    public static SteadyWindow Of(IReadOnlyList<SteadyWindow> windows) =>
        new(windows[0].At, [.. Enumerable.Range(0, windows[0].Counts.Length).Select(bucket => windows.Sum(w => w.Counts[bucket]))]);
}

/// <summary>What all nodes noted together.</summary>
internal sealed record SteadyFigures(IReadOnlyList<SteadyWindow> Windows, long Duplicates, long Gaps);
