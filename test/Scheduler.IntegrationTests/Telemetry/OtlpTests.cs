using NUnit.Framework;
using Scheduler.TestKit;
using Scheduler.TestKit.Telemetry;

namespace Scheduler.IntegrationTests.Telemetry;

/// <summary>What a node sends over OTLP, as an independent receiver reads it.</summary>
public sealed class OtlpTests
{
    private const string Jobs = """
        jobs:
          parent:
            kind: sql
            schedule: manual
            params: { card: "4111-0000" }
            with: { statement: "select ${params.card}::text, 'said so'" }
          child:
            kind: sql
            schedule: after parent
            retry: { attempts: 1 }
            with: { statement: "select 1 / 0" }
        """;

    private static Dictionary<string, string> Sending(string endpoint, string protocol) => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "200",
        ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment.name=test",
    };

    [TestCase("http/protobuf")]
    [TestCase("grpc")]
    public async Task A_receiver_of_others_gets_metrics_spans_and_log_lines(string protocol)
    {
        await using var receiver = await OtlpReceiver.Start();
        await using var cluster = await TestCluster.Start(new()
        {
            Nodes = 1,
            Jobs = Jobs,
            Setup = new() { Environment = Sending(protocol == "grpc" ? receiver.Grpc : receiver.Http, protocol) },
        });
        var key = await cluster.RunNow("parent");
        await cluster.UntilFinished(key);
        await cluster.Until("the child's failure is in the ledger", async () => await cluster.Count("job = 'child' and verdict = 'failed'") == 1);
        var child = (await cluster.Database.Value<string>("select run_key from scheduler.run where job = 'child'"))!;
        await cluster.Until("spans, metrics and lines of both runs have arrived", () => Task.FromResult(
            receiver.Spans().Count(s => s.Name is "run parent" or "run child") == 2
            && receiver.Points("scheduler.run.duration").Any(p => p.GetValueOrDefault("verdict") == "failed")
            && receiver.Points("scheduler.job.failures_in_row").Count > 0
            && receiver.Logs().Any(l => l.Attributes.GetValueOrDefault("scheduler.run.key") == child)), TimeSpan.FromSeconds(40));

        Assert.That(receiver.Protocols("traces").Concat(receiver.Protocols("metrics")).Concat(receiver.Protocols("logs")).Distinct(),
            Is.EqualTo((string[])[protocol == "grpc" ? "grpc" : "http"]));
        ExpectSpans(receiver, await cluster.Database.Rows<(string, string)>("select run_key, trace_id from scheduler.run"), key, child);
        ExpectMetrics(receiver);
        var said = receiver.Logs().First(l => l.Attributes.GetValueOrDefault("scheduler.run.key") == child);
        Assert.That(said.Attributes["job.name"], Is.EqualTo("child"));
        var resource = receiver.Resource("traces", "resource_spans");
        Assert.That(resource, Does.ContainKey("service.version"));
        Assert.That((resource["service.name"], resource["service.instance.id"], resource["deployment.environment.name"]),
            Is.EqualTo(("scheduler", "n1", "test")));
    }

    [Test]
    public async Task A_collector_that_never_answers_costs_no_run_and_no_more_memory_than_its_buffers()
    {
        await using var receiver = await OtlpReceiver.Start();
        receiver.Freeze();
        var sending = Sending(receiver.Grpc, "grpc");
        await using var cluster = await TestCluster.Start(new()
        {
            Nodes = 1,
            Jobs = "jobs:\n  work:\n    kind: sql\n    schedule: manual\n    overlap: allow\n    with: { statement: \"select 1\" }\n",
            Setup = new() { Environment = sending },
        });
        await Work(cluster, 300);
        var before = await Heap(cluster);
        await Work(cluster, 3000);
        // A span of a run, its attempt and its statements: 12,000 spans, of which 2,048 are kept.
        Assert.That(await Heap(cluster) - before, Is.LessThan(40_000_000));
        Assert.That(await cluster.Count("verdict = 'succeeded'"), Is.EqualTo(3300));
    }

    private static async Task Work(TestCluster cluster, int runs)
    {
        var ended = await cluster.Count("state = 'finished'") + runs;
        await cluster.Database.Execute("select scheduler.run_now('work') from generate_series(1, @runs)", new { runs });
        await cluster.Until("all of them have ended", async () => await cluster.Count("state = 'finished'") == ended, TimeSpan.FromSeconds(90));
    }

    private static async Task<double> Heap(TestCluster cluster)
    {
        using var client = new HttpClient();
        var text = await client.GetStringAsync(new Uri(cluster.Nodes[0].Url + "/metrics"));
        return text.Split('\n').Where(l => l.StartsWith("dotnet_gc_last_collection_heap_size_bytes{", StringComparison.Ordinal))
            .Sum(l => double.Parse(l.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture));
    }

    private static void ExpectSpans(OtlpReceiver receiver, IReadOnlyList<(string Key, string Trace)> runs, string parentKey, string childKey)
    {
        var spans = receiver.Spans();
        var traces = runs.ToDictionary(r => r.Key, r => r.Trace);
        var parent = spans.Single(s => s.Name == "run parent");
        Assert.That(parent.TraceId, Is.EqualTo(traces[parentKey]));
        Assert.That(parent.ParentId, Is.Empty);
        Assert.That((parent.Attributes["scheduler.run.key"], parent.Attributes["verdict"], parent.Attributes["trigger.type"]),
            Is.EqualTo((parentKey, "succeeded", "manual")));
        var attempt = spans.Single(s => s.Name == "attempt 1" && s.ParentId == parent.SpanId);
        var statement = spans.Single(s => s.Scope == "Npgsql" && s.TraceId == parent.TraceId
            && s.All.GetRawText().Contains("said so", StringComparison.Ordinal));
        Assert.That(statement.TraceId, Is.EqualTo(attempt.TraceId));
        // The parameter's place, never its value.
        Assert.That(spans.Select(s => s.All.GetRawText()), Has.None.Contain("4111-0000"));

        var child = spans.Single(s => s.Name == "run child");
        Assert.That(child.TraceId, Is.EqualTo(traces[childKey]));
        Assert.That(child.LinkedTraces, Is.EqualTo((string[])[parent.TraceId]));
        Assert.That((child.Attributes["verdict"], child.Status), Is.EqualTo(("failed", "STATUS_CODE_ERROR")));
        Assert.That(spans.Count(s => s.TraceId == child.TraceId && s.Name == "wait"), Is.EqualTo(1));
        // Nothing of the loops' own statements: every span belongs to a run, but for what Npgsql opens connections with.
        Assert.That(spans.Select(s => s.TraceId).Except(traces.Values), Is.Empty);
    }

    private static void ExpectMetrics(OtlpReceiver receiver)
    {
        var units = receiver.MetricUnits();
        foreach (var (name, unit) in new[]
        {
            ("scheduler.run.duration", "s"), ("scheduler.runs", "{run}"), ("scheduler.job.failures_in_row", "{run}"),
            ("scheduler.schedule.last_success.time", "s"), ("scheduler.node.checkin.age", "s"), ("scheduler.node.slots", "{slot}"),
            ("scheduler.backlog", "{run}"), ("scheduler.history.rows", "{row}"), ("scheduler.database.up", "{database}"),
        })
        {
            Assert.That(units.GetValueOrDefault(name, "(did not arrive)"), Is.EqualTo(unit), name);
        }
        Assert.That(receiver.Points("scheduler.run.duration"), Has.Some.Matches<IReadOnlyDictionary<string, string>>(p =>
            p!["job.name"] == "child" && p["job.kind"] == "sql" && p["verdict"] == "failed" && p["error.type"] == "22012"));
    }
}
