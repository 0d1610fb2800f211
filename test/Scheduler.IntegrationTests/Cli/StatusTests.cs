using System.Text.Json;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Cli;

/// <summary><c>scheduler status</c>: each thing to act on once, and an exit code for scripts. No node runs: what is wrong is written into the
/// tables.</summary>
[TestFixture, Parallelizable(ParallelScope.Children)]
public sealed class StatusTests
{
    private const string LiveNode = """
        insert into scheduler_private.node (name, lease_id, state, slots, version, host, pid, lease_until)
            values ('n1', 1, 'live', 2, '1', 'h', 1, now() + interval '1 day');
        """;
    private const string Look = "select scheduler_private.watch_incidents('0', '30 days')";
    // n jobs whose last run failed.
    private const string Failing = """
        insert into scheduler.job (name, kind, settings) select 'j' || i, 'sql', '{"statement": "select 1"}' from generate_series(1, @count) i;
        insert into scheduler_private.run (run_key, job, due_at, state, version, priority, verdict, error, ended_at)
            select 'j' || i || '@1', 'j' || i, date_trunc('day', now()), 'finished', 1, 5, 'failed',
                (array['connection refused', 'disk is full'])[1 + i % 2], now()
            from generate_series(1, @count) i;
        update scheduler_private.job_gate set failures_in_row = 1, last_run_key = job || '@1', last_due_at = date_trunc('day', now());
        """;

    [Test]
    public async Task All_is_well_ends_with_0()
    {
        await using var db = await TestDatabase.Create();
        await db.Execute(LiveNode + Look);
        var status = await Status(db);
        Assert.That((status.ExitCode, status.ActOn), Is.EqualTo((0, Array.Empty<string>())));
        Assert.That((await Ask(db, "status")).ExitCode, Is.Zero);
    }

    [Test]
    public async Task Something_to_act_on_ends_with_10_with_json_too()
    {
        await using var db = await TestDatabase.Create();
        await db.Execute(LiveNode + Failing + Look, new { count = 2 });
        var status = await Status(db);
        var text = await Ask(db, "status");
        Assert.That((status.ExitCode, text.ExitCode), Is.EqualTo((10, 10)), text.Error);
        Assert.That(status.ActOn, Is.EqualTo(new[]
        {
            "job j1 failed last time: see 'scheduler run show j1@1'", "job j2 failed last time: see 'scheduler run show j2@1'",
        }));
        Assert.That(text.Out, Does.StartWith("2 things to act on: 1 node live, 2 jobs"));
    }

    [Test]
    public async Task What_another_incident_explains_is_not_counted()
    {
        await using var db = await TestDatabase.Create();
        await db.Execute(LiveNode + Failing + Look, new { count = 30 });
        var status = await Status(db);
        Assert.That(status.ActOn, Has.Length.EqualTo(2).And.All.Contains("15 jobs fail alike"));
        Assert.That(status.Sentence, Does.StartWith("2 things to act on"));
    }

    [Test]
    public async Task Without_a_live_node_that_is_the_one_thing_to_act_on()
    {
        await using var db = await TestDatabase.Create();
        await db.Execute(LiveNode + """
            update scheduler_private.node set lease_until = now() - interval '1 minute';
            insert into scheduler.job (name, kind, schedule, settings) values ('a', 'sql', '@daily', '{"statement": "select 1"}');
            insert into quartz.qrtz_job_details (sched_name, job_name, job_group, job_class_name, is_durable, is_nonconcurrent, is_update_data,
                requests_recovery) values ('scheduler', 'a', 'jobs', 'x', true, false, false, true);
            insert into quartz.qrtz_triggers (sched_name, trigger_name, trigger_group, job_name, job_group, trigger_state, trigger_type, start_time,
                next_fire_time) values ('scheduler', 'a', 'jobs', 'a', 'jobs', 'WAITING', 'CRON', 0,
                scheduler_private.ticks_of(now() - interval '5 minutes'));
            insert into scheduler_private.run (run_key, job, due_at, state, version, priority)
                values ('a@1', 'a', now() - interval '5 minutes', 'queued', 1, 5);
            """);
        var asItIs = await Status(db);
        await db.Execute(Look);
        var looked = await Status(db);
        foreach (var status in new[] { asItIs, looked })
        {
            Assert.That((status.ExitCode, status.ActOn.Length), Is.EqualTo((10, 1)), string.Join('\n', status.ActOn));
            Assert.That(status.ActOn[0], Does.StartWith("no node is live, nothing runs"));
        }
    }

    [Test]
    public async Task A_missed_fire_is_to_be_acted_on_although_nothing_is_overdue()
    {
        await using var db = await TestDatabase.Create();
        await db.Execute(LiveNode + """
            insert into scheduler.job (name, kind, settings) values ('a', 'sql', '{"statement": "select 1"}');
            insert into scheduler_private.run (run_key, job, due_at, state, version, priority, verdict, reason, ended_at)
                values ('a@1', 'a', now() - interval '2 minutes', 'finished', 1, 5, 'missed', 'too late', now());
            """ + Look);
        var status = await Status(db);
        Assert.That((status.ExitCode, status.ActOn.Length), Is.EqualTo((10, 1)));
        Assert.That(status.ActOn[0], Does.Contain("job a did not run when it was due (fire a@1: missed (too late))"));
    }

    [Test]
    public async Task More_than_a_screen_of_incidents_is_counted_whole()
    {
        await using var db = await TestDatabase.Create();
        await db.Execute(LiveNode + """
            insert into scheduler.job (name, kind, settings, expect)
                select 'j' || i, 'sql', '{"statement": "select 1"}', '{"success_within": "1h"}' from generate_series(1, 30) i;
            update scheduler.job set created_at = now() - interval '2 hours';
            """ + Look);
        var status = await Status(db);
        Assert.That(status.Sentence, Does.StartWith("30 things to act on"));
        Assert.That(status.ActOn, Has.Length.EqualTo(20));
    }

    private static async Task<(int ExitCode, string Sentence, string[] ActOn)> Status(TestDatabase db)
    {
        var asked = await Ask(db, "status", "--json");
        var json = JsonDocument.Parse(asked.Out).RootElement;
        var actOn = json.GetProperty("act_on").EnumerateArray().Select(l => l.GetString()!).ToArray();
        Assert.That(json.GetProperty("ok").GetBoolean(), Is.EqualTo(actOn.Length == 0));
        return (asked.ExitCode, json.GetProperty("sentence").GetString()!, actOn);
    }

    private static Task<Ended> Ask(TestDatabase db, params string[] arguments) =>
        Binary.RunWith(new Dictionary<string, string> { ["SCHEDULER__CONNECTION"] = db.ConnectionString }, arguments);
}
