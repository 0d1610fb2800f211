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
        await using var cluster = await TestCluster.Start(new() { Jobs = SqlJobText.File(ticking), Engines = engines, Weight = 4 });
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

    // The fire may be read by an engine already, or be in Quartz's hand, when the edit comes; reconciling comes after it.
    [Test]
    public async Task An_edit_just_before_at_or_after_a_second_loses_no_fire_of_the_version_it_makes(
        [Values(Engines.Set, Engines.Mixed)] Engines engines)
    {
        string[] schedules = ["* * * * * ?", "every 1s"];
        await using var cluster = await TestCluster.Start(new()
        {
            Engines = engines,
            Jobs = SqlJobText.File(schedules.Select((_, i) => new SqlJobText($"job-{i}", "0 0 1 1 *") { Overlap = "allow" })),
        });
        foreach (var fraction in new[] { 0.9, 0.97, 0.995, 0, 0.02 })
        {
            await EditAt(cluster, fraction, schedules);
            var on = await cluster.Now();
            await cluster.Until("it ticks", async () => await cluster.Count("due_at > @on and state = 'finished'", new { on }) >= 6);
            await EditAt(cluster, fraction, ["0 0 1 1 *", "0 0 1 1 *"]);
            for (var i = 0; i < schedules.Length; i++)
            {
                var job = $"job-{i}";
                var edits = await cluster.Database.Rows<DateTime>("select at from public.edit where job = @job order by at desc", new { job });
                var (from, to) = (edits[1], edits[0]);
                await cluster.Until("its fires are entered", async () => await cluster.Database.Value<bool>(
                    "select next_fire_at > clock_timestamp() + interval '1 hour' or extract(doy from clock_timestamp()) = 1 from scheduler.job"
                    + " where name = @job", new { job }));
                Assert.That(await cluster.MissingSeconds(job, from, to), Is.Zero,
                    $"{schedules[i]} edited at {fraction} s: {from:ss.fff} to {to:ss.fff}\n{await Until.Dump(cluster.Database)}");
            }
        }
        Assert.That(await cluster.Count("started_at < due_at"), Is.Zero, "nothing is early");
        Assert.That(await cluster.Database.Value<long>("select count(*) - count(distinct run_key) from public.effect"), Is.Zero);
    }

    // By the database's clock; the instant is noted, as the row's own is overwritten by the next edit.
    private static Task EditAt(TestCluster cluster, double fraction, string[] schedules) => cluster.Database.Execute("""
        create table if not exists public.edit (job text, at timestamptz);
        select pg_sleep(extract(epoch from date_trunc('second', clock_timestamp()) - clock_timestamp()) + 1 + @fraction);
        with edited as (
            update scheduler.job j set schedule = s.schedule from unnest(@schedules) with ordinality s (schedule, i)
            where j.name = 'job-' || (s.i - 1) returning j.name, j.updated_at)
        insert into public.edit select name, updated_at from edited;
        """, new { fraction, schedules });

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
    public async Task A_schedule_that_reaches_Quartz_late_keeps_its_instants_and_owes_those_since_its_edit(
        [Values("every 4s", "0/4 * * * * ?")] string schedule)
    {
        await using var cluster = await TestCluster.Start(new() { Nodes = 1 });

        // As if the cluster had been down when the job was made.
        await cluster.Database.Execute("""
            insert into scheduler.job (name, kind, schedule, missed, overlap, settings, updated_at)
            values ('late', 'sql', @schedule, 'all', 'allow', '{"statement": "select 1"}', clock_timestamp() - interval '13 seconds')
            """, new { schedule });

        await cluster.Until("what it owes and one more have run", async () => await cluster.Count("job = 'late' and verdict = 'succeeded'") >= 5);
        Assert.That(await cluster.Database.Value<bool>("select min(r.due_at) <= j.updated_at + interval '4 seconds'"
            + " from scheduler.run r join scheduler.job j on j.name = r.job group by j.updated_at"), Is.True, "the first one is there");
        Assert.That(await cluster.Database.Value<double>("select extract(epoch from max(due_at) - min(due_at))::float8 / 4 + 1 - count(*)"
            + " from scheduler.run where job = 'late'"), Is.Zero, await Until.Dump(cluster.Database));
        Assert.That(await cluster.Count("job = 'late' and extract(epoch from due_at)::bigint % 4 <> 0"), Is.Zero, await Until.Dump(cluster.Database));
        Assert.That(await cluster.Database.Value<long>(
            "select count(*) from quartz.qrtz_triggers where trigger_name = 'late#0' and next_fire_time % 40000000 = 0"), Is.EqualTo(1));
    }
}
