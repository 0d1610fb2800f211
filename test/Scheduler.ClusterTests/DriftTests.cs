using NUnit.Framework;
using Scheduler.TestKit;
using Scheduler.TestKit.Checking;

namespace Scheduler.ClusterTests;

/// <summary>Quartz's tables changed behind the scheduler's back.</summary>
[TestFixture]
public sealed class DriftTests
{
    private const string InAnHour = "next_fire_time + 36000000000";

    [TestCase("deleted", "delete from quartz.qrtz_simple_triggers where trigger_name = 'ticking#0';"
        + " delete from quartz.qrtz_triggers where trigger_name = 'ticking#0'")]
    [TestCase("moved ahead", $"update quartz.qrtz_triggers set next_fire_time = {InAnHour} where trigger_name = 'ticking#0'")]
    [TestCase("state ERROR", "update quartz.qrtz_triggers set trigger_state = 'ERROR' where trigger_name = 'ticking#0'")]
    [TestCase("state BLOCKED", "update quartz.qrtz_triggers set trigger_state = 'BLOCKED' where trigger_name = 'ticking#0'")]
    [TestCase("schedule was edited", "update quartz.qrtz_simple_triggers set repeat_interval = 3600000 where trigger_name = 'ticking#0'")]
    [TestCase("job was deleted", "delete from quartz.qrtz_simple_triggers where trigger_name = 'ticking#0';"
        + " delete from quartz.qrtz_triggers where trigger_name = 'ticking#0'; delete from quartz.qrtz_job_details where job_name = 'ticking'")]
    public async Task A_trigger_changed_by_hand_is_healed_and_no_fire_is_lost_or_doubled(string what, string harm)
    {
        await using var cluster = await TestCluster.Start(new()
        {
            Nodes = 2,
            Setup = new() { Sweep = TimeSpan.FromSeconds(1) },
            Jobs = SqlJobText.File(new SqlJobText("ticking", "every 1s") { Overlap = "allow" }, new SqlJobText("rare", "0 0 1 1 *")),
        });
        await cluster.Until("the job ticks", async () => await cluster.Count("job = 'ticking' and verdict = 'succeeded'") >= 2);
        var from = await cluster.Database.Value<DateTime>("select max(due_at) from scheduler.run where job = 'ticking'");

        await cluster.Database.Execute(harm);

        var harmed = await cluster.Now();
        await cluster.Until("it is healed and noted", async () =>
            await cluster.Database.Value<bool>("select exists (select from scheduler.healed where job = 'ticking' and what like '%' || @what || '%')",
                new { what }));
        await cluster.Until("it ticks on", async () => await cluster.Count("job = 'ticking' and verdict = 'succeeded' and due_at > @at",
            new { at = harmed.AddSeconds(3) }) >= 3);
        var to = await cluster.Database.Value<DateTime>("select max(due_at) from scheduler.run where job = 'ticking' and state = 'finished'");
        Assert.That(await cluster.MissingSeconds("ticking", from, to), Is.Zero, await Until.Dump(cluster.Database));
        Assert.That(await cluster.Database.Value<long>("select count(*) - count(distinct run_key) from public.effect"), Is.Zero);
        Assert.That(await cluster.Database.Value<long>("select count(*) from scheduler.healed where job <> 'ticking'"), Is.Zero, "nothing else");
        var healed = await cluster.Database.Value<long>("select count(*) from scheduler.healed");
        Assert.That(healed, Is.LessThan(5), "healed, not again and again");
    }

    // A build before 0.2.0 stored crons as Quartz's own triggers. What it stored is replaced, for Quartz's loop would go by Quartz's own reckoning;
    // that is nobody's drift, and nothing that was due before is made up.
    [Test]
    public async Task What_the_build_before_stored_is_replaced_without_a_note_and_fires_nothing_twice()
    {
        await using var cluster = await TestCluster.Start(new()
        {
            Nodes = 2,
            Prepare = HistoryReader.EffectTable + TestCluster.NoSweep,
            Setup = new() { Sweep = TimeSpan.FromSeconds(1) },
            Jobs = SqlJobText.File(new SqlJobText("ticking", "* * * * * ?") { Overlap = "allow" }, new SqlJobText("rare", "0 0 1 1 *")),
        });
        await cluster.Until("the job ticks", async () => await cluster.Count("job = 'ticking' and verdict = 'succeeded'") >= 2);
        var from = await cluster.Database.Value<DateTime>("select max(due_at) from scheduler.run where job = 'ticking'");

        // As that build left the rows of both.
        await cluster.Database.Execute("""
            begin;
            lock table quartz.qrtz_triggers in exclusive mode;
            insert into quartz.qrtz_cron_triggers (sched_name, trigger_name, trigger_group, cron_expression, time_zone_id)
                select sched_name, trigger_name, trigger_group, case trigger_name when 'rare#0' then '0 0 0 1 1 ?' else '* * * * * ?' end, 'UTC'
                from quartz.qrtz_simprop_triggers;
            delete from quartz.qrtz_simprop_triggers;
            update quartz.qrtz_triggers set trigger_type = 'CRON', description = 'the hash of that build' where trigger_type = 'PART';
            commit;
            """);
        await cluster.Until("Quartz's own triggers fire on", async () =>
            await cluster.Count("job = 'ticking' and verdict = 'succeeded' and due_at > @at", new { at = from.AddSeconds(3) }) >= 3);
        await cluster.Database.Execute("update scheduler_private.sweep set due_at = clock_timestamp()");

        await cluster.Until("both are triggers of ours", async () =>
            await cluster.Database.Value<long>("select count(*) from quartz.qrtz_triggers where trigger_type = 'PART'") == 2);
        var replaced = await cluster.Now();
        await cluster.Until("it ticks on", async () => await cluster.Count("job = 'ticking' and verdict = 'succeeded' and due_at > @at",
            new { at = replaced.AddSeconds(1) }) >= 3);
        var to = await cluster.Database.Value<DateTime>("select max(due_at) from scheduler.run where job = 'ticking' and state = 'finished'");
        Assert.That(await cluster.MissingSeconds("ticking", from, to), Is.Zero, await Until.Dump(cluster.Database));
        Assert.That(await cluster.Database.Value<long>("select count(*) - count(distinct run_key) from public.effect"), Is.Zero);
        Assert.That(await cluster.Count("job = 'rare'"), Is.Zero, "nothing is made up");
        Assert.That(await cluster.Database.Value<long>("select count(*) from scheduler.healed"), Is.Zero, "it is nobody's drift");
    }

    [Test]
    public async Task What_nobody_declared_is_removed_and_what_is_right_is_left_alone()
    {
        await using var cluster = await TestCluster.Start(new()
        {
            Nodes = 2,
            Setup = new() { Sweep = TimeSpan.FromSeconds(1) },
            Jobs = SqlJobText.File(Enumerable.Range(0, 30).Select(i => new SqlJobText($"job-{i}", i % 3 == 0 ? "0/2 * * * * ?; every 3s"
                : i % 3 == 1 ? "30 2 * * *" : "every 1d"))),
        });
        await using var quartz = await QuartzClient.Of(cluster.Database);
        var stranger = Quartz.JobBuilder.Create<Scheduler.Cluster.FireJob>().WithIdentity("stranger", "jobs").StoreDurably().Build();
        await quartz.Scheduler.AddJob(stranger, new Quartz.AddJobOptions { Replace = true });

        await cluster.Until("the stranger is gone", async () =>
            await cluster.Database.Value<long>("select count(*) from quartz.qrtz_job_details where job_name = 'stranger'") == 0);
        var seen = await cluster.Now();
        await cluster.Until("the sweep has come around twice more", async () =>
            await cluster.Database.Value<bool>(
                "select due_at > @at and after_name = '' from scheduler_private.sweep", new { at = seen.AddSeconds(4) }));
        Assert.That(await cluster.Database.Value<string>("select string_agg(job || ': ' || what, '; ') from scheduler.healed"),
            Is.EqualTo("stranger: a job nobody declared"));
    }
}
