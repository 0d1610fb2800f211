using System.Diagnostics;
using NUnit.Framework;
using Scheduler.Telemetry;

namespace Scheduler.Tests.Telemetry;

public sealed class MetricsTextTests
{
    private sealed record Marks : RunMarks;

    [Test]
    public void Counters_and_histograms_are_written_with_their_units_labels_and_buckets()
    {
        using var meter = new SchedulerMeter();
        using var text = new MetricsText(meter);
        meter.Ended([("a@2026", "a", "succeeded", Begun(0.2)), ("b@2026", "b", "failed", Begun(2)), ("a!x", "a", "succeeded", Begun(0.02))], Second);
        var lines = Lines(text);

        Assert.That(lines, Does.Contain("# TYPE scheduler_run_duration_seconds histogram")
            .And.Contain("# UNIT scheduler_run_duration_seconds seconds"));
        Assert.That(lines, Does.Contain("""scheduler_runs_total{job_name="a",verdict="succeeded",trigger_type="schedule"} 1""")
            .And.Contain("""scheduler_runs_total{job_name="a",verdict="succeeded",trigger_type="manual"} 1""")
            .And.Contain("""scheduler_run_duration_seconds_bucket{job_name="b",job_kind="sql",verdict="failed",le="1.0"} 0""")
            .And.Contain("""scheduler_run_duration_seconds_bucket{job_name="b",job_kind="sql",verdict="failed",le="5.0"} 1""")
            .And.Contain("""scheduler_run_duration_seconds_bucket{job_name="a",job_kind="sql",verdict="succeeded",le="+Inf"} 2"""));
        Assert.That(lines[^1], Is.EqualTo("# EOF"));
    }

    [Test]
    public void In_the_older_text_a_counter_is_named_as_its_samples_and_there_are_no_units_and_no_end()
    {
        using var meter = new SchedulerMeter();
        using var text = new MetricsText(meter);
        meter.Ended([("a@2026", "a", "skipped", Begun(0.2))], Second);
        var lines = text.Write(plain: true).Split('\n');
        Assert.That(lines, Does.Contain("# TYPE scheduler_runs_total counter")
            .And.Contain("# HELP scheduler_runs_total Runs that ended on this node, by verdict")
            .And.Contain("# TYPE scheduler_run_duration_seconds histogram")
            .And.Contain("""scheduler_skips_total{job_name="a",reason="by the job"} 1"""));
        Assert.That(lines, Has.None.StartsWith("# UNIT").And.None.EqualTo("# EOF"));
    }

    [Test]
    public void A_run_with_a_trace_is_the_exemplar_of_its_bucket()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name == SchedulerMeter.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        using var meter = new SchedulerMeter();
        using var text = new MetricsText(meter);
        var marks = Begun(2);
        marks.Activity = RunTrace.Begin("a@2026", "a", DateTime.UnixEpoch, DateTimeOffset.UnixEpoch, 1, "n1");
        Activity.Current = null;
        meter.Ended([("a@2026", "a", "succeeded", marks)], Second);

        Assert.That(Lines(text), Has.One.StartsWith(
            "scheduler_run_duration_seconds_bucket{job_name=\"a\",job_kind=\"sql\",verdict=\"succeeded\",le=\"5.0\"} 1"
            + $" # {{trace_id=\"{RunTrace.TraceOf("a@2026")}\",span_id=\"{marks.Activity!.SpanId}\"}} 2"));
    }

    [Test]
    public void Beyond_the_limit_label_sets_share_one()
    {
        using var meter = new SchedulerMeter();
        using var text = new MetricsText(meter);
        for (var i = 0; i < MetricSeries.LabelSetsMax + 100; i++) { meter.Retried(FormattableString.Invariant($"job-{i}")); }
        var series = Lines(text).Where(l => l.StartsWith("scheduler_retries_total{", StringComparison.Ordinal)).ToList();
        Assert.That(series, Has.Count.EqualTo(MetricSeries.LabelSetsMax + 1));
        Assert.That(series, Does.Contain("scheduler_retries_total{otel_metric_overflow=\"true\"} 100"));
    }

    [Test]
    public void Labels_are_escaped()
    {
        using var meter = new SchedulerMeter();
        using var text = new MetricsText(meter);
        meter.Notified("a \"b\"\\\nc", "sent");
        Assert.That(Lines(text), Does.Contain("""scheduler_notifications_total{channel="a \"b\"\\\nc",outcome="sent"} 1"""));
    }

    [Test]
    public void Where_nobody_listens_a_measurement_allocates_nothing()
    {
        using var meter = new SchedulerMeter();
        meter.Began("a", TimeSpan.FromSeconds(1));
        RunTrace.Begin("a@2026", "a", DateTime.UnixEpoch, DateTimeOffset.UnixEpoch, 1, "n1");
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            if (meter.CountsRuns) { Assert.Fail("somebody listens"); }
            meter.Began("a", TimeSpan.FromSeconds(1));
            meter.Refused("a@2026", "a", "skipped", "overlap");
        }
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void What_a_kind_says_it_did_is_counted()
    {
        using var meter = new SchedulerMeter();
        using var text = new MetricsText(meter);
        meter.Did("fleet.reclaim", "reclaim", """{"reclaimed": 7}""");
        meter.Did("fleet.offline", "offline", """{"marked_offline": 3}""");
        meter.Did("fleet.cleanup", "cleanup", """{"nodes": 1, "configs": 2, "heartbeats": 0}""");
        meter.Did("rows.delete", "rows", """{"deleted": 5, "counted": 9, "left": "some"}""");
        meter.Did("sql", "sql", """{"rows": 5}""");
        meter.Did("snapshot.monitor", "monitor", """{"running": 4, "completed": [{"upload": 1}, {"upload": 2}], "failed": [], "removed": [3]}""");
        Assert.That(Lines(text), Does.Contain("""scheduler_fleet_chunks_reclaimed_total{job_name="reclaim",what="reclaimed"} 7""")
            .And.Contain("""scheduler_fleet_nodes_marked_offline_total{job_name="offline",what="marked_offline"} 3""")
            .And.Contain("""scheduler_cleanup_rows_deleted_total{job_name="cleanup",what="configs"} 2""")
            .And.Contain("""scheduler_cleanup_rows_deleted_total{job_name="rows",what="deleted"} 5""")
            .And.Contain("""scheduler_snapshot_upload_ends_total{job_name="monitor",what="completed"} 2"""));
        Assert.That(Lines(text), Has.One.StartsWith("scheduler_snapshot_upload_ends_total"));
    }

    private static readonly long Second = 100 * Stopwatch.Frequency;

    private static Marks Begun(double secondsAgo) => new() { Kind = "sql", BegunAt = Second - (long)(secondsAgo * Stopwatch.Frequency) };

    private static string[] Lines(MetricsText text) => text.Write().TrimEnd('\n').Split('\n');
}
