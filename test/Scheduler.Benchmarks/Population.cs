using System.Globalization;

namespace Scheduler.Benchmarks;

/// <summary>What a cluster has to do, the same for every contender. Must be called before its nodes start.</summary>
internal static class Population
{
    // One schedule is stored by the contender's own program, the others are its copies: seconds where storing each takes minutes.
    // @job, @trigger: name of the one and beginning of the copies' names; @next: ticks of their next fire, or null to keep it.
    private const string CopyTriggersSql = """
        insert into quartz.qrtz_triggers
            select (jsonb_populate_record(t, jsonb_build_object('job_name', case when @jobs then @prefix || i else t.job_name end,
                'trigger_name', @prefix || i || @suffix, 'trigger_group', coalesce(@group, t.trigger_group),
                'trigger_state', 'WAITING', 'next_fire_time', coalesce(@next, t.next_fire_time),
                'start_time', case when @next is null or t.start_time < @next then t.start_time else @next end))).*
            from quartz.qrtz_triggers t, generate_series(@from, @to) i where t.trigger_name = @source || @suffix;
        insert into quartz.qrtz_simple_triggers
            select (jsonb_populate_record(s, jsonb_build_object(
                'trigger_name', @prefix || i || @suffix, 'trigger_group', coalesce(@group, s.trigger_group)))).*
            from quartz.qrtz_simple_triggers s, generate_series(@from, @to) i where s.trigger_name = @source || @suffix;
        insert into quartz.qrtz_cron_triggers
            select (jsonb_populate_record(c, jsonb_build_object(
                'trigger_name', @prefix || i || @suffix, 'trigger_group', coalesce(@group, c.trigger_group)))).*
            from quartz.qrtz_cron_triggers c, generate_series(@from, @to) i where c.trigger_name = @source || @suffix;
        insert into quartz.qrtz_simprop_triggers
            select (jsonb_populate_record(p, jsonb_build_object(
                'trigger_name', @prefix || i || @suffix, 'trigger_group', coalesce(@group, p.trigger_group)))).*
            from quartz.qrtz_simprop_triggers p, generate_series(@from, @to) i where p.trigger_name = @source || @suffix;
        """;

    private const string CopyJobsSql = """
        insert into scheduler.job (name, kind, schedule, settings, missed, overlap, timeout)
            select @prefix || i, kind, schedule, settings, missed, overlap, timeout
            from scheduler.job, generate_series(@from, @to) i where name = @source;
        insert into quartz.qrtz_job_details
            select (jsonb_populate_record(d, jsonb_build_object('job_name', @prefix || i))).*
            from quartz.qrtz_job_details d, generate_series(@from, @to) i where d.job_name = @source;
        """;

    private const string AnalyzeSql = "analyze quartz.qrtz_triggers; analyze quartz.qrtz_simple_triggers; analyze quartz.qrtz_cron_triggers; "
        + "analyze quartz.qrtz_simprop_triggers;";
    private const string AnalyzeOursSql = "analyze scheduler.job; analyze scheduler_private.job_gate;";

    // An instant as Quartz stores it: ticks of 100 ns since the year 1.
    private const string TicksOfThisSecondSql =
        "select (extract(epoch from date_trunc('second', now())) * 10000000)::bigint + 621355968000000000";

    /// <summary>Schedules that are due every second from now on.</summary>
    /// <param name="cluster">Whose.</param>
    /// <param name="count">How many.</param>
    /// <param name="cron">Cron expressions, or intervals.</param>
    /// <param name="insert">Null: work that does nothing. Else the statement of the kind <c>sql</c>, and for vanilla its job that inserts a
    /// row.</param>
    public static async Task EverySecond(BenchCluster cluster, int count, bool cron, string? insert = null)
    {
        if (!cluster.Contender.IsOurs)
        {
            var args = new List<string> { "--populate", "--schedules", count.ToString(CultureInfo.InvariantCulture) };
            if (cron) { args.Add("--cron"); }
            if (insert is not null) { args.AddRange(["--job", "insert"]); }
            await cluster.RunToEnd([.. args]);
            return;
        }
        await Declare(cluster, "bench/t1", cron ? "* * * * * ?" : "every 1s", insert);
        await cluster.Reconcile();
        await Copy(cluster, "bench/t1", "bench/t", 2, count, await cluster.Scalar<long>(TicksOfThisSecondSql), jobs: true);
    }

    /// <summary>Schedules that are due in years: rows that lie there. Before <see cref="EverySecond"/>, which replaces vanilla's t0.</summary>
    /// <param name="cluster">Whose.</param>
    /// <param name="count">How many.</param>
    /// <param name="asJobs">Ours only. True: each belongs to a declared job of its own, which nodes read at their start. False: triggers in
    /// Quartz's tables alone, which is what the firing path meets; in a group of their own, or nodes would remove what nobody declared.</param>
    public static async Task InYears(BenchCluster cluster, int count, bool asJobs)
    {
        if (cluster.Contender.IsOurs)
        {
            await Declare(cluster, "bench/far1", "0 0 0 1 1 ? 2090", null);
            await cluster.Reconcile();
            await Copy(cluster, "bench/far1", "bench/far", 2, count, null, asJobs, asJobs ? null : "stored");
            return;
        }
        await cluster.RunToEnd("--populate", "--schedules", "1", "--later");
        await Copy(cluster, "t0", "far", 1, count, null, jobs: false);
    }

    /// <summary>Vanilla's one-shot triggers, copies of one that is due in ten years.</summary>
    public static async Task OneShots(BenchCluster cluster, string prefix, int count) =>
        await Copy(cluster, "t0", prefix, 1, count, await cluster.Scalar<long>(TicksOfThisSecondSql), jobs: false);

    /// <summary>One of our jobs, of the kind that does nothing or of <c>sql</c>.</summary>
    public static Task Declare(BenchCluster cluster, string name, string schedule, string? statement) => cluster.Execute(
        """
        insert into scheduler.job (name, kind, schedule, missed, overlap, settings)
        values (@name, @kind, @schedule, 'all', 'allow', @settings::jsonb)
        """,
        new
        {
            name,
            kind = statement is null ? "bench.noop" : "sql",
            schedule,
            settings = statement is null ? "{}" : System.Text.Json.JsonSerializer.Serialize(new { statement }),
        });

    private static Task Copy(
        BenchCluster cluster, string source, string prefix, int from, int to, long? next, bool jobs, string? group = null)
    {
        var sql = $"begin; {(jobs ? CopyJobsSql : "")} {CopyTriggersSql} commit; {AnalyzeSql} {(jobs ? AnalyzeOursSql : "")}";
        return cluster.Execute(sql, new { jobs, source, prefix, suffix = cluster.Contender.IsOurs ? "#0" : "", from, to, next, group });
    }
}
