using System.Globalization;
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
            retry: { attempts: 2, delay: 1s }
            params: { card: "4222-0000" }
            with: { statement: "select public.refuse(${params.card})" }
        """;

    // An error that is tried again and quotes what it was given.
    private const string Refuse = """
        create function public.refuse(card text) returns void language plpgsql as
        $$ begin raise 'the card % is not here', card using errcode = 'serialization_failure'; end $$
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
            Prepare = Refuse,
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
            // The cluster is read now and then: what it says of jobs must come from after both runs.
            && Always.All(name => receiver.Points(name).Count > 0)
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
    public async Task A_collector_that_does_not_answer_costs_no_run_and_no_more_memory_than_the_buffers_and_loses_no_sum()
    {
        await using var receiver = await OtlpReceiver.Start();
        receiver.Freeze();
        var sending = Sending(receiver.Grpc, "grpc");
        sending["OTEL_EXPORTER_OTLP_TIMEOUT"] = "1000";
        await using var cluster = await TestCluster.Start(new()
        {
            Nodes = 1,
            Jobs = "jobs:\n  work:\n    kind: sql\n    schedule: manual\n    overlap: allow\n    with: { statement: \"select 1\" }\n",
            Setup = new() { Environment = sending },
        });
        await Work(cluster, 300);
        await cluster.Until("the node says that it cannot send", async () =>
            await Scraped(cluster, "scheduler_telemetry_export_failures_total") > 0
            && cluster.Nodes[0].Log().Any(l => l.Contains("Telemetry could not be sent", StringComparison.Ordinal)), TimeSpan.FromSeconds(60));
        // The exporters have their buffers now; the heap is as large as the last collection found it, so one since then is waited for.
        var collections = await Scraped(cluster, "dotnet_gc_collections_total");
        await cluster.Until("memory was collected since", async () =>
        {
            await Work(cluster, 100);
            return await Scraped(cluster, "dotnet_gc_collections_total") > collections;
        }, TimeSpan.FromSeconds(60));
        var before = await Scraped(cluster, "dotnet_gc_last_collection_heap_size_bytes{");
        await Work(cluster, 3000);
        // A span of a run, its attempt and its statements: 12,000 spans, of which 2,048 are kept.
        Assert.That(await Scraped(cluster, "dotnet_gc_last_collection_heap_size_bytes{") - before, Is.LessThan(40_000_000));
        var runs = await cluster.Count("true");
        Assert.That(await cluster.Count("verdict = 'succeeded'"), Is.EqualTo(runs).And.GreaterThanOrEqualTo(3400));

        receiver.Thaw();
        await cluster.Until("every run of the time without a collector is in the sums", () =>
            Task.FromResult(receiver.Sum("scheduler.runs") == runs), TimeSpan.FromSeconds(40));
    }

    private static async Task Work(TestCluster cluster, int runs)
    {
        var ended = await cluster.Count("state = 'finished'") + runs;
        await cluster.Database.Execute("select scheduler.run_now('work') from generate_series(1, @runs)", new { runs });
        await cluster.Until("all of them have ended", async () => await cluster.Count("state = 'finished'") == ended, TimeSpan.FromSeconds(90));
    }

    private static async Task<double> Scraped(TestCluster cluster, string series)
    {
        using var client = new HttpClient();
        var text = await client.GetStringAsync(new Uri(cluster.Nodes[0].Url + "/metrics"));
        return text.Split('\n').Where(l => l.StartsWith(series, StringComparison.Ordinal))
            .Sum(l => double.Parse(l.Split(' ')[^1], CultureInfo.InvariantCulture));
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
        Assert.That(parent.All.GetRawText(), Does.Contain("\"begun\"").And.Contain("\"verdict written\""));
        var attempt = spans.Single(s => s.Name == "attempt 1" && s.ParentId == parent.SpanId);
        var statement = spans.Single(s => s.Scope == "Npgsql" && s.TraceId == parent.TraceId
            && s.All.GetRawText().Contains("said so", StringComparison.Ordinal));
        Assert.That(statement.TraceId, Is.EqualTo(attempt.TraceId));
        // The parameter's place, never its value, also not in the text of an error that quotes it.
        Assert.That(spans.Select(s => s.All.GetRawText()), Has.None.Contain("4111-0000").And.None.Contain("4222-0000"));

        var child = spans.Single(s => s.Name == "run child");
        Assert.That(child.TraceId, Is.EqualTo(traces[childKey]));
        Assert.That(child.LinkedTraces, Is.EqualTo((string[])[parent.TraceId]));
        Assert.That((child.Attributes["verdict"], child.Status), Is.EqualTo(("failed", "STATUS_CODE_ERROR")));
        Assert.That(spans.Count(s => s.TraceId == child.TraceId && s.Name == "wait"), Is.EqualTo(1));
        Assert.That(spans.Where(s => s.ParentId == child.SpanId && s.Name.StartsWith("attempt", StringComparison.Ordinal))
            .Select(s => (s.Name, s.Status, s.Attributes["error.type"])),
            Is.EquivalentTo(((string, string, string)[])[("attempt 1", "STATUS_CODE_ERROR", "40001"), ("attempt 2", "STATUS_CODE_ERROR", "40001")]));
        // Nothing of the loops' own statements: every span belongs to a run, but for what Npgsql opens connections with.
        Assert.That(spans.Select(s => s.TraceId).Except(traces.Values), Is.Empty);
    }

    private static void ExpectMetrics(OtlpReceiver receiver)
    {
        var units = receiver.MetricUnits().Where(m => m.Key.StartsWith("scheduler.", StringComparison.Ordinal)).ToDictionary();
        Assert.That(units.Keys, Is.SupersetOf(Always));
        Assert.That(units.Keys, Is.SubsetOf(Metrics.Select(m => m.Name)), "a metric without a line here is one without a page in the docs");
        var optional = new HashSet<string>(["error.type"]);
        foreach (var (name, unit, attributes) in Metrics.Where(m => units.ContainsKey(m.Name)))
        {
            Assert.That(units[name], Is.EqualTo(unit), name);
            var sets = receiver.Points(name);
            Assert.That(sets.Select(p => string.Join(' ', p.Keys.Except(optional).Order(StringComparer.Ordinal))).Distinct(),
                Is.EqualTo((string[])[attributes]), name);
        }
        Assert.That(receiver.Points("scheduler.run.duration"), Has.Some.Matches<IReadOnlyDictionary<string, string>>(p =>
            p!["job.name"] == "child" && p["job.kind"] == "sql" && p["verdict"] == "failed" && p["error.type"] == "40001"));
    }

    // What two runs, one of which failed twice, have to have told.
    private static readonly string[] Always =
    [
        "scheduler.runs", "scheduler.run.duration", "scheduler.run.start_delay", "scheduler.retries", "scheduler.schedule.last_success.time",
        "scheduler.schedule.last_run.time", "scheduler.schedule.info", "scheduler.job.failures_in_row", "scheduler.jobs", "scheduler.nodes",
        "scheduler.node.checkin.age", "scheduler.node.slots", "scheduler.node.clock.offset", "scheduler.backlog", "scheduler.history.rows",
        "scheduler.fleet.nodes", "scheduler.snapshot.uploads", "scheduler.database.up",
    ];

    // Name, unit, attributes in their order: all there are.
    private static readonly (string Name, string Unit, string Attributes)[] Metrics =
    [
        ("scheduler.runs", "{run}", "job.name trigger.type verdict"),
        ("scheduler.run.duration", "s", "job.kind job.name verdict"),
        ("scheduler.run.start_delay", "s", "job.name"),
        ("scheduler.run.active", "{run}", "job.name state"),
        ("scheduler.run.oldest.age", "s", "job.name"),
        ("scheduler.run.oldest.wait", "s", "job.name"),
        ("scheduler.run.stuck_after", "s", "job.name"),
        ("scheduler.retries", "{event}", "job.name"),
        ("scheduler.schedule.last_success.time", "s", "job.name"),
        ("scheduler.schedule.last_run.time", "s", "job.name"),
        ("scheduler.schedule.expected_last_fire.time", "s", "job.name"),
        ("scheduler.schedule.grace", "s", "job.name"),
        ("scheduler.schedule.paused", "", "job.name"),
        ("scheduler.schedule.info", "", "job.kind job.name job.owner schedule time_zone"),
        ("scheduler.job.created.time", "s", "job.name"),
        ("scheduler.job.failures_in_row", "{run}", "job.name"),
        ("scheduler.jobs", "{job}", "state"),
        ("scheduler.jobs.omitted", "{job}", ""),
        ("scheduler.nodes", "{node}", "state"),
        ("scheduler.node.info", "", "host node version"),
        ("scheduler.node.state", "", "node state"),
        ("scheduler.node.checkin.age", "s", "node"),
        ("scheduler.node.slots", "{slot}", "node state"),
        ("scheduler.node.clock.offset", "s", "node"),
        ("scheduler.backlog", "{run}", ""),
        ("scheduler.backlog.oldest.age", "s", ""),
        ("scheduler.lock.wait", "s", "lock"),
        ("scheduler.history.rows", "{row}", ""),
        ("scheduler.history.sweep.lag", "s", ""),
        ("scheduler.fleet.nodes", "{node}", "status"),
        ("scheduler.fleet.chunks", "{chunk}", "status"),
        ("scheduler.fleet.chunks.overdue", "{chunk}", ""),
        ("scheduler.snapshot.uploads", "{upload}", "state"),
        ("scheduler.config.refused", "", ""),
        ("scheduler.database.up", "{database}", ""),
        ("scheduler.telemetry.export.failures", "{failure}", ""),
    ];
}
