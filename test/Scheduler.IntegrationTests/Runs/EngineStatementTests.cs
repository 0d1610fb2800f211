using Npgsql;
using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.Runs;

namespace Scheduler.IntegrationTests.Runs;

/// <summary>The two statements of the set-based engine: how the due triggers are shared out, and who wins a row that has changed.</summary>
[TestFixture, FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EngineStatementTests : LedgerFixture
{
    private const int Triggers = 3000;
    private const long Never = 0;
    private static readonly long DueTicks = Due.Ticks;

    private Task Declare(int count) => Database.Execute("""
        insert into scheduler.job (name, kind, overlap, missed) select 'job' || i, 'sql', 'allow', 'all' from generate_series(1, @count) i;
        insert into quartz.qrtz_job_details (sched_name, job_name, job_group, job_class_name, is_durable, is_nonconcurrent, is_update_data,
            requests_recovery)
        select 'scheduler', 'job' || i, 'jobs', 'none', true, false, false, false from generate_series(1, @count) i;
        insert into quartz.qrtz_triggers (sched_name, trigger_name, trigger_group, job_name, job_group, next_fire_time, trigger_state, trigger_type,
            start_time, misfire_instr, execution_group, priority)
        select 'scheduler', 'job' || i || '#0', 'jobs', 'job' || i, 'jobs', @due, 'WAITING', 'SIMPLE', @due, -1, 'fire', 5
        from generate_series(1, @count) i;
        """, new { count, due = DueTicks });

    private async Task<List<DueTrigger>> Read(
        int nodes = 1, int rank = 0, int parts = 1, int part = 0, long anybodys = Never, long backlog = Never)
    {
        await using var command = Pools.Fires[0].CreateCommand(FireEngine.ReadSql);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = DueTicks });
        foreach (var number in (int[])[Triggers, nodes, rank, parts, part])
        {
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = number });
        }
        foreach (var ticks in (long[])[anybodys, backlog]) { command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = ticks }); }
        var rows = new List<DueTrigger>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) { rows.Add(DueTrigger.Of(reader)); }
        return rows;
    }

    // As the engine sends it, with a slot for each. Returns the run keys that were entered.
    private async Task<List<string>> Fire(NodeIdentity node, params DueTrigger[] rows)
    {
        var next = Due.AddHours(1);
        await using var batch = Pools.Fires[0].CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Ledger.KeepGatesSql));
        var statement = new NpgsqlBatchCommand(FireEngine.FireSql);
        statement.Parameters.AddRange(Ledger.FireParameters([.. rows.Select(r => r.Fire(next))], rows.Length, node));
        statement.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. rows.Select(r => r.Name)] });
        statement.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. rows.Select(r => r.Version)] });
        statement.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. rows.Select(_ => next.Ticks)] });
        statement.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. rows.Select(r => r.Place)] });
        batch.BatchCommands.Add(statement);
        var entered = new List<string>();
        await using var reader = await Ledger.Answer(batch, default);
        while (await reader.ReadAsync()) { entered.Add(reader.GetString(0)); }
        return entered;
    }

    [Test]
    public async Task Each_trigger_is_in_one_share_of_one_part([Values(Never, long.MaxValue)] long backlog, [Values(1, 2, 5)] int nodes)
    {
        await Declare(Triggers);
        var shares = new List<List<string>>();
        for (var rank = 0; rank < nodes; rank++)
        {
            for (var part = 0; part < 2; part++)
            {
                var rows = await Read(nodes, rank, 2, part, backlog: backlog);
                Assert.That(rows.ConvertAll(r => r.IsOwn), Is.All.True);
                shares.Add(rows.ConvertAll(r => r.Name));
            }
        }
        Assert.That(shares.SelectMany(s => s).Distinct().Count(), Is.EqualTo(Triggers), "nothing is nobody's");
        Assert.That(shares.Sum(s => s.Count), Is.EqualTo(Triggers), "nothing is two nodes'");
        Assert.That(shares.Min(s => s.Count), Is.GreaterThan(Triggers / (nodes * 2) / 4), "nobody goes short");
    }

    [Test]
    public async Task A_few_triggers_are_shared_out_although_they_stand_on_one_page()
    {
        await Declare(40);
        for (var rank = 0; rank < 3; rank++) { Assert.That(await Read(3, rank), Is.Not.Empty); }
    }

    [Test]
    public async Task What_is_anybodys_is_in_all_shares()
    {
        await Declare(Triggers);
        var all = await Read(3, 1, anybodys: DueTicks);
        Assert.That(all, Has.Count.EqualTo(Triggers));
        Assert.That(all.Count(r => r.IsOwn), Is.EqualTo((await Read(3, 1)).Count));
    }

    [Test]
    public async Task A_row_fires_once_and_not_again_at_its_former_place()
    {
        await Declare(3);
        var node = await Node("n1");
        var rows = await Read();
        Assert.That(await Fire(node, [.. rows]), Has.Count.EqualTo(3));
        Assert.That(await Fire(node, [.. rows]), Is.Empty);
        Assert.That(await Database.Value<long>("select count(*) from scheduler_private.run where state = 'running'"), Is.EqualTo(3));
        Assert.That(await Database.Value<long>("select count(*) from quartz.qrtz_triggers where next_fire_time = @next and prev_fire_time = @due",
            new { next = Due.AddHours(1).Ticks, due = DueTicks }), Is.EqualTo(3));
    }

    // Whatever a row's change: an edit, another node's fire, a hand-over. The others of the same statement fire.
    [TestCase("update quartz.qrtz_triggers set priority = 6 where trigger_name = 'job1#0'")]
    [TestCase("update quartz.qrtz_triggers set trigger_state = 'ACQUIRED' where trigger_name = 'job1#0'")]
    [TestCase("update quartz.qrtz_triggers set execution_group = null where trigger_name = 'job1#0'")]
    [TestCase("delete from quartz.qrtz_triggers where trigger_name = 'job1#0'")]
    public async Task A_row_that_changed_since_it_was_read_does_not_fire(string change)
    {
        await Declare(3);
        var node = await Node("n1");
        var rows = await Read();
        await Database.Execute(change);

        Assert.That(await Fire(node, [.. rows]), Is.EquivalentTo(rows.Where(r => r.Job != "job1").Select(r => r.Fire(Due).RunKey)));
    }

    [Test]
    public async Task A_row_that_took_anothers_place_does_not_fire_in_its_stead()
    {
        await Declare(2);
        var node = await Node("n1");
        var rows = await Read();
        var swapped = rows[0] with { Place = rows[1].Place, Version = rows[1].Version };

        Assert.That(await Fire(node, swapped), Is.Empty);
        Assert.That(await Database.Value<long>("select count(*) from quartz.qrtz_triggers where next_fire_time = @due", new { due = DueTicks }),
            Is.EqualTo(2), "neither was advanced");
        // Far beyond the table: there is no such page.
        Assert.That(await Fire(node, rows[0] with { Place = "(4000000,7)" }), Is.Empty);
    }

    [Test]
    public async Task A_row_somebody_holds_is_left_and_fires_later()
    {
        await Declare(2);
        var node = await Node("n1");
        var rows = await Read();
        await using (var connection = new NpgsqlConnection(Database.ConnectionString))
        {
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using var hold = new NpgsqlCommand("select from quartz.qrtz_triggers where trigger_name = 'job1#0' for update", connection);
            await hold.ExecuteNonQueryAsync();
            Assert.That(await Fire(node, [.. rows]), Has.Count.EqualTo(1));
        }
        Assert.That(await Fire(node, [.. await Read()]), Has.Count.EqualTo(1));
    }
}
