using System.Globalization;

namespace Scheduler.Benchmarks;

/// <summary>
/// One-off work that waits all at once: queued runs of ours, one-shot triggers of vanilla that are all due. Nodes are up and warm; the rows
/// appear in one transaction; jobs a second from the first start until the last one is done. Each must start exactly once.
/// </summary>
internal static class DrainBenchmark
{
    private const int WarmUpRuns = 1000;
    // Slower than any contender: a stall ends the benchmark instead of hanging it.
    private const int SlowestPerSecond = 50;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    // Due times are a microsecond apart, so that each run has a key of its own.
    private const string QueueSql = """
        insert into scheduler_private.run (run_key, job, due_at, state, version, priority, runs_on, on_lost, requested_by)
        select g.job || '!' || to_char(x.due at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), g.job, x.due, 'queued', g.version, g.priority,
            g.runs_on, g.on_lost, session_user
        from (select 'bench/drain' || 1 + i % @jobs as job, now() - i * interval '1 microsecond' as due from generate_series(1, @count) i) x
        join scheduler_private.job_gate g on g.job = x.job;
        select pg_notify('scheduler_queued', '')
        """;

    private const string OursDoneSql = "select not exists (select from scheduler_private.run where state <> 'finished')";

    // The one that all were copied of stays.
    private const string VanillaDoneSql = "select not exists (select from quartz.qrtz_triggers where trigger_name <> 't0')";

    public static async Task<int> Run(Session session)
    {
        var options = session.Options;
        var rounds = options.Quick ? 1 : options.Number("rounds", 3);
        var (count, jobs) = (options.Number("count", options.Quick ? 10_000 : 50_000), options.Number("jobs", 100));
        var contenders = Contender.Chosen(options, Contender.Usual);
        var drains = contenders.ToDictionary(c => c, _ => new List<Drain>());
        await session.Rounds(rounds, contenders, async (round, contender) =>
        {
            drains[contender].Add(await Measure(session, contender, count, jobs));
            Session.Say($"round {round} {contender.Name}: {drains[contender][^1].JobsPerSecond:0} jobs/s");
        });
        var report = new Report("drain", session);
        report.Fact("nodes", options.Nodes);
        report.Fact("rounds", rounds);
        report.Fact("queued", count);
        report.Fact("jobs", jobs);
        foreach (var contender in contenders)
        {
            var all = drains[contender];
            report.Add(contender,
                ("jobs_per_second", Sample.Median(all, d => d.JobsPerSecond)), ("first_start_ms", Sample.Median(all, d => d.FirstStartMs)),
                ("duplicates", all.Sum(d => d.Duplicates)), ("missing", all.Sum(d => d.Missing)));
        }
        report.Ratios("jobs_per_second", higherIsBetter: true);
        return await report.Tell(new BarPlot("drain",
            string.Create(CultureInfo.InvariantCulture, $"{count:#,0} jobs queued at once, {options.Nodes} nodes"),
            "jobs per second until all are done",
            [.. contenders.Select(c => (c.Title, Sample.Median(drains[c], d => d.JobsPerSecond)))]));
    }

    private static async Task<Drain> Measure(Session session, Contender contender, int count, int jobs)
    {
        await using var cluster = await BenchCluster.Open(session, contender);
        if (contender.IsOurs)
        {
            for (var job = 1; job <= jobs; job++) { await Population.Declare(cluster, $"bench/drain{job}", "manual", null); }
        }
        else { await cluster.RunToEnd("--populate", "--schedules", "1", "--later"); }
        await cluster.StartNodes(session.Options.Nodes);
        await Queue(cluster, "warm", WarmUpRuns, jobs);
        await UntilDone(cluster, WarmUpRuns);

        var from = TimeProvider.System.GetUtcNow();
        await Queue(cluster, "drain", count, jobs);
        await UntilDone(cluster, count);
        var ended = contender.IsOurs ? await cluster.Scalar<DateTime?>("select max(ended_at) from scheduler_private.run") : null;
        await cluster.CheckLedger();
        var starts = (await cluster.StopNodes()).SelectMany(FireLog.Read).Where(f => f.Started >= from.UtcTicks).ToList();
        var distinct = starts.Select(s => (s.Schedule, contender.IsOurs ? s.Due : 0)).Distinct().Count();
        var (first, last) = (starts.Min(s => s.Started), Math.Max(ended?.Ticks ?? 0, starts.Max(s => s.Started)));
        return new Drain(count / TimeSpan.FromTicks(last - first).TotalSeconds, TimeSpan.FromTicks(first - from.UtcTicks).TotalMilliseconds,
            starts.Count - distinct, count - distinct);
    }

    private static Task Queue(BenchCluster cluster, string prefix, int count, int jobs) => cluster.Contender.IsOurs
        ? cluster.Execute($"begin; {QueueSql}; commit", new { count, jobs })
        : Population.OneShots(cluster, prefix, count);

    private static async Task UntilDone(BenchCluster cluster, int count)
    {
        var within = Patience + TimeSpan.FromSeconds(count / SlowestPerSecond);
        if (!await cluster.Until(cluster.Contender.IsOurs ? OursDoneSql : VanillaDoneSql, within, BetweenLooks))
        {
            throw new TimeoutException($"{cluster.Contender.Name}: {count} queued jobs were not done within {within.TotalSeconds:0} s");
        }
    }

    private sealed record Drain(double JobsPerSecond, double FirstStartMs, int Duplicates, int Missing);
}
