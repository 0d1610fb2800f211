using NUnit.Framework;
using Scheduler.TestKit;
using Scheduler.TestKit.Telemetry;

namespace Scheduler.IntegrationTests.Telemetry;

/// <summary>Nodes whose metrics a real Prometheus scrapes.</summary>
public sealed class ScrapeTests
{
    private const string Jobs = """
        jobs:
          tick:
            kind: sql
            owner: platform
            schedule: every 1s
            with: { statement: "select 1" }
            expect: { success_within: 1h, start_within: 10s, duration_below: 5m }
          broken:
            kind: sql
            schedule: every 1s
            retry: { attempts: 1 }
            with: { statement: "select 1 / 0" }
        """;

    [Test]
    public async Task Prometheus_reads_both_nodes_and_they_tell_the_same_of_the_cluster()
    {
        // Spans are made, though nobody takes them.
        var traced = new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1", ["OTEL_LOGS_EXPORTER"] = "none" };
        await using var cluster = await TestCluster.Start(new() { Nodes = 2, Jobs = Jobs, Setup = new() { Environment = traced } });
        await using var prometheus = await Prometheus.Start(cluster.Nodes.Select(n => n.Url!));
        await cluster.Until("runs of both verdicts are counted and timed", async () =>
            (await prometheus.Query("sum(scheduler_runs_total{job_name=\"tick\",verdict=\"succeeded\",trigger_type=\"schedule\"}) > 2")).Count == 1
            && (await prometheus.Query("sum(scheduler_run_duration_seconds_count{job_name=\"broken\",error_type=\"22012\"}) > 2")).Count == 1
            && (await prometheus.Query("sum(scheduler_run_start_delay_seconds_bucket{job_name=\"tick\",le=\"+Inf\"}) > 2")).Count == 1);
        await cluster.Until("both are scraped without an error", async () => (await prometheus.ScrapeErrors()).Count == 0);

        await cluster.Until("each node tells all of the cluster", async () =>
            (await prometheus.Query("count(scheduler_node_checkin_age_seconds)")) is [(_, 4)]
            && (await prometheus.Query("count(scheduler_job_failures_in_row{job_name=\"broken\"} > 0)")) is [(_, 2)]);
        Assert.That((await prometheus.Query("max by (job_name) (scheduler_schedule_info{job_owner=\"platform\"})")).Select(r => r.Labels["job_name"]),
            Is.EqualTo((string[])["tick"]));
        Assert.That((await prometheus.Query("max(scheduler_nodes{state=\"live\"})")).Select(r => r.Value), Is.EqualTo((double[])[2]));
        foreach (var (metric, value) in new[]
        {
            ("scheduler_job_expect_success_within_seconds", 3600.0), ("scheduler_job_expect_start_within_seconds", 10),
            ("scheduler_job_expect_duration_below_seconds", 300), ("scheduler_schedule_grace_seconds", 10), ("scheduler_schedule_paused", 0),
        })
        {
            var told = await prometheus.Query(metric + "{job_name=\"tick\"}");
            Assert.That(told.Select(t => t.Value), Is.EqualTo((double[])[value, value]), metric);
        }
        var recent = await prometheus.Query("time() - max(scheduler_schedule_last_success_time_seconds{job_name=\"tick\"}) < 60");
        Assert.That(recent, Has.Count.EqualTo(1));
        Assert.That(await prometheus.Query("{__name__=~\"scheduler_.*\", otel_metric_overflow=\"true\"}"), Is.Empty);
        Assert.That(await prometheus.Query("db_client_connection_max{db_client_connection_pool_name=\"scheduler n1 ledger\"}"), Has.Count.EqualTo(1));
        await ExpectNothingToMend(cluster);
        var traces = await prometheus.ExemplarTraces("scheduler_run_duration_seconds_bucket{job_name=\"tick\"}");
        Assert.That(traces, Is.Not.Empty);
        Assert.That(traces, Is.SubsetOf(await cluster.Database.Rows<string>("select trace_id from scheduler.run where job = 'tick'")));
    }

    // Who accepts only the older text gets it, and promtool finds nothing to say against the names.
    private static async Task ExpectNothingToMend(TestCluster cluster)
    {
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Accept.ParseAdd("text/plain");
        var answer = await client.GetAsync(new Uri(cluster.Nodes[0].Url + "/metrics"));
        Assert.That(answer.Content.Headers.ContentType!.ToString(), Does.StartWith("text/plain; version=0.0.4"));
        // The runtime's own names are not ours to mend.
        var own = (await answer.Content.ReadAsStringAsync()).Split('\n')
            .Where(l => l.StartsWith("scheduler_", StringComparison.Ordinal) || l.Contains(" scheduler_", StringComparison.Ordinal));
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, string.Join('\n', own) + "\n");
            var promtool = Tool.Find("/usr/bin/promtool", Prometheus.Install);
            var (code, text) = await Tool.Run("/bin/sh", null, ["-c", $"{promtool} check metrics < {file}"]);
            Assert.That(code, Is.Zero, text);
        }
        finally { File.Delete(file); }
    }

    [Test]
    public async Task A_token_closes_metrics_to_who_does_not_have_it()
    {
        await using var cluster = await TestCluster.Start(new()
        {
            Nodes = 1,
            Setup = new() { Environment = new Dictionary<string, string> { ["SCHEDULER__TELEMETRY__TOKEN"] = "abcd" } },
        });
        using var client = new HttpClient { BaseAddress = new Uri(cluster.Nodes[0].Url!) };
        Assert.That((int)(await client.GetAsync(new Uri("/metrics", UriKind.Relative))).StatusCode, Is.EqualTo(401));
        client.DefaultRequestHeaders.Authorization = new("Bearer", "abce");
        Assert.That((int)(await client.GetAsync(new Uri("/metrics", UriKind.Relative))).StatusCode, Is.EqualTo(401));
        client.DefaultRequestHeaders.Authorization = new("Bearer", "abcd");
        var answer = await client.GetAsync(new Uri("/metrics", UriKind.Relative));
        Assert.That((int)answer.StatusCode, Is.EqualTo(200));
        Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/openmetrics-text"));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.EndWith("# EOF\n"));
    }

    [Test]
    public async Task On_an_address_for_all_metrics_are_closed_without_a_token()
    {
        await using var cluster = await TestCluster.Start(new()
        {
            Nodes = 1,
            // All of 127/8 is this machine: what listens on 0.0.0.0 is asked there.
            Setup = new() { Environment = new Dictionary<string, string> { ["SCHEDULER__HTTP__ADDRESS"] = "0.0.0.0" } },
        });
        using var client = new HttpClient();
        var port = new Uri(cluster.Nodes[0].Url!).Port;
        Assert.That((int)(await client.GetAsync(new Uri($"http://127.0.0.1:{port}/metrics"))).StatusCode, Is.EqualTo(403));
        Assert.That((int)(await client.GetAsync(new Uri($"http://127.0.0.1:{port}/health/live"))).StatusCode, Is.EqualTo(200));
    }
}
