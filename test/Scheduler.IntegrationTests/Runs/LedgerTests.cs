using Dapper;
using Npgsql;
using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.Runs;

namespace Scheduler.IntegrationTests.Runs;

/// <summary>What entering, claiming, taking over and finishing decide, on a real database.</summary>
[TestFixture, FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LedgerTests : LedgerFixture
{
    [Test]
    public async Task A_fire_entered_twice_is_one_row_and_the_second_entry_changes_nothing()
    {
        await Job("a", overlap: "allow");
        var node = await Node("n1");
        var fire = FireOf("a", 0);

        var first = await Ledger.Enter([fire], 5, node, default);
        var second = await Ledger.Enter([fire], 5, node, default);

        Assert.That(first[0].State, Is.EqualTo("running"));
        Assert.That(second[0].State, Is.Null);
        Assert.That(await Database.Value<long>("select count(*) from scheduler.run"), Is.EqualTo(1));
    }

    [Test]
    public async Task Fifty_callers_at_once_enter_a_fire_once_and_one_overlapping_fire_goes_ahead()
    {
        await Job("a", overlap: "skip");
        var node = await Node("n1");

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Ledger.Enter([FireOf("a", i % 5)], 5, node, default)));

        Assert.That(answers.Count(a => a[0].State == "running"), Is.EqualTo(1));
        Assert.That(await Database.Value<long>("select count(*) from scheduler.run"), Is.EqualTo(5));
        Assert.That(await Database.Value<long>("select count(*) from scheduler.run where verdict = 'skipped' and reason = 'overlap'"), Is.EqualTo(4));
    }

    [Test]
    public async Task Queued_runs_of_a_job_somebody_holds_stall_no_other_job()
    {
        await Job("held", overlap: "allow", priority: 9);
        await Job("free", overlap: "allow");
        var node = await Node("n1");
        await Ledger.Enter([FireOf("held", 0), FireOf("held", 1), FireOf("held", 2), FireOf("free", 0)], 0, node, default);
        await using var holder = new NpgsqlConnection(Database.ConnectionString);
        await holder.OpenAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await holder.ExecuteAsync("update scheduler.job set timeout = '2 hours' where name = 'held'");

        var claimed = await Ledger.Claim(2, node, default);
        await transaction.RollbackAsync();
        var afterwards = await Ledger.Claim(5, node, default);

        Assert.That(claimed.Select(r => r.Job), Is.EqualTo(new[] { "free" }));
        Assert.That(afterwards, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task More_fires_than_slots_queue_the_rest_by_priority()
    {
        await Job("low", overlap: "allow", priority: 1);
        await Job("high", overlap: "allow", priority: 9);
        var node = await Node("n1");

        var answers = await Ledger.Enter([FireOf("low", 0), FireOf("low", 1), FireOf("high", 0)], 1, node, default);
        var claimed = await Ledger.Claim(1, node, default);

        Assert.That(answers.Select(a => a.State), Is.EqualTo(new[] { "queued", "queued", "running" }));
        Assert.That(claimed.Select(r => r.RunKey), Is.EqualTo(new[] { FireOf("low", 0).RunKey }));
        Assert.That(claimed[0].Token, Is.EqualTo(1));
    }

    [Test]
    public async Task Parameters_of_a_manual_run_go_over_the_jobs_own_and_a_key_gives_one_run()
    {
        await Job("a");
        await Database.Execute("""update scheduler.job set params = '{"day": "today", "dry": false}' where name = 'a'""");

        var first = await Database.Value<string?>("""select scheduler.run_now('a', '{"dry": true}', 'k')""");
        var second = await Database.Value<string?>("""select scheduler.run_now('a', '{"dry": false}', 'k')""");

        Assert.That(second, Is.EqualTo(first));
        Assert.That(await Database.Value<string?>("select params::text from scheduler.run"), Is.EqualTo("""{"day": "today", "dry": true}"""));
        Assert.That(async () => await Database.Value<string?>("select scheduler.run_now('a', '[1]')"),
            Throws.InstanceOf<PostgresException>().With.Message.Contains("params is [1]; expected an object"));
    }

    [Test]
    public async Task A_lost_run_that_somebody_asked_to_cancel_ends_and_is_not_queued_again()
    {
        await Job("a", overlap: "queue");
        var node = await Node("n1");
        await Ledger.Enter([FireOf("a", 0), FireOf("a", 1)], 5, node, default);

        Assert.That(await Database.Value<string?>($"select scheduler.cancel('{FireOf("a", 0).RunKey}', 'enough')"), Is.EqualTo("requested"));
        Assert.That(await Database.Value<string?>($"select scheduler.cancel('{FireOf("a", 1).RunKey}')"), Is.EqualTo("cancelled"));
        Assert.That((await Ledger.Cancelled(node, default)).Select(c => c.Reason), Is.EqualTo(new[] { "enough" }));
        await Database.Execute("update scheduler_private.node set lease_until = now() - interval '1 second'");
        var lost = await Ledger.RequeueLost(default);

        Assert.That(lost.Select(l => l.Verdict), Is.EqualTo(new[] { "cancelled" }));
        Assert.That(await Database.Value<long>("select count(*) from scheduler.run where verdict = 'cancelled'"), Is.EqualTo(2));
        Assert.That(await Database.Value<string?>("select active_key from scheduler_private.job_gate"), Is.Null, "the job is free");
        Assert.That(await Database.Value<long>("select failures_in_row from scheduler_private.job_gate"), Is.Zero, "no failure");
    }

    [TestCase("enabled = false", "disabled")]
    [TestCase("paused_at = now()", "paused")]
    [TestCase("start_within = interval '1 second'", "too late")]
    public async Task A_fire_that_must_not_run_gets_its_verdict_at_once(string edit, string reason)
    {
        await Job("a");
        await Database.Execute($"update scheduler.job set {edit} where name = 'a'");

        await Ledger.Enter([FireOf("a", 0)], 5, await Node("n1"), default);

        Assert.That(await Database.Value<string?>("select reason from scheduler.run where state = 'finished'"), Is.EqualTo(reason));
    }

    [Test]
    public async Task Of_the_fires_missed_in_an_outage_only_the_latest_runs()
    {
        await Job("a");
        var fires = Enumerable.Range(0, 4)
            .Select(i => FireOf("a", i) with { NextDueAt = i == 3 ? DateTime.MaxValue : Due.AddSeconds(i + 1) }).ToList();

        var answers = await Ledger.Enter(fires, 5, await Node("n1"), default);

        Assert.That(answers.Select(a => a.Verdict), Is.EqualTo(new[] { "missed", "missed", "missed", null }));
    }

    [Test]
    public async Task A_queueing_job_runs_one_at_a_time_in_due_order()
    {
        await Job("a", overlap: "queue");
        var node = await Node("n1");
        await Ledger.Enter([FireOf("a", 0), FireOf("a", 1), FireOf("a", 2)], 5, node, default);

        Assert.That(await Ledger.Claim(5, node, default), Is.Empty);
        await Ledger.Finish([new(Row("a", 0, node), "succeeded")], node.LeaseId, default);
        var claimed = await Ledger.Claim(5, node, default);

        Assert.That(claimed.Select(r => r.RunKey), Is.EqualTo(new[] { FireOf("a", 1).RunKey }));
    }

    [Test]
    public async Task Twenty_claimers_at_once_get_every_queued_run_once()
    {
        await Job("a", overlap: "allow");
        var node = await Node("n1");
        await Ledger.Enter([.. Enumerable.Range(0, 100).Select(i => FireOf("a", i))], 0, node, default);

        var claims = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Ledger.Claim(10, node, default)));
        var rest = await Ledger.Claim(100, node, default);

        var keys = claims.SelectMany(c => c).Concat(rest).Select(r => r.RunKey).ToList();
        Assert.That(keys, Has.Count.EqualTo(100));
        Assert.That(keys, Is.Unique);
    }

    [Test]
    public async Task A_run_of_a_dead_owner_goes_back_to_the_queue_and_its_late_finish_is_refused()
    {
        await Job("a");
        var dead = await Node("n1");
        await Ledger.Enter([FireOf("a", 0)], 5, dead, default);
        await Database.Execute("update scheduler_private.node set lease_until = now() - interval '1 second'");
        var heir = await Node("n2");

        var lost = await Ledger.RequeueLost(default);
        var claimed = await Ledger.Claim(5, heir, default);
        var refused = await Ledger.Finish([new(Row("a", 0, dead), "succeeded")], dead.LeaseId, default);
        var accepted = await Ledger.Finish([new(claimed[0], "succeeded")], heir.LeaseId, default);

        Assert.That(lost.Single().Losses, Is.EqualTo(1));
        Assert.That(claimed.Single().Token, Is.GreaterThan(1));
        Assert.That(refused, Has.Count.EqualTo(1));
        Assert.That(accepted, Is.Empty);
        var outcomes = await Database.Rows<string>("select outcome from scheduler.attempt order by attempt");
        Assert.That(outcomes, Is.EqualTo((string[])["lost", "succeeded"]));
    }

    [Test]
    public async Task A_run_lost_three_times_is_parked_and_frees_its_job()
    {
        await Job("a");
        var node = await Node("n1");
        await Ledger.Enter([FireOf("a", 0)], 5, node, default);
        for (var loss = 1; loss <= Ledger.LossesMax; loss++)
        {
            await Database.Execute("update scheduler_private.node set lease_until = now() - interval '1 second'");
            await Ledger.RequeueLost(default);
            node = await Node("n" + loss);
            await Ledger.Claim(5, node, default);
        }

        Assert.That(await Database.Value<string?>("select verdict || ': ' || reason from scheduler.run"), Is.EqualTo("failed: parked: lost 3 times"));
        Assert.That(await Database.Value<string?>("select active_key from scheduler_private.job_gate"), Is.Null);
    }

    [Test]
    public async Task A_run_that_must_not_run_twice_ends_as_unknown_when_its_node_dies()
    {
        await Job("a");
        await Database.Execute("update scheduler.job set on_lost = 'fail'");
        await Ledger.Enter([FireOf("a", 0)], 5, await Node("n1"), default);
        await Database.Execute("update scheduler_private.node set lease_until = now() - interval '1 second'");

        await Ledger.RequeueLost(default);

        Assert.That(await Database.Value<string?>("select verdict from scheduler.run"), Is.EqualTo("unknown"));
    }

    [Test]
    public async Task A_run_handed_back_is_no_loss()
    {
        await Job("a");
        var node = await Node("n1");
        await Ledger.Enter([FireOf("a", 0)], 5, node, default);

        await Ledger.HandBack([Row("a", 0, node)], node.LeaseId, default);

        Assert.That(await Database.Value<string?>("select state || ' ' || losses || ' ' || token from scheduler.run"), Is.EqualTo("queued 0 2"));
    }

    [Test]
    public async Task A_paused_job_keeps_its_queued_fires_until_it_is_resumed_but_runs_on_request()
    {
        await Job("a", overlap: "allow");
        var node = await Node("n1");
        await Ledger.Enter([FireOf("a", 0)], 0, node, default);
        await Database.Execute("update scheduler.job set paused_at = now() where name = 'a'");
        var asked = await Database.Value<string?>("select scheduler.run_now('a')");

        var whilePaused = await Ledger.Claim(5, node, default);
        await Database.Execute("update scheduler.job set paused_at = null where name = 'a'");
        var afterwards = await Ledger.Claim(5, node, default);

        Assert.That(whilePaused.Select(r => r.RunKey), Is.EqualTo(new[] { asked }));
        Assert.That(afterwards.Select(r => r.RunKey), Is.EqualTo(new[] { FireOf("a", 0).RunKey }));
    }

    [Test]
    public async Task A_pause_with_an_end_is_over_then_without_anybody_doing_anything()
    {
        await Job("a", overlap: "allow");
        var node = await Node("n1");
        await Ledger.Enter([FireOf("a", 0)], 0, node, default);
        await Database.Execute("select scheduler.pause('a', until => clock_timestamp() + interval '1 hour')");
        var during = await Ledger.Enter([FireOf("a", 1)], 5, node, default);
        var heldBack = await Ledger.Claim(5, node, default);
        // The hour has passed.
        await Database.Execute("update scheduler_private.job_gate set paused_until = clock_timestamp()");
        var afterwards = await Ledger.Enter([FireOf("a", 2)], 5, node, default);
        var claimed = await Ledger.Claim(5, node, default);

        Assert.That((during[0].Verdict, heldBack.Count), Is.EqualTo(("skipped", 0)));
        var reason = await Database.Value<string?>($"select reason from scheduler.run where run_key = '{FireOf("a", 1).RunKey}'");
        Assert.That(reason, Is.EqualTo("paused"));
        Assert.That(afterwards[0].State, Is.EqualTo("running"));
        Assert.That(claimed.Select(r => r.RunKey), Is.EqualTo(new[] { FireOf("a", 0).RunKey }));
    }

    [Test]
    public async Task Asking_twice_with_one_key_gives_one_run()
    {
        await Job("a", overlap: "allow");

        var first = await Database.Value<string?>("select scheduler.run_now('a', null, 'deploy-7')");
        var second = await Database.Value<string?>("select scheduler.run_now('a', null, 'deploy-7')");

        Assert.That(second, Is.EqualTo(first));
        Assert.That(await Database.Value<long>("select count(*) from scheduler.run"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_label_keeps_a_run_from_nodes_without_it()
    {
        await Job("a", overlap: "allow");
        await Database.Execute("update scheduler.job set runs_on = '{gpu}'");
        var plain = await Node("n1");
        var gpu = await Node("n2", "gpu", "big");

        var entered = await Ledger.Enter([FireOf("a", 0)], 5, plain, default);

        Assert.That(entered[0].State, Is.EqualTo("queued"));
        Assert.That(await Ledger.Claim(5, plain, default), Is.Empty);
        Assert.That(await Ledger.Claim(5, gpu, default), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_fire_due_in_a_month_without_a_partition_is_kept_all_the_same()
    {
        await Job("a");
        var far = new DateTime(2031, 1, 1, 0, 0, 0, DateTimeKind.Utc);

        await Ledger.Enter([new Fire(Fire.KeyOf("a", far), "a", far, null)], 5, await Node("n1"), default);

        Assert.That(await Database.Value<long>("select count(*) from scheduler_private.run_default"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_recovered_fire_that_is_there_already_is_no_overlap_of_the_next_one()
    {
        await Job("a");
        var node = await Node("n1");
        await Ledger.Enter([FireOf("a", 0)], 5, node, default);
        await Ledger.Finish([new(Row("a", 0, node), "succeeded")], node.LeaseId, default);
        await Database.Execute("update scheduler.job set missed = 'all'");

        var answers = await Ledger.Enter([FireOf("a", 0), FireOf("a", 1)], 1, node, default);

        Assert.That(answers.Select(a => a.State), Is.EqualTo(new[] { null, "running" }));
    }

    [Test]
    public async Task Under_a_lease_that_is_over_fires_are_queued_and_nothing_is_claimed()
    {
        await Job("a");
        var node = await Node("n1");
        await Database.Execute("update scheduler_private.node set lease_until = now() - interval '1 second'");

        var entered = await Ledger.Enter([FireOf("a", 0)], 5, node, default);

        Assert.That(entered[0].State, Is.EqualTo("queued"));
        Assert.That(await Ledger.Claim(5, node, default), Is.Empty);
    }

    private static RunRow Row(string job, int second, NodeIdentity node) =>
        new(FireOf(job, second).RunKey, job, Due.AddSeconds(second), 1, 1, 1, node.LeaseId);

    private Task Job(string name, string overlap = "skip", int priority = 5) => Database.Execute(
        $"insert into scheduler.job (name, kind, overlap, priority, missed) values ('{name}', 'sql', '{overlap}', {priority}, "
        + $"'{(name == "a" && overlap == "skip" ? "once" : "all")}')");
}
