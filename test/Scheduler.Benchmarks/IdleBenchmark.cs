using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Scheduler.Benchmarks;

/// <summary>What a node costs that has nothing to do: statements a second, BEGIN and COMMIT counted, by the server's own log; and its
/// processor share, without that log.</summary>
internal static partial class IdleBenchmark
{
    // First looks and check-ins are over, and compilation: what is called twice a second is compiled anew after 30 calls, and once more after
    // another 30 (tiers of .NET's compiler). Before that it is most of what a node with nothing to do costs.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan LogTakesEffect = TimeSpan.FromSeconds(1);

    public static async Task<int> Run(Session session)
    {
        var options = session.Options;
        var rounds = options.Quick ? 1 : options.Number("rounds", 2);
        var seconds = options.Number("seconds", options.Quick ? 10 : 30);
        var contenders = Contender.Chosen(options, Contender.Usual);
        var costs = contenders.ToDictionary(c => c, _ => new List<IdleCost>());
        await session.Rounds(rounds, contenders, async (round, contender) =>
        {
            await using var cluster = await BenchCluster.Open(session, contender);
            if (!contender.IsOurs) { await cluster.RunToEnd("--populate"); }
            costs[contender].Add(await Measure(session, cluster, seconds));
            var cost = costs[contender][^1];
            Session.Say($"round {round} {contender.Name}: {cost.Statements:0.0} statements/s a node, node {cost.NodePercent:0.00} % of a core");
        });
        var report = new Report("idle", session);
        report.Fact("nodes", options.Nodes);
        report.Fact("rounds", rounds);
        report.Fact("seconds", seconds);
        foreach (var contender in contenders)
        {
            var all = costs[contender];
            report.Add(contender,
                ("statements_per_second_per_node", Sample.Median(all, c => c.Statements)),
                ("processor_percent_per_node", Sample.Median(all, c => c.NodePercent)),
                ("server_percent_per_node", Sample.Median(all, c => c.ServerPercent)));
            var pools = all[^1].ByPool.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)Math.Round(p.Value, 2)));
            report.Detail(contender, "statements_per_second_per_node_by_pool", new JsonObject(pools));
        }
        report.Ratios("statements_per_second_per_node", higherIsBetter: false);
        return await report.Tell(new BarPlot("idle",
            string.Create(CultureInfo.InvariantCulture, $"A node with nothing to do, {options.Nodes} nodes"), "statements per second a node",
            [.. contenders.Select(c => (c.Title, Sample.Median(costs[c], x => x.Statements)))]));
    }

    /// <summary>Start nodes, wait, look at two windows of the same length (processor, statements), stop them.</summary>
    public static async Task<IdleCost> Measure(Session session, BenchCluster cluster, int seconds)
    {
        await cluster.StartNodes(session.Options.Nodes);
        await session.Pause(Settling);
        var before = cluster.Processor();
        await session.Pause(TimeSpan.FromSeconds(seconds));
        var used = cluster.Processor() - before;
        var statements = await Statements(session, seconds);
        await cluster.StopNodes();
        double PerNode(double all) => all / seconds / session.Options.Nodes;
        return new IdleCost(PerNode(statements.Values.Sum()), PerNode(used.Nodes.TotalSeconds) * 100, PerNode(used.Server.TotalSeconds) * 100,
            statements.ToDictionary(s => s.Key, s => PerNode(s.Value)));
    }

    private static async Task<Dictionary<string, int>> Statements(Session session, int seconds)
    {
        await session.Server.LogStatements(all: true);
        try
        {
            await session.Pause(LogTakesEffect);
            var from = new FileInfo(session.Server.LogFile).Length;
            await session.Pause(TimeSpan.FromSeconds(seconds));
            return Count(session.Server.LogFile, from);
        }
        finally { await session.Server.LogStatements(all: false); }
    }

    private static Dictionary<string, int> Count(string logFile, long from)
    {
        using var stream = new FileStream(logFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Position = from;
        using var reader = new StreamReader(stream);
        return Statement().Matches(reader.ReadToEnd()).GroupBy(m => m.Groups[1].Value).ToDictionary(g => g.Key, g => g.Count());
    }

    // The application is "scheduler NODE POOL" or "vanilla". "statement:" is the simple protocol, "execute name:" the extended one; one line each,
    // whatever the statement's own line breaks.
    [GeneratedRegex(@"^(?:scheduler \S+ )?((?!psql|\[)[a-z][^|]*)\|LOG:\s+(?:statement|execute [^:]*):", RegexOptions.Multiline)]
    private static partial Regex Statement();
}

/// <summary>What a node costs: statements a second, its own and the server's processor time in percent of a core, statements by pool.</summary>
internal sealed record IdleCost(double Statements, double NodePercent, double ServerPercent, Dictionary<string, double> ByPool);
