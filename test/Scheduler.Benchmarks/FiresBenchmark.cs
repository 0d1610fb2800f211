using System.Globalization;

namespace Scheduler.Benchmarks;

/// <summary>
/// Fires a second of recurring schedules with a job that does nothing, saturated; and how late 100 cron fires a second start. The second part
/// alone is the benchmark <c>latency</c>. Every run is checked for duplicates and gaps.
/// </summary>
internal static class FiresBenchmark
{
    // More than any contender can do: all of them are due every second.
    private const int SaturatingSchedules = 3000;
    private const int SaturatingSchedulesOfTheEngine = 30_000;
    /// <summary>Cron schedules of the lateness part; performance.md sets its goal at this number.</summary>
    public const int CronSchedules = 100;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public static async Task<int> Run(Session session)
    {
        var options = session.Options;
        if (options.Has("latency")) { return await RunLatency(session); }
        var (rounds, seconds) = Extent(options);
        var contenders = Contender.Chosen(options, Contender.Usual);
        var rates = contenders.ToDictionary(c => c, _ => new List<Figures>());
        var lates = contenders.ToDictionary(c => c, _ => new List<Figures>());
        var costs = contenders.ToDictionary(c => c, _ => new List<ProcessorUse>());
        await session.Rounds(rounds, contenders, async (round, contender) =>
        {
            var schedules = options.Number("schedules", contender == Contender.Ours ? SaturatingSchedulesOfTheEngine : SaturatingSchedules);
            var (rate, used) = await Measure(session, contender, schedules, cron: false, seconds);
            rates[contender].Add(rate);
            costs[contender].Add(used.Each(rate.Fires));
            Session.Say($"round {round} {contender.Name}: {rate.FiresPerSecond:0} fires/s, processor time a fire {costs[contender][^1]}");
            if (options.Has("saturated-only")) { return; }
            lates[contender].Add((await Measure(session, contender, CronSchedules, cron: true, seconds)).Figures);
            SayLate(round, contender, lates[contender][^1]);
        });
        var report = new Report("fires", session);
        Facts(report, options, rounds, seconds);
        foreach (var contender in contenders)
        {
            var (rate, late) = (rates[contender], lates[contender]);
            report.Add(contender,
            [
                ("fires_per_second", Sample.Median(rate, f => f.FiresPerSecond)),
                ("server_cpu_us", Sample.Median(costs[contender], c => c.Server.TotalMicroseconds)),
                ("nodes_cpu_us", Sample.Median(costs[contender], c => c.Nodes.TotalMicroseconds)),
                .. LateFigures(late, rate.Concat(late)),
            ]);
        }
        report.Ratios("fires_per_second", higherIsBetter: true);
        return await report.Tell(
            new BarPlot("fires", string.Create(CultureInfo.InvariantCulture, $"Recurring fires, {options.Nodes} nodes, a job that does nothing"),
                "fires per second, saturated", [.. contenders.Select(c => (c.Title, Sample.Median(rates[c], f => f.FiresPerSecond)))]),
            LatePlot(options, contenders, lates));
    }

    /// <summary>How late 100 cron fires a second start, and that none is early.</summary>
    public static async Task<int> RunLatency(Session session)
    {
        var options = session.Options;
        var (rounds, seconds) = Extent(options);
        var contenders = Contender.Chosen(options, Contender.Usual);
        var lates = contenders.ToDictionary(c => c, _ => new List<Figures>());
        await session.Rounds(rounds, contenders, async (round, contender) =>
        {
            lates[contender].Add((await Measure(session, contender, CronSchedules, cron: true, seconds)).Figures);
            SayLate(round, contender, lates[contender][^1]);
        });
        var report = new Report("latency", session);
        Facts(report, options, rounds, seconds);
        foreach (var contender in contenders) { report.Add(contender, LateFigures(lates[contender], lates[contender])); }
        report.Ratios("p99_ms", higherIsBetter: false);
        return await report.Tell(LatePlot(options, contenders, lates));
    }

    private static (int Rounds, int Seconds) Extent(Options options) =>
        (options.Quick ? 1 : options.Number("rounds", 3), options.Number("seconds", options.Quick ? 10 : 20));

    private static void Facts(Report report, Options options, int rounds, int seconds)
    {
        report.Fact("nodes", options.Nodes);
        report.Fact("rounds", rounds);
        report.Fact("seconds", seconds);
        report.Fact("cron_schedules", CronSchedules);
    }

    private static (string Key, double Value)[] LateFigures(List<Figures> late, IEnumerable<Figures> all) =>
    [
        ("p50_ms", Sample.Median(late, f => f.P50Ms)),
        ("p99_ms", Sample.Median(late, f => f.P99Ms)),
        ("max_ms", Sample.Median(late, f => f.MaxMs)),
        // Negative would be early; of everything measured, not the median.
        ("earliest_ms", all.Min(f => f.EarliestMs)),
        ("duplicates", all.Sum(f => f.Duplicates)),
        ("gaps", all.Sum(f => f.Gaps)),
    ];

    private static BarPlot LatePlot(Options options, IReadOnlyList<Contender> contenders, Dictionary<Contender, List<Figures>> lates) => new(
        "latency",
        string.Create(CultureInfo.InvariantCulture, $"Start after the due instant, {CronSchedules} cron fires a second, {options.Nodes} nodes"),
        "99th percentile, ms", [.. contenders.Select(c => (c.Title, Sample.Median(lates[c], f => f.P99Ms)))]);

    private static void SayLate(int round, Contender contender, Figures late) => Session.Say(
        $"round {round} {contender.Name}: {CronSchedules} cron/s p50 {late.P50Ms:0.0} ms, p99 {late.P99Ms:0.0} ms, max {late.MaxMs:0.0} ms");

    private static async Task<(Figures Figures, ProcessorUse Used)> Measure(
        Session session, Contender contender, int schedules, bool cron, int seconds)
    {
        await using var cluster = await BenchCluster.Open(session, contender);
        await Population.EverySecond(cluster, schedules, cron);
        var window = await cluster.Observe(session.Options.Nodes, TimeSpan.FromSeconds(seconds));
        await cluster.CheckLedger();
        return (Figures.Of(window.Logs, Interval, window.From, window.To), window.Processor);
    }
}
