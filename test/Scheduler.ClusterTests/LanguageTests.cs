using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>What is due by an instant, a spread, a calendar or an event, on real nodes.</summary>
[TestFixture]
public sealed class LanguageTests
{
    [Test]
    public async Task A_single_instant_ends_in_one_verdict_and_its_job_stays([Values(Engines.Set, Engines.Quartz)] Engines engines)
    {
        await using var cluster = await TestCluster.Start(new() { Engines = engines });
        await Insert(cluster, "once",
            "at ' || to_char(clock_timestamp() at time zone 'UTC' + interval '3 s', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') || '");
        await cluster.Until("it ran", async () => await cluster.Count("job = 'once' and verdict = 'succeeded'") == 1);
        // Reconciled again, it owes nothing and is no problem.
        await Insert(cluster, "other", "at 2200-01-01T00:00:00Z");
        await cluster.Until("the nodes have looked", async () => await cluster.Database.Value<bool>(
            "select next_fire_at is not null from scheduler.job where name = 'other'"));
        Assert.That(await cluster.Count("job = 'once'"), Is.EqualTo(1));
        Assert.That(await cluster.Database.Value<string>("select coalesce(problem, 'none') from scheduler.job where name = 'once'"),
            Is.EqualTo("none"));
        Assert.That(await cluster.Database.Value<long>("select count(*) from quartz.qrtz_job_details where job_name = 'once'"), Is.EqualTo(1));
        Assert.That(await cluster.Database.Value<long>("select count(*) from quartz.qrtz_triggers where job_name = 'once'"), Is.Zero);
    }

    [Test]
    public async Task A_job_is_due_as_often_as_its_count_says_and_each_part_gives_its_params([Values(Engines.Set, Engines.Quartz)] Engines engines)
    {
        await using var cluster = await TestCluster.Start(new() { Engines = engines, Prepare = "create table public.got (a text)" });
        await cluster.Database.Execute("""
            insert into scheduler.job (name, kind, schedule, starts, count, overlap, params, settings)
            values ('thrice', 'sql', '* * * * * ? with mode=tick', date_trunc('second', clock_timestamp()) + interval '4 s', 3,
                'allow', '{"mode": "none"}', '{"statement": "insert into public.got values (${params.mode})"}')
            """);
        await cluster.Until("it ran", async () => await cluster.Count("job = 'thrice' and verdict = 'succeeded'") == 3);
        await cluster.Until("it is done", async () => await cluster.Database.Value<string>("select state from scheduler.job_status") == "done");
        await cluster.RunNow("thrice");
        await cluster.Until("it ran by hand", async () => await cluster.Count("job = 'thrice' and verdict = 'succeeded'") == 4);
        Assert.That(await cluster.Database.Rows<string>("select a from public.got order by a"), Is.EqualTo(["none", "tick", "tick", "tick"]));
        Assert.That(await cluster.Count("job = 'thrice' and params = '{\"mode\": \"tick\"}'"), Is.EqualTo(3));
        Assert.That(await cluster.Database.Value<string>("select coalesce(problem, 'none') from scheduler.job"), Is.EqualTo("none"));
    }

    [Test]
    public async Task What_Quartzs_triggers_cannot_say_fires_all_the_same([Values] Engines engines)
    {
        await using var cluster = await TestCluster.Start(new() { Engines = engines });
        await Insert(cluster, "spread", "0/5 * * * * ?", "spread", "interval '5 s'");
        await Insert(cluster, "rule", "rrule FREQ=SECONDLY;INTERVAL=2");
        await Insert(cluster, "dublin", "* * * * * ?", "time_zone", "'Europe/Dublin'");
        await cluster.Until("all fired", async () => await cluster.Count("job = 'spread'") >= 3 && await cluster.Count("job = 'rule'") >= 6
            && await cluster.Count("job = 'dublin'") >= 10);
        Assert.That(await cluster.Database.Value<long>(
            "select count(distinct extract(epoch from due_at)::bigint % 5) from scheduler.run where job = 'spread'"), Is.EqualTo(1));
        Assert.That(await cluster.Count("job = 'rule' and extract(epoch from due_at)::bigint % 2 <> 0"), Is.Zero);
        foreach (var (job, period) in (ValueTuple<string, int>[])[("spread", 5), ("rule", 2), ("dublin", 1)])
        {
            Assert.That(await cluster.Database.Value<long>("select coalesce(max(gap), 0)::bigint from (select extract(epoch from due_at - lag(due_at)"
                + " over (order by due_at)) as gap from scheduler.run where job = @job) g", new { job }), Is.EqualTo(period), job);
        }
        Assert.That(await cluster.Count("started_at < due_at"), Is.Zero, "nothing is early");
    }

    [Test]
    public async Task A_calendar_holds_from_its_commit_on_and_stays_while_jobs_use_it([Values(Engines.Set, Engines.Quartz)] Engines engines)
    {
        await using var cluster = await TestCluster.Start(new() { Engines = engines });
        await cluster.Database.Execute("insert into scheduler.calendar (name, time_zone) values ('quiet', 'Europe/Berlin')");
        await Insert(cluster, "ticking", "* * * * * ?", "calendar", "'quiet'");
        await cluster.Until("it ticks", async () => await cluster.Count("job = 'ticking'") >= 3);
        await cluster.Database.Execute("""
            update scheduler.calendar set blackouts = jsonb_build_array(jsonb_build_object('from', '2020-01-01T00:00', 'to', '2090-01-01T00:00'))
            """);
        await cluster.Until("it is due no more", async () => await cluster.Database.Value<bool>(
            "select next_fire_at > '2080-01-01' from scheduler.job where name = 'ticking'"));
        var stopped = await cluster.Now();
        await cluster.Until("a fire would have come since", async () => await cluster.Now() > stopped.AddSeconds(2));
        await cluster.Database.Execute("update scheduler.calendar set blackouts = '[]'");
        var opened = await cluster.Now();
        await cluster.Until("it ticks again", async () => await cluster.Count("job = 'ticking' and due_at > @opened", new { opened }) >= 3);
        var end = await cluster.Now();
        await cluster.Until("the last is done", async () => await cluster.Count("job = 'ticking' and due_at > @end", new { end }) > 0);
        // Before the calendar closed and after it opened none is missing; what became due until the change was in Quartz was Quartz's already, and
        // how long that takes is a matter of speed.
        Assert.That(await cluster.Count("job = 'ticking' and due_at > @stopped and due_at <= @opened", new { stopped, opened }), Is.Zero);
        Assert.That(await cluster.MissingSeconds("ticking", opened, end), Is.Zero);
        Assert.That(async () => await cluster.Database.Execute("delete from scheduler.calendar"),
            Throws.InstanceOf<Npgsql.PostgresException>().With.Message.Contains("calendar 'quiet' is used by the jobs 'ticking'"));
    }

    [Test]
    public async Task What_follows_a_run_is_due_once_for_each_whoever_dies()
    {
        await using var cluster = await TestCluster.Start(new());
        await Insert(cluster, "parent", "every 1s", "overlap", "'allow'");
        await Insert(cluster, "bad", "every 1s", "retry", """'{"attempts": 1}'""", "select 1/0");
        await Insert(cluster, "child", "after parent; after bad on failure", "overlap", "'allow'");
        await Insert(cluster, "grandchild", "after child on any", "overlap", "'allow'");
        await Insert(cluster, "never", "after bad");
        await cluster.Until("the chain runs", async () => await cluster.Count("job = 'grandchild' and verdict = 'succeeded'") >= 3);
        await cluster["n2"].Kill();
        cluster["n2"].Start();
        await cluster.Until("it goes on", async () => await cluster.Count("job = 'grandchild' and verdict = 'succeeded'") >= 20);
        await cluster.Database.Execute("update scheduler.job set enabled = false where name in ('parent', 'bad')");
        await cluster.Until("all has ended", async () => await cluster.Count("state <> 'finished'") == 0
            && await cluster.Database.Value<long>("select count(*) from scheduler_private.event") == 0);

        foreach (var (job, parents) in (ValueTuple<string, string>[])[
            ("child", "job = 'parent' and verdict = 'succeeded' or job = 'bad' and verdict in ('failed', 'unknown')"),
            ("grandchild", "job = 'child' and verdict not in ('skipped', 'missed')")])
        {
            Assert.That(await cluster.Database.Value<long>($"""
                select count(*) from (select 'after ' || run_key as cause from scheduler.run where {parents}) p
                full join (select requested_by as cause from scheduler.run where job = @job) c using (cause)
                where p.cause is null or c.cause is null
                """, new { job }), Is.Zero, await Until.Dump(cluster.Database));
            Assert.That(await cluster.Database.Value<long>(
                "select count(*) - count(distinct requested_by) from scheduler.run where job = @job", new { job }), Is.Zero);
        }
        Assert.That(await cluster.Count("job = 'never'"), Is.Zero);
        Assert.That(await cluster.Count("due_at is distinct from scheduler_private.due_of(run_key)"), Is.Zero);
    }

    [Test]
    public async Task A_start_of_the_cluster_and_a_new_version_are_due_once()
    {
        await using var cluster = await TestCluster.Start(new()
        {
            Jobs = SqlJobText.File(new SqlJobText("starting", "on startup"), new SqlJobText("released", "on release")),
        });
        await cluster.Until("both ran", async () => await cluster.Count("verdict = 'succeeded'") == 2);
        await cluster["n1"].Kill();
        cluster["n1"].Start();
        await cluster.UntilState(cluster["n1"], "live");
        await cluster.Database.Execute("update scheduler.job set description = 'new' where name = 'released'");
        await cluster.Until("the new version ran", async () => await cluster.Count("job = 'released' and verdict = 'succeeded'") == 2);
        await cluster.Database.Execute("update scheduler.job set paused_at = now() where name = 'released'");
        await cluster.Database.Execute("update scheduler.job set paused_at = null where name = 'released'");

        foreach (var node in cluster.Nodes) { node.Terminate(); }
        foreach (var node in cluster.Nodes) { await node.WaitForExit(TimeSpan.FromSeconds(30)); }
        foreach (var node in cluster.Nodes) { node.Start(); }
        await cluster.Until("the second start ran", async () => await cluster.Count("job = 'starting' and verdict = 'succeeded'") == 2);
        foreach (var node in cluster.Nodes) { await cluster.UntilState(node, "live"); }
        await cluster.Until("nothing waits", async () => await cluster.Database.Value<long>("select count(*) from scheduler_private.event") == 0);
        Assert.That(await cluster.Count("job = 'starting'"), Is.EqualTo(2), await Until.Dump(cluster.Database));
        Assert.That(await cluster.Count("job = 'released' and requested_by like 'release %'"), Is.EqualTo(2),
            "a pause is no release; a restart neither");
    }

    [Test]
    public async Task A_burst_of_notifications_is_one_run_whichever_nodes_hear_it_and_however_late()
    {
        await using var cluster = await TestCluster.Start(new());
        await Insert(cluster, "dispatch", "on notify orders", "overlap", "'allow'");
        // Told until the nodes listen: before that nobody hears.
        await cluster.Until("they listen", async () =>
        {
            await cluster.Database.Execute("notify orders");
            return await cluster.Count("job = 'dispatch' and state = 'finished'") > 0;
        });
        await cluster.Until("all do", async () => await cluster.Database.Value<long>(
            "select count(distinct client_port) from pg_stat_activity where query ~ 'scheduler_bursts' and datname = current_database()") >= 3
            && await Quiet(cluster));
        var before = await cluster.Count("job = 'dispatch'");

        for (var burst = 1; burst <= 12; burst++)
        {
            // One node hears late, another is gone and comes back.
            if (burst == 3) { cluster["n3"].Freeze(); }
            if (burst == 6) { cluster["n3"].Thaw(); }
            if (burst == 8) { await cluster["n1"].Kill(); }
            if (burst == 10) { cluster["n1"].Start(); }
            await cluster.Database.Execute("select pg_notify('orders', i::text) from generate_series(1, 100) i");
            var wanted = before + burst;
            await cluster.Until($"burst {burst} ran", async () => await cluster.Count("job = 'dispatch' and state = 'finished'") >= wanted);
        }
        await cluster.UntilState(cluster["n1"], "live");
        await cluster.Until("nothing waits", () => Quiet(cluster));
        Assert.That(await cluster.Count("job = 'dispatch'"), Is.EqualTo(before + 12), await Until.Dump(cluster.Database));
        Assert.That(await cluster.Count("job = 'dispatch' and requested_by <> 'notify orders'"), Is.Zero);
    }

    [Test]
    public async Task A_preview_asked_in_SQL_is_answered_by_a_node()
    {
        await using var cluster = await TestCluster.Start(new() { Nodes = 1 });
        var answer = await cluster.Database.Value<string>("call scheduler.preview('30 2 28 3 *', 'Europe/Berlin', 2)");
        Assert.That(answer, Does.Contain("  ").And.Contain("there is no 02:30; due at 03:00 instead").And.Contain("+02:00"));
        Assert.That(async () => await cluster.Database.Value<string>("call scheduler.preview('30 25 * * *', 'UTC', 2)"),
            Throws.InstanceOf<Npgsql.PostgresException>().With.Message.Contains("hour '25' cannot be read"));
        await Insert(cluster, "yearly", "0 0 31 * *");
        await cluster.Until("its schedule is noted", async () => await cluster.Database.Value<bool>(
            "select array_to_string(notes, ' ') like '%skips February, April, June%' from scheduler.job_status where name = 'yearly'"));
    }

    private static async Task<bool> Quiet(TestCluster cluster) =>
        await cluster.Database.Value<long>("select count(*) from scheduler_private.event") == 0 && await cluster.Count("state <> 'finished'") == 0;

    // The schedule is pasted in: it may be an expression around quotes.
    private static Task<int> Insert(
        TestCluster cluster, string name, string schedule, string? column = null, string value = "null", string statement = "select 1") =>
        cluster.Database.Execute($"""
            insert into scheduler.job (name, kind, schedule, settings{(column is null ? "" : ", " + column)})
            values ('{name}', 'sql', '{schedule}', jsonb_build_object('statement', '{statement}'){(column is null ? "" : ", " + value)})
            """);
}
