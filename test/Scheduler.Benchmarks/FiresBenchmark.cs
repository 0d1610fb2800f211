using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Dapper;
using Npgsql;

namespace Scheduler.Benchmarks;

/// <summary>
/// Fires a second of recurring schedules with a job that does nothing, saturated; and how late 100 cron fires a second start. Vanilla Quartz
/// (default; tuned, with its history) and our nodes take turns on one server; medians and ratios are reported; every run is checked for
/// duplicates and gaps.
/// </summary>
internal static class FiresBenchmark
{
    private const int SaturatingSchedules = 3000;
    private const int SaturatingSchedulesOfTheEngine = 30_000;
    private const int CronSchedules = 100;
    private const string CloneSql = """
        insert into scheduler.job (name, kind, schedule, missed, overlap)
            select 'bench/t' || i, kind, schedule, missed, overlap from scheduler.job, generate_series(2, @schedules) i where name = 'bench/t1';
        insert into quartz.qrtz_job_details
            select (jsonb_populate_record(d, jsonb_build_object('job_name', 'bench/t' || i))).*
            from quartz.qrtz_job_details d, generate_series(2, @schedules) i where d.job_name = 'bench/t1';
        insert into quartz.qrtz_triggers
            select (jsonb_populate_record(t, jsonb_build_object('job_name', 'bench/t' || i, 'trigger_name', 'bench/t' || i || '#0',
                'trigger_state', 'WAITING', 'next_fire_time', (extract(epoch from date_trunc('second', now())) * 10000000)::bigint + 621355968020000000))).*
            from quartz.qrtz_triggers t, generate_series(2, @schedules) i where t.job_name = 'bench/t1';
        insert into quartz.qrtz_simple_triggers
            select (jsonb_populate_record(s, jsonb_build_object('trigger_name', 'bench/t' || i || '#0'))).*
            from quartz.qrtz_simple_triggers s, generate_series(2, @schedules) i where s.trigger_name = 'bench/t1#0';
        insert into quartz.qrtz_cron_triggers
            select (jsonb_populate_record(c, jsonb_build_object('trigger_name', 'bench/t' || i || '#0'))).*
            from quartz.qrtz_cron_triggers c, generate_series(2, @schedules) i where c.trigger_name = 'bench/t1#0';
        analyze quartz.qrtz_triggers; analyze quartz.qrtz_simple_triggers; analyze quartz.qrtz_cron_triggers; analyze scheduler_private.job_gate;
        """;
    private static readonly string[] Contenders = ["vanilla_default", "vanilla_tuned_history", "ours_stock", "ours"];

    public static async Task<int> Run(Options options)
    {
        var rounds = options.Quick ? 1 : options.Number("rounds", 3);
        var seconds = options.Number("seconds", options.Quick ? 10 : 20);
        await using var server = await BenchServer.Start();
        var rates = Contenders.ToDictionary(c => c, _ => new List<Figures>());
        var lates = Contenders.ToDictionary(c => c, _ => new List<Figures>());
        for (var round = 1; round <= rounds; round++)
        {
            foreach (var contender in Contenders.Where(c => !options.Has("only") || options.Text("only") == c))
            {
                if (!options.Has("latency"))
                {
                    rates[contender].Add(await Measure(server, contender, options, contender == "ours" ? SaturatingSchedulesOfTheEngine : SaturatingSchedules, cron: false, seconds));
                    Say($"round {round} {contender}: {rates[contender][^1].FiresPerSecond:0} fires/s");
                }
                lates[contender].Add(await Measure(server, contender, options, CronSchedules, cron: true, seconds));
                var late = lates[contender][^1];
                Say($"round {round} {contender}: 100 cron/s p50 {late.P50Ms:0.0} p99 {late.P99Ms:0.0} max {late.MaxMs:0.0} ms");
            }
        }
        if (options.Has("only")) { return 0; }
        await Report(server, options, rounds, seconds, rates, lates);
        return rates["ours"].Concat(lates["ours"]).Any(f => f.Duplicates + f.Gaps > 0) ? 1 : 0;
    }

    private static async Task<Figures> Measure(BenchServer server, string contender, Options options, int schedules, bool cron, int seconds)
    {
        var connection = await server.NewDatabase();
        var nodes = new List<NodeProcess>();
        var logs = new List<string>();
        try
        {
            await Populate(contender, connection, schedules, cron);
            for (var n = 1; n <= options.Nodes; n++)
            {
                logs.Add(Path.GetTempFileName());
                nodes.Add(contender.StartsWith("ours", StringComparison.Ordinal)
                    ? await NodeProcess.Start("node-ours", contender == "ours" ? "--set" : "--stock", "--connection", connection, "--name", $"n{n}", "--out", logs[^1])
                    : await NodeProcess.Start([.. VanillaArgs(contender, connection, $"n{n}"), "--out", logs[^1]]));
            }
            // Everything is compiled, pooled and prepared after a few seconds; only then the window begins.
            await Task.Delay(TimeSpan.FromSeconds(6));
            var from = TimeProvider.System.GetUtcNow();
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            var to = TimeProvider.System.GetUtcNow();
            foreach (var node in nodes) { await node.DisposeAsync(); }
            nodes.Clear();
            if (contender.StartsWith("ours", StringComparison.Ordinal)) { await CheckLedger(connection); }
            return Figures.Of(logs, TimeSpan.FromSeconds(1), from, to);
        }
        finally
        {
            foreach (var node in nodes) { await node.DisposeAsync(); }
            foreach (var log in logs) { File.Delete(log); }
            await server.Drop(connection);
        }
    }

    private static string[] VanillaArgs(string contender, string connection, string name) =>
        contender == "vanilla_tuned_history"
            ? ["node-vanilla", "--tuned", "--connection", connection, "--name", name]
            : ["node-vanilla", "--connection", connection, "--name", name];

    private static async Task Populate(string contender, string connection, int schedules, bool cron)
    {
        if (!contender.StartsWith("ours", StringComparison.Ordinal))
        {
            string[] args =
            [
                .. VanillaArgs(contender, connection, "populate"), "--populate", "--schedules", schedules.ToString(CultureInfo.InvariantCulture),
            ];
            await NodeProcess.RunToEnd(cron ? [.. args, "--cron"] : args);
            return;
        }
        await using var database = new NpgsqlConnection(connection);
        await database.ExecuteAsync("insert into scheduler.job (name, kind, schedule, missed, overlap) values ('bench/t1', 'bench.noop', @schedule, 'all', 'allow')",
            new { schedule = cron ? "* * * * * ?" : "every 1s" });
        // A node stores the first one through Quartz; the others are its copies, which takes seconds where storing each takes minutes.
        await using (await NodeProcess.Start("node-ours", "--stock", "--connection", connection, "--name", "populate", "--out", Path.GetTempFileName())) { }
        await database.ExecuteAsync(CloneSql, new { schedules }, commandTimeout: 120);
    }

    // Each row has one verdict and nothing was lost on the way: what the fence and the ledger promise, under load.
    private static async Task CheckLedger(string connection)
    {
        await using var database = new NpgsqlConnection(connection);
        var bad = await database.ExecuteScalarAsync<long>(
            "select count(*) from scheduler.run where state = 'finished' and verdict not in ('succeeded') and reason is distinct from 'overlap'");
        if (bad > 0) { throw new InvalidOperationException($"{bad} runs of the benchmark ended otherwise than succeeded"); }
    }

    private static async Task Report(BenchServer server, Options options, int rounds, int seconds,
        Dictionary<string, List<Figures>> rates, Dictionary<string, List<Figures>> lates)
    {
        object Of(string contender) => new
        {
            fires_per_second = Math.Round(Median(rates[contender], f => f.FiresPerSecond)),
            p50_ms = Math.Round(Median(lates[contender], f => f.P50Ms), 1),
            p99_ms = Math.Round(Median(lates[contender], f => f.P99Ms), 1),
            earliest_ms = Math.Round(lates[contender].Concat(rates[contender]).Min(f => f.EarliestMs), 1),
            duplicates = rates[contender].Concat(lates[contender]).Sum(f => f.Duplicates),
            gaps = rates[contender].Concat(lates[contender]).Sum(f => f.Gaps),
        };
        double Ratio(string other) => Math.Round(Median(rates["ours"], f => f.FiresPerSecond) / Median(rates[other], f => f.FiresPerSecond), 2);
        var report = new
        {
            nodes = options.Nodes,
            rounds,
            seconds,
            cores = Environment.ProcessorCount,
            os = RuntimeInformation.OSDescription,
            runtime = RuntimeInformation.FrameworkDescription,
            postgres = await server.Version(),
            ours = Of("ours"),
            ours_stock = Of("ours_stock"),
            vanilla_default = Of("vanilla_default"),
            vanilla_tuned_history = Of("vanilla_tuned_history"),
            ratio_to_default = Ratio("vanilla_default"),
            ratio_to_tuned_history = Ratio("vanilla_tuned_history"),
        };
        if (options.Json)
        {
            Console.WriteLine(JsonSerializer.Serialize(report, Json));
            return;
        }
        Console.WriteLine($"{options.Nodes} nodes, {rounds} rounds of {seconds} s, {report.cores} cores, PostgreSQL {report.postgres}, "
            + $"{report.runtime}; medians");
        foreach (var contender in Contenders)
        {
            Console.WriteLine($"  {contender,-22} {Median(rates[contender], f => f.FiresPerSecond),8:0} fires/s   "
                + $"100 cron/s: p50 {Median(lates[contender], f => f.P50Ms),6:0.0} ms  "
                + $"p99 {Median(lates[contender], f => f.P99Ms),6:0.0} ms   "
                + $"duplicates {rates[contender].Concat(lates[contender]).Sum(f => f.Duplicates)}  "
                + $"gaps {rates[contender].Concat(lates[contender]).Sum(f => f.Gaps)}");
        }
        Console.WriteLine($"  ours is {report.ratio_to_tuned_history} times tuned vanilla with history, "
            + $"{report.ratio_to_default} times default vanilla");
    }

    internal static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    private static double Median(List<Figures> figures, Func<Figures, double> of)
    {
        var sorted = figures.Select(of).Order().ToList();
        return sorted[sorted.Count / 2];
    }

    private static void Say(string text) => Console.Error.WriteLine(text);
}
