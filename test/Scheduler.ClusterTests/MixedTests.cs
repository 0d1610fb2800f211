using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.TestKit;
using Scheduler.TestKit.Checking;

namespace Scheduler.ClusterTests;

/// <summary>Both engines on one cluster, and nodes that change from one to the other.</summary>
[TestFixture]
public sealed class MixedTests
{
    [Test]
    public async Task The_engine_is_switched_off_and_on_again_node_by_node_under_load()
    {
        await using var cluster = await TestCluster.Start(new() { Jobs = Load() });
        await cluster.Until("the load is on", async () => await cluster.Count("verdict = 'succeeded'") > 50);

        var faults = new List<FaultWindow>();
        foreach (var engine in new[] { FireBy.Quartz, FireBy.Set })
        {
            foreach (var node in cluster.Nodes)
            {
                var from = TimeProvider.System.GetUtcNow().UtcDateTime;
                node.Terminate();
                Assert.That(await node.WaitForExit(TimeSpan.FromSeconds(40)), Is.Zero, node.Tail());
                node.Start(engine);
                await cluster.UntilState(node, "live");
                var to = TimeProvider.System.GetUtcNow().UtcDateTime;
                faults.Add(new($"{node.Name} to {engine}", from, to));
                // Not by this node: beside a loop of Quartz's, which reserves a second ahead, the engine gets little.
                await cluster.Until("the load goes on", async () => await cluster.Count("due_at > @to and verdict = 'succeeded'", new { to }) > 20,
                    TimeSpan.FromSeconds(40));
            }
        }

        await Verdict.Expect(cluster, faults, cluster.Database);
    }

    [TestCase("n1", "n2")]     // of Quartz's loop and the engine, the loop dies
    [TestCase("n2", "n1")]     // and the other way round
    public async Task The_only_node_of_either_engine_is_killed_and_the_other_goes_on_alone(string killed, string left)
    {
        await using var cluster = await TestCluster.Start(new() { Nodes = 2, Engines = Engines.Mixed, Jobs = Load() });
        await cluster.Until("the load is on", async () => await cluster.Count("verdict = 'succeeded'") > 50);

        var from = TimeProvider.System.GetUtcNow().UtcDateTime;
        await cluster[killed].Kill();
        await cluster.UntilState(cluster[killed], "dead");
        var dead = await cluster.Now();
        await cluster.Until("the other fires everything", async () => await cluster.Count(
            "node = @left and due_at > @dead and verdict = 'succeeded'", new { left, dead }) > 50, TimeSpan.FromSeconds(40));
        cluster[killed].Start();
        await cluster.UntilState(cluster[killed], "live");

        await Verdict.Expect(cluster, [new($"kill -9 {killed}", from, TimeProvider.System.GetUtcNow().UtcDateTime)], cluster.Database);
    }

    // Every schedule of our language, and parts that fall into one second: those are one fire.
    private static string Load() => SqlJobText.File(new[]
    {
        "every 1s", "* * * * * ?", "*/2 * * * * ?", "every 3s", "*/5 * * * * ?; */10 * * * * ?; every 5s; every 10s", "every 2s; * * * * * ?",
        "0/3 * * * * ?; 1/3 * * * * ?",
    }.Select((schedule, i) => new SqlJobText($"job-{i}", schedule) { Overlap = (i % 3) switch { 0 => "allow", 1 => "skip", _ => "queue" } }));
}
