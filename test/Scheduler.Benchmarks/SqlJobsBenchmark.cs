using System.Globalization;

namespace Scheduler.Benchmarks;

/// <summary>
/// Real work: jobs due every second that insert one row each. Ours runs the kind <c>sql</c>, with its fence, ledger and verdict in the
/// transaction of the row; vanilla a job that inserts the row. Counted are the rows: one for each due instant, none twice, none missing.
/// </summary>
internal static class SqlJobsBenchmark
{
    // One connection a slot: three nodes of these stay below the server's limit.
    private const string Slots = "50";

    private const string TableSql = """
        create schema bench;
        create table bench.effect (
            run_key text not null, job text not null, due_at timestamptz not null, at timestamptz not null default clock_timestamp());
        """;

    private const string StatementOfTheJob =
        "insert into bench.effect (run_key, job, due_at) values (${run.key}, ${job.name}, ${run.due_at})";

    // Rows that were in flight when the nodes were stopped are not missed: a second's worth at the end is left out. Of ours the ledger says what was
    // due: what waits in the queue of a machine that is too slow is late, not lost.
    private static string GapsSql(Contender contender) => $"""
        select coalesce(sum(greatest(0, extract(epoch from last - first) + 1 - instants)), 0)::bigint from (
            select job, min(due_at) as first, max(due_at) as last, count(distinct due_at) as instants
            from {(contender.IsOurs ? "scheduler_private.run" : "bench.effect")} where due_at <= @To - interval '1 second' group by job) x
        """;

    // Fence and ledger: each succeeded run has its row, and each row its succeeded run.
    private const string UnmatchedSql = """
        select count(*) from (select run_key from scheduler_private.run where verdict = 'succeeded') r
        full join bench.effect e on e.run_key = r.run_key where r.run_key is null or e.run_key is null
        """;

    public static async Task<int> Run(Session session)
    {
        var options = session.Options;
        var rounds = options.Quick ? 1 : options.Number("rounds", 3);
        var seconds = options.Number("seconds", options.Quick ? 10 : 30);
        var jobs = options.Number("jobs", 1000);
        var contenders = Contender.Chosen(options, Contender.Usual);
        var results = contenders.ToDictionary(c => c, _ => new List<Result>());
        await session.Rounds(rounds, contenders, async (round, contender) =>
        {
            results[contender].Add(await Measure(session, contender, jobs, seconds));
            var result = results[contender][^1];
            Session.Say($"round {round} {contender.Name}: {result.RowsPerSecond:0} rows/s, p99 {result.P99Ms:0} ms, "
                + $"{result.NodesMs + result.ServerMs:0.00} ms of processor time a row");
        });
        var report = new Report("sqljobs", session);
        report.Fact("nodes", options.Nodes);
        report.Fact("rounds", rounds);
        report.Fact("seconds", seconds);
        report.Fact("due_per_second", jobs);
        foreach (var contender in contenders)
        {
            var all = results[contender];
            report.Add(contender,
                ("rows_per_second", Sample.Median(all, r => r.RowsPerSecond)),
                ("p50_ms", Sample.Median(all, r => r.P50Ms)), ("p99_ms", Sample.Median(all, r => r.P99Ms)),
                ("nodes_cpu_ms_per_row", Sample.Median(all, r => r.NodesMs)), ("server_cpu_ms_per_row", Sample.Median(all, r => r.ServerMs)),
                ("duplicates", all.Sum(r => r.Duplicates)), ("gaps", all.Sum(r => r.Gaps)), ("missing", all.Sum(r => r.Unmatched)));
        }
        report.Ratios("rows_per_second", higherIsBetter: true);
        return await report.Tell(
            new BarPlot("sqljobs",
                string.Create(CultureInfo.InvariantCulture, $"{jobs:#,0} SQL jobs due every second, one row each, {options.Nodes} nodes"),
                "rows per second", [.. contenders.Select(c => (c.Title, Sample.Median(results[c], r => r.RowsPerSecond)))]),
            new BarPlot("sqljobs-cost",
                string.Create(CultureInfo.InvariantCulture, $"Cost of a SQL job that inserts one row, {options.Nodes} nodes"),
                "processor time a row of nodes and server, ms",
                [.. contenders.Select(c => (c.Title, Sample.Median(results[c], r => r.NodesMs + r.ServerMs)))]));
    }

    private static async Task<Result> Measure(Session session, Contender contender, int jobs, int seconds)
    {
        await using var cluster = await BenchCluster.Open(session, contender);
        await cluster.Execute(TableSql);
        await Population.EverySecond(cluster, jobs, cron: false, StatementOfTheJob);
        var window = await cluster.Observe(session.Options.Nodes, TimeSpan.FromSeconds(seconds), contender.IsOurs ? ["--slots", Slots] : []);
        await cluster.CheckLedger();
        var range = new { From = window.From.UtcDateTime, To = window.To.UtcDateTime };
        var rows = await cluster.Scalar<long>("select count(*) from bench.effect where at >= @From and at < @To", range);
        Task<double> Late(string share) => cluster.Scalar<double>(
            $"select coalesce(percentile_disc({share}) within group (order by extract(epoch from at - due_at) * 1000), 0)::float8 "
            + "from bench.effect where at >= @From and at < @To", range);
        return new Result(
            rows / window.Seconds, await Late("0.5"), await Late("0.99"),
            window.Processor.Nodes.TotalMilliseconds / Math.Max(1, rows), window.Processor.Server.TotalMilliseconds / Math.Max(1, rows),
            await cluster.Scalar<long>("select count(*) - count(distinct (job, due_at)) from bench.effect"),
            await cluster.Scalar<long>(GapsSql(contender), range), contender.IsOurs ? await cluster.Scalar<long>(UnmatchedSql) : 0);
    }

    private sealed record Result(
        double RowsPerSecond, double P50Ms, double P99Ms, double NodesMs, double ServerMs, long Duplicates, long Gaps, long Unmatched);
}
