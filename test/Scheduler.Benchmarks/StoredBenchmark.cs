using System.Globalization;

namespace Scheduler.Benchmarks;

/// <summary>
/// Whether a million stored schedules that are due in years cost anything: the same cluster with and without them, once with nothing to do
/// and once with 100 cron fires a second.
/// </summary>
internal static class StoredBenchmark
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public static async Task<int> Run(Session session)
    {
        var options = session.Options;
        var rounds = options.Number("rounds", 1);
        var seconds = options.Number("seconds", options.Quick ? 10 : 20);
        var many = options.Number("count", options.Quick ? 100_000 : 1_000_000);
        var contenders = Contender.Chosen(options, Contender.Usual);
        // Without and with take turns, as the contenders do.
        var pairs = contenders.SelectMany(c => new[] { c.With("few"), c.With("many") }).ToList();
        var costs = pairs.ToDictionary(c => c, _ => new List<Cost>());
        await session.Rounds(rounds, pairs, async (round, pair) =>
        {
            costs[pair].Add(await Measure(session, pair, pair.Variant == "many" ? many : 0, seconds));
            var cost = costs[pair][^1];
            Session.Say($"round {round} {pair.Name}: p99 {cost.Late.P99Ms:0.0} ms, idle {cost.Idle.Statements:0.0} statements/s and "
                + $"{cost.Idle.NodePercent + cost.Idle.ServerPercent:0.00} % of a core a node, nodes up after {cost.StartSeconds:0.0} s");
        });
        var report = new Report("stored", session);
        report.Fact("nodes", options.Nodes);
        report.Fact("rounds", rounds);
        report.Fact("seconds", seconds);
        report.Fact("stored_schedules", many);
        foreach (var pair in pairs)
        {
            var all = costs[pair];
            report.Add(pair,
                ("p50_ms", Sample.Median(all, c => c.Late.P50Ms)), ("p99_ms", Sample.Median(all, c => c.Late.P99Ms)),
                ("idle_statements_per_second_per_node", Sample.Median(all, c => c.Idle.Statements)),
                ("idle_percent_per_node", Sample.Median(all, c => c.Idle.NodePercent + c.Idle.ServerPercent)),
                ("start_of_a_node_s", Sample.Median(all, c => c.StartSeconds)),
                ("duplicates", all.Sum(c => c.Late.Duplicates)), ("gaps", all.Sum(c => c.Late.Gaps)));
        }
        report.Ratios("p99_ms", higherIsBetter: false);
        foreach (var contender in contenders)
        {
            double P99(string variant) => Sample.Median(costs[pairs.Single(p => p.Name == $"{contender.Name}_{variant}")], c => c.Late.P99Ms);
            report.Fact($"{contender.Name}_p99_many_to_few", P99("many") / P99("few"));
        }
        return await report.Tell(new BarPlot("stored",
            string.Create(CultureInfo.InvariantCulture,
                $"100 cron fires a second, few and {many:#,0} further schedules stored, {options.Nodes} nodes"),
            "start after the due instant, 99th percentile, ms", [.. pairs.Select(p => (p.Title, Sample.Median(costs[p], c => c.Late.P99Ms)))]));
    }

    private static async Task<Cost> Measure(Session session, Contender contender, int stored, int seconds)
    {
        await using var cluster = await BenchCluster.Open(session, contender);
        if (stored > 0) { await Population.InYears(cluster, stored, session.Options.Has("as-jobs")); }
        else if (!contender.IsOurs) { await cluster.RunToEnd("--populate"); }
        var start = TimeProvider.System.GetTimestamp();
        await cluster.StartNode();
        var startSeconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        await cluster.StopNodes();
        var idle = await IdleBenchmark.Measure(session, cluster, seconds);
        await Population.EverySecond(cluster, FiresBenchmark.CronSchedules, cron: true);
        var window = await cluster.Observe(session.Options.Nodes, TimeSpan.FromSeconds(seconds));
        await cluster.CheckLedger();
        return new Cost(idle, Figures.Of(window.Logs, Interval, window.From, window.To), startSeconds);
    }

    private sealed record Cost(IdleCost Idle, Figures Late, double StartSeconds);
}
