using System.Diagnostics;
using NUnit.Framework;
using Scheduler.TestKit;
using Scheduler.TestKit.Checking;

namespace Scheduler.ClusterTests;

/// <summary>A node that is killed, frozen or cut off in the middle of a run.</summary>
[TestFixture]
public sealed class TakeoverTests
{
    [Test]
    public async Task The_run_of_a_killed_node_is_taken_over_and_has_one_effect()
    {
        await using var cluster = await TestCluster.Start(new() { Jobs = SqlJobText.File(new SqlJobText("work", "manual").Taking(6)) });
        var (key, node) = await cluster.RunNowAndWait("work");
        var before = await cluster.Database.Value<long>("select token from scheduler.run");

        var killed = Stopwatch.GetTimestamp();
        await node.Kill();
        await cluster.Until("another node has the run", async () =>
            await cluster.Count("attempts = 2 and state = 'running' and node <> @Name", new { node.Name }) == 1, TimeSpan.FromSeconds(15));
        await cluster.UntilState(node, "dead", TimeSpan.FromSeconds(15) - Stopwatch.GetElapsedTime(killed));

        var row = await cluster.UntilFinished(key);
        await ExpectOneEffect(cluster, row, key);
        Assert.That(row.Token, Is.GreaterThan(before));
        Assert.That(row.Node, Is.Not.EqualTo(node.Name));
    }

    [Test]
    public async Task A_node_frozen_in_the_middle_of_a_run_and_thawed_later_changes_nothing()
    {
        var work = new SqlJobText("work", "manual") { Statement = "select pg_sleep(8); " + HistoryReader.EffectStatement };
        await using var cluster = await TestCluster.Start(new() { Jobs = SqlJobText.File(work) });
        var (key, node) = await cluster.RunNowAndWait("work");

        await Until.Pause(TimeSpan.FromSeconds(3));   // into the middle of the run
        node.Freeze();
        var frozen = Stopwatch.GetTimestamp();
        var row = await cluster.UntilFinished(key, TimeSpan.FromSeconds(30));
        await Until.Pause(TimeSpan.FromSeconds(30) - Stopwatch.GetElapsedTime(frozen));
        node.Thaw();

        await cluster.Until("the thawed node's late work was refused and logged",
            () => Task.FromResult(node.Log().Any(l => l.Contains(key, StringComparison.Ordinal)
                && l.Contains("refused", StringComparison.OrdinalIgnoreCase))));
        await cluster.UntilState(node, "live");
        await ExpectOneEffect(cluster, row, key);
        Assert.That(row.Node, Is.Not.EqualTo(node.Name));
        Assert.That(await cluster.Count("run_key = @key and node = @Node and token = @Token", new { key, row.Node, row.Token }), Is.EqualTo(1),
            "the row is as the new owner left it");
    }

    // Not mixed: beside a loop of Quartz's, which reserves a second ahead, the engine of the node that comes back gets little to do.
    [Test]
    public async Task A_node_cut_off_from_its_database_loses_its_runs_to_others_and_comes_back()
    {
        var jobs = Enumerable.Range(1, 6).Select(i => new SqlJobText($"job-{i}", "every 2s")).Append(new SqlJobText("work", "manual").Taking(10));
        await using var cluster = await TestCluster.Start(
            new() { Jobs = SqlJobText.File(jobs), Setup = new() { Proxied = true } });
        var (key, node) = await cluster.RunNowAndWait("work");

        var from = TimeProvider.System.GetUtcNow().UtcDateTime;
        node.Proxy!.Set(FaultMode.Drop);
        await cluster.UntilState(node, "dead", TimeSpan.FromSeconds(15));
        await cluster.Until("another node has the run", async () =>
            await cluster.Count("run_key = @key and attempts = 2 and node <> @Name", new { key, node.Name }) == 1, TimeSpan.FromSeconds(10));
        await Until.Pause(TimeSpan.FromSeconds(20) - (TimeProvider.System.GetUtcNow().UtcDateTime - from));
        node.Proxy.Heal();
        var fault = new FaultWindow($"drop {node.Name}", from, TimeProvider.System.GetUtcNow().UtcDateTime);

        await cluster.UntilState(node, "live");
        await cluster.Until("it works again", async () => await cluster.Count("node = @Name and created_at > @To and verdict = 'succeeded'",
            new { node.Name, fault.To }) > 0, TimeSpan.FromSeconds(30));
        var row = await cluster.UntilFinished(key);
        await ExpectOneEffect(cluster, row, key);
        await Verdict.Expect(cluster, [fault], cluster.Database);
    }

    [Test]
    public async Task A_killed_node_started_again_at_once_waits_for_its_former_lease_to_end_and_is_live()
    {
        await using var cluster = await TestCluster.Start(new() { Nodes = 1 });
        var node = cluster["n1"];

        await node.Kill();
        node.Start();

        await cluster.UntilState(node, "live", TimeSpan.FromSeconds(15));
        Assert.That(node.IsAlive, Is.True);
    }

    private static async Task ExpectOneEffect(TestCluster cluster, LedgerRow row, string key)
    {
        Assert.That(row.Verdict, Is.EqualTo("succeeded"), row.ToString());
        Assert.That(row.Attempts, Is.EqualTo(2), row.ToString());
        Assert.That(await cluster.Database.Value<long>("select count(*) from public.effect where run_key = @key", new { key }), Is.EqualTo(1));
    }
}
