using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Quartz;
using Scheduler.Database;
using Scheduler.Fleet;
using Scheduler.Jobs;
using Scheduler.Runs;

namespace Scheduler.IntegrationTests.Fleet;

[TestFixture]
public sealed class FleetKindTests
{
    private const string Key = "fleet-test@2026-11-21T00:00:00Z";
    private static readonly DateTime DueAt = new(2026, 11, 21, 0, 0, 0, DateTimeKind.Utc);

    [Test]
    public async Task Reclaim_frees_stale_chunks_in_batches_and_commits_the_verdict_with_the_count()
    {
        await using var fleet = await FleetRows.Create();
        await fleet.Chunks(12);
        await fleet.Claim(await fleet.OnlineNode(), 12);
        await fleet.Execute(
            "update fleet.chunk set claimed_at = claimed_at - interval '6 minutes' where id in (select id from fleet.chunk limit 10)");
        await Execute(fleet, run => new FleetReclaim(new() { Batch = 4 }, run));
        Assert.That(await fleet.Value<string>("select verdict || ' ' || result from scheduler_private.run"),
            Is.EqualTo("succeeded {\"reclaimed\": 10}"));
        Assert.That(await fleet.Value<long>("select count(*) from fleet.chunk where status = 'running'"), Is.EqualTo(2));
    }

    [Test]
    public async Task Reclaim_that_lost_its_run_changes_nothing()
    {
        await using var fleet = await FleetRows.Create();
        await fleet.Chunks(3);
        await fleet.Claim(await fleet.OnlineNode(), 3);
        await fleet.Execute("update fleet.chunk set claimed_at = claimed_at - interval '6 minutes'");
        await Assert.ThrowsAsync<RunLostException>(() => Execute(fleet, run => new FleetReclaim(new(), run), tokenInRow: 2));
        Assert.That(await fleet.Value<long>("select count(*) from fleet.chunk where status = 'running'"), Is.EqualTo(3));
    }

    [Test]
    public async Task Offline_marks_silent_nodes_in_batches()
    {
        await using var fleet = await FleetRows.Create();
        await Nodes(fleet, "online", 7, "6 minutes");
        await Nodes(fleet, "online", 2, "4 minutes");
        await Execute(fleet, run => new FleetOffline(new() { Batch = 3 }, run));
        Assert.That(await Result(fleet), Is.EqualTo("{\"marked_offline\": 7}"));
    }

    [Test]
    public async Task Cleanup_deletes_what_is_past_its_age_and_nothing_else()
    {
        await using var fleet = await FleetRows.Create();
        await Nodes(fleet, "pending", 5, "61 minutes");
        await Nodes(fleet, "pending", 1, "59 minutes");
        await fleet.Execute("insert into fleet.node (name, user_id, created_at) values ('claimed', gen_random_uuid(), now() - interval '1 year')");
        await Nodes(fleet, "offline", 4, "31 days");
        await Nodes(fleet, "offline", 1, "29 days");
        await Nodes(fleet, "online", 1, "31 days");
        await fleet.Execute(
            "insert into fleet.config (hash, last_used_at) select 'old-' || n, now() - interval '8 days' from generate_series(1, 5) n");
        await fleet.Execute("insert into fleet.config (hash, last_used_at) values ('young', now() - interval '6 days')");
        await fleet.Execute("insert into fleet.job (config_hash) values ('old-1')");
        await Heartbeats(fleet, 3, "31 days");
        await Execute(fleet, run => new FleetCleanup(new() { Batch = 2 }, run));
        Assert.That(await Result(fleet), Is.EqualTo("{\"nodes\": 9, \"configs\": 4}"));
        Assert.That(await fleet.Value<long>("select count(*) from fleet.node"), Is.EqualTo(4));
        Assert.That(await fleet.List<string>("select hash from fleet.config order by hash"), Is.EqualTo(new[] { "old-1", "young" }));
        Assert.That(await fleet.Value<long>("select count(*) from fleet.heartbeat"), Is.EqualTo(3), "heartbeats stay unless asked for");
    }

    [Test]
    public async Task Cleanup_of_heartbeats_alone_leaves_nodes_and_configs()
    {
        await using var fleet = await FleetRows.Create();
        await Nodes(fleet, "offline", 2, "31 days");
        await Heartbeats(fleet, 25, "31 days");
        await Heartbeats(fleet, 30, "29 days");
        await Execute(fleet, run => new FleetCleanup(
            new() { OnlyHeartbeats = true, HeartbeatOlderThan = TimeSpan.FromDays(30), Batch = 10 }, run), new(1000, 0.5));
        Assert.That(await Result(fleet), Is.EqualTo("{\"heartbeats\": 25}"));
        Assert.That(await fleet.Value<long>("select count(*) from fleet.heartbeat"), Is.EqualTo(30));
        Assert.That(await fleet.Value<long>("select count(*) from fleet.node"), Is.EqualTo(2));
    }

    [Test]
    public async Task An_offline_node_with_a_running_chunk_stays_until_the_chunk_is_reclaimed()
    {
        await using var fleet = await FleetRows.Create();
        await fleet.Chunks(1);
        await fleet.Claim(await fleet.OnlineNode());
        await fleet.Execute("update fleet.node set status = 'offline', last_seen_at = now() - interval '31 days'");
        await Execute(fleet, run => new FleetCleanup(new(), run));
        Assert.That(await fleet.Value<long>("select count(*) from fleet.node"), Is.EqualTo(1));
    }

    [TestCase(3L, null, ExpectedResult = "4 rows of fleet.node")]
    [TestCase(null, 0.3, ExpectedResult = "4 of 10 rows of fleet.node")]
    public async Task<string> Cleanup_stops_at_its_guard_before_the_first_row_goes(long? maxRows, double? maxFraction)
    {
        await using var fleet = await FleetRows.Create();
        await Nodes(fleet, "pending", 4, "2 hours");
        await Nodes(fleet, "online", 6, "1 minute");
        var breach = await Assert.ThrowsAsync<GuardBreachedException>(() => Execute(fleet,
            run => new FleetCleanup(new() { Batch = 1 }, run), new(maxRows, maxFraction)));
        Assert.That(await fleet.Value<long>("select count(*) from fleet.node"), Is.EqualTo(10));
        Assert.That(await fleet.Value<string>("select state from scheduler_private.run"), Is.EqualTo("running"), "the executor writes the failure");
        var from = breach!.Message.IndexOf("delete ", StringComparison.Ordinal) + "delete ".Length;
        return breach.Message[from..(breach.Message.IndexOf("fleet.node", StringComparison.Ordinal) + "fleet.node".Length)];
    }

    [TestCase(4L, 0.4)]
    [TestCase(4L, null)]
    public async Task Cleanup_goes_ahead_at_exactly_its_guard(long maxRows, double? maxFraction)
    {
        await using var fleet = await FleetRows.Create();
        await Nodes(fleet, "pending", 4, "2 hours");
        await Nodes(fleet, "online", 6, "1 minute");
        await Execute(fleet, run => new FleetCleanup(new(), run), new(maxRows, maxFraction));
        Assert.That(await Result(fleet), Is.EqualTo("{\"nodes\": 4, \"configs\": 0}"));
    }

    [Test]
    public async Task A_job_added_while_cleanup_decides_keeps_its_config()
    {
        await using var fleet = await FleetRows.Create();
        await fleet.Execute(
            "insert into fleet.config (hash, last_used_at) values ('old', now() - interval '8 days'), ('older', now() - interval '9 days')");
        await using var adding = await fleet.Open();
        await using var open = await adding.BeginTransactionAsync();
        await using (var insert = new Npgsql.NpgsqlCommand("insert into fleet.job (config_hash) values ('old')", adding))
        {
            await insert.ExecuteNonQueryAsync();
        }
        await Execute(fleet, run => new FleetCleanup(new(), run));
        await open.CommitAsync();
        Assert.That(await fleet.List<string>("select hash from fleet.config"), Is.EqualTo(new[] { "old" }));
    }

    [Test]
    public void Kinds_name_their_class_and_settings_and_defaults_are_those_of_the_shipped_jobs()
    {
        Assert.That(FleetKinds.All.Select(k => k.Name), Is.EqualTo(new[] { "fleet.cleanup", "fleet.offline", "fleet.reclaim" }));
        Assert.That(FleetKinds.All.All(k => typeof(IJob).IsAssignableFrom(k.JobType) && k.OnLost == OnLost.Rerun), Is.True);
        Assert.That(new FleetCleanup.Settings(), Is.EqualTo(new FleetCleanup.Settings
        {
            PendingOlderThan = TimeSpan.FromHours(1),
            OfflineOlderThan = TimeSpan.FromDays(30),
            UnusedConfigOlderThan = TimeSpan.FromDays(7),
            Batch = 1000,
        }));
    }

    // A run in the ledger that this test owns, carried out as the executor would.
    private static async Task Execute(FleetRows fleet, Func<RunScope, IJob> job, GuardLimits? guard = null, long tokenInRow = 1)
    {
        await using var databases = new Databases(fleet.ConnectionString, "test", slots: 1);
        await fleet.Execute("insert into scheduler_private.run (run_key, job, due_at, state, version, priority, node, owner, token, attempts)"
            + " values (@Key, 'fleet-test', @DueAt, 'running', 1, 5, 'test', 1, @tokenInRow, 1)", new { Key, DueAt, tokenInRow });
        var ledger = new Ledger(databases, NullLogger<Ledger>.Instance);
        var row = new RunRow(Key, "fleet-test", DueAt, Token: 1, Attempts: 1, Version: 1, Owner: 1);
        var run = new RunScope(ledger, databases, row, attempt: 1, TimeSpan.FromMinutes(1), guard, default);
        await job(run).Execute(null!);
    }

    private static Task<string?> Result(FleetRows fleet) =>
        fleet.Value<string>("select result::text from scheduler_private.run where verdict = 'succeeded'");

    private static Task Nodes(FleetRows fleet, string status, int count, string age) => fleet.Execute(
        "insert into fleet.node (name, status, last_seen_at, created_at) select 'n' || n, @status,"
        + " case when @status <> 'pending' then now() - @age::interval end, now() - @age::interval from generate_series(1, @count) n",
        new { status, count, age });

    private static Task Heartbeats(FleetRows fleet, int count, string age) => fleet.Execute(
        "insert into fleet.heartbeat (node_id, created_at) select gen_random_uuid(), now() - @age::interval from generate_series(1, @count)",
        new { count, age });
}
