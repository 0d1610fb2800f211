using Npgsql;
using NUnit.Framework;

namespace Scheduler.IntegrationTests.Fleet;

[TestFixture]
public sealed class ChunkTests
{
    private static readonly TimeSpan FiveMinutes = TimeSpan.FromMinutes(5);

    [Test]
    public async Task Two_claimers_never_get_one_chunk_and_neither_waits()
    {
        await using var fleet = await FleetRows.Create();
        await fleet.Chunks(20);
        var (a, b) = (await fleet.OnlineNode("a"), await fleet.OnlineNode("b"));
        await using var first = await fleet.Open();
        await using var second = await fleet.Open();
        await using var open = await first.BeginTransactionAsync();
        // Longer than a claim takes by far: without "skip locked" the second claim waits for the first and dies of this.
        await Run(second, "set lock_timeout = '2s'");
        var ofFirst = await Claim(first, a, 5);
        var ofSecond = await Claim(second, b, 5);
        await open.CommitAsync();
        Assert.Multiple(() =>
        {
            Assert.That(ofFirst, Has.Count.EqualTo(5));
            Assert.That(ofSecond, Has.Count.EqualTo(5));
            Assert.That(ofFirst.Intersect(ofSecond), Is.Empty);
        });
    }

    [Test]
    public async Task Many_claimers_at_once_take_every_chunk_exactly_once()
    {
        await using var fleet = await FleetRows.Create();
        await fleet.Chunks(200);
        var claimed = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            var node = await fleet.OnlineNode($"worker-{i}");
            var mine = new List<Guid>();
            while (await fleet.Claim(node, 3) is { Count: > 0 } chunks) { mine.AddRange(chunks); }
            return mine;
        }));
        var all = claimed.SelectMany(c => c).ToList();
        Assert.That(all, Has.Count.EqualTo(200));
        Assert.That(all, Is.Unique);
    }

    [Test]
    public async Task Only_online_nodes_may_claim()
    {
        await using var fleet = await FleetRows.Create();
        await fleet.Chunks(1);
        var pending = await fleet.Value<Guid>("select fleet.register('p')");
        var refused = await Assert.ThrowsAsync<PostgresException>(() => fleet.Claim(pending));
        var unknown = await Assert.ThrowsAsync<PostgresException>(() => fleet.Claim(Guid.NewGuid()));
        Assert.Multiple(() =>
        {
            Assert.That(refused!.SqlState, Is.EqualTo("55000"));
            Assert.That(refused.MessageText, Does.Contain($"{pending} is pending"));
            Assert.That(refused.Hint, Does.Contain("fleet.heartbeat"));
            Assert.That(unknown!.SqlState, Is.EqualTo("P0002"));
            Assert.That(unknown.Hint, Does.Contain("fleet.register"));
        });
        Assert.That(await fleet.Value<long>("select count(*) from fleet.chunk where status = 'pending'"), Is.EqualTo(1));
    }

    [Test]
    public async Task Refuses_to_claim_none_or_too_many()
    {
        await using var fleet = await FleetRows.Create();
        var node = await fleet.OnlineNode();
        var none = await Assert.ThrowsAsync<PostgresException>(() => fleet.Claim(node, 0));
        var many = await Assert.ThrowsAsync<PostgresException>(() => fleet.Claim(node, 1001));
        Assert.That(none!.MessageText, Is.EqualTo("max_count is 0; expected 1 to 1000"));
        Assert.That(many!.SqlState, Is.EqualTo("22023"));
    }

    [Test]
    public async Task Late_completion_of_a_reclaimed_chunk_counts_for_nothing()
    {
        await using var fleet = await FleetRows.Create();
        await fleet.Chunks(1);
        var (slow, quick) = (await fleet.OnlineNode("slow"), await fleet.OnlineNode("quick"));
        var chunk = (await fleet.Claim(slow)).Single();
        await fleet.Execute("update fleet.chunk set claimed_at = claimed_at - interval '6 minutes'");
        Assert.That(await fleet.Maintain("fleet_reclaim", FiveMinutes), Is.EqualTo(1));
        Assert.That(await Complete(fleet, chunk, slow), Is.False, "while it is free");
        Assert.That(await fleet.Claim(quick), Is.EqualTo(new[] { chunk }));
        Assert.That(await Complete(fleet, chunk, slow), Is.False, "while another holds it");
        Assert.That(await fleet.Value<bool>("select fleet.fail_chunk(@chunk, @slow, 'late')", new { chunk, slow }), Is.False);
        Assert.That(await Complete(fleet, chunk, quick), Is.True);
        Assert.That(await Complete(fleet, chunk, slow), Is.False, "after another has done it");
        Assert.That(await fleet.Value<int>("select attempts from fleet.chunk"), Is.EqualTo(2));
    }

    [Test]
    public async Task Completing_again_gives_the_same_answer()
    {
        await using var fleet = await FleetRows.Create();
        await fleet.Chunks(1);
        var node = await fleet.OnlineNode();
        var chunk = (await fleet.Claim(node)).Single();
        Assert.That(await Complete(fleet, chunk, node), Is.True);
        var ended = await fleet.Value<DateTime>("select completed_at from fleet.chunk");
        Assert.That(await Complete(fleet, chunk, node), Is.True);
        Assert.That(await fleet.Value<DateTime>("select completed_at from fleet.chunk"), Is.EqualTo(ended));
        Assert.That(await fleet.Value<bool>("select fleet.fail_chunk(@chunk, @node, 'x')", new { chunk, node }), Is.False, "it is done");
    }

    [Test]
    public async Task A_failed_chunk_says_why_even_without_a_reason()
    {
        await using var fleet = await FleetRows.Create();
        await fleet.Chunks(2);
        var node = await fleet.OnlineNode();
        var chunks = await fleet.Claim(node, 2);
        await fleet.Execute("select fleet.fail_chunk(@chunk, @node, repeat('x', 9000))", new { chunk = chunks[0], node });
        await fleet.Execute("select fleet.fail_chunk(@chunk, @node, null)", new { chunk = chunks[1], node });
        Assert.That(await fleet.List<int>("select length(error) from fleet.chunk where status = 'failed' order by 1"),
            Is.EqualTo(new[] { "no reason given".Length, 4000 }));
    }

    [Test]
    public async Task Reclaims_claims_older_than_the_threshold_and_not_those_exactly_as_old()
    {
        await using var fleet = await FleetRows.Create();
        await fleet.Chunks(3);
        var chunks = await fleet.Claim(await fleet.OnlineNode(), 3);
        await using var connection = await fleet.Open();
        // One transaction, so that now() is one instant for the ages and for the statement.
        await using var transaction = await connection.BeginTransactionAsync();
        await Age(connection, chunks[0], "5 minutes");
        await Age(connection, chunks[1], "5 minutes 0.000001 seconds");
        await Age(connection, chunks[2], "4 minutes 59.999999 seconds");
        Assert.That(await FleetRows.Maintain(connection, "fleet_reclaim", FiveMinutes), Is.EqualTo(1));
        await transaction.CommitAsync();
        Assert.That(await fleet.List<Guid>("select id from fleet.chunk where status = 'pending' and node_id is null and claimed_at is null"),
            Is.EqualTo(new[] { chunks[1] }));
    }

    [Test]
    public async Task A_chunk_being_finished_right_now_is_not_reclaimed()
    {
        await using var fleet = await FleetRows.Create();
        await fleet.Chunks(1);
        var node = await fleet.OnlineNode();
        var chunk = (await fleet.Claim(node)).Single();
        await fleet.Execute("update fleet.chunk set claimed_at = claimed_at - interval '6 minutes'");
        await using var worker = await fleet.Open();
        await using var open = await worker.BeginTransactionAsync();
        await Run(worker, $"select fleet.complete_chunk('{chunk}', '{node}')");
        Assert.That(await fleet.Maintain("fleet_reclaim", FiveMinutes), Is.Zero);
        await open.CommitAsync();
        Assert.That(await fleet.Value<string>("select status from fleet.chunk"), Is.EqualTo("done"));
    }

    private static Task<bool> Complete(FleetRows fleet, Guid chunk, Guid node) =>
        fleet.Value<bool>("select fleet.complete_chunk(@chunk, @node)", new { chunk, node });

    private static Task Age(NpgsqlConnection connection, Guid chunk, string age) =>
        Run(connection, $"update fleet.chunk set claimed_at = now() - interval '{age}' where id = '{chunk}'");

    private static async Task Run(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<List<Guid>> Claim(NpgsqlConnection connection, Guid node, int max)
    {
        var chunks = new List<Guid>();
        await using var command = new NpgsqlCommand($"select id from fleet.claim_chunks('{node}', {max})", connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) { chunks.Add(reader.GetGuid(0)); }
        return chunks;
    }
}
