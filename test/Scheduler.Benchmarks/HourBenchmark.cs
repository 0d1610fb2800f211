using System.Globalization;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;

namespace Scheduler.Benchmarks;

/// <summary>
/// A steady rate for an hour: does anything grow, does anything get slower? A sample every ten seconds: rate and lateness of the window, size
/// and dead rows of the ledger and of Quartz's tables, memory of the nodes. The first five minutes are compared with the last five.
/// </summary>
internal static class HourBenchmark
{
    private const int PartSecondsMax = 300;
    private const int SamplesBetweenWords = 6;
    private const double Megabyte = 1e6;

    private const string SizesSql = """
        select
            coalesce(sum(pg_total_relation_size(c.oid)) filter (where c.relname like 'run%'), 0)::bigint as RunBytes,
            coalesce(sum(pg_total_relation_size(c.oid)) filter (where n.nspname = 'quartz'), 0)::bigint as QuartzBytes,
            coalesce(sum(s.n_dead_tup) filter (where c.relname like 'run%'), 0)::bigint as RunDead,
            coalesce(sum(s.n_dead_tup) filter (where n.nspname = 'quartz'), 0)::bigint as QuartzDead,
            coalesce(sum(s.n_dead_tup) filter (where c.relname = 'job_gate'), 0)::bigint as GateDead
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace and n.nspname in ('quartz', 'scheduler_private')
        left join pg_stat_user_tables s on s.relid = c.oid
        where c.relkind = 'r'
        """;

    public static async Task<int> Run(Session session)
    {
        var options = session.Options;
        var seconds = options.Number("seconds", options.Quick ? 60 : 3600);
        var rate = options.Number("rate", 2000);
        // An hour each: the others take part when --only names them.
        var contenders = options.Has("only") ? Contender.Chosen(options, Contender.Usual) : [Contender.Ours];
        var report = new Report("hour", session);
        report.Fact("nodes", options.Nodes);
        report.Fact("seconds", seconds);
        report.Fact("due_per_second", rate);
        var plots = new List<Plot>();
        await session.Rounds(1, contenders, async (_, contender) =>
        {
            var course = await Measure(session, contender, rate, seconds);
            Add(report, contender, course, seconds);
            plots.AddRange(Plots(contender, course, rate));
        });
        return await report.Tell([.. plots]);
    }

    private static async Task<Course> Measure(Session session, Contender contender, int rate, int seconds)
    {
        await using var cluster = await BenchCluster.Open(session, contender);
        await Population.EverySecond(cluster, rate, cron: false);
        var sizes = new List<Sizes>();
        var window = await cluster.Observe(session.Options.Nodes, () => Watch(session, cluster, seconds, sizes), "--steady");
        await cluster.CheckLedger();
        var figures = SteadyLog.Read(window.Logs, window.To.AddSeconds(-1));
        // Windows that lie in the measured time as a whole.
        var length = TimeSpan.FromSeconds(SteadyLog.WindowSeconds);
        var inside = figures.Windows.Where(w => w.At >= window.From && w.At + length <= window.To).ToList();
        if (inside.Count < 2) { throw new InvalidOperationException($"{contender.Name}: {seconds} s hold fewer than two windows of ten seconds"); }
        return new Course(window, inside, sizes, figures.Duplicates, figures.Gaps);
    }

    private static async Task Watch(Session session, BenchCluster cluster, int seconds, List<Sizes> sizes)
    {
        var start = TimeProvider.System.GetTimestamp();
        await using var connection = new NpgsqlConnection(cluster.ConnectionString);
        for (var sample = 0; sample * SteadyLog.WindowSeconds <= seconds; sample++)
        {
            var due = TimeSpan.FromSeconds(sample * SteadyLog.WindowSeconds) - TimeProvider.System.GetElapsedTime(start);
            if (due > TimeSpan.Zero) { await session.Pause(due); }
            var size = await connection.QuerySingleAsync<Sizes>(SizesSql);
            (size.Second, size.NodeBytesMax) = (sample * SteadyLog.WindowSeconds, cluster.Nodes.Max(n => n.MemoryBytes));
            sizes.Add(size);
            if (sample % SamplesBetweenWords == 0)
            {
                Session.Say($"{cluster.Contender.Name} after {size.Second} s: ledger {size.RunBytes / Megabyte:0} MB, "
                    + $"quartz {size.QuartzBytes / Megabyte:0} MB, dead rows {size.RunDead} and {size.QuartzDead}, "
                    + $"largest node {size.NodeBytesMax / Megabyte:0} MB");
            }
        }
    }

    private static void Add(Report report, Contender contender, Course course, int seconds)
    {
        var partWindows = Math.Max(1, Math.Min(PartSecondsMax, seconds / 4) / SteadyLog.WindowSeconds);
        var first = SteadyWindow.Of([.. course.Windows.Take(partWindows)]);
        var last = SteadyWindow.Of([.. course.Windows.TakeLast(partWindows)]);
        double Rate(SteadyWindow part) => part.Fires / (double)(partWindows * SteadyLog.WindowSeconds);
        var cpu = course.Window.Processor.Total.TotalMilliseconds / Math.Max(1, course.Windows.Sum(w => w.Fires));
        report.Fact("part_seconds", partWindows * SteadyLog.WindowSeconds);
        report.Add(contender,
            ("first_fires_per_second", Rate(first)), ("last_fires_per_second", Rate(last)), ("ratio_of_rates", Rate(last) / Rate(first)),
            ("first_p99_ms", first.LateMs(0.99)), ("last_p99_ms", last.LateMs(0.99)), ("ratio_of_p99", last.LateMs(0.99) / first.LateMs(0.99)),
            ("last_ledger_mb", course.Sizes[^1].RunBytes / Megabyte), ("first_quartz_mb", course.Sizes[0].QuartzBytes / Megabyte),
            ("last_quartz_mb", course.Sizes[^1].QuartzBytes / Megabyte), ("largest_node_mb", course.Sizes.Max(s => s.NodeBytesMax) / Megabyte),
            ("cpu_ms_per_fire", cpu), ("duplicates", course.Duplicates), ("gaps", course.Gaps));
        report.Detail(contender, "windows", new JsonArray([.. course.Windows.Select(w => new JsonObject
        {
            ["second"] = Math.Round((w.At - course.Window.From).TotalSeconds),
            ["fires_per_second"] = w.Fires / (double)SteadyLog.WindowSeconds,
            ["p50_ms"] = Math.Round(w.LateMs(0.5), 1),
            ["p99_ms"] = Math.Round(w.LateMs(0.99), 1),
            ["max_ms"] = Math.Round(w.LateMs(1), 1),
        })]));
        report.Detail(contender, "sizes", new JsonArray([.. course.Sizes.Select(s => new JsonObject
        {
            ["second"] = s.Second,
            ["ledger_bytes"] = s.RunBytes,
            ["quartz_bytes"] = s.QuartzBytes,
            ["ledger_dead_rows"] = s.RunDead,
            ["quartz_dead_rows"] = s.QuartzDead,
            ["gate_dead_rows"] = s.GateDead,
            ["largest_node_bytes"] = s.NodeBytesMax,
        })]));
    }

    private static IEnumerable<Plot> Plots(Contender contender, Course course, int rate)
    {
        var suffix = contender == Contender.Ours ? "" : $"-{contender.Name}";
        var what = string.Create(CultureInfo.InvariantCulture, $"{contender.Title}, {rate:#,0} fires due every second");
        Series Of(string name, Func<SteadyWindow, double> value) =>
            new(name, [.. course.Windows.Select(w => ((w.At - course.Window.From).TotalMinutes, value(w)))]);
        Series Size(string name, Func<Sizes, double> value) => new(name, [.. course.Sizes.Select(s => (s.Second / 60.0, value(s)))]);
        yield return new LinePlot($"hour-rate{suffix}", $"Rate: {what}", "fires per second", "minutes",
            [Of("fires", w => w.Fires / (double)SteadyLog.WindowSeconds)]);
        yield return new LinePlot($"hour-lateness{suffix}", $"Start after the due instant: {what}", "ms", "minutes",
            [Of("99th percentile", w => w.LateMs(0.99)), Of("median", w => w.LateMs(0.5))]);
        yield return new LinePlot($"hour-sizes{suffix}", $"Sizes: {what}", "MB", "minutes",
            [Size("ledger", s => s.RunBytes / Megabyte), Size("Quartz's tables", s => s.QuartzBytes / Megabyte),
                Size("largest node", s => s.NodeBytesMax / Megabyte)]);
        yield return new LinePlot($"hour-dead{suffix}", $"Dead rows: {what}", "rows", "minutes",
            [Size("ledger", s => s.RunDead), Size("Quartz's tables", s => s.QuartzDead), Size("gates", s => s.GateDead)]);
    }

    private sealed class Sizes
    {
        public int Second { get; set; }
        public long NodeBytesMax { get; set; }
        public long RunBytes { get; set; }
        public long QuartzBytes { get; set; }
        public long RunDead { get; set; }
        public long QuartzDead { get; set; }
        public long GateDead { get; set; }
    }

    private sealed record Course(Window Window, List<SteadyWindow> Windows, List<Sizes> Sizes, long Duplicates, long Gaps);
}
