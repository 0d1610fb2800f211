using Npgsql;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>What operators do in psql while the cluster fires.</summary>
[TestFixture]
public sealed class SqlEditTests
{
    [Test]
    public async Task An_edit_is_live_a_wrong_one_fails_and_what_only_a_node_can_judge_is_noted_while_the_job_fires_on()
    {
        await using var cluster = await TestCluster.Start(
            new() { Jobs = SqlJobText.File(new SqlJobText("ticking", "every 1s") { Overlap = "allow" }) });
        var db = cluster.Database;
        await cluster.Until("the job ticks", async () => await cluster.Count("job = 'ticking'") >= 2);

        var refused = await Assert.ThrowsAsync<PostgresException>(
            () => db.Execute("update scheduler.job set schedule = 'every 10 s' where name = 'ticking'"));
        Assert.That((refused!.SqlState, refused.ColumnName, refused.Hint), Is.EqualTo(("23514", "schedule", "did you mean 'every 10s'?")));
        refused = await Assert.ThrowsAsync<PostgresException>(() => db.Execute("update scheduler.job set settings = '{}' where name = 'ticking'"));
        Assert.That(refused!.MessageText, Is.EqualTo("job 'ticking': settings has no 'statement'; expected it"));

        await db.Execute("update scheduler.job set schedule = 'rrule FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30' where name = 'ticking'");
        await cluster.Until("it is a problem", async () => (await Problem())?.Contains("never due", StringComparison.Ordinal) == true);
        var on = await cluster.Now();
        await cluster.Until("the former schedule fires on", async () => await cluster.Count("job = 'ticking' and due_at > @on", new { on }) >= 2);

        await db.Execute("select scheduler.undo('ticking')");
        await cluster.Until("the problem is gone", async () => await Problem() is null);
        await db.Execute("""update scheduler.job set settings = '{"statement": "select ${run.kye}"}' where name = 'ticking'""");
        await cluster.Until("a node finds what is wrong with the statement",
            async () => (await Problem())?.Contains("run.kye", StringComparison.Ordinal) == true);
        await db.Execute("select scheduler.undo('ticking')");
        await cluster.Until("the problem is gone", async () => await Problem() is null);

        await db.Execute("insert into scheduler_private.kind (name, schema, published_by) values ('ghost', '{}', 'test')");
        await db.Execute("insert into scheduler.job (name, kind, schedule) values ('haunted', 'ghost', 'every 1h')");
        await cluster.Until("a kind without a node is a problem", async () =>
            await db.Value<string>("select problem from scheduler.job where name = 'haunted'")
                == "kind 'ghost' is known to no live node; runs of the job wait for one");

        Task<string?> Problem() => db.Value<string>("select problem from scheduler.job where name = 'ticking'");
    }

    [Test]
    public async Task A_pause_with_an_end_holds_until_then_and_ends_by_itself_on_every_node()
    {
        await using var cluster = await TestCluster.Start(new()
        {
            Jobs = SqlJobText.File(
                new SqlJobText("cron", "* * * * * ?") { Overlap = "allow" }, new SqlJobText("interval", "every 1s") { Overlap = "allow" }),
        });
        await cluster.Until("the jobs tick", async () => await cluster.Count("verdict = 'succeeded'") >= 4);
        var until = await cluster.Database.Value<DateTime>("select date_trunc('second', clock_timestamp()) + interval '5500 milliseconds'");
        await cluster.Database.Execute("select scheduler.pause('*', 'a moment', @until)", new { until });
        var paused = await cluster.Now();
        await cluster.Until("they tick again", async () => await cluster.Count("verdict = 'succeeded' and due_at > @until", new { until }) >= 4);

        Assert.That(await cluster.Count("started_at > @paused and started_at < @until", new { paused, until }), Is.Zero, "no run begins in a pause");
        Assert.That(await cluster.Count("due_at > @paused and due_at < @until and reason is distinct from 'paused'", new { paused, until }), Is.Zero);
        Assert.That(await cluster.Count("due_at > @paused and due_at < @until", new { paused, until }), Is.GreaterThanOrEqualTo(6));
        Assert.That(await cluster.Count("due_at > @until and reason = 'paused'", new { until }), Is.Zero, "no fire is skipped after it");
    }
}
