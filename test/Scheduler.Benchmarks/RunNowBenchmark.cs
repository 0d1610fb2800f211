using System.Globalization;
using Dapper;
using Npgsql;

namespace Scheduler.Benchmarks;

/// <summary>
/// From a request to the start of the job, one request at a time: ours asked by SQL on a connection that belongs to no node; vanilla by another
/// member of its cluster that runs nothing itself.
/// </summary>
internal static class RunNowBenchmark
{
    private const string Job = "bench/now";
    private const int WarmUpRequests = 5;
    // Vanilla by default takes 15 s a request; a few dozen say what there is to say.
    private const int RequestsOfTheSlow = 10;
    private const int RequestsOfTheSlowQuick = 4;
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(90);

    public static async Task<int> Run(Session session)
    {
        var options = session.Options;
        var rounds = options.Quick ? 1 : options.Number("rounds", 2);
        var requests = options.Number("requests", options.Quick ? 40 : 100);
        var contenders = Contender.Chosen(options, Contender.Usual);
        var latencies = contenders.ToDictionary(c => c, _ => new List<double>());
        var duplicates = contenders.ToDictionary(c => c, _ => 0);
        await session.Rounds(rounds, contenders, async (round, contender) =>
        {
            var slow = options.Quick ? RequestsOfTheSlowQuick : RequestsOfTheSlow;
            var (ms, repeated) = await Measure(session, contender, contender == Contender.VanillaDefault ? Math.Min(slow, requests) : requests);
            latencies[contender].AddRange(ms);
            duplicates[contender] += repeated;
            Session.Say($"round {round} {contender.Name}: p50 {new Sample(ms).P50:0.0} ms, p99 {new Sample(ms).P99:0.0} ms of {ms.Count} requests");
        });
        var report = new Report("runnow", session);
        report.Fact("nodes", options.Nodes);
        report.Fact("rounds", rounds);
        foreach (var contender in contenders)
        {
            var sample = new Sample(latencies[contender]);
            report.Add(contender, ("requests", sample.Count), ("p50_ms", sample.P50), ("p99_ms", sample.P99), ("max_ms", sample.Max),
                ("duplicates", duplicates[contender]));
        }
        report.Ratios("p50_ms", higherIsBetter: false);
        return await report.Tell(new BarPlot("runnow",
            string.Create(CultureInfo.InvariantCulture, $"Run now: from the request to the start, {options.Nodes} nodes"), "99th percentile, ms",
            [.. contenders.Select(c => (c.Title, new Sample(latencies[c]).P99))], Logarithmic: true));
    }

    private static async Task<(List<double> Ms, int Duplicates)> Measure(Session session, Contender contender, int requests)
    {
        await using var cluster = await BenchCluster.Open(session, contender);
        if (contender.IsOurs) { await Population.Declare(cluster, Job, "manual", null); }
        else { await cluster.RunToEnd("--populate"); }
        await cluster.StartNodes(session.Options.Nodes, "--tell");
        await using var connection = new NpgsqlConnection(cluster.ConnectionString);
        await connection.OpenAsync(session.Interrupted);
        // A member of the cluster that is never started: it writes the trigger and has no thread to run it.
        var client = contender.IsOurs ? null : await cluster.StartNode("--client");
        var (ms, duplicates) = (new List<double>(), 0);
        for (var request = -Math.Min(WarmUpRequests, requests / 4); request < requests; request++)
        {
            await session.PauseBetween(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(250));
            duplicates += cluster.RestTold().Count;
            var asked = TimeProvider.System.GetUtcNow().UtcTicks;
            if (client is null) { await connection.ExecuteAsync("select scheduler.run_now(@Job)", new { Job }); }
            else { client.Command("trigger noop"); }
            var start = await cluster.NextTold(StartWithin, $"the start of request {request}");
            if (request >= 0) { ms.Add(TimeSpan.FromTicks(start.Started - asked).TotalMilliseconds); }
        }
        await cluster.CheckLedger();
        return (ms, duplicates + cluster.RestTold().Count);
    }
}
