using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Runs;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Runs;

/// <summary>What becomes of the sessions jobs of a dead node worked in.</summary>
[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class LostSessionTests
{
    [Test]
    public async Task They_are_ended_and_those_of_another_cluster_on_the_same_server_are_not()
    {
        await using var database = await TestDatabase.Create();
        await using var elsewhere = await TestDatabase.Create();
        await using var pools = new Databases(database.ConnectionString, "test", 10);
        var ledger = new Ledger(pools, NullLogger<Ledger>.Instance);
        await database.Execute("insert into scheduler.job (name, kind) values ('a', 'sql')");
        var dead = new NodeIdentity("n1", await database.Value<long>("""
            insert into scheduler_private.node (name, lease_id, state, labels, slots, version, host, pid, lease_until)
            values ('n1', nextval('scheduler_private.lease_id'), 'live', '{}', 10, '0', 'test', 1, now() + interval '1 hour') returning lease_id
            """), []);
        var due = new DateTime(2026, 11, 21, 4, 0, 0, DateTimeKind.Utc);
        await ledger.Enter([new Fire(Fire.KeyOf("a", due), "a", due, null)], 5, dead, default);
        await using var session = await JobSession(database, dead.LeaseId);
        await using var other = await JobSession(elsewhere, dead.LeaseId);
        await database.Execute("update scheduler_private.node set lease_until = now() - interval '1 second'");

        Assert.That(await ledger.RequeueLost(default), Has.Count.EqualTo(1));

        Assert.That(() => new NpgsqlCommand("select 1", session).ExecuteScalar(), Throws.InstanceOf<NpgsqlException>());
        Assert.That(() => new NpgsqlCommand("select 1", other).ExecuteScalar(), Is.EqualTo(1));
    }

    private static async Task<NpgsqlConnection> JobSession(TestDatabase database, long leaseId)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            ApplicationName = Databases.JobSessionName(leaseId),
            Pooling = false,
        }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }
}
