using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>A node that is asked to stop.</summary>
[TestFixture]
public sealed class StopTests
{
    [Test]
    public async Task A_node_told_to_stop_ends_what_runs_and_leaves_what_is_queued_to_others()
    {
        var jobs = Enumerable.Range(1, 8).Select(i => new SqlJobText($"job-{i}", "manual").Taking(3));
        await using var cluster = await TestCluster.Start(new() { Nodes = 2, Jobs = SqlJobText.File(jobs), Setup = new() { Slots = 2 } });
        var keys = new List<string>();
        for (var i = 1; i <= 8; i++) { keys.Add(await cluster.RunNow($"job-{i}")); }
        await cluster.Until("all slots are busy and work is queued", async () => await cluster.Count("state = 'running'") == 4
            && await cluster.Count("state = 'queued'") == 4);

        var node = cluster["n1"];
        var its = await cluster.Database.Rows<string>("select run_key from scheduler.run where state = 'running' and node = 'n1'");
        node.Terminate();
        var exitCode = await node.WaitForExit(TimeSpan.FromSeconds(15));

        Assert.That(exitCode, Is.Zero, node.Tail());
        Assert.That(await cluster.Count("run_key = any (@keys) and verdict = 'succeeded' and attempts = 1 and node = 'n1'",
            new { keys = its.ToArray() }), Is.EqualTo(2), "its own runs ended on it");
        Assert.That(await cluster.Database.Value<string>("select state from scheduler.node where name = 'n1'"), Is.EqualTo("stopped"));
        foreach (var key in keys) { Assert.That((await cluster.UntilFinished(key)).Verdict, Is.EqualTo("succeeded")); }
        Assert.That(await cluster.Count("node = 'n2' and attempts = 1"), Is.EqualTo(6));
        Assert.That(await cluster.Database.Value<long>("select count(*) from public.effect"), Is.EqualTo(8));
    }

    [Test]
    public async Task A_run_longer_than_the_drain_is_handed_back_and_runs_elsewhere()
    {
        await using var cluster = await TestCluster.Start(new()
        {
            Jobs = SqlJobText.File(new SqlJobText("work", "manual").Taking(8)),
            Setup = new() { Drain = TimeSpan.FromSeconds(1) },
        });
        var (key, node) = await cluster.RunNowAndWait("work");

        node.Terminate();
        Assert.That(await node.WaitForExit(TimeSpan.FromSeconds(10)), Is.Zero, node.Tail());

        var row = await cluster.UntilFinished(key);
        Assert.That(row.Verdict, Is.EqualTo("succeeded"));
        Assert.That(row.Attempts, Is.EqualTo(2));
        Assert.That(row.Node, Is.Not.EqualTo(node.Name));
        Assert.That(await cluster.Database.Value<string>("select outcome from scheduler.attempt where run_key = @key and attempt = 1", new { key }),
            Is.EqualTo("handed back"));
        Assert.That(await cluster.Database.Value<long>("select count(*) from public.effect"), Is.EqualTo(1));
    }
}
