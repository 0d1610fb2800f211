using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Scheduler.Database;
using Scheduler.Telemetry;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Telemetry;

/// <summary>The values of the cluster as the database has them, row by row.</summary>
public sealed class ClusterReadingTests
{
    [Test]
    public async Task Each_job_is_told_as_it_stands_in_the_database()
    {
        await using var database = await TestDatabase.Create();
        await database.Execute("""
            insert into scheduler.job (name, kind, schedule, owner, expect, paused_at, paused_until, problem, enabled) values
                ('calm', 'sql', '@daily', 'platform', '{"success_within": "26h"}', null, null, null, true),
                ('paused', 'sql', '@daily', '', '{"success_within": "26h"}', now() - interval '8 days', null, null, true),
                ('pause-is-over', 'sql', '@daily', '', '{}', now() - interval '8 days', now() - interval '1 day', null, true),
                ('broken', 'sql', '@daily', '', '{}', null, null, 'cannot be read', true),
                ('off', 'sql', '@daily', '', '{}', null, null, 'cannot be read', false),
                ('late', 'sql', '@daily', '', '{"start_within": "5m"}', null, null, null, true);
            update scheduler_private.job_gate set failures_in_row = 4, last_verdict = 'failed' where job in ('late', 'off');
            insert into scheduler_private.run (run_key, job, due_at, state, version, priority, verdict, reason, ended_at)
            select 'late@' || n, 'late', to_timestamp(extract(epoch from now())::bigint - n), 'finished', 1, 5, 'missed', 'too late', now()
            from generate_series(100, 103) n;
            insert into scheduler_private.run (run_key, job, due_at, state, version, priority)
            values ('calm@1', 'calm', now() - interval '10 minutes', 'queued', 1, 5);
            insert into scheduler_private.node (name, lease_id, state, slots, version, host, pid, lease_until, renewed_at, clock_offset)
            values ('n1', 1, 'live', 5, '1.0.0', 'h', 1, now() + interval '1 hour', now(), interval '-250 ms'),
                ('n2', 2, 'live', 5, '1.0.0', 'h', 2, now() - interval '1 minute', now() - interval '2 minutes', interval '0'),
                ('n3', 3, 'stopped', 5, '1.0.0', 'h', 3, now() - interval '1 minute', now() - interval '2 minutes', interval '0'),
                ('n4', 4, 'live', 5, '1.0.0', 'h', 4, now() - interval '2 days', now() - interval '2 days', interval '0');
            insert into scheduler_private.run (run_key, job, due_at, state, version, priority, node, owner, token, attempts, started_at)
            values ('late@0', 'late', now(), 'running', 1, 5, 'n1', 1, 1, 1, now() - interval '90 seconds');
            """);
        var read = await Read(database, 100);

        Assert.That(read("scheduler_schedule_paused{job_name=\"paused\"}"), Is.EqualTo(1));
        Assert.That(read("scheduler_schedule_paused{job_name=\"pause-is-over\"}"), Is.Zero);
        Assert.That(read("scheduler_schedule_paused_time_seconds{job_name=\"pause-is-over\"}"), Is.Null);
        Assert.That(read("scheduler_job_expect_success_within_seconds{job_name=\"calm\"}"), Is.EqualTo(93_600));
        Assert.That(read("scheduler_job_expect_success_within_seconds{job_name=\"paused\"}"), Is.Null, "nobody waits for a paused job");
        Assert.That(read("scheduler_job_problem{job_name=\"broken\"}"), Is.EqualTo(1));
        Assert.That(read("scheduler_job_problem{job_name=\"off\"}"), Is.Null);
        Assert.That((read("scheduler_job_failures_in_row{job_name=\"late\"}"), read("scheduler_job_failures_in_row{job_name=\"off\"}")),
            Is.EqualTo(((double?)4, (double?)null)));
        var now = await database.Value<double>("select extract(epoch from now())::float8");
        Assert.That(now - read("scheduler_schedule_last_missed_time_seconds{job_name=\"late\"}"), Is.InRange(99, 160), "the latest of them");
        Assert.That((read("scheduler_schedule_grace_seconds{job_name=\"late\"}"), read("scheduler_schedule_grace_seconds{job_name=\"calm\"}")),
            Is.EqualTo(((double?)300, (double?)60)));
        Assert.That(read("scheduler_run_oldest_age_seconds{job_name=\"late\"}"), Is.InRange(90, 150));
        Assert.That(read("scheduler_run_stuck_after_seconds{job_name=\"late\"}"), Is.EqualTo(600), "no past to go by");
        Assert.That(read("scheduler_run_oldest_wait_seconds{job_name=\"calm\"}"), Is.InRange(600, 660));
        Assert.That(read("scheduler_schedule_paused{job_name=\"off\"}"), Is.Null, "a disabled job is neither");
        Assert.That(read("scheduler_backlog_oldest_age_seconds"), Is.InRange(600, 660));
        Assert.That(read("scheduler_schedule_info{job_name=\"calm\",job_kind=\"sql\",job_owner=\"platform\",schedule=\"@daily\",time_zone=\"UTC\"}"),
            Is.EqualTo(1));
        ExpectNodes(read);
    }

    [Test]
    public async Task A_copy_is_stale_by_what_its_job_expects_or_after_two_fires()
    {
        await using var database = await TestDatabase.Create();
        await database.Execute("""
            insert into scheduler.job (name, kind, schedule, settings, expect, paused_at) values
                ('daily', 'postgres.backup', '@daily', '{"folder": "/x"}', '{}', null),
                ('strict', 'postgres.backup', '@daily', '{"folder": "/x"}', '{"success_within": "13h"}', null),
                ('paused', 'postgres.backup', '@daily', '{"folder": "/x"}', '{}', now()),
                ('other', 'sql', '@daily', '{}', '{}', null);
            insert into quartz.qrtz_job_details (sched_name, job_name, job_group, job_class_name, is_durable, is_nonconcurrent, is_update_data,
                requests_recovery)
            select 'scheduler', name, 'jobs', 'x', true, false, false, false from scheduler.job;
            insert into quartz.qrtz_triggers (sched_name, trigger_name, trigger_group, job_name, job_group, trigger_state, trigger_type, start_time,
                prev_fire_time, next_fire_time)
            select 'scheduler', name, 'jobs', name, 'jobs', 'WAITING', 'CRON', 1, t.at - 864000000000, t.at
            from scheduler.job, (select 621355968000000000 + extract(epoch from now() + interval '1 hour')::bigint * 10000000 as at) t;
            """);
        var read = await Read(database, 100);
        Assert.That((read("scheduler_job_stale_after_seconds{job_name=\"daily\"}"), read("scheduler_job_stale_after_seconds{job_name=\"strict\"}")),
            Is.EqualTo(((double?)172_800, (double?)46_800)));
        Assert.That((read("scheduler_job_stale_after_seconds{job_name=\"paused\"}"), read("scheduler_job_stale_after_seconds{job_name=\"other\"}")),
            Is.EqualTo(((double?)null, (double?)null)));
    }

    [Test]
    public async Task Beyond_the_limit_jobs_with_a_failure_are_told_first_and_the_others_counted()
    {
        await using var database = await TestDatabase.Create();
        await database.Execute("""
            insert into scheduler.job (name, kind, schedule) select 'job-' || n, 'sql', '@daily' from generate_series(1, 9) n;
            update scheduler_private.job_gate set failures_in_row = 1 where job = 'job-9'
            """);
        var read = await Read(database, 2);
        Assert.That(read("scheduler_jobs_omitted"), Is.EqualTo(7));
        Assert.That((read("scheduler_job_failures_in_row{job_name=\"job-9\"}"), read("scheduler_job_failures_in_row{job_name=\"job-1\"}"),
            read("scheduler_job_failures_in_row{job_name=\"job-2\"}")), Is.EqualTo(((double?)1, (double?)0, (double?)null)));
    }

    [Test]
    public async Task A_database_that_is_away_is_told_as_such()
    {
        await using var databases = new Databases("Host=127.0.0.1;Port=1;Username=nobody;Database=none", "test", 1);
        using var meter = new SchedulerMeter();
        using var text = new MetricsText(meter);
        var reading = new ClusterReading(databases, meter, TimeProvider.System, NullLogger<ClusterReading>.Instance);
        reading.Start(10, TimeSpan.FromDays(30));
        await reading.Refresh(default);
        Assert.That(text.Write(), Does.Contain("\nscheduler_database_up 0\n").And.Not.Contain("scheduler_nodes{"));
    }

    private static void ExpectNodes(Func<string, double?> read)
    {
        Assert.That((read("scheduler_nodes{state=\"live\"}"), read("scheduler_nodes{state=\"dead\"}")), Is.EqualTo(((double?)1, (double?)1)));
        Assert.That((read("scheduler_node_state{node=\"n2\",state=\"dead\"}"), read("scheduler_node_state{node=\"n3\",state=\"stopped\"}")),
            Is.EqualTo(((double?)1, (double?)null)));
        Assert.That(read("scheduler_node_state{node=\"n4\",state=\"dead\"}"), Is.Null, "it was taken out of service long ago");
        Assert.That((read("scheduler_node_slots{node=\"n1\",state=\"used\"}"), read("scheduler_node_slots{node=\"n1\",state=\"free\"}")),
            Is.EqualTo(((double?)1, (double?)4)));
        Assert.That(read("scheduler_node_clock_offset_seconds{node=\"n1\"}"), Is.EqualTo(-0.25));
    }

    private static async Task<Func<string, double?>> Read(TestDatabase database, int jobsMax)
    {
        await using var databases = new Databases(database.ConnectionString, "test", 1);
        using var meter = new SchedulerMeter();
        using var text = new MetricsText(meter);
        var reading = new ClusterReading(databases, meter, TimeProvider.System, NullLogger<ClusterReading>.Instance);
        reading.Start(jobsMax, TimeSpan.FromDays(30));
        await reading.Refresh(default);
        var lines = text.Write().Split('\n');
        Assert.That(lines, Does.Contain("scheduler_database_up 1"));
        return name => lines.FirstOrDefault(l => l.StartsWith(name + " ", StringComparison.Ordinal)) is { } line
            ? double.Parse(line.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture) : null;
    }
}
