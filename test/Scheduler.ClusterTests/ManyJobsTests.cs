using System.Diagnostics;
using Npgsql;
using NUnit.Framework;
using Quartz;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>Many jobs, many edits, under load.</summary>
[TestFixture]
public sealed class ManyJobsTests
{
    private const int JobCount = 20;

    [Test]
    public async Task Ten_thousand_jobs_made_in_one_statement_are_live_within_thirty_seconds_and_due_when_Quartz_says()
    {
        await using var cluster = await TestCluster.Start(
            new() { Jobs = SqlJobText.File(new SqlJobText("ticking", "every 1s") { Overlap = "allow" }), Weight = 8 });
        await cluster.Until("the job ticks", async () => await cluster.Count("verdict = 'succeeded'") >= 2);
        var from = await cluster.Now();

        await cluster.Database.Execute("""
            insert into scheduler.job (name, kind, schedule, time_zone, settings)
            select 'bulk-' || i, 'sql', format('%s %s %s * *', i % 60, i / 60 % 24, 1 + i % 28),
                (array['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'])[1 + i % 4], '{"statement": "select 1"}'
            from generate_series(1, 10000) i
            """);
        var started = Stopwatch.GetTimestamp();
        await cluster.Until("all are live", async () => await cluster.Database.Value<long>(
            "select count(*) from quartz.qrtz_triggers where job_name like 'bulk-%' and next_fire_time > 0") == 10_000, TimeSpan.FromSeconds(30));
        await TestContext.Out.WriteLineAsync($"10,000 jobs live after {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");

        await cluster.Until("every row says when", async () =>
            await cluster.Database.Value<long>("select count(*) from scheduler.job where next_fire_at is null") == 0);
        var before = await cluster.Now();
        var rows = await cluster.Database.Rows<(string Name, string Schedule, string Zone, DateTime Due)>(
            "select name, schedule, time_zone, next_fire_at from scheduler.job_status where name like 'bulk-%'");
        var after = await cluster.Now();
        Assert.That(rows, Has.Count.EqualTo(10_000));
        var wrong = rows.Where(r =>
        {
            var cron = CronExpression.Parse(r.Schedule, CronFormat.Unix).WithTimeZone(TimeZoneInfo.FindSystemTimeZoneById(r.Zone));
            return cron.GetNextValidTimeAfter(before)?.UtcDateTime != r.Due && cron.GetNextValidTimeAfter(after.AddSeconds(-2))?.UtcDateTime != r.Due;
        }).ToList();
        Assert.That(wrong, Is.Empty);
        Assert.That(await cluster.MissingSeconds("ticking", from, before.AddSeconds(-3)), Is.Zero, "the load went on");

        await cluster.Database.Execute("delete from scheduler.job where name like 'bulk-%'");
        await cluster.Until("Quartz has forgotten them", async () =>
            await cluster.Database.Value<long>("select count(*) from quartz.qrtz_job_details") == 1, TimeSpan.FromSeconds(30));
    }

    [Test]
    public async Task A_thousand_edits_from_eight_connections_at_once_lose_and_double_no_fire()
    {
        await using var cluster = await Ticking(JobCount);
        var from = await cluster.Now();
        string[] schedules = ["* * * * * ?", "every 1s", "0/2 * * * * ?; 1/2 * * * * ?", "1/2 * * * * ?; 0/2 * * * * ?"];

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async client =>
        {
            await using var connection = new NpgsqlConnection(cluster.Database.ConnectionString);
            await connection.OpenAsync();
            for (var edit = 0; edit < 125; edit++)
            {
                await using var command = new NpgsqlCommand("update scheduler.job set schedule = $1, description = $2 where name = $3", connection)
                {
                    Parameters =
                    {
                        new() { Value = schedules[(edit + client) % schedules.Length] }, new() { Value = $"edit {edit} of {client}" },
                        new() { Value = $"job-{(edit * 7 + client) % JobCount}" },
                    },
                };
                await command.ExecuteNonQueryAsync();
            }
        }));

        var end = await cluster.Now();
        await cluster.Until("the last edits are live", async () =>
            await cluster.Database.Value<long>("select count(*) from scheduler_private.job_change") == 0);
        await cluster.Until("what was due by then is done", async () =>
            await cluster.Count("due_at <= @end and state <> 'finished'", new { end }) == 0
            && await cluster.Database.Value<long>("select count(distinct job) from scheduler.run where due_at > @end and state = 'finished'",
                new { end }) == JobCount);
        Assert.That(await cluster.Database.Value<long>("select sum(version - 1)::bigint from scheduler.job"), Is.EqualTo(1000), "every edit counts");
        for (var job = 0; job < JobCount; job++)
        {
            Assert.That(await cluster.MissingSeconds($"job-{job}", from, end), Is.Zero, $"job-{job}\n{await Until.Dump(cluster.Database)}");
        }
        Assert.That(await cluster.Database.Value<long>("select count(*) - count(distinct run_key) from public.effect"), Is.Zero);
        Assert.That(await cluster.Count("verdict <> 'succeeded'"), Is.Zero);
    }

    [Test]
    public async Task An_edit_is_live_within_a_second()
    {
        await using var cluster = await TestCluster.Start(new() { Jobs = SqlJobText.File(new SqlJobText("edited", "0 0 1 1 *")), Weight = 6 });
        var lasted = new List<double>();
        for (var edit = 0; edit < 10; edit++)
        {
            var schedule = $"0 {edit} 1 1 *";
            await cluster.Database.Execute("update scheduler.job set schedule = @schedule where name = 'edited'", new { schedule });
            var started = Stopwatch.GetTimestamp();
            await cluster.Until("Quartz has it", async () =>
                await cluster.Database.Value<long>("select count(*) from scheduler_private.job_change") == 0);
            lasted.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
        await TestContext.Out.WriteLineAsync($"live after {lasted.Min():0.00} to {lasted.Max():0.00} s");
        Assert.That(lasted.Order().ElementAt(5), Is.LessThan(1), "the median; the machine may be busy");
    }

    [Test]
    public async Task A_pause_committed_under_load_lets_nothing_begin_after_it_on_any_node()
    {
        const int Loaded = 150;
        await using var cluster = await Ticking(Loaded);
        await cluster.Until("all three nodes run them", async () => await cluster.Database.Value<long>(
            "select count(distinct node) from scheduler.run where verdict = 'succeeded'") == 3);
        for (var round = 0; round < 3; round++)
        {
            // In one transaction, as psql's: the instant after its commit is by the same clock as the starts.
            await cluster.Database.Execute("update scheduler.job set paused_at = now(), pause_reason = 'a test' where name like 'job-%'");
            var paused = await cluster.Now();
            await cluster.Until("fires of two more seconds are skipped", async () => await cluster.Database.Value<long>(
                "select count(distinct due_at) from scheduler.run where due_at > @paused and reason = 'paused'", new { paused }) >= 2);
            var before = await cluster.Now();
            await cluster.Database.Execute("update scheduler.job set paused_at = null, pause_reason = null where name like 'job-%'");
            Assert.That(await cluster.Count("started_at > @paused and started_at < @before", new { paused, before }), Is.Zero);
            await cluster.Until("all run again", async () => await cluster.Database.Value<long>(
                "select count(distinct job) from scheduler.run where due_at > @before and verdict = 'succeeded'", new { before }) == Loaded);
        }
        Assert.That(await cluster.Database.Value<long>("select count(*) - count(distinct run_key) from public.effect"), Is.Zero);
    }

    private static async Task<TestCluster> Ticking(int jobs)
    {
        var cluster = await TestCluster.Start(new()
        {
            Weight = 5,
            Jobs = SqlJobText.File(Enumerable.Range(0, jobs).Select(i => new SqlJobText($"job-{i}", "every 1s") { Overlap = "allow" })),
        });
        await cluster.Until("all tick", async () =>
            await cluster.Database.Value<long>("select count(distinct job) from scheduler.run where verdict = 'succeeded'") == jobs);
        return cluster;
    }
}
