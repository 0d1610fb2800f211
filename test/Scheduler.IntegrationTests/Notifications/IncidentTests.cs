using NUnit.Framework;

namespace Scheduler.IntegrationTests.Notifications;

/// <summary>Each condition opens one incident and resolves by itself; one that another explains is suppressed. No node runs: what a condition is
/// about is written into the tables.</summary>
[TestFixture]
public sealed class IncidentTests
{
    // A ledger row of job a, in a state and with times of one's own.
    private const string Run = "insert into scheduler_private.run (run_key, job, due_at, state, version, priority, node, owner, token, started_at,"
        + " ended_at, verdict, reason) values ";
    private const string Trigger = "insert into quartz.qrtz_job_details (sched_name, job_name, job_group, job_class_name, is_durable,"
        + " is_nonconcurrent, is_update_data, requests_recovery) values ('scheduler', 'a', 'jobs', 'x', true, false, false, true);"
        + " insert into quartz.qrtz_triggers (sched_name, trigger_name, trigger_group, job_name, job_group, trigger_state, trigger_type, start_time,"
        + " next_fire_time, prev_fire_time) values ('scheduler', 'a', 'jobs', 'a', 'jobs', 'WAITING', 'CRON', 0, ";

    private static readonly TestCaseData[] Conditions =
    [
        Case("failing", "warning", "update scheduler_private.job_gate set failures_in_row = 1",
            "update scheduler_private.job_gate set failures_in_row = 0"),
        Case("failing", "page", "update scheduler_private.job_gate set failures_in_row = 3", "update scheduler.job set enabled = false"),
        Case("missed", "page", Run + "('a@1', 'a', now() - interval '2 minutes', 'finished', 1, 5, null, null, 0, null, now(), 'missed', 'too late')",
            "update scheduler_private.job_gate set last_due_at = now()"),
        Case("missed", "page", Trigger + "scheduler_private.ticks_of(now() - interval '2 minutes'), -1)",
            "update quartz.qrtz_triggers set next_fire_time = scheduler_private.ticks_of(now() + interval '2 minutes')"),
        Case("late", "warning", Run + "('a@1', 'a', now() - interval '6 minutes', 'queued', 1, 5, null, null, 0, null, null, null, null)",
            "delete from scheduler_private.run"),
        Case("late", "warning", "update scheduler.job set expect = '{\"start_within\": \"1m\"}'; " + Run
            + "('a@1', 'a', now() - interval '2 minutes', 'queued', 1, 5, null, null, 0, null, null, null, null)",
            "update scheduler.job set paused_at = now()"),
        Case("stuck", "warning", Run
            + "('a@1', 'a', now() - interval '2 hours', 'running', 1, 5, 'n1', 1, 1, now() - interval '2 hours', null, null, null)",
            "update scheduler_private.run set state = 'finished', verdict = 'failed', ended_at = now()"),
        Case("stuck", "warning", "update scheduler.job set expect = '{\"duration_below\": \"1m\"}'; " + Run
            + "('a@1', 'a', now() - interval '2 minutes', 'running', 1, 5, 'n1', 1, 1, now() - interval '2 minutes', null, null, null)",
            "delete from scheduler_private.run"),
        // Eleven minutes, where its time-out is an hour and others took a second.
        Case("stuck", "warning", Run + "('a@0', 'a', now() - interval '1 hour', 'finished', 1, 5, 'n1', 1, 1, now() - interval '1 hour',"
            + " now() - interval '3599 seconds', 'succeeded', null), ('a@1', 'a', now() - interval '11 minutes', 'running', 1, 5, 'n1', 1, 1,"
            + " now() - interval '11 minutes', null, null, null)",
            "update scheduler_private.run set ended_at = started_at + interval '4 minutes' where run_key = 'a@0'"),
        Case("slow", "info", "update scheduler.job set expect = '{\"duration_below\": \"1m\"}'; " + Run
            + "('a@1', 'a', date_trunc('day', now()), 'finished', 1, 5, 'n1', 1, 1, now() - interval '2 minutes', now(), 'succeeded', null);"
            + " update scheduler_private.job_gate set last_run_key = 'a@1', last_due_at = date_trunc('day', now())",
            "delete from scheduler_private.run"),
        Case("no_recent_success", "page", "update scheduler.job set expect = '{\"success_within\": \"1h\"}', created_at = now() - interval '2 hours'",
            "update scheduler_private.job_gate set last_success_at = now()"),
        Case("guard", "page", Run + "('a@1', 'a', now(), 'finished', 1, 5, 'n1', 1, 1, now(), now(), 'failed', 'guard'); update"
            + " scheduler_private.job_gate g set last_verdict = 'failed', last_run_key = 'a@1', last_due_at"
            + " = (select due_at from scheduler_private.run)", "update scheduler_private.job_gate set last_verdict = 'succeeded'"),
        Case("paused_too_long", "warning", "update scheduler.job set paused_at = now() - interval '8 days'", "select scheduler.resume('a')"),
        Case("cannot_fire", "page", "update scheduler.job set problem = 'no'", "update scheduler.job set problem = null"),
        Case("backup_stale", "page", "alter table scheduler.job disable trigger job_check; update scheduler.job set kind = 'postgres.backup',"
            + " created_at = now() - interval '9 hours'; " + Trigger
            + "scheduler_private.ticks_of(now() + interval '2 hours'), scheduler_private.ticks_of(now() - interval '2 hours'))",
            "update scheduler_private.job_gate set last_success_at = now() - interval '7 hours'"),
        Case("upload_stale", "page", "alter table scheduler.job disable trigger job_check; update scheduler.job set kind = 'snapshot.upload',"
            + " created_at = now() - interval '9 hours'; " + Trigger
            + "scheduler_private.ticks_of(now() + interval '2 hours'), scheduler_private.ticks_of(now() - interval '2 hours'))",
            "update scheduler.job set expect = '{\"success_within\": \"30d\"}'"),
        Case("node_down", "warning", Node("n2", "lease_until = now() - interval '20 seconds'"),
            "delete from scheduler_private.node where name = 'n2'"),
        Case("clock_skew", "warning", Node("n2", "clock_offset = interval '-300 milliseconds'"),
            "update scheduler_private.node set clock_offset = '0'"),
        Case("clock_skew", "page", Node("n2", "clock_offset = interval '3 seconds', state = 'standby'"),
            "delete from scheduler_private.node where name = 'n2'"),
        Case("node_not_ready", "warning", Node("n2", "reason = 'bringing jobs to Quartz fails', started_at = now() - interval '1 minute'"),
            "update scheduler_private.node set reason = null where name = 'n2'"),
        Case("no_checkin", "page", "update scheduler_private.node set lease_until = now() - interval '1 minute', state = 'stopped'",
            "update scheduler_private.node set lease_until = now() + interval '1 minute', state = 'live'"),
        Case("backlog", "warning", "update scheduler_private.job_gate set overlap = 'queue'; insert into scheduler_private.run (run_key, job, due_at,"
            + " state, version, priority) select 'a@' || i, 'a', now() - interval '10 minutes', 'queued', 1, 5 from generate_series(1, 100) i",
            "delete from scheduler_private.run"),
        Case("misfires", "warning", "insert into scheduler_private.run (run_key, job, due_at, state, version, priority, verdict, reason, ended_at)"
            + " select 'a@' || i, 'a', now() - interval '10 minutes', 'finished', 1, 5, 'missed', 'a later fire stands for it', now()"
            + " from generate_series(1, 50) i",
            "update scheduler_private.run set ended_at = now() - interval '11 minutes'"),
        Case("history_sweep", "warning", "set timezone = 'UTC'; do $$ declare p regclass; begin for p in select partition from"
            + " scheduler_private.run_partitions() where from_at > now() + interval '1 day' loop"
            + " execute format('drop table %s', p); end loop; end $$",
            "select scheduler_private.ensure_partitions()"),
        Case("undelivered", "warning", "insert into scheduler_private.notification (channel, what, payload, attempts, created_at, expires_at, error)"
            + " values ('ops', 'alerts', '{}', 4, now() - interval '6 minutes', now() + interval '1 day', 'answered 500')",
            "update scheduler_private.notification set state = 'delivered', ended_at = now()"),
    ];

    [TestCaseSource(nameof(Conditions))]
    public async Task A_condition_opens_one_incident_that_resolves_by_itself(string condition, string severity, string breaks, string mends)
    {
        await using var state = await Started();
        Assert.That(await Open(state), Is.Empty);
        await state.Database.Execute(breaks);

        await Look(state);
        await Look(state);
        var open = await Open(state);
        await state.Database.Execute(mends);
        await Look(state);

        Assert.That(open, Is.EqualTo([$"{condition} {severity} open"]));
        Assert.That(await state.Database.Rows<string>("select condition || ' ' || state from scheduler.incident where suppressed_by is null"),
            Is.EqualTo([condition + " resolved"]));
    }

    [Test]
    public async Task Jobs_that_fail_alike_are_one_incident_and_what_is_left_of_them_is_told_when_it_is_over()
    {
        await using var state = await Started("""
            insert into scheduler.job (name, kind, settings) select 'j' || i, 'sql', '{"statement": "select 1"}' from generate_series(1, 30) i;
            insert into scheduler_private.run (run_key, job, due_at, state, version, priority, verdict, error, ended_at)
                select 'j' || i || '@1', 'j' || i, date_trunc('day', now()), 'finished', 1, 5, 'failed',
                    format('relation "t%s" does not exist at character %s', i, i), now() from generate_series(1, 30) i;
            update scheduler_private.job_gate set failures_in_row = 1, last_run_key = job || '@1', last_due_at = date_trunc('day', now())
                where job like 'j%'
            """);
        await Look(state);
        var open = await Open(state);
        await state.Database.Execute("update scheduler_private.job_gate set failures_in_row = 0 where job <> 'j7'");
        await Look(state);
        Assert.That(open, Is.EqualTo(["common_cause page open"]));
        Assert.That(await Open(state), Is.EqualTo(["failing warning open"]));
        Assert.That(await state.Database.Rows<string>("select title || ' ' || open from scheduler_private.outbox order by id"),
            Is.EqualTo((string[])["30 jobs fail alike true", "30 jobs fail alike false", "job j7 is failing true"]).Or.EqualTo(
                (string[])["30 jobs fail alike true", "job j7 is failing true", "30 jobs fail alike false"]));
    }

    [TestCase("no node is live", "update scheduler_private.node set lease_until = now() - interval '1 minute'; " + Run
        + "('a@1', 'a', now() - interval '6 minutes', 'queued', 1, 5, null, null, 0, null, null, null, null)", "no_checkin", "late node_down")]
    [TestCase("a guard", "update scheduler_private.job_gate set failures_in_row = 2; " + Run
        + "('a@1', 'a', now(), 'finished', 1, 5, 'n1', 1, 1, now(), now(), 'failed', 'guard'); update scheduler_private.job_gate"
        + " g set last_verdict = 'failed', last_run_key = 'a@1', last_due_at = (select due_at from scheduler_private.run)", "guard", "failing")]
    public async Task What_another_explains_is_suppressed(string name, string breaks, string parent, string children)
    {
        await using var state = await Started();
        await state.Database.Execute(breaks);
        await Look(state);
        Assert.That(await state.Database.Value<string>(
            "select string_agg(condition, ' ' order by condition) from scheduler.incident where state = 'open'"),
            Is.EqualTo(parent), name);
        Assert.That(await state.Database.Value<string>(
            "select string_agg(condition, ' ' order by condition) from scheduler.incident where state = 'suppressed'"), Is.EqualTo(children), name);
        Assert.That(await state.Database.Value<long>("select count(*) from scheduler_private.outbox"), Is.EqualTo(1), "one of them is told");
    }

    [Test]
    public async Task Many_nodes_looking_at_once_open_one_incident_and_tell_it_once()
    {
        await using var state = await Started();
        await state.Database.Execute("update scheduler_private.job_gate set failures_in_row = 1");
        await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Look(state)));
        Assert.That(await state.Database.Value<long>("select count(*) from scheduler.incident"), Is.EqualTo(1));
        Assert.That(await state.Database.Value<long>("select count(*) from scheduler_private.outbox"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_job_that_is_told_of_by_verdict_and_by_incident_is_one_thing_to_a_channel()
    {
        await using var state = await Started();
        await state.Happens("failure");
        await state.Database.Execute("update scheduler_private.job_gate set failures_in_row = 1");
        await Look(state);
        var opened = (await state.Turn()).Single();
        await state.Happens("recovery");
        await state.Database.Execute("update scheduler_private.job_gate set failures_in_row = 0");
        await Look(state);
        var closed = (await state.Turn()).Single();
        Assert.That((opened.Keys, closed.Keys, closed.Resolved), Is.EqualTo(("job:a:failing", "job:a:failing", 1)));
    }

    private static async Task<ChannelState> Started(string more = "")
    {
        var state = await ChannelState.Create("""
            insert into scheduler.job (name, kind, settings, schedule) values ('a', 'sql', '{"statement": "select 1"}', 'manual');
            update scheduler.channel set incidents = true;
            """ + more);
        await state.Database.Execute("select scheduler_private.ensure_partitions()");
        return state;
    }

    private static Task Look(ChannelState state) => state.Database.Execute("select scheduler_private.watch_incidents('0', '30 days')");

    private static Task<IReadOnlyList<string>> Open(ChannelState state) => state.Database.Rows<string>(
        "select condition || ' ' || severity || ' ' || state from scheduler.incident where state = 'open'");

    private static TestCaseData Case(string condition, string severity, string breaks, string mends) =>
        new TestCaseData(condition, severity, breaks, mends).SetArgDisplayNames(condition, severity, breaks[..Math.Min(60, breaks.Length)]);

    private static string Node(string name, string with) => $"""
        insert into scheduler_private.node (name, lease_id, state, labels, slots, version, host, pid, lease_until)
            values ('{name}', 2, 'live', '[]', 10, '0', 'test', 1, now() + interval '1 hour');
        update scheduler_private.node set {with} where name = '{name}'
        """.Replace("'[]'", "'{}'", StringComparison.Ordinal);
}
