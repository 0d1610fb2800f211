using System.Globalization;

namespace Scheduler.Benchmarks;

/// <summary>
/// The node that runs a long job is killed (SIGKILL); the time until another node has started the job again. With default settings and with
/// tight ones. Vanilla's job requests recovery. Nothing else may start meanwhile, and ours must come with a new token.
/// </summary>
internal static class TakeoverBenchmark
{
    private const int KillsOfAround = 2;
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan TakeoverWithin = TimeSpan.FromSeconds(120);

    // One for each kill: the former ones ended.
    private const string DeclareSql = """
        insert into scheduler.job (name, kind, schedule, overlap)
        select 'bench/long' || i, 'bench.long', 'manual', 'skip' from generate_series(1, @kills) i
        """;

    public static async Task<int> Run(Session session)
    {
        var options = session.Options;
        var rounds = options.Quick ? 1 : options.Number("rounds", 3);
        var kills = options.Number("kills", KillsOfAround);
        var contenders = Contender.Chosen(options,
        [
            Contender.VanillaDefault, Contender.VanillaTuned.With("tight", "--tight"),
            Contender.Ours.With("tight", "--lease", options.Has("lease") ? options.Text("lease") : "1500ms"), Contender.OursStock, Contender.Ours,
        ]);
        var times = contenders.ToDictionary(c => c, _ => new List<double>());
        var duplicates = contenders.ToDictionary(c => c, _ => 0);
        await session.Rounds(rounds, contenders, async (round, contender) =>
        {
            var (seconds, repeated) = await Measure(session, contender, kills);
            times[contender].AddRange(seconds);
            duplicates[contender] += repeated;
            Session.Say($"round {round} {contender.Name}: taken over after {string.Join(", ", seconds.Select(s => $"{s:0.00} s"))}");
        });
        var report = new Report("takeover", session);
        report.Fact("nodes", options.Nodes);
        report.Fact("rounds", rounds);
        foreach (var contender in contenders)
        {
            var sample = new Sample(times[contender]);
            report.Add(contender,
                ("kills", sample.Count), ("median_s", sample.P50), ("max_s", sample.Max), ("duplicates", duplicates[contender]));
        }
        report.Ratios("median_s", higherIsBetter: false);
        return await report.Tell(new BarPlot("takeover",
            string.Create(CultureInfo.InvariantCulture, $"From the kill of a node to the new start of its work, {options.Nodes} nodes"),
            "median, seconds",
            [.. contenders.Select(c => (c.Title, new Sample(times[c]).P50))]));
    }

    private static async Task<(List<double> Seconds, int Duplicates)> Measure(Session session, Contender contender, int kills)
    {
        await using var cluster = await BenchCluster.Open(session, contender);
        if (contender.IsOurs) { await cluster.Execute(DeclareSql, new { kills }); }
        else { await cluster.RunToEnd("--populate"); }
        await cluster.StartNodes(session.Options.Nodes, "--tell");
        var (seconds, duplicates) = (new List<double>(), 0);
        for (var kill = 1; kill <= kills; kill++)
        {
            if (contender.IsOurs) { await cluster.Execute($"select scheduler.run_now('bench/long{kill}')"); }
            else { cluster.Nodes[^1].Command("trigger long"); }
            var first = await cluster.NextTold(StartWithin, "the start of the long job");
            // Longer than a renewal of the lease and a check-in, so that the kill meets any phase of them.
            await session.PauseBetween(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10));
            duplicates += cluster.RestTold().Count;
            var killed = TimeProvider.System.GetUtcNow().UtcTicks;
            await cluster.Kill(first.Node!);
            var second = await cluster.NextTold(TakeoverWithin, "the takeover");
            if (second.Schedule != first.Schedule || second.Token <= first.Token || second.Node == first.Node)
            {
                throw new InvalidOperationException($"{contender.Name}: {second} is no takeover of {first}");
            }
            seconds.Add(TimeSpan.FromTicks(second.Started - killed).TotalSeconds);
            foreach (var node in cluster.Nodes) { node.Command("release"); }
            await cluster.StartNode("--tell");
            duplicates += cluster.RestTold().Count;
        }
        return (seconds, duplicates);
    }
}
