using System.Text.Json;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>The native incidents of what AlertTests shows with Prometheus, told to a real receiver: they begin and end by themselves.</summary>
[TestFixture]
public sealed class IncidentTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(75);

    private const string Jobs = """
        jobs:
          misser:
            kind: sql
            schedule: every 10s
            start_within: 1s
            with: { statement: "select 1" }
          failer:
            kind: sql
            schedule: every 2s
            retry: { attempts: 1 }
            with: { statement: "select 1 / ok from public.switch" }
          sticker:
            kind: sql
            schedule: manual
            retry: { attempts: 1 }
            expect: { duration_below: 3s }
            with: { statement: "select pg_sleep(300)" }
        channels:
          hook: { kind: webhook, with: { url: "URL/hook" }, incidents: true, group_wait: 0s, group_interval: 0s }
        """;

    [Test]
    public async Task Jobs_that_fail_stick_or_miss_and_a_node_cut_off_are_told_and_over_by_themselves()
    {
        await using var receiver = await HttpReceiver.Start();
        await using var cluster = await TestCluster.Start(new()
        {
            Nodes = 2,
            Prepare = "create table public.switch (ok int); insert into public.switch values (0)",
            Jobs = Jobs.Replace("URL", receiver.Url, StringComparison.Ordinal),
            Setup = new()
            {
                Proxied = true,
                Environment = new Dictionary<string, string> { ["SCHEDULER__HTTP__ALLOW"] = $"127.0.0.1:{receiver.Port}" },
            },
        });
        string[] wrong = ["job failer is failing", "a run of job sticker does not end", "job misser did not run when it was due", "node n2 is down",
            "node n2 cannot reach the database"];
        var stuck = await cluster.RunNow("sticker");
        await cluster.Until("a webhook tells what is wrong with jobs", () => Told("open", wrong[..2]), Patience);
        cluster["n2"].Proxy!.Set(FaultMode.Reset);
        await Miss(cluster);
        await cluster.Until("n1 tells of n2, and n2 of the database", () => Told("open", wrong), Patience);

        await cluster.Database.Execute("update public.switch set ok = 1");
        await cluster.Database.Execute("select scheduler.cancel(@stuck, 'seen')", new { stuck });
        cluster["n2"].Proxy!.Heal();
        await cluster.Until("it is told that all is over", () => Told("resolved", wrong), Patience);
        Assert.That(await cluster.Database.Rows<string>("select distinct key || ' ' || state from scheduler.incident order by 1"),
            Is.EqualTo((string[])["job:failer:failing resolved", "job:misser:missed resolved", "job:sticker:stuck resolved",
                "node:n2:database resolved", "node:n2:down resolved"]));

        Task<bool> Told(string status, string[] titles)
        {
            var heard = receiver.Requests
                .SelectMany(r => JsonDocument.Parse(r.Body).RootElement.GetProperty("data").GetProperty("alerts").EnumerateArray())
                .Where(a => a.GetProperty("status").GetString() == status).Select(a => a.GetProperty("title").GetString()).ToHashSet();
            return Task.FromResult(titles.All(heard.Contains));
        }
    }

    // Somebody holds the job's row from before its due time to long after: the fire comes too late to run.
    private static async Task Miss(TestCluster cluster)
    {
        await using var connection = await cluster.Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var held = connection.CreateCommand())
        {
            held.CommandText = "select 1 from scheduler_private.job_gate where job = 'misser' for update";
            await held.ExecuteScalarAsync();
        }
        await cluster.Until("it has been due for three seconds", async () => await cluster.Database.Value<bool>("""
            select min(next_fire_time) < scheduler_private.ticks_of(clock_timestamp() - interval '3 seconds')
            from quartz.qrtz_triggers where job_name = 'misser'
            """), Patience);
        await transaction.RollbackAsync();
        await cluster.Until("the ledger says so", async () => await cluster.Count("job = 'misser' and verdict = 'missed'") > 0, Patience);
    }
}
