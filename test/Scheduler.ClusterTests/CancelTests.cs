using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>Runs that somebody ends before their time.</summary>
[TestFixture]
public sealed class CancelTests
{
    private static readonly TimeSpan CancelMax = TimeSpan.FromSeconds(2);

    [Test]
    public async Task A_running_run_ends_within_two_seconds_wherever_it_runs_and_nothing_of_it_stays()
    {
        await using var cluster = await TestCluster.Start(new() { Jobs = SqlJobText.File(new SqlJobText("long", "manual").Taking(60)) });
        var (key, _) = await cluster.RunNowAndWait("long");

        var asked = await cluster.Now();
        Assert.That(await Cancel(cluster, key, "enough"), Is.EqualTo("requested"));
        var row = await cluster.UntilFinished(key);

        Assert.That((row.Verdict, row.Reason), Is.EqualTo(("cancelled", "enough")));
        Assert.That(row.EndedAt - asked, Is.LessThan(CancelMax));
        Assert.That(await cluster.Database.Value<long>("select count(*) from public.effect"), Is.Zero);
        Assert.That(await Cancel(cluster, key, "again"), Is.EqualTo("cancelled"), "it keeps its verdict");
        Assert.That((await cluster.UntilFinished(key)).Reason, Is.EqualTo("enough"));
        Assert.That(await cluster.Database.Value<string>("select active_key from scheduler_private.job_gate"), Is.Null, "the job is free");
    }

    [Test]
    public async Task A_queued_run_ends_at_once_and_the_job_is_free()
    {
        await using var cluster = await TestCluster.Start(
            new()
            {
                Nodes = 1,
                Setup = new() { Slots = 1 },
                Jobs = SqlJobText.File(new("long", "manual") { Statement = "select pg_sleep(60)" }, new("short", "manual")),
            });
        await cluster.RunNowAndWait("long");
        var key = await cluster.RunNow("short");

        Assert.That(await Cancel(cluster, key, "not now"), Is.EqualTo("cancelled"));

        var row = await cluster.UntilFinished(key);
        Assert.That((row.Verdict, row.Reason, row.Attempts), Is.EqualTo(("cancelled", "not now", 0)));
        Assert.That(await cluster.Database.Value<string>("select active_key from scheduler_private.job_gate where job = 'short'"), Is.Null);
    }

    [Test]
    public async Task A_run_on_a_frozen_node_ends_with_its_lease_and_is_not_started_again()
    {
        await using var cluster = await TestCluster.Start(new() { Jobs = SqlJobText.File(new SqlJobText("long", "manual").Taking(60)) });
        var (key, node) = await cluster.RunNowAndWait("long");
        node.Freeze();

        Assert.That(await Cancel(cluster, key, "its node hangs"), Is.EqualTo("requested"));
        var row = await cluster.UntilFinished(key, TimeSpan.FromSeconds(20));
        node.Thaw();
        await cluster.UntilState(node, "live");

        Assert.That((row.Verdict, row.Reason, row.Attempts), Is.EqualTo(("cancelled", "its node hangs", 1)));
        Assert.That(await cluster.Database.Value<long>("select count(*) from public.effect"), Is.Zero);
        Assert.That((await cluster.UntilFinished(key)).Verdict, Is.EqualTo("cancelled"), "the thawed node changes nothing");
    }

    [Test]
    public async Task With_overlap_cancel_a_later_fire_takes_the_place_of_the_run_that_is_there([Values(Engines.Set, Engines.Mixed)] Engines engines)
    {
        await using var cluster = await TestCluster.Start(
            new() { Engines = engines, Jobs = SqlJobText.File(new SqlJobText("latest", "every 2s") { Overlap = "cancel" }.Taking(30)) });

        await cluster.Until("three were superseded", async () =>
            await cluster.Count("verdict = 'cancelled' and reason = 'a later fire takes its place' and attempts > 0") >= 3);

        Assert.That(await cluster.Count("state = 'finished' and verdict <> 'cancelled'"), Is.Zero, await Until.Dump(cluster.Database));
        Assert.That(await cluster.Database.Value<long>("""
            select count(*) from scheduler.run a
            join scheduler.run b on a.run_key < b.run_key and a.started_at is not null and b.started_at is not null
                and a.started_at < coalesce(b.ended_at, 'infinity') and b.started_at < coalesce(a.ended_at, 'infinity')
            """), Is.Zero, "one at a time");
    }

    private static Task<string?> Cancel(TestCluster cluster, string key, string reason) =>
        cluster.Database.Value<string>("select scheduler.cancel(@key, @reason)", new { key, reason });
}
