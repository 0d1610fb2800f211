using Npgsql;
using NUnit.Framework;
using Scheduler.Database;
using Scheduler.Runs;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Runs;

/// <summary>What becomes of the sessions jobs of a dead node worked in.</summary>
[TestFixture, FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LostSessionTests : LedgerFixture
{
    [Test]
    public async Task They_are_ended_and_those_of_another_cluster_on_the_same_server_are_not()
    {
        await using var elsewhere = await TestDatabase.Create();
        await Database.Execute("insert into scheduler.job (name, kind) values ('a', 'sql')");
        var dead = await Node("n1");
        await Ledger.Enter([FireOf("a")], 5, dead, default);
        await using var session = await JobSession(Database, dead.LeaseId);
        await using var other = await JobSession(elsewhere, dead.LeaseId);
        await Database.Execute("update scheduler_private.node set lease_until = now() - interval '1 second'");

        Assert.That(await Ledger.RequeueLost(default), Has.Count.EqualTo(1));

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
