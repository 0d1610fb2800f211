using Npgsql;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>Definitions that change while they fire.</summary>
[TestFixture]
public sealed class EditTests
{
    [Test]
    public async Task Edits_around_every_second_boundary_lose_and_double_no_fire([Values] Engines engines)
    {
        var ticking = new SqlJobText("ticking", "every 1s") { Overlap = "allow" };
        await using var cluster = await TestCluster.Start(new() { Jobs = SqlJobText.File(ticking), Engines = engines });
        await cluster.Until("the job ticks", async () => await cluster.Count("job = 'ticking'") >= 2);

        // The same due set by two kinds of trigger and by two parts that change places: each edit replaces the triggers.
        string[] schedules = ["* * * * * ?", "every 1s", "0/2 * * * * ?; 1/2 * * * * ?", "1/2 * * * * ?; 0/2 * * * * ?"];
        var edits = 0;
        await cluster.Until("sixty edits are made", async () =>
        {
            await cluster.Database.Execute("update scheduler.job set schedule = @schedule where name = 'ticking'",
                new { schedule = schedules[edits % schedules.Length] });
            return ++edits >= 60;
        }, TimeSpan.FromSeconds(60));
        var end = await cluster.Database.Value<DateTime>("select clock_timestamp()");
        await cluster.Until("the fires due by then are done", async () =>
            await cluster.Count("job = 'ticking' and due_at > @end and state = 'finished'", new { end }) > 0
            && await cluster.Count("job = 'ticking' and due_at <= @end and state <> 'finished'", new { end }) == 0);

        var missing = await cluster.Database.Value<long>("""
            select (extract(epoch from max(due_at) - min(due_at)) + 1)::bigint - count(*) from scheduler.run
            where job = 'ticking' and due_at <= (select max(due_at) from scheduler.run where verdict = 'succeeded' and due_at <= @end)
            """, new { end });
        Assert.That(missing, Is.Zero, await Until.Dump(cluster.Database));
        Assert.That(await cluster.Database.Value<long>("select count(*) - count(distinct run_key) from public.effect"), Is.Zero);
    }

    [Test]
    public async Task A_session_that_holds_one_job_locked_delays_no_other_job([Values(Engines.Set, Engines.Mixed)] Engines engines)
    {
        var jobs = new[] { new SqlJobText("held", "every 1s"), new SqlJobText("free", "every 1s") { Overlap = "allow" } };
        await using var cluster = await TestCluster.Start(new() { Jobs = SqlJobText.File(jobs), Engines = engines });
        await cluster.Until("both run", async () => await cluster.Count("verdict = 'succeeded' and job = 'held'") > 0);

        await using var connection = new NpgsqlConnection(cluster.Database.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("update scheduler.job set description = 'being edited' where name = 'held'", connection))
        {
            await command.ExecuteNonQueryAsync();
        }
        var from = await cluster.Database.Value<DateTime>("select clock_timestamp()");
        // Longer than the ledger waits for a lock, so that the statements that meet the held gate fail meanwhile.
        await cluster.Until("the free job has run for twenty seconds", async () =>
            await cluster.Count("job = 'free' and verdict = 'succeeded' and due_at > @from", new { from }) >= 20, TimeSpan.FromSeconds(40));
        await transaction.RollbackAsync();

        await cluster.Until("the held job's fires have their verdicts", async () =>
            await cluster.Count("job = 'held' and state = 'finished' and due_at between @from and @from::timestamptz + interval '15 s'",
                new { from }) >= 15);
    }
}
