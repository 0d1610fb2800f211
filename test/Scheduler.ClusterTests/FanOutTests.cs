using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>Runs on all nodes, on the node that started, and after the end of the last run, while nodes die.</summary>
[TestFixture]
public sealed class FanOutTests
{
    // A process that starts on a machine that is busy with others.
    private static readonly TimeSpan Started = TimeSpan.FromMinutes(1);
    private const string Jobs = """
        jobs:
          everywhere: { kind: sql, schedule: manual, runs_on: all, with: { statement: "select pg_advisory_xact_lock_shared(77)" } }
          report: { kind: sql, schedule: after everywhere on any, with: { statement: "select 1" } }
          warm: { kind: sql, schedule: on node start, overlap: allow, with: { statement: "select 1" } }
          loop: { kind: sql, schedule: every 1s after end, on_lost: fail, with: { statement: "select pg_sleep(0.3)" } }
        """;

    [Test]
    public async Task A_run_on_all_nodes_is_one_run_a_node_and_one_verdict()
    {
        await using var cluster = await TestCluster.Start(new() { Jobs = Jobs, Setup = new() { Slots = 1 } });
        foreach (var node in cluster.Nodes) { await cluster.UntilState(node, "live"); }
        var key = await cluster.RunNow("everywhere");
        Assert.That((await cluster.UntilFinished(key)).Verdict, Is.EqualTo("succeeded"), await Until.Dump(cluster.Database));
        Assert.That(await cluster.Database.Rows<string>(
            "select run_key || ' ' || node || ' ' || verdict from scheduler.run where part_of = @key order by 1", new { key }),
            Is.EqualTo(cluster.Nodes.Select(n => $"{key}/{n.Name} {n.Name} succeeded")));
        Assert.That(await cluster.Database.Value<string>(
            "select concat(result ->> 'done', ' of ', result ->> 'of') from scheduler.run where run_key = @key", new { key }), Is.EqualTo("3 of 3"));
        await cluster.Until("one run follows, not four", async () => await cluster.Count("job = 'report' and verdict = 'succeeded'") == 1);
        Assert.That(await cluster.Database.Value<long>(
            "select finished_count from scheduler_private.job_gate where job = 'everywhere'"), Is.EqualTo(1));

        // A part cannot move, and the run waits for the others, though the node that died had it in hand. It needs no slot to wait: each node
        // has one.
        await using var hold = await cluster.Database.Source.OpenConnectionAsync();
        await Lock(hold, "select pg_advisory_lock(77)");
        var slow = await cluster.RunNow("everywhere");
        await cluster.Until("its parts run", async () => await cluster.Count("part_of = @slow and state = 'running'", new { slow }) == 3);
        var holder = (await cluster.Database.Value<string>("select node from scheduler.run where run_key = @slow", new { slow }))!;
        await cluster.Until("it says how far it is", async () => await cluster.Count(
            "run_key = @slow and progress = '{\"of\": 3, \"done\": 0}'", new { slow }) == 1);
        await cluster[holder].Kill();
        await cluster.Until("the part is lost", async () => await cluster.Count(
            "part_of = @slow and node = @holder and verdict = 'unknown'", new { slow, holder }) == 1);
        await Lock(hold, "select pg_advisory_unlock(77)");
        var row = await cluster.UntilFinished(slow);
        Assert.That(row.Verdict, Is.EqualTo("unknown"), await Until.Dump(cluster.Database));
        Assert.That(await cluster.Database.Value<string>("select error from scheduler.run where run_key = @slow", new { slow }),
            Is.EqualTo($"{holder}: unknown: its node died"));
        Assert.That(await cluster.Count("part_of = @slow and verdict = 'succeeded'", new { slow }), Is.EqualTo(2));
        Assert.That(await cluster.Count("run_key = @slow and losses = 1 and node <> @holder", new { slow, holder }), Is.EqualTo(1));

        // What ends the run ends its parts; new ones are made for the nodes that are live.
        await Lock(hold, "select pg_advisory_lock(77)");
        var third = await cluster.RunNow("everywhere");
        await cluster.Until("its parts run", async () => await cluster.Count("part_of = @third and state = 'running'", new { third }) == 2);
        await cluster.Database.Execute("select scheduler.cancel(@third, 'enough')", new { third });
        await cluster.Until("all have ended", async () => await cluster.Count("part_of = @third and verdict = 'cancelled'", new { third }) == 2
            && await cluster.Count("run_key = @third and verdict = 'cancelled' and reason = 'enough'", new { third }) == 1);
    }

    [Test]
    public async Task What_is_due_after_the_end_goes_on_whoever_dies_and_each_process_is_a_start()
    {
        await using var cluster = await TestCluster.Start(new() { Jobs = Jobs });
        await cluster.Until("each start ran on its node", async () => await cluster.Database.Value<long>("""
            select count(distinct node) from scheduler.run
            where job = 'warm' and verdict = 'succeeded' and requested_by = 'node start ' || node
            """) == 3);
        await cluster.Until("it goes round", async () => await cluster.Count("job = 'loop' and verdict = 'succeeded'") >= 3);
        for (var i = 0; i < 3; i++)
        {
            await cluster.Until("a run is under way", async () => await cluster.Count("job = 'loop' and state = 'running'") == 1);
            var holder = await cluster.Database.Value<string>("select node from scheduler.run where job = 'loop' order by due_at desc limit 1");
            await cluster[holder!].Kill();
            var before = await cluster.Count("job = 'loop' and verdict = 'succeeded'");
            await cluster.Until("it goes on", async () => await cluster.Count("job = 'loop' and verdict = 'succeeded'") > before + 1);
            cluster[holder!].Start();
            await cluster.UntilState(cluster[holder!], "live", Started);
        }
        await cluster.Until("each process was a start", async () => await cluster.Count("job = 'warm' and verdict = 'succeeded'") == 6);
        foreach (var node in cluster.Nodes) { await node.Kill(); }
        var ended = await cluster.Count("job = 'loop'");
        foreach (var node in cluster.Nodes) { node.Start(); }
        await cluster.Until("a new start of the cluster goes on",
            async () => await cluster.Count("job = 'loop' and verdict = 'succeeded'") > ended + 1, Started);
        await cluster.Database.Execute("update scheduler.job set enabled = false");
        await cluster.Until("the last has ended", async () => await cluster.Count("job = 'loop' and state <> 'finished'") == 0);
        // Due a second after the end of the one before it, or later where it was not known; never two at a time.
        Assert.That(await cluster.Database.Value<long>("""
            select count(*) from (select due_at, lag(ended_at) over (order by due_at) as before from scheduler.run where job = 'loop') r
            where due_at < before + interval '1 s'
            """), Is.Zero, await Until.Dump(cluster.Database));
    }

    private static async Task Lock(Npgsql.NpgsqlConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
