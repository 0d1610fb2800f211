using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Runs;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Runs;

/// <summary>Partitions made ahead and dropped with their age, and what must never be dropped.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class UpkeepTests
{
    private const string PartitionCount = "select count(*) from scheduler_private.run_partitions()";
    private readonly HeardLog heard = new();
    private TestDatabase database = null!;
    private Databases pools = null!;
    private Upkeep upkeep = null!;

    [SetUp]
    public async Task SetUp()
    {
        database = await TestDatabase.Create();
        pools = new Databases(database.ConnectionString, "test", 5);
        upkeep = UpkeepOn(pools);
    }

    [TearDown]
    public async Task TearDown()
    {
        await pools.DisposeAsync();
        await database.DisposeAsync();
    }

    [Test]
    public async Task A_new_database_has_a_partition_for_each_day_from_yesterday_to_a_week_ahead()
    {
        Assert.That(await Count("select count(*) from generate_series(-1, 7) as n join scheduler_private.run_partitions() p"
            + " on p.from_at = (date_trunc('day', now() at time zone 'UTC') + n * interval '1 day') at time zone 'UTC'"
            + " and p.until_at = p.from_at + interval '1 day'"), Is.EqualTo(9));
        Assert.That(await Count(PartitionCount), Is.EqualTo(9));
    }

    [Test]
    public async Task Days_that_passed_while_no_node_ran_are_made_up_for()
    {
        await database.Execute("select scheduler_private.ensure_partitions(now() + interval '20 days')");

        Assert.That(await Count(PartitionCount), Is.EqualTo(9 + 20));
    }

    [Test]
    public async Task Many_nodes_at_once_make_each_partition_once_and_drop_each_once()
    {
        await OldDays(60);
        await database.Execute("drop table scheduler_private.run_" + Day(7));
        var nodes = Enumerable.Range(0, 8).Select(i => new Databases(database.ConnectionString, $"n{i}", 1)).ToList();
        try
        {
            // Each look drops a few; who finds another at it steps aside. Together they get through.
            await database.Until("all old partitions are dropped", async () =>
            {
                await Task.WhenAll(nodes.Select(n => UpkeepOn(n).Look(default)));
                return await Count("select count(*) from scheduler_private.run_partitions() where until_at <= now() - interval '30 days'") == 0;
            });
            Assert.That(heard.Count(1061), Is.EqualTo(9));
            Assert.That(heard.Count(1066), Is.Zero);
            Assert.That(await Count(PartitionCount), Is.EqualTo(9));
        }
        finally
        {
            foreach (var node in nodes) { await node.DisposeAsync(); }
        }
    }

    [Test]
    public async Task Partitions_wholly_older_than_the_retention_are_dropped_and_no_others()
    {
        await OldDays(36);      // days 37 to 29 ago: of these 37 to 31 are wholly older than 30 days
        await Run("old@1", "now() - interval '36 days'");
        await Run("young@1", "now() - interval '29 days 1 hour'");

        Assert.That(await upkeep.Look(default), Is.False, "some are left for the next look");
        Assert.That(await upkeep.Look(default), Is.True);

        Assert.That(await Count("select count(*) from scheduler_private.run where run_key = 'old@1'"), Is.Zero);
        Assert.That(await Count("select count(*) from scheduler_private.run where run_key = 'young@1'"), Is.EqualTo(1));
        Assert.That(await Count("select count(*) from scheduler_private.run_partitions() where until_at <= now() - interval '30 days'"), Is.Zero);
        Assert.That(await Count(PartitionCount), Is.EqualTo(9 + 2));
    }

    [TestCase("queued")]
    [TestCase("running")]
    public async Task A_partition_with_an_unfinished_run_is_kept_and_named(string state)
    {
        await OldDays(60);
        await Run("live@1", "now() - interval '60 days'", state);
        await Run("done@1", "now() - interval '60 days'");

        while (!await upkeep.Look(default)) { }

        var name = "scheduler_private.run_" + Day(-60);
        Assert.That(await Count("select count(*) from scheduler_private.run"), Is.EqualTo(2));
        Assert.That(await Count(PartitionCount), Is.EqualTo(9 + 1));
        Assert.That(heard.Lines(1062), Has.Some.Contains(name).And.Some.Contains("1 queued or running"));

        await database.Execute("update scheduler_private.run set state = 'finished', verdict = 'succeeded', ended_at = now()"
            + " where state <> 'finished'");
        await upkeep.Look(default);
        Assert.That(await Count(PartitionCount), Is.EqualTo(9));
    }

    [Test]
    public async Task A_reader_that_holds_the_ledger_makes_the_drop_step_aside_while_fires_go_on()
    {
        await OldDays(60);
        await using var reader = await database.Source.OpenConnectionAsync();
        await using (var transaction = await reader.BeginTransactionAsync())
        {
            await Execute(reader, "select count(*) from scheduler_private.run");

            var looks = Enumerable.Range(0, 3).Select(async _ => await upkeep.Look(default)).ToList();
            // The firing pool gives up a lock after a second: none of these waits that long for the drop.
            for (var i = 0; i < 50; i++) { await EnterOnTheFiringPool($"fire@{i}"); }

            Assert.That(await Task.WhenAll(looks), Is.All.False);
            Assert.That(heard.Lines(1063), Has.Some.Contains("run_"));
            Assert.That(await Count(PartitionCount), Is.EqualTo(9 + 9));
        }

        await database.Until("the old partitions are dropped", async () => await upkeep.Look(default));
        Assert.That(await Count(PartitionCount), Is.EqualTo(9));
        Assert.That(await Count("select count(*) from scheduler_private.run where run_key like 'fire@%'"), Is.EqualTo(50));
    }

    [Test]
    public async Task A_reader_that_holds_the_ledger_makes_the_making_step_aside_too()
    {
        await using var reader = await database.Source.OpenConnectionAsync();
        await using (var transaction = await reader.BeginTransactionAsync())
        {
            await Execute(reader, "select count(*) from scheduler_private.run");

            Assert.That(await Count("select scheduler_private.ensure_partitions(now() + interval '5 days')"), Is.Zero);
        }

        Assert.That(await Count("select scheduler_private.ensure_partitions(now() + interval '5 days')"), Is.EqualTo(5));
    }

    [Test]
    public async Task A_job_in_the_middle_of_its_transaction_does_not_keep_old_partitions()
    {
        await OldDays(60);
        await database.Execute("create table public.effect (n int)");
        var due = await database.Value<DateTime>("select date_trunc('second', now())");
        await database.Execute("insert into scheduler_private.run (run_key, job, due_at, state, version, priority, node, owner, token, attempts)"
            + " values ('long@1', 'a', @due, 'running', 1, 5, 'test', 7, 1, 1)", new { due });
        var ledger = new Ledger(pools, NullLogger<Ledger>.Instance);
        var run = new RunRow("long@1", "a", due, 1, 1, 1, 7);
        var scope = new RunScope(ledger, pools, run, 1, TimeSpan.FromMinutes(7), null, default);

        await scope.Commit(async (connection, _, token) =>
        {
            await Execute(connection, "insert into public.effect values (1)");
            Assert.That(await upkeep.Look(token), Is.False, "five are dropped, four are left");
            await using var command = new NpgsqlCommand("show statement_timeout", connection);
            Assert.That(await command.ExecuteScalarAsync(token), Is.EqualTo("7min"));
            return null;
        });

        Assert.That(await Count(PartitionCount), Is.EqualTo(9 + 4));
        Assert.That(await Count("select count(*) from scheduler_private.run where verdict = 'succeeded'"), Is.EqualTo(1));
        Assert.That(await Count("select count(*) from public.effect"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_crash_in_the_middle_of_a_drop_leaves_the_partition_as_it_was()
    {
        await OldDays(60);
        await Run("old@1", "now() - interval '60 days'");
        var name = "scheduler_private.run_" + Day(-60);
        await using (var crashing = new NpgsqlConnection(database.ConnectionString + ";Pooling=false"))
        {
            await crashing.OpenAsync();
            await Execute(crashing, "begin");
            await Execute(crashing, $"select scheduler_private.drop_partition('{name}', interval '30 days')");
            await database.Execute("select pg_terminate_backend(@ProcessID, 5000)", new { crashing.ProcessID });
        }

        Assert.That(await Count("select count(*) from scheduler_private.run where run_key = 'old@1'"), Is.EqualTo(1));
        while (!await upkeep.Look(default)) { }
        Assert.That(await Count("select count(*) from scheduler_private.run where run_key = 'old@1'"), Is.Zero);
    }

    [Test]
    public async Task Months_of_a_database_that_was_migrated_before_stay_in_use_and_days_follow_them()
    {
        await AsBeforeDays();

        await Migrator.Migrate(database.ConnectionString, default);

        // The month before, the present one and two after it, then days: none inside a month.
        Assert.That(await Count(PartitionCount), Is.EqualTo(4));
        await Run("now@1", "now()");
        Assert.That(await Count("select count(*) from scheduler_private.run_default"), Is.Zero);
        await database.Execute("select scheduler_private.ensure_partitions(date_trunc('month', now()) + interval '3 months' - interval '2 days')");
        Assert.That(await Count(PartitionCount), Is.EqualTo(4 + 6));
        Assert.That(await Count("select count(*) from scheduler_private.run_partitions() a join scheduler_private.run_partitions() b"
            + " on a.partition <> b.partition and a.from_at < b.until_at and b.from_at < a.until_at"), Is.Zero);
    }

    [Test]
    public async Task A_month_is_dropped_when_all_of_it_is_older_than_the_retention()
    {
        await database.Execute("create table scheduler_private.run_202601 partition of scheduler_private.run"
            + " for values from ('2026-01-01 00:00:00+00') to ('2026-02-01 00:00:00+00')");

        await upkeep.Look(default);

        Assert.That(await Count("select count(*) from pg_class where relname = 'run_202601'"), Is.Zero);
    }

    [Test]
    public async Task Rows_of_the_default_partition_move_to_their_day_when_they_are_finished()
    {
        await Run("late@1", "now() - interval '10 days'");
        await Run("live@1", "now() - interval '12 days'", "queued");

        await upkeep.Look(default);

        Assert.That(await Count("select count(*) from scheduler_private.run_default"), Is.EqualTo(1));
        Assert.That(heard.Lines(1065), Has.Some.Contains("1 of them unfinished"));
        await database.Execute("update scheduler_private.run set state = 'finished', verdict = 'succeeded', ended_at = now() where state = 'queued'");
        await upkeep.Look(default);
        Assert.That(await Count("select count(*) from scheduler_private.run_default"), Is.Zero);
        Assert.That(await Count("select count(*) from scheduler_private.run"), Is.EqualTo(2));
    }

    [Test]
    public async Task Finished_rows_of_the_default_partition_are_deleted_with_their_age()
    {
        await database.Execute("insert into scheduler_private.run (run_key, job, due_at, state, version, priority, verdict, ended_at)"
            + " select 'old@' || n, 'a', now() - interval '50 days', 'finished', 1, 5, 'succeeded', now() from generate_series(1, 6000) as n");
        await Run("live@1", "now() - interval '50 days'", "queued");

        await upkeep.Look(default);

        Assert.That(await Count("select count(*) from scheduler_private.run"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_table_in_the_way_of_a_partition_is_named()
    {
        var name = "run_" + Day(7);
        await database.Execute($"alter table scheduler_private.run detach partition scheduler_private.{name}");

        await upkeep.Look(default);

        Assert.That(heard.Lines(1065), Has.Some.Contains(name).And.Some.Contains("attach it"));
    }

    [Test]
    public async Task Keys_of_requests_are_forgotten_with_their_age_unless_their_run_is_unfinished()
    {
        await Run("a!2026-01-01T00:00:00Z", "timestamptz '2026-01-01T00:00:00Z'", "queued");
        await database.Execute("""
            insert into scheduler_private.request (job, key, run_key, requested_at) values
                ('a', 'live', 'a!2026-01-01T00:00:00Z', now() - interval '40 days'),
                ('a', 'gone', 'a!2026-01-02T00:00:00Z', now() - interval '40 days'),
                ('a', 'young', 'a!2026-01-03T00:00:00Z', now() - interval '29 days');
            insert into scheduler_private.request (job, key, run_key, requested_at)
                select 'b', n::text, 'b!2026-01-02T00:00:00Z', now() - interval '40 days' from generate_series(1, 5001) as n;
            """);

        await upkeep.Look(default);

        Assert.That(await database.Rows<string>("select key from scheduler_private.request order by key"), Is.EqualTo(new[] { "live", "young" }));
    }

    [Test]
    public void Less_than_a_day_is_refused() => Assert.That(
        async () => await database.Execute("select scheduler_private.drop_partition('scheduler_private.run_20260101', interval '23 hours')"),
        Throws.InstanceOf<PostgresException>().With.Message.Contains("23:00:00").And.Message.Contains("at least 1 day"));

    private Upkeep UpkeepOn(Databases databases) =>
        new(databases, new NodeOptions { Name = "test", ConnectionString = "" }, TimeProvider.System, heard);

    private static string Day(int fromToday) =>
        TimeProvider.System.GetUtcNow().AddDays(fromToday).ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    private Task<long> Count(string sql) => database.Value<long>(sql);

    private Task OldDays(int daysAgo) => database.Execute($"select scheduler_private.ensure_partitions(now() - interval '{daysAgo} days')");

    private Task Run(string key, string dueAt, string state = "finished") => database.Execute(
        "insert into scheduler_private.run (run_key, job, due_at, state, version, priority, verdict, ended_at, node, owner, token) values (@key, 'a',"
        + $" {dueAt}, @state, 1, 5, case @state when 'finished' then 'succeeded' end, case @state when 'finished' then now() end,"
        + " case @state when 'running' then 'n1' end, case @state when 'running' then 1 end, 1)", new { key, state });

    private async Task EnterOnTheFiringPool(string key)
    {
        await using var connection = await pools.Engine.OpenConnectionAsync();
        await Execute(connection, "insert into scheduler_private.run (run_key, job, due_at, state, version, priority)"
            + $" values ('{key}', 'a', now(), 'queued', 1, 5)");
        await Execute(connection, $"update scheduler_private.run set priority = 6 where run_key = '{key}' and state = 'queued'");
    }

    private static async Task Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    // The state 0001 and 0002 left behind: monthly partitions, as ensure_partitions made them then.
    private Task AsBeforeDays() => database.Execute("""
        do $$
        declare
            partition regclass;
            month timestamptz;
        begin
            for partition in select p.partition from scheduler_private.run_partitions() p loop
                execute format('drop table %s', partition);
            end loop;
            for month in select generate_series(date_trunc('month', now()) - interval '1 month', date_trunc('month', now()) + interval '2 months',
                                                interval '1 month') loop
                execute format('create table scheduler_private.%I partition of scheduler_private.run for values from (%L) to (%L)',
                    'run_' || to_char(month, 'YYYYMM'), to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00',
                    to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
            end loop;
        end $$;
        drop index scheduler_private.request_by_age;
        delete from scheduler_private.migration where number = 3;
        update scheduler_private.schema_object set hash = 'older' where name like '%partition%';
        """);

    private sealed class HeardLog : ILogger<Upkeep>
    {
        private readonly List<(int Id, string Text)> lines = [];

        public int Count(int id) => Lines(id).Count;

        public List<string> Lines(int id)
        {
            lock (lines) { return [.. lines.Where(l => l.Id == id).Select(l => l.Text)]; }
        }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (lines) { lines.Add((eventId.Id, formatter(state, exception))); }
        }
    }
}
