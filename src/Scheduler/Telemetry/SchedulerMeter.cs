using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;

namespace Scheduler.Telemetry;

/// <summary>What a measurement has to know of a run. Filled while the run goes on, as part of its row: nothing is allocated for it.</summary>
internal abstract record RunMarks
{
    /// <summary>When its work began here, a time stamp.</summary>
    public long BegunAt { get; set; }
    /// <summary>Its kind; empty until its definition is read.</summary>
    public string Kind { get; set; } = "";
    /// <summary>The SQLSTATE or the type of what it failed with.</summary>
    public string? ErrorType { get; set; }
    /// <summary>Its span, null where nobody listens.</summary>
    public Activity? Activity { get; set; }
}

/// <summary>
/// The instruments of a node: the meter <c>Scheduler</c>, names and units in docs/telemetry.md. What happens on this node is counted here; what is
/// true of the cluster comes from the database (<see cref="ClusterReading"/>), so that every node says the same. A measurement that nobody
/// listens to costs a check of a flag.
/// </summary>
public sealed class SchedulerMeter : IDisposable
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "Scheduler";

    private static readonly InstrumentAdvice<double> Durations =
        new() { HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400] };
    private static readonly InstrumentAdvice<double> Delays =
        new() { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 900, 3600] };

    private readonly Counter<long> runs, misfires, skips, retries, recoveries, notifications, markedOffline, chunksReclaimed, rowsDeleted,
        uploadsEnded, exportFailures;
    private readonly Histogram<double> duration, startDelay;

    /// <summary>Make the instruments; nothing listens yet.</summary>
    public SchedulerMeter()
    {
        Meter = new Meter(new MeterOptions(Name) { Version = typeof(SchedulerMeter).Assembly.GetName().Version?.ToString(3) });
        runs = Meter.CreateCounter<long>("scheduler.runs", "{run}", "Runs that ended on this node, by verdict");
        duration = Meter.CreateHistogram("scheduler.run.duration", "s", "From a run's begin on this node to its verdict", null, Durations);
        startDelay = Meter.CreateHistogram("scheduler.run.start_delay", "s", "From the instant a run was due to its begin", null, Delays);
        misfires = Meter.CreateCounter<long>("scheduler.misfires", "{event}", "Fires that ended as missed, by reason");
        skips = Meter.CreateCounter<long>("scheduler.skips", "{event}", "Fires and runs that ended as skipped, by reason");
        retries = Meter.CreateCounter<long>("scheduler.retries", "{event}", "Attempts that failed and are tried again");
        recoveries = Meter.CreateCounter<long>("scheduler.recoveries", "{event}", "Runs this node took away from a dead one, by what became of them");
        notifications = Meter.CreateCounter<long>("scheduler.notifications", "{notification}", "Notifications, by channel and outcome");
        markedOffline = Meter.CreateCounter<long>("scheduler.fleet.nodes.marked_offline", "{node}", "Workers marked offline for their silence");
        chunksReclaimed = Meter.CreateCounter<long>("scheduler.fleet.chunks.reclaimed", "{chunk}", "Chunks put back to pending");
        rowsDeleted = Meter.CreateCounter<long>("scheduler.cleanup.rows.deleted", "{row}", "Rows and files deleted by cleaning jobs");
        uploadsEnded = Meter.CreateCounter<long>("scheduler.snapshot.upload.ends", "{upload}", "Uploads of snapshots that ended, by outcome");
        exportFailures = Meter.CreateCounter<long>("scheduler.telemetry.export.failures", "{failure}", "Exports over OTLP that failed");
        Meter.CreateObservableGauge("scheduler.config.refused", () => ConfigRefused ? 1 : 0, "",
            "1 when this node could not apply its job files at start");
        Meter.CreateObservableUpDownCounter("scheduler.run.active", () => Active(), "{run}", "Runs on this node: executing, or finalizing");
    }

    /// <summary>The meter, for listeners of this process.</summary>
    public Meter Meter { get; }

    /// <summary>The runs on this node by job and state (executing, finalizing); set by the executor, asked at each collection.</summary>
    internal Func<IEnumerable<Measurement<long>>> Active { get; set; } = static () => [];

    /// <summary>Whether the node could not apply its job files.</summary>
    internal bool ConfigRefused { get; set; }

    /// <summary>False where nobody counts runs: then nothing need be collected for <see cref="Ended"/>.</summary>
    internal bool CountsRuns => runs.Enabled || duration.Enabled || skips.Enabled;

    /// <summary>A run's work begins on this node.</summary>
    /// <param name="job">Its job.</param>
    /// <param name="delay">Time since it was due.</param>
    internal void Began(string job, TimeSpan delay)
    {
        if (startDelay.Enabled) { startDelay.Record(Math.Max(0, delay.TotalSeconds), new KeyValuePair<string, object?>("job.name", job)); }
    }

    /// <summary>A fire ended where it was entered: skipped or missed.</summary>
    internal void Refused(string runKey, string job, string verdict, string? reason)
    {
        var counter = verdict == "missed" ? misfires : skips;
        if (counter.Enabled) { counter.Add(1, new("job.name", job), new("reason", reason ?? "")); }
        if (runs.Enabled) { runs.Add(1, new("job.name", job), new("verdict", verdict), new("trigger.type", TriggerOf(runKey, job))); }
    }

    /// <summary>Verdicts were written, many at once: counted once per job, verdict and trigger.</summary>
    /// <param name="ends">Key, job, verdict and marks of each run.</param>
    /// <param name="now">The present time stamp.</param>
    internal void Ended(IReadOnlyList<(string RunKey, string Job, string Verdict, RunMarks Marks)> ends, long now)
    {
        if (duration.Enabled) { foreach (var end in ends) { Record(end.Job, end.Verdict, end.Marks, now); } }
        if (skips.Enabled)
        {
            // Its reason may name anything: no label.
            foreach (var end in ends) { if (end.Verdict == "skipped") { skips.Add(1, new("job.name", end.Job), new("reason", "by the job")); } }
        }
        if (!runs.Enabled) { return; }
        if (ends is [var one])
        {
            runs.Add(1, new("job.name", one.Job), new("verdict", one.Verdict), new("trigger.type", TriggerOf(one.RunKey, one.Job)));
            return;
        }
        var counts = new Dictionary<(string Job, string Verdict, string Trigger), long>(ends.Count);
        foreach (var end in ends)
        {
            var key = (end.Job, end.Verdict, TriggerOf(end.RunKey, end.Job));
            counts[key] = counts.GetValueOrDefault(key) + 1;
        }
        foreach (var (key, count) in counts)
        {
            runs.Add(count, new("job.name", key.Job), new("verdict", key.Verdict), new("trigger.type", key.Trigger));
        }
    }

    /// <summary>An attempt failed and is tried again.</summary>
    internal void Retried(string job) => retries.Add(1, new KeyValuePair<string, object?>("job.name", job));

    /// <summary>A run was taken away from a dead node.</summary>
    internal void Recovered(string job, string outcome) => recoveries.Add(1, new("job.name", job), new("reason", outcome));

    /// <summary>A notification was sent, refused or given up.</summary>
    public void Notified(string channel, string outcome) => notifications.Add(1, new("channel", channel), new("outcome", outcome));

    /// <summary>Metrics, spans or log lines could not be sent over OTLP.</summary>
    public void ExportFailed() => exportFailures.Add(1);

    /// <summary>Count what a run of a kind of the house says it did, from its result.</summary>
    internal void Did(string kind, string job, string? result)
    {
        if (result is null || CounterOf(kind) is not { Enabled: true } counter) { return; }
        using var json = JsonDocument.Parse(result);
        if (json.RootElement.ValueKind != JsonValueKind.Object) { return; }
        foreach (var property in json.RootElement.EnumerateObject())
        {
            if (!IsCount(kind, property.Name) || CountOf(property.Value) is not (> 0 and var count)) { continue; }
            counter.Add(count, new("job.name", job), new("what", property.Name));
        }
    }

    /// <inheritdoc />
    public void Dispose() => Meter.Dispose();

    /// <summary><c>schedule</c>, <c>event</c> or <c>manual</c>: the form of the key says it.</summary>
    internal static string TriggerOf(string runKey, string job) =>
        runKey.Length > job.Length && runKey[job.Length] == '@' ? "schedule" : runKey.Contains('~') ? "event" : "manual";

    private void Record(string job, string verdict, RunMarks marks, long now)
    {
        // Whoever keeps exemplars finds the run's trace by the present activity.
        if (marks.Activity is not null) { Activity.Current = marks.Activity; }
        var tags = new TagList { { "job.name", job }, { "job.kind", marks.Kind }, { "verdict", verdict } };
        if (marks.ErrorType is { } error) { tags.Add("error.type", error); }
        duration.Record(Stopwatch.GetElapsedTime(marks.BegunAt, now).TotalSeconds, tags);
        if (marks.Activity is not null) { Activity.Current = null; }
    }

    private Counter<long>? CounterOf(string kind) => kind switch
    {
        "fleet.offline" => markedOffline,
        "fleet.reclaim" => chunksReclaimed,
        "fleet.cleanup" or "rows.delete" or "files.delete" => rowsDeleted,
        "snapshot.monitor" => uploadsEnded,
        _ => null,
    };

    // A number of things, or the things themselves.
    private static long CountOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.TryGetInt64(out var count) ? count : 0,
        JsonValueKind.Array => value.GetArrayLength(),
        _ => 0,
    };

    private static bool IsCount(string kind, string property) => kind switch
    {
        "fleet.offline" => property == "marked_offline",
        "fleet.reclaim" => property == "reclaimed",
        "fleet.cleanup" => property is "nodes" or "configs" or "heartbeats",
        "snapshot.monitor" => property is "completed" or "failed" or "lost" or "cancelled",
        _ => property == "deleted",
    };
}
