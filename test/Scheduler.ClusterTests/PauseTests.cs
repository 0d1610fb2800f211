using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>Jobs that are paused, disabled or deleted while they fire.</summary>
[TestFixture]
public sealed class PauseTests
{
    private const int JobCount = 6;

    [TestCase(Engines.Set, "paused", "paused_at = now()", "paused_at = null")]
    [TestCase(Engines.Mixed, "paused", "paused_at = now()", "paused_at = null")]
    [TestCase(Engines.Set, "disabled", "enabled = false", "enabled = true")]
    [TestCase(Engines.Mixed, "disabled", "enabled = false", "enabled = true")]
    public async Task Nothing_begins_after_the_commit_that_forbids_it_and_every_fire_has_its_verdict(
        Engines engines, string reason, string off, string on)
    {
        await using var cluster = await Start(engines);
        var from = await cluster.Now();
        for (var round = 0; round < 3; round++)
        {
            await cluster.Database.Execute($"update scheduler.job set {off}");
            var forbidden = await cluster.Now();
            await cluster.Until("three seconds are skipped", async () => await cluster.Count(
                "verdict = 'skipped' and reason = @reason and due_at > @forbidden", new { reason, forbidden }) >= 3 * JobCount);
            var before = await cluster.Now();
            await cluster.Database.Execute($"update scheduler.job set {on}");
            Assert.That(await cluster.Count("started_at > @forbidden and started_at < @before", new { forbidden, before }), Is.Zero);
            await cluster.Until("all run again", async () => await cluster.Count("verdict = 'succeeded' and due_at > @before", new { before })
                >= 3 * JobCount);
        }
        await Judge(cluster, from, Enumerable.Range(1, JobCount));
        Assert.That(await cluster.Count("reason not in (@reason)", new { reason }), Is.Zero, "no other reason");
    }

    [Test]
    public async Task A_job_deleted_under_load_runs_no_more_and_disturbs_no_other()
    {
        await using var cluster = await Start(Engines.Set);
        var from = await cluster.Now();
        for (var job = 1; job <= 3; job++)
        {
            await cluster.Database.Execute("delete from scheduler.job where name = @name", new { name = $"job-{job}" });
            var deleted = await cluster.Now();
            await cluster.Until("the others run for three seconds more", async () => await cluster.Count(
                "verdict = 'succeeded' and due_at > @deleted", new { deleted }) >= 3 * (JobCount - job));
            Assert.That(await cluster.Count("job = @name and started_at > @deleted", new { name = $"job-{job}", deleted }), Is.Zero);
        }
        await cluster.Until("their triggers are gone", async () => await cluster.Database.Value<long>(
            "select count(*) from quartz.qrtz_triggers where trigger_name similar to 'job-[123]#%'") == 0);
        await Judge(cluster, from, Enumerable.Range(4, JobCount - 3));
    }

    private static async Task<TestCluster> Start(Engines engines)
    {
        var jobs = Enumerable.Range(1, JobCount).Select(i =>
            new SqlJobText($"job-{i}", i % 2 == 0 ? "every 1s" : "* * * * * ?") { Overlap = "allow" });
        var cluster = await TestCluster.Start(new() { Jobs = SqlJobText.File(jobs), Engines = engines, Weight = 5 });
        await cluster.Until("all jobs run", async () =>
            await cluster.Database.Value<long>("select count(distinct job) from scheduler.run where verdict = 'succeeded'") == JobCount);
        return cluster;
    }

    private static async Task Judge(TestCluster cluster, DateTime from, IEnumerable<int> jobs)
    {
        var end = await cluster.Now();
        await cluster.Until("what is due by now is done", async () => await cluster.Count("due_at <= @end and state <> 'finished'", new { end }) == 0
            && await cluster.Database.Value<long>("select count(distinct job) from scheduler.run where due_at > @end", new { end }) == jobs.Count());
        foreach (var job in jobs) { Assert.That(await cluster.MissingSeconds($"job-{job}", from, end), Is.Zero, $"job-{job}"); }
        Assert.That(await cluster.Database.Value<long>("select count(*) - count(distinct run_key) from public.effect"), Is.Zero, "effects once");
        Assert.That(await cluster.Count("started_at < due_at"), Is.Zero, "nothing is early");
    }
}
