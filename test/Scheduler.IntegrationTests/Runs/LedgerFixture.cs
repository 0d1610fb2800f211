using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Runs;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Runs;

/// <summary>A database with nothing in it but the schema, the ledger on it, and nodes that are rows alone. Each test has one of its own
/// (<c>LifeCycle.InstancePerTestCase</c>, to be said by the fixture itself).</summary>
public abstract class LedgerFixture
{
    /// <summary>When fires of second 0 are due.</summary>
    protected static readonly DateTime Due = new(2026, 11, 21, 4, 0, 0, DateTimeKind.Utc);

    /// <summary>The database.</summary>
    protected TestDatabase Database { get; private set; } = null!;
    private protected Databases Pools { get; private set; } = null!;
    private protected Ledger Ledger { get; private set; } = null!;

    /// <summary>Before each test.</summary>
    [SetUp]
    public async Task Make()
    {
        Database = await TestDatabase.Create();
        Pools = new Databases(Database.ConnectionString, "test", 10);
        Ledger = new Ledger(Pools, NullLogger<Ledger>.Instance);
    }

    /// <summary>After each test.</summary>
    [TearDown]
    public async Task Remove()
    {
        await Pools.DisposeAsync();
        await Database.DisposeAsync();
    }

    private protected static Fire FireOf(string job, int second = 0)
    {
        var due = Due.AddSeconds(second);
        return new Fire(Fire.KeyOf(job, due), job, due, null);
    }

    /// <summary>A live node; of a name that is there already the next one, with a lease of its own.</summary>
    protected async Task<NodeIdentity> Node(string name, params string[] labels) => new(name, await Database.Value<long>("""
        insert into scheduler_private.node as n (name, lease_id, state, labels, slots, version, host, pid, lease_until)
        values (@name, nextval('scheduler_private.lease_id'), 'live', @labels, 10, '0', 'test', 1, now() + interval '1 hour')
        on conflict (name) do update set lease_id = excluded.lease_id, lease_until = excluded.lease_until returning lease_id
        """, new { name, labels }), labels);
}
