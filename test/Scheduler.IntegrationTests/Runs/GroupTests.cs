using Npgsql;
using NUnit.Framework;
using Scheduler.Runs;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Runs;

/// <summary>Concurrency groups: places are given out by the claim alone.</summary>
[TestFixture, FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class GroupTests : LedgerFixture
{
    [Test]
    public async Task A_run_in_a_group_is_queued_when_it_is_due_and_begins_with_the_claim_as_long_as_there_is_room()
    {
        await Job("a", "g", 2);
        var node = await Node("n1");

        var entered = await Ledger.Enter([.. Enumerable.Range(0, 4).Select(i => FireOf("a", i))], 10, node, default);
        var claimed = await Ledger.Claim(10, node, default);

        Assert.That(entered.Select(e => e.State), Is.All.EqualTo("queued"));
        Assert.That(claimed.Select(c => c.DueAt), Is.EquivalentTo(new[] { Due, Due.AddSeconds(1) }));
        Assert.That(await Ledger.Claim(10, node, default), Is.Empty);
        Assert.That(await Database.Value<string?>("select distinct waiting_for from scheduler.run where state = 'queued'"),
            Is.EqualTo("a place in group g (2 of 2 run)"));

        await Ledger.Finish([new(claimed[0], "succeeded")], node.LeaseId, default);
        Assert.That((await Ledger.Claim(10, node, default)).Select(c => c.DueAt), Is.EqualTo(new[] { Due.AddSeconds(2) }));
    }

    [Test]
    public async Task The_smallest_limit_of_a_group_holds_and_a_full_group_hides_nobody_behind_it()
    {
        await Job("a", "g", 5, priority: 9);
        await Job("b", "g", 1, priority: 9);
        await Job("c", null, 0, priority: 0);
        var node = await Node("n1");
        await Queue("a", 20);
        await Queue("b", 20);
        await Queue("c", 3);

        Assert.That((await Ledger.Claim(4, node, default)).Select(c => c.Job), Is.EquivalentTo(new[] { "a", "c", "c", "c" }));
        Assert.That(await Ledger.Claim(4, node, default), Is.Empty);

        await Database.Execute("update scheduler.job set concurrency = '{}' where name = 'b'");
        Assert.That((await Ledger.Claim(10, node, default)).Count(c => c.Job is "a" or "b"), Is.EqualTo(4), "now five");
    }

    [Test]
    public async Task Runs_of_a_group_that_every_job_has_left_are_not_held_back()
    {
        await Job("a", "g", 1);
        var node = await Node("n1");
        await Queue("a", 5);
        Assert.That(await Ledger.Claim(10, node, default), Has.Count.EqualTo(1));

        await Database.Execute("update scheduler.job set concurrency = '{}'");
        Assert.That(await Ledger.Claim(10, node, default), Has.Count.EqualTo(4));
    }

    [Test]
    public async Task The_runs_of_a_dead_node_hold_their_places_until_they_are_taken_from_it()
    {
        await Job("a", "g", 2);
        var (dead, alive) = (await Node("n1"), await Node("n2"));
        await Queue("a", 5);
        Assert.That(await Ledger.Claim(10, dead, default), Has.Count.EqualTo(2));
        await Database.Execute("update scheduler_private.node set lease_until = now() - interval '1 second' where name = 'n1'");

        Assert.That(await Ledger.Claim(10, alive, default), Is.Empty);
        await Ledger.RequeueLost(default);
        Assert.That(await Ledger.Claim(10, alive, default), Has.Count.EqualTo(2));
    }

    // Both see one place and each another run first: without the lock of the group both would begin.
    [Test]
    public async Task Who_claims_waits_for_a_claim_under_way_and_counts_what_it_took()
    {
        await Job("a", "g", 1);
        await Job("b", "g", 1, priority: 9);
        var (first, second) = (await Node("n1"), await Node("n2"));
        await Queue("a", 1);
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var claim = new NpgsqlCommand("select job from scheduler_private.claim(1, 'n1', $1, '{}')", connection, transaction);
        claim.Parameters.AddWithValue(first.LeaseId);
        Assert.That(await claim.ExecuteScalarAsync(), Is.EqualTo("a"));
        await Queue("b", 1);

        var other = Ledger.Claim(1, second, default);
        await Database.Until("the other claim waits, or did not", async () => other.IsCompleted
            || await Database.Value<bool>("select exists (select from pg_locks l join pg_database d on d.oid = l.database"
                + " where d.datname = current_database() and l.locktype = 'advisory' and not l.granted)"));
        await transaction.CommitAsync();

        Assert.That(await other, Is.Empty);
        Assert.That(await Database.Value<long>("select count(*) from scheduler.run where state = 'running'"), Is.EqualTo(1));
    }

    [Test]
    public async Task However_many_claim_at_once_no_group_is_ever_fuller_than_its_limit_and_none_waits_in_vain()
    {
        string[] groups = ["g1", "g2", "g3"];
        foreach (var group in groups)
        {
            for (var i = 0; i < 4; i++)
            {
                await Job($"{group}-{i}", group, 3);
                await Queue($"{group}-{i}", 25);
            }
        }
        await Job("free", null, 0);
        await Queue("free", 100);
        var nodes = await Task.WhenAll(Enumerable.Range(1, 8).Select(i => Node($"n{i}")));
        var most = 0L;
        using var done = new CancellationTokenSource();
        var watching = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                most = Math.Max(most, await Database.Value<long>("select coalesce(max(n), 0) from (select count(*) as n from scheduler.run"
                    + " where state = 'running' and concurrency_group is not null group by concurrency_group) x"));
            }
        });

        await Task.WhenAll(nodes.Select(node => Task.Run(async () =>
        {
            while (await Database.Value<long>("select count(*) from scheduler.run where state <> 'finished'") > 0)
            {
                var claimed = await Ledger.Claim(5, node, default);
                if (claimed.Count > 0) { await Ledger.Finish([.. claimed.Select(c => new RunEnd(c, "succeeded"))], node.LeaseId, default); }
            }
        })));
        await done.CancelAsync();
        await watching;

        Assert.That(most, Is.EqualTo(3));
        Assert.That(await MostAtOnce(), Is.EqualTo(3), "by the ledger's own times");
        Assert.That(await Database.Value<long>("select count(*) from scheduler.run where verdict = 'succeeded'"), Is.EqualTo(400));
    }

    // Each start counts one up, each end one down; of an end and a start at one time the end comes first.
    private Task<long> MostAtOnce() => Database.Value<long>("""
        select max(n) from (
            select sum(step) over (partition by concurrency_group order by at, step) as n
            from scheduler_private.run r cross join lateral (values (r.started_at, 1), (r.ended_at, -1)) x(at, step)
            where r.concurrency_group is not null) x
        """);

    private Task Job(string name, string? group, int limit, int priority = 5) => Database.Execute(
        "insert into scheduler.job (name, kind, overlap, missed, priority, concurrency) values (@name, 'sql', 'allow', 'all', @priority,"
        + " case when @group::text is null then '{}' else jsonb_build_object('group', @group, 'limit', @limit) end)",
        new { name, priority, group, limit });

    // Entered by a node without a free slot.
    private async Task Queue(string job, int count) =>
        await Ledger.Enter([.. Enumerable.Range(0, count).Select(i => FireOf(job, i))], 0, await Node("n0"), default);
}
