using NUnit.Framework;
using Scheduler.Jobs;
using Scheduler.TestKit;
using Scheduler.TestKit.Checking;

namespace Scheduler.ClusterTests;

/// <summary>
/// Rows that hold what PostgreSQL can and no node: years beyond 9999, JSON nested deeper than it is read. Statements refuse them; here they come as
/// from a build that did not, with the triggers switched off. Each is its own job's problem: new jobs are scheduled, the others fire, and requests
/// are answered.
/// </summary>
[TestFixture]
public sealed class OddRowTests
{
    private const string Deep = "('{\"a\":' || repeat('[', 70) || repeat(']', 70) || '}')::jsonb";

    private static readonly (string Job, string Odd)[] Odd =
    [
        ("odd-pause", "paused_at = now() - interval '1 day', paused_until = '20226-12-01Z', pause_reason = 'typo'"),
        ("odd-starts", "starts = '0044-01-01Z BC'"), ("odd-ends", "ends = '20226-12-01Z'"), ("odd-params", $"params = {Deep}"),
        ("odd-settings", $"settings = settings || {Deep}"), ("odd-expect", $"expect = {Deep}"),
    ];

    [Test]
    public async Task A_row_that_no_node_can_hold_is_its_own_jobs_problem()
    {
        var jobs = Odd.Select(o => new SqlJobText(o.Job, "every 1h")).Append(new SqlJobText("sound", "every 1s") { Overlap = "allow" });
        await using var cluster = await TestCluster.Start(new()
        {
            Nodes = 2,
            Prepare = HistoryReader.EffectTable,
            Setup = new() { Sweep = TimeSpan.FromSeconds(1) },
            Jobs = SqlJobText.File(jobs),
        });
        await cluster.Until("the sound job runs", async () => await cluster.Count("job = 'sound' and verdict = 'succeeded'") >= 1);

        await cluster.Database.Execute("set session_replication_role = replica; "
            + string.Concat(Odd.Select(o => $"update scheduler.job set {o.Odd}, version = version + 1 where name = '{o.Job}'; "))
            + "insert into scheduler.calendar (name, time_zone, holidays) values ('odd', 'UTC', '{20226-12-25}'); "
            + "insert into scheduler_private.backfill (job, from_at, until_at, cap, dry_run)"
            + " values ('sound', now() - interval '3 seconds', '20226-12-01Z', 100, true); reset session_replication_role; "
            + "insert into scheduler_private.job_change (job) select name from scheduler.job where name like 'odd-%'"
            + " on conflict (job) do update set mark = excluded.mark; notify scheduler_jobs");

        await cluster.Until("their problems are said", async () => await cluster.Database.Value<long>(
            "select count(*) from scheduler.job where problem is not null and name in ('odd-pause', 'odd-starts', 'odd-ends', 'odd-params')") == 4);
        Assert.That((await JobList.All(cluster.Database.ConnectionString, default)).Count, Is.EqualTo(Odd.Length + 1), "operators see all of them");
        await cluster.Database.Execute("insert into scheduler.job (name, kind, schedule, overlap, settings)"
            + " values ('new', 'sql', 'every 1s', 'allow', '{\"statement\": \"select 1\"}')");
        await cluster.Until("a new job is scheduled", async () => await cluster.Count("job = 'new' and verdict = 'succeeded'") >= 2);
        Assert.That(await cluster.Database.Value<string>("call scheduler.preview('@daily', 'UTC', 1)"), Does.Contain("T00:00:00Z"));
        var asked = await cluster.Database.Value<long>(
            "select scheduler.backfill('sound', tstzrange(now() - interval '3 seconds', now()), null, 10, true)");
        await cluster.Until("backfills are answered", async () => await cluster.Database.Value<long>(
            "select count(*) from scheduler_private.backfill where state <> 'asked'") == 2);
        Assert.That(await cluster.Database.Value<string>("select problem from scheduler.backfill_request where id = @asked", new { asked }), Is.Null);
        Assert.That(await cluster.Database.Value<long>("select count(*) from scheduler.node where state = 'live' and reason is null"), Is.EqualTo(2));

        await cluster.Database.Execute("update scheduler.job set paused_at = null where name = 'odd-pause'");
        await cluster.Until("an edit heals one", async () =>
            await cluster.Database.Value<string>("select problem from scheduler.job where name = 'odd-pause'") is null);
    }
}
