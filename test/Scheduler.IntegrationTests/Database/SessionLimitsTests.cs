using Npgsql;
using NUnit.Framework;
using Scheduler.Database;
using Scheduler.Fleet;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Database;

/// <summary>Every connection of the product has time-outs on the server's side, whatever becomes of its client.</summary>
[TestFixture]
public sealed class SessionLimitsTests
{
    [Test]
    public async Task Every_pool_of_a_node_has_the_time_outs_of_its_role()
    {
        await using var database = await TestDatabase.Create();
        var targets = new Dictionary<string, string> { ["effects"] = database.ConnectionString };
        await using var pools = new Databases(database.ConnectionString, "n1", 2, targets);

        Assert.That(await Shown(pools.Quartz), Is.EqualTo("10s 10s 1500ms"));
        Assert.That(await Shown(pools.Lease), Is.EqualTo("3s 2s 1500ms"));
        Assert.That(await Shown(pools.Ledger), Is.EqualTo("10s 1s 1500ms"));
        Assert.That(await Shown(pools.Engine), Is.EqualTo("5s 1s 1500ms"));
        Assert.That(await Shown(pools.Upkeep), Is.EqualTo("30s 1s 1500ms"));
        // Statements of a job: its own time-out, set by run_guard and mark_run before its work.
        Assert.That(await Shown(pools.Jobs), Is.EqualTo("0 1min 1500ms"));
        Assert.That(await Shown(pools.Target("effects")), Is.EqualTo("0 1min 1500ms"));
        pools.RenewJobs(4711);
        Assert.That(await Shown(pools.Jobs), Is.EqualTo("0 1min 1500ms"));
        await using (var listening = new NpgsqlConnection(pools.ListenConnectionString()))
        {
            await listening.OpenAsync();
            Assert.That(await Shown(listening), Is.EqualTo("10s 5s 1500ms"));
        }
        Assert.That(async () => await pools.CheckLimits(default), Throws.Nothing);
    }

    [Test]
    public async Task Options_of_the_operator_stay_and_cannot_take_the_time_outs_away()
    {
        await using var database = await TestDatabase.Create();
        await using var pools = new Databases(database.ConnectionString + ";Options=-c work_mem=77MB -c statement_timeout=0", "n1", 2);

        Assert.That(await Shown(pools.Ledger), Is.EqualTo("10s 1s 1500ms"));
        await using var command = pools.Ledger.CreateCommand("show work_mem");
        Assert.That(await command.ExecuteScalarAsync(), Is.EqualTo("77MB"));
    }

    [Test]
    public async Task Commands_and_workers_have_time_outs_too()
    {
        await using var database = await TestDatabase.Create();

        Assert.That(await OperatorConnection.Use(database.ConnectionString, Shown, default), Is.EqualTo("1min 10s 10s"));
        await database.Execute("create table public.seen (limits text); grant all on public.seen to public");
        await database.Execute("create or replace function fleet.heartbeat(node_id uuid) returns timestamptz language plpgsql as $$ begin"
            + " insert into public.seen values (current_setting('statement_timeout') || ' ' || current_setting('lock_timeout') || ' '"
            + " || current_setting('idle_in_transaction_session_timeout')); return now(); end $$");
        await using var worker = new FleetWorker(database.ConnectionString, 1);
        await worker.Heartbeat(Guid.Empty, default);
        Assert.That(await database.Value<string>("select limits from public.seen"), Is.EqualTo("30s 10s 5s"));
    }

    [Test]
    public async Task A_session_whose_time_outs_were_dropped_on_the_way_is_refused_and_named()
    {
        await using var database = await TestDatabase.Create();
        // As behind a pooler that ignores the start-up parameter "options".
        await using var connection = new NpgsqlConnection(database.ConnectionString + ";Application Name=scheduler n1 ledger");
        await connection.OpenAsync();

        var refusal = await Assert.ThrowsAsync<OperatorException>(() => Databases.Check(connection, SessionLimits.OfSeconds(10, 1, 1.5), default));

        Assert.That(refusal!.Message, Does.Contain("'scheduler n1 ledger'").And.Contain("statement_timeout is 0 ms, expected 10000 ms")
            .And.Contain("lock_timeout is 0 ms, expected 1000 ms").And.Contain("direct connection"));
    }

    private static async Task<string> Shown(NpgsqlDataSource pool)
    {
        await using var connection = await pool.OpenConnectionAsync();
        return await Shown(connection);
    }

    private static async Task<string> Shown(NpgsqlConnection connection)
    {
        var shown = new List<string>();
        foreach (var name in (string[])["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"])
        {
            await using var command = new NpgsqlCommand("show " + name, connection);
            shown.Add((string)(await command.ExecuteScalarAsync())!);
        }
        return string.Join(' ', shown);
    }
}
