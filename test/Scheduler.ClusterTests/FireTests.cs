using NUnit.Framework;
using Scheduler.TestKit;
using Scheduler.TestKit.Checking;

namespace Scheduler.ClusterTests;

/// <summary>Three healthy nodes.</summary>
[TestFixture]
public sealed class FireTests
{
    [Test]
    public async Task Each_fire_of_a_minute_runs_on_exactly_one_of_three_nodes()
    {
        var jobs = Enumerable.Range(1, 10).Select(i => new SqlJobText($"job-{i:00}", "every 1s") { Overlap = "allow" });
        await using var cluster = await TestCluster.Start(new() { Jobs = SqlJobText.File(jobs), Weight = 4 });

        await cluster.Until("a minute of fires has succeeded", async () => await cluster.Count("job = 'job-01' and verdict = 'succeeded'") >= 60,
            TimeSpan.FromSeconds(90));

        var schedules = await HistoryReader.Schedules(cluster.Database);
        var history = await HistoryReader.Read(cluster.Database, schedules, [], HistoryReader.LogOf(cluster.Database));
        var report = Checker.Check(history, new() { Budget = TimeSpan.FromSeconds(5) });
        await TestContext.Out.WriteLineAsync(report.ToString());
        Assert.That(report.Ok, Is.True, report.ToString());
        Assert.That(report.Targets, Is.GreaterThanOrEqualTo(500));
        Assert.That(report.Done, Is.EqualTo(report.Targets), "every fire has one run, and its one effect");
        Assert.That(history.Rows.Where(r => r.Attempts > 0).Select(r => r.Attempts), Is.All.EqualTo(1));
    }

    [Test]
    public async Task A_second_live_node_of_a_name_is_refused_and_the_first_goes_on()
    {
        await using var cluster = await TestCluster.Start(new() { Nodes = 1 });
        var (first, lease) = (cluster["n1"], await cluster.Database.Value<long>("select lease_id from scheduler.node"));

        var second = cluster.AddNode("n1");
        var exitCode = await second.WaitForExit(TimeSpan.FromSeconds(8));

        Assert.That(exitCode, Is.EqualTo(5), second.Tail());   // 5: conflict
        Assert.That(string.Join('\n', second.Log()), Does.Contain("'n1' is in use by process " + first.Pid));
        Assert.That(first.IsAlive, Is.True);
        Assert.That(await cluster.Database.Value<long>("select lease_id from scheduler.node where state = 'live'"), Is.EqualTo(lease));
    }
}
