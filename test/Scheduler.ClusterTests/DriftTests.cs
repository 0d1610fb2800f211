using NUnit.Framework;
using Scheduler.TestKit;

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
