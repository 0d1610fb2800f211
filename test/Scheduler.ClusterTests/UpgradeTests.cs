using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>A schedule that a build before 0.2.0 accepted and stored, and this one refuses.</summary>
[TestFixture]
public sealed class UpgradeTests
{
    // Read by Quartz up to the second hyphen.
    private const string HalfRead = "*/2 * * ? * MON-SUN-FRI";

    // As that build left the rows: the text in the job, Quartz's own trigger in the store.
    private const string AsBefore = $"""
        set session_replication_role = replica;
        update scheduler.job set schedule = '{HalfRead}' where name = 'old';
        reset session_replication_role;
        insert into quartz.qrtz_cron_triggers (sched_name, trigger_name, trigger_group, cron_expression, time_zone_id)
            select sched_name, trigger_name, trigger_group, '{HalfRead}', 'UTC' from quartz.qrtz_simprop_triggers;
        delete from quartz.qrtz_simprop_triggers;
        update quartz.qrtz_triggers set trigger_type = 'CRON', description = 'the hash of that build';
        insert into scheduler_private.job_change (job) values ('old') on conflict do nothing;
        """;

    [TestCase(Engines.Set)]
    [TestCase(Engines.Quartz)]
    public async Task It_fires_on_as_it_was_stored_with_a_problem_until_it_is_edited(Engines engines)
    {
        await using var cluster = await Start(engines, "keep");
        var from = await cluster.Now();
        await cluster.Until("it fires on", async () => await cluster.Count("due_at > @from and verdict = 'succeeded'", new { from }) >= 3);
        Assert.That(await Problem(cluster), Does.Contain("MON-SUN-FRI").And.EndsWith("until it is edited it fires as it was stored"));
        Assert.That(await cluster.Count("extract(second from due_at)::int % 2 <> 0"), Is.Zero);

        await cluster.Database.Execute("update scheduler.job set schedule = '1/2 * * * * ?'");
        await cluster.Until("the edit is in force", async () =>
            await cluster.Count("verdict = 'succeeded' and extract(second from due_at)::int % 2 = 1") >= 2);
        Assert.That(await Problem(cluster), Is.Null);
    }

    [Test]
    public async Task Where_the_operator_says_so_it_is_stopped_with_a_problem()
    {
        await using var cluster = await Start(Engines.Set, "stop");
        await cluster.Until("its trigger is gone", async () => await cluster.Database.Value<long>("select count(*) from quartz.qrtz_triggers") == 0);
        Assert.That(await Problem(cluster), Does.Contain("MON-SUN-FRI").And.EndsWith("it fires no more (node.refused_schedules: stop)"));
    }

    private static async Task<TestCluster> Start(Engines engines, string refused)
    {
        var cluster = await TestCluster.Start(new()
        {
            Nodes = 1,
            Engines = engines,
            Setup = new()
            {
                Sweep = TimeSpan.FromSeconds(1),
                Environment = new Dictionary<string, string> { ["SCHEDULER__NODE__REFUSED_SCHEDULES"] = refused },
            },
        });
        await cluster.Database.Execute("insert into scheduler.job (name, kind, schedule, overlap, settings)"
            + " values ('old', 'sql', '*/2 * * * * ?', 'allow', '{\"statement\": \"select 1\"}')");
        await cluster.Until("it fires", async () => await cluster.Count("verdict = 'succeeded'") >= 1);
        var node = cluster["n1"];
        node.Terminate();
        await node.WaitForExit(TimeSpan.FromSeconds(20));
        await cluster.Database.Execute(AsBefore);
        node.Start();
        await cluster.UntilState(node, "live");
        await cluster.Until("the problem is said", async () => await Problem(cluster) is not null);
        return cluster;
    }

    private static Task<string?> Problem(TestCluster cluster) =>
        cluster.Database.Value<string>("select problem from scheduler.job where name = 'old'");
}
