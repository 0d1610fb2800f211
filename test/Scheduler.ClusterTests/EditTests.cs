using Npgsql;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>Definitions that change while they fire.</summary>
[TestFixture]
public sealed class EditTests
{
    [Test]
    public async Task Edits_around_every_second_boundary_lose_and_double_no_fire()
    {
        var ticking = new SqlJobText("ticking", "every 1s") { Overlap = "allow" };
        await using var cluster = await TestCluster.Start(new() { Jobs = SqlJobText.File(ticking) });
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
    public async Task A_session_that_holds_one_job_locked_delays_no_other_job()
    {
        var jobs = new[] { new SqlJobText("held", "every 1s"), new SqlJobText("free", "every 1s") { Overlap = "allow" } };
        await using var cluster = await TestCluster.Start(new() { Jobs = SqlJobText.File(jobs) });
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

    [Test]
    public async Task A_trigger_that_was_reserved_and_never_fired_is_freed_and_fires()
    {
        await using var cluster = await TestCluster.Start(new() { Nodes = 2, Jobs = SqlJobText.File(new SqlJobText("rare", "every 1d")) });
        await cluster.Until("it is stored", async () => await cluster.Database.Value<bool>(
            "select exists (select from quartz.qrtz_triggers where trigger_name = 'rare#0' and trigger_state = 'WAITING')"));

        // As a node leaves it whose statement failed at the wrong moment: no node has it in hand, and no node may take it.
        await cluster.Database.Execute("""
            update quartz.qrtz_triggers set trigger_state = 'ACQUIRED',
                next_fire_time = extract(epoch from date_trunc('second', now()))::bigint * 10000000 + 621355968000000000
            where trigger_name = 'rare#0'
            """);

        await cluster.Until("it has fired", async () => await cluster.Count("job = 'rare' and verdict = 'succeeded'") == 1, TimeSpan.FromSeconds(40));
    }

    [Test]
    public async Task An_interval_that_reaches_Quartz_late_keeps_its_instants_and_owes_those_since_its_edit()
    {
        await using var cluster = await TestCluster.Start(new() { Nodes = 1 });

        // As if the cluster had been down when the job was made.
        await cluster.Database.Execute("""
            insert into scheduler.job (name, kind, schedule, missed, overlap, settings, updated_at)
            values ('late', 'sql', 'every 4s', 'all', 'allow', '{"statement": "select 1"}', clock_timestamp() - interval '13 seconds')
            """);

        await cluster.Until("what it owes and one more have run", async () => await cluster.Count("job = 'late' and verdict = 'succeeded'") >= 5);
        Assert.That(await cluster.Count("job = 'late' and extract(epoch from due_at)::bigint % 4 <> 0"), Is.Zero, await Until.Dump(cluster.Database));
        Assert.That(await cluster.Database.Value<long>(
            "select count(*) from quartz.qrtz_triggers where trigger_name = 'late#0' and next_fire_time % 40000000 = 0"), Is.EqualTo(1));
    }
}
