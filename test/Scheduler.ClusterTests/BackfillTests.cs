using Npgsql;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>Runs for the instants a job was due in the past.</summary>
[TestFixture]
public sealed class BackfillTests
{
    [Test]
    public async Task A_range_is_reckoned_first_then_run_once_each_one_after_the_other()
    {
        await using var cluster = await TestCluster.Start(new() { Nodes = 2, Jobs = SqlJobText.File(new SqlJobText("hourly", "0 * * * *")) });
        var day = (await cluster.Now()).Date.AddDays(-2);

        var dry = await Ask(cluster, day, day.AddHours(6), dryRun: true);
        Assert.That(await Answer(cluster, dry), Is.EqualTo("done 6"));
        Assert.That(await cluster.Count("requested_by is not null"), Is.Zero, "a dry run enters nothing");

        await Ask(cluster, day, day.AddHours(6), dryRun: false);
        await Ask(cluster, day, day.AddHours(6), dryRun: false);
        await cluster.Until("all six have run", async () => await cluster.Count("verdict = 'succeeded' and requested_by is not null") == 6);
        await cluster.Until("both requests are done", async () => await cluster.Database.Value<long>(
            "select count(*) from scheduler.backfill_request where state = 'done' and not dry_run") == 2);
        Assert.That(await cluster.Database.Value<string>(
            "select string_agg(run_key, ' ' order by due_at) from scheduler.run where requested_by is not null"), Is.EqualTo(
            string.Join(' ', Enumerable.Range(0, 6).Select(h => $"hourly!backfill@{day.AddHours(h):yyyy-MM-ddTHH:mm:ssZ}"))));
        Assert.That(await cluster.Database.Value<long>("select count(*) from public.effect"), Is.EqualTo(6));
        Assert.That(await cluster.Database.Value<long>(
            "select count(*) from scheduler.run r where scheduler_private.due_of(r.run_key) is distinct from r.due_at"), Is.Zero);
        Assert.That(await cluster.Database.Value<long>("""
            select count(*) from scheduler.run a join scheduler.run b on a.due_at < b.due_at and b.started_at < a.ended_at
            """), Is.Zero, "overlap is skip: one after the other");
    }

    [Test]
    public async Task A_range_that_holds_too_much_or_lies_too_far_back_is_refused_whole()
    {
        await using var cluster = await TestCluster.Start(new() { Nodes = 1, Jobs = SqlJobText.File(new SqlJobText("hourly", "0 * * * *")) });
        var day = (await cluster.Now()).Date.AddDays(-2);

        Assert.That(await Answer(cluster, await Ask(cluster, day, day.AddHours(6), dryRun: false, cap: 5)), Does.StartWith("refused "));
        Assert.That(await Answer(cluster, await Ask(cluster, day.AddDays(-60), day, dryRun: false)), Does.StartWith("refused "));
        Assert.That(await cluster.Database.Value<string>("select string_agg(problem, '|' order by id) from scheduler.backfill_request"),
            Does.StartWith("the range holds more than 5 instants; expected a shorter range, or a higher cap|the range begins before"));
        Assert.That(await cluster.Count("requested_by is not null"), Is.Zero);
        foreach (var (call, text) in new[]
        {
            ("'nobody', tstzrange('2026-01-01', '2026-01-02')", "there is no job named 'nobody'"),
            ("'hourly', tstzrange('2026-01-01', null)",
                "range is '[\"2026-01-01 00:00:00+00\",)'; expected two instants, the first before the second"),
            ("'hourly', tstzrange('2026-01-01', '2026-01-02'), cap => 0", "cap is 0; expected 1 to 10000"),
        })
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(
                () => cluster.Database.Execute($"set timezone = 'UTC'; select scheduler.backfill({call})"));
            Assert.That(refused!.MessageText, Is.EqualTo(text));
        }
    }

    private static Task<long> Ask(TestCluster cluster, DateTime from, DateTime to, bool dryRun, int cap = 1000) => cluster.Database.Value<long>(
        "select scheduler.backfill('hourly', tstzrange(@from, @to), cap => @cap, dry_run => @dryRun)", new { from, to, cap, dryRun });

    private static async Task<string?> Answer(TestCluster cluster, long id)
    {
        string? answer = null;
        await cluster.Until("a node has answered", async () => (answer = await cluster.Database.Value<string>(
            "select state || ' ' || due_count from scheduler.backfill_request where id = @id and state <> 'asked'", new { id })) is not null);
        return answer;
    }
}
