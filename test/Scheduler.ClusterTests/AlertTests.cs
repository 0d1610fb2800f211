using System.Text.Json;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Scheduler.TestKit;
using Scheduler.TestKit.Telemetry;

namespace Scheduler.ClusterTests;

/// <summary>
/// The whole way of an alert, with the rules and inhibitions as shipped: nodes, a real Prometheus, a real Alertmanager, a webhook. Only their waiting
/// times are taken out (for:, group_wait: and the like). The incidents in the database say the same.
/// </summary>
[TestFixture]
public sealed partial class AlertTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly (string Alert, string Of)[] Four =
        [("SchedulerJobFailing", "failer"), ("SchedulerRunStuck", "sticker"), ("SchedulerNodeDown", "n3"), ("SchedulerJobMissed", "misser")];

    private const string Jobs = """
        jobs:
          misser:
            kind: sql
            owner: platform
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
        """;

    [Test]
    public async Task A_job_that_misses_fails_or_sticks_and_a_node_that_dies_are_told_and_end_by_themselves()
    {
        await using var receiver = await HttpReceiver.Start();
        await using var cluster = await TestCluster.Start(new()
        {
            Jobs = Jobs,
            Prepare = "create table public.switch (ok int); insert into public.switch values (0)",
        });
        await using var prometheus = await Prometheus.Start(cluster.Nodes.Select(n => n.Url!), Rules(), Alertmanager(receiver.Url));
        var stuck = await cluster.RunNow("sticker");
        await cluster.Nodes[2].Kill();
        await Miss(cluster);

        await Told(cluster, prometheus, receiver, "firing", [.. Four, ("SchedulerWatchdog", "")]);
        // Three failures in a row: from then on the page alone is told.
        await cluster.Until("the failing job is told to the pager", () => Task.FromResult(Alerts(receiver, "/page").Any(a =>
            a is { Name: "SchedulerJobFailing", Status: "firing" })), Patience);
        Assert.That(Alerts(receiver, "/alerts").Concat(Alerts(receiver, "/page")).Select(a => a.Name), Has.None.EqualTo("SchedulerWatchdog"));
        await Incidents(cluster, "each has its incident, and each only one", "failing failer", "missed misser", "node_down n3", "stuck sticker");
        Assert.That(Alerts(receiver, "/").Where(a => a.Status == "resolved" && Four.Contains((a.Name, a.Of))), Is.Empty,
            "nothing ends before its cause does");

        await cluster.Database.Execute("update public.switch set ok = 1");
        await cluster.Database.Execute("select scheduler.cancel(@stuck, 'seen')", new { stuck });
        await cluster.RunNow("misser");
        cluster.Nodes[2].Start();
        await Told(cluster, prometheus, receiver, "resolved", Four);
        await Incidents(cluster, "all of them have resolved themselves");
    }

    private static Task Incidents(TestCluster cluster, string what, params string[] wanted) => cluster.Until(what, async () =>
        (await cluster.Database.Rows<string>("""
            select condition || ' ' || coalesce(job, node) from scheduler.incident
            where resolved_at is null and (job is not null or node is not null)
            """)).Order(StringComparer.Ordinal).SequenceEqual(wanted), Patience);

    // Somebody holds the job's row from before its due time to long after: the fire comes too late to run.
    private static async Task Miss(TestCluster cluster)
    {
        await cluster.Until("the job has run once", async () => await cluster.Count("job = 'misser' and verdict = 'succeeded'") > 0, Patience);
        await using var connection = await cluster.Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var held = connection.CreateCommand())
        {
            held.CommandText = "select 1 from scheduler_private.job_gate where job = 'misser' for update";
            await held.ExecuteScalarAsync();
        }
        await cluster.Until("it has been due for three seconds", async () => await cluster.Database.Value<bool>("""
            select min(next_fire_time) < (extract(epoch from clock_timestamp()) - 3) * 1e7 + 621355968000000000
            from quartz.qrtz_triggers where job_name = 'misser'
            """), Patience);
        await transaction.RollbackAsync();
        await cluster.Until("the ledger says so", async () => await cluster.Count("job = 'misser' and verdict = 'missed'") == 1);
        // No later fire makes it good before all is told.
        await cluster.Database.Execute("update scheduler.job set schedule = '0 0 1 1 *' where name = 'misser'");
    }

    private static async Task Told(TestCluster cluster, Prometheus prometheus, HttpReceiver receiver, string status,
        params (string Alert, string Of)[] wanted)
    {
        var missing = wanted;
        try
        {
            await cluster.Until($"the webhook hears that all are {status}", () =>
            {
                var heard = Alerts(receiver, "/");
                missing = [.. wanted.Where(w => !heard.Any(a => a.Status == status && a.Name == w.Alert && a.Of == w.Of))];
                return Task.FromResult(missing.Length == 0);
            }, Patience);
        }
        catch (TimeoutException e)
        {
            var firing = await prometheus.Query("ALERTS");
            throw new TimeoutException($"never {status}: {string.Join(", ", missing)}\nPrometheus says:\n"
                + string.Join('\n', firing.Select(f => string.Join(", ", f.Labels.Select(l => $"{l.Key}={l.Value}"))))
                + $"\nScrapes: {string.Join(", ", await prometheus.ScrapeErrors())}\n{prometheus.Log()}\n{e.Message}", e);
        }
    }

    private static List<(string Name, string Of, string Status)> Alerts(HttpReceiver receiver, string path) =>
    [
        .. from request in receiver.Requests
           where request.Path.StartsWith(path, StringComparison.Ordinal)
           from alert in JsonDocument.Parse(request.Body).RootElement.GetProperty("alerts").EnumerateArray()
           let labels = alert.GetProperty("labels")
           select (Label(labels, "alertname"), Label(labels, "job_name") + Label(labels, "node"), alert.GetProperty("status").GetString()!),
    ];

    private static string Label(JsonElement labels, string name) => labels.TryGetProperty(name, out var value) ? value.GetString()! : "";

    private static IEnumerable<string> Rules() =>
        Directory.GetFiles(Path.Combine(Repository.Root, "config/alerts"), "*.yaml").Select(f => For().Replace(File.ReadAllText(f), ""));

    private static string Alertmanager(string url) => Waits().Replace(File.ReadAllText(Path.Combine(Repository.Root, "config/alertmanager.yaml")), "$1: 1s")
        .Replace("http://alerts.example:8080", url, StringComparison.Ordinal);

    [GeneratedRegex(@"^ +for: \w+\n", RegexOptions.Multiline)]
    private static partial Regex For();

    [GeneratedRegex(@"(group_wait|group_interval): \w+")]
    private static partial Regex Waits();
}
