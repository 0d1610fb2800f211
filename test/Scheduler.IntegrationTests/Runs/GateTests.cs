using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Runs;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Runs;

/// <summary>The lock by which gates stay as they are while it is decided on what they say (docs/decisions/0017).</summary>
[TestFixture, FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class GateTests
{
    private static readonly DateTime Due = new(2026, 11, 21, 4, 0, 0, DateTimeKind.Utc);
    private TestDatabase database = null!;
    private Databases pools = null!;
    private Ledger ledger = null!;
    private NodeIdentity node = null!;

    [SetUp]
    public async Task SetUp()
    {
        database = await TestDatabase.Create();
        pools = new Databases(database.ConnectionString, "test", 10);
        ledger = new Ledger(pools, NullLogger<Ledger>.Instance);
        await database.Execute("insert into scheduler.job (name, kind, overlap, missed)"
            + " values ('a', 'sql', 'allow', 'all'), ('b', 'sql', 'allow', 'all')");
        node = new NodeIdentity("n1", await database.Value<long>("""
            insert into scheduler_private.node (name, lease_id, state, labels, slots, version, host, pid, lease_until)
            values ('n1', nextval('scheduler_private.lease_id'), 'live', '{}', 10, '0', 'test', 1, now() + interval '1 hour') returning lease_id
            """), []);
        await ledger.Enter([FireOf("a"), FireOf("b")], 0, node, default);
    }

    [TearDown]
    public async Task TearDown()
    {
        await pools.DisposeAsync();
        await database.DisposeAsync();
    }

    [TestCase("select scheduler.pause('a')")]
    [TestCase("update scheduler.job set enabled = false where name = 'a'")]
    [TestCase("delete from scheduler.job where name = 'a'")]
    [TestCase("insert into scheduler.job (name, kind) values ('c', 'sql')")]
    public async Task A_change_waits_for_who_decides_on_gates_as_they_are(string change)
    {
        await using var decides = await Session.Begin(database);
        Assert.That(await decides.Value<bool>("select scheduler_private.keep_gates()"), Is.True);

        var changed = database.Execute(change);
        await database.Until("the change waits, or did not", async () => changed.IsCompleted
            || await database.Value<bool>(
                "select exists (select from pg_locks where relation = 'scheduler_private.gate_lock'::regclass and not granted"
                // Databases of one template have the same numbers for their tables.
                + " and database = (select oid from pg_database where datname = current_database()))"));
        Assert.That(changed.IsCompleted, Is.False);
        Assert.That(await Kept(), Is.False, "who comes after it goes gate by gate, so that it does not wait for ever");
        await decides.Commit();
        await changed;
        Assert.That(await Kept(), Is.True);
    }

    [Test]
    public async Task While_a_change_is_under_way_nothing_of_its_job_begins_other_jobs_go_on_and_other_edits_do_not_wait()
    {
        await using var pauses = await Session.Begin(database);
        await pauses.Value<string>("select scheduler.pause('a')");

        Assert.That(await Kept(), Is.False);
        Assert.That((await ledger.Claim(10, node, default)).Select(r => r.Job), Is.EqualTo(new[] { "b" }));
        await database.Execute("update scheduler.job set priority = 6 where name = 'b'");
        await pauses.Commit();

        Assert.That(await Kept(), Is.True);
        Assert.That(await ledger.Claim(10, node, default), Is.Empty);
        await database.Execute("select scheduler.resume('a')");
        Assert.That((await ledger.Claim(10, node, default)).Select(r => r.Job), Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public async Task Who_writes_a_verdict_keeps_nobody_from_claiming_runs_of_the_same_job()
    {
        await using var verdict = await Session.Begin(database);
        await verdict.Value<string>("update scheduler_private.job_gate set finished_count = 1 where job = 'a' returning job");
        Assert.That((await ledger.Claim(10, node, default)).Select(r => r.Job), Is.EquivalentTo(new[] { "a", "b" }));
    }

    private Task<bool> Kept() => database.Value<bool>("select scheduler_private.keep_gates()");

    private static Fire FireOf(string job) => new(Fire.KeyOf(job, Due), job, Due, null);

    private sealed class Session(NpgsqlConnection connection, NpgsqlTransaction transaction) : IAsyncDisposable
    {
        public static async Task<Session> Begin(TestDatabase database)
        {
            var connection = await database.Source.OpenConnectionAsync();
            return new(connection, await connection.BeginTransactionAsync());
        }

        public async Task<T> Value<T>(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            return (T)(await command.ExecuteScalarAsync())!;
        }

        public Task Commit() => transaction.CommitAsync();

        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}
