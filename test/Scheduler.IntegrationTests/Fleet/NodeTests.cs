using Npgsql;
using NUnit.Framework;
using Scheduler.Fleet;

namespace Scheduler.IntegrationTests.Fleet;

[TestFixture]
public sealed class NodeTests
{
    private static readonly TimeSpan FiveMinutes = TimeSpan.FromMinutes(5);

    [Test]
    public async Task A_node_is_pending_until_its_first_heartbeat()
    {
        await using var fleet = await FleetRows.Create();
        var node = await fleet.Value<Guid>("select fleet.register('n')");
        Assert.That(await fleet.Value<string>("select status from fleet.node"), Is.EqualTo("pending"));
        await fleet.Execute("select fleet.heartbeat(@node)", new { node });
        Assert.That(await fleet.Value<string>("select status from fleet.node where last_seen_at is not null"), Is.EqualTo("online"));
        Assert.That(await fleet.Value<long>(
            "select count(*) from fleet.heartbeat h join fleet.node n on h.node_id = n.id and h.created_at = n.last_seen_at"),
            Is.EqualTo(1));
    }

    [Test]
    public async Task An_offline_node_is_online_again_with_its_next_heartbeat()
    {
        await using var fleet = await FleetRows.Create();
        var node = await fleet.OnlineNode();
        await fleet.Execute("update fleet.node set status = 'offline'");
        await fleet.Execute("select fleet.heartbeat(@node)", new { node });
        Assert.That(await fleet.Value<string>("select status from fleet.node"), Is.EqualTo("online"));
    }

    [Test]
    public async Task Heartbeat_of_an_unknown_node_is_refused_with_a_hint_and_leaves_no_row()
    {
        await using var fleet = await FleetRows.Create();
        var stranger = Guid.NewGuid();
        var refused = await Assert.ThrowsAsync<PostgresException>(() => fleet.Execute("select fleet.heartbeat(@stranger)", new { stranger }));
        Assert.Multiple(() =>
        {
            Assert.That(refused!.SqlState, Is.EqualTo("P0002"));
            Assert.That(refused.MessageText, Is.EqualTo($"there is no fleet node {stranger}"));
            Assert.That(refused.Hint, Does.Contain("fleet.register"));
        });
        Assert.That(await fleet.Value<long>("select count(*) from fleet.heartbeat"), Is.Zero);
    }

    [Test]
    public async Task Marks_nodes_silent_past_the_threshold_offline_and_not_those_exactly_at_it()
    {
        await using var fleet = await FleetRows.Create();
        await using var connection = await fleet.Open();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var insert = new NpgsqlCommand("""
            insert into fleet.node (name, status, last_seen_at) values
                ('at', 'online', now() - interval '5 minutes'),
                ('past', 'online', now() - interval '5 minutes 0.000001 seconds'),
                ('before', 'online', now() - interval '4 minutes 59.999999 seconds')
            """, connection)) { await insert.ExecuteNonQueryAsync(); }
        Assert.That(await FleetRows.Maintain(connection, "fleet_offline", FiveMinutes), Is.EqualTo(1));
        await transaction.CommitAsync();
        Assert.That(await fleet.List<string>("select name from fleet.node where status = 'offline'"), Is.EqualTo(new[] { "past" }));
    }

    [Test]
    public async Task A_heartbeat_under_way_keeps_its_node_online()
    {
        await using var fleet = await FleetRows.Create();
        var node = await fleet.OnlineNode();
        await fleet.Execute("update fleet.node set last_seen_at = last_seen_at - interval '6 minutes'");
        await using var worker = await fleet.Open();
        await using var open = await worker.BeginTransactionAsync();
        await using (var beat = new NpgsqlCommand($"select fleet.heartbeat('{node}')", worker)) { await beat.ExecuteNonQueryAsync(); }
        Assert.That(await fleet.Maintain("fleet_offline", FiveMinutes), Is.Zero);
        await open.CommitAsync();
        Assert.That(await fleet.Maintain("fleet_offline", FiveMinutes), Is.Zero);
    }

    [Test]
    public async Task Status_counts_the_fleet_and_what_is_due()
    {
        await using var fleet = await FleetRows.Create();
        var empty = await FleetStatus.Read(fleet.ConnectionString, default);
        await fleet.Chunks(3);
        await fleet.Claim(await fleet.OnlineNode());
        await fleet.Execute("update fleet.chunk set claimed_at = now() - interval '6 minutes' where status = 'running'");
        var status = await FleetStatus.Read(fleet.ConnectionString, default);
        Assert.Multiple(() =>
        {
            Assert.That(empty, Is.EqualTo(new FleetStatus(0, 0, 0, 0, 0, 0, 0, null, 0, 0, 0, 0, 0, 0, null, null)));
            Assert.That((status.NodesOnline, status.ChunksPending, status.ChunksRunning, status.ChunksToReclaim), Is.EqualTo((1L, 2L, 1L, 1L)));
            Assert.That(status.OldestPendingAt, Is.Not.Null);
        });
    }

    [Test]
    public async Task The_worker_client_goes_through_a_chunks_life()
    {
        await using var fleet = await FleetRows.Create();
        await fleet.Chunks(2);
        await using var worker = new FleetWorker(fleet.ConnectionString, connectionsMax: 2);
        var node = await worker.Register("n", null, default);
        await Assert.ThrowsAsync<FleetNodeRefusedException>(() => worker.Claim(node, 1, default));
        await worker.Heartbeat(node, default);
        var chunks = await worker.Claim(node, 5, default);
        Assert.That(chunks, Has.Count.EqualTo(2));
        Assert.That(await worker.Complete(chunks[0].Id, node, default), Is.True);
        Assert.That(await worker.Fail(chunks[1].Id, node, "broken", default), Is.True);
        Assert.That(await worker.Fail(chunks[0].Id, node, "broken", default), Is.False);
    }
}
