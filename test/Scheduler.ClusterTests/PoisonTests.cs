using Npgsql;
using NUnit.Framework;
using Scheduler.TestKit;
using Scheduler.TestKit.Checking;

namespace Scheduler.ClusterTests;

/// <summary>Rows of Quartz's tables that were spoilt by hand, or left by a node that is no more.</summary>
[TestFixture]
public sealed class PoisonTests
{
    private const string SpoilCron = "update quartz.qrtz_simprop_triggers set str_prop_1 = 'this is no cron' where trigger_name = 'spoilt#0'";
    private const string SpoilZone = "update quartz.qrtz_simprop_triggers set time_zone_id = 'Nowhere/Nope' where trigger_name = 'spoilt#0'";

    [TestCase(Engines.Set, SpoilCron)]
    [TestCase(Engines.Set, SpoilZone)]
    [TestCase(Engines.Mixed, SpoilCron)]
    public async Task A_trigger_whose_expression_cannot_be_read_goes_out_of_service_alone_and_an_edit_heals_it(Engines engines, string spoil)
    {
        await using var cluster = await Start(engines);
        // Again and again: a node of Quartz's that has the trigger in hand writes the former expression back when it fires.
        await cluster.Until("the spoilt trigger is out of service", async () =>
        {
            await cluster.Database.Execute(spoil);
            return await State(cluster) == "ERROR";
        });
        await cluster.Until("its job says why", async () =>
            await cluster.Database.Value<string>("select problem from scheduler.job where name = 'spoilt'") is not null);
        await OthersGoOn(cluster);
        Assert.That(await cluster.Database.Value<long>("select count(*) from quartz.qrtz_triggers where trigger_state = 'ERROR'"), Is.EqualTo(1));

        await cluster.Database.Execute("update scheduler.job set schedule = 'every 1s' where name = 'spoilt'");
        var edited = await cluster.Now();
        await cluster.Until("the healed job fires", async () => await cluster.Count("job = 'spoilt' and verdict = 'succeeded' and due_at > @edited",
            new { edited }) >= 3);
        await cluster.Until("it has no problem any more", async () =>
            await cluster.Database.Value<string>("select problem from scheduler.job where name = 'spoilt'") is null);
    }

    [Test]
    public async Task A_spoilt_trigger_whose_job_somebody_holds_locked_blocks_nobody()
    {
        await using var cluster = await Start(Engines.Set);
        await using var connection = new NpgsqlConnection(cluster.Database.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("select from scheduler.job where name = 'spoilt' for update", connection))
        {
            await hold.ExecuteNonQueryAsync();
        }
        await cluster.Database.Execute(SpoilCron);

        await OthersGoOn(cluster);
        await transaction.RollbackAsync();
        await cluster.Until("the spoilt trigger is out of service", async () => await State(cluster) == "ERROR");
    }

    // A claim of Quartz's loop whose node died in the middle, or whose record was removed: nobody has it in hand.
    [Test]
    public async Task A_trigger_that_was_acquired_by_nobody_alive_fires_again()
    {
        await using var cluster = await Start(Engines.Set);
        await cluster.Database.Execute("update quartz.qrtz_triggers set trigger_state = 'ACQUIRED',"
            + " next_fire_time = next_fire_time - 20 * 10000000::bigint where trigger_name = 'spoilt#0'");
        var stuck = await cluster.Now();

        await cluster.Until("the stuck trigger fires again", async () => await cluster.Count("job = 'spoilt' and verdict = 'succeeded'"
            + " and due_at > @stuck", new { stuck }) >= 3, TimeSpan.FromSeconds(30));
        var first = await cluster.Database.Value<DateTime>("select min(due_at) from scheduler.run where job = 'spoilt' and created_at < @stuck",
            new { stuck });
        Assert.That(await cluster.MissingSeconds("spoilt", first, stuck.AddSeconds(2)), Is.Zero, "and what it owed meanwhile");
        await OthersGoOn(cluster);
    }

    private static async Task<TestCluster> Start(Engines engines)
    {
        var jobs = Enumerable.Range(1, 6).Select(i => new SqlJobText($"sound-{i}", i % 2 == 0 ? "every 1s" : "* * * * * ?") { Overlap = "allow" });
        var cluster = await TestCluster.Start(new()
        {
            Engines = engines,
            Prepare = HistoryReader.EffectTable + TestCluster.NoSweep,      // it would heal what is spoilt here
            Jobs = SqlJobText.File(jobs.Append(new SqlJobText("spoilt", "* * * * * ?") { Overlap = "allow" })),
        });
        await cluster.Until("all jobs run", async () =>
            await cluster.Database.Value<long>("select count(distinct job) from scheduler.run where verdict = 'succeeded'") == 7);
        return cluster;
    }

    private static async Task OthersGoOn(TestCluster cluster)
    {
        var since = await cluster.Now();
        await cluster.Until("the sound jobs have run for five seconds", async () => await cluster.Database.Value<long>("""
            select count(*) from (select job from scheduler.run where job like 'sound-%' and verdict = 'succeeded' and due_at > @since
            group by job having count(*) >= 5) j
            """, new { since }) == 6);
        for (var i = 1; i <= 6; i++) { Assert.That(await cluster.MissingSeconds($"sound-{i}", since, since.AddSeconds(4)), Is.Zero); }
    }

    private static Task<string?> State(TestCluster cluster) =>
        cluster.Database.Value<string>("select trigger_state from quartz.qrtz_triggers where trigger_name = 'spoilt#0'");
}
