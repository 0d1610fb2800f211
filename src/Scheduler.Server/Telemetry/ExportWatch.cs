using System.Diagnostics.Tracing;
using System.Globalization;
using Scheduler.Telemetry;

namespace Scheduler.Server.Telemetry;

/// <summary>
/// Tells of exports that fail: a line in the log, at most one a minute, and <c>scheduler.telemetry.export.failures</c>. OpenTelemetry says it only to
/// who listens to its event sources.
/// </summary>
internal sealed partial class ExportWatch(SchedulerMeter meter, TimeProvider time, ILogger<ExportWatch> log) : EventListener, IHostedService
{
    private const string ExporterSource = "OpenTelemetry-Exporter-OpenTelemetryProtocol";
    // What it says when something was not sent; other warnings of it are of its settings and of single attributes.
    private static readonly HashSet<string> Failures =
    [
        "FailedToReachCollector", "ExportMethodException", "HttpRequestFailed", "TransientHttpError", "RequestTimedOut",
        "OperationUnexpectedlyCanceled", "ExportFailure", "GrpcStatusWarning", "BatchDroppedDueToSerializationFailure",
    ];
    private const int ProblemLengthMax = 300;
    private static readonly TimeSpan SaidEvery = TimeSpan.FromMinutes(1);

    private readonly Lock saying = new();
    private long? saidAt;
    private long failures;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == ExporterSource) { EnableEvents(eventSource, EventLevel.Warning); }
    }

    /// <inheritdoc />
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventSource.Name != ExporterSource || eventData.EventName is not { } name || !Failures.Contains(name)) { return; }
        meter.ExportFailed();
        long count;
        lock (saying)
        {
            failures++;
            if (saidAt is { } last && time.GetElapsedTime(last) < SaidEvery) { return; }
            (saidAt, count, failures) = (time.GetTimestamp(), failures, 0);
        }
        LogFailed(count, Text(eventData));
    }

    // The first line: a stack trace follows.
    private static string Text(EventWrittenEventArgs eventData)
    {
        object?[] values = eventData.Payload?.ToArray() ?? [];
        var text = string.Format(CultureInfo.InvariantCulture, eventData.Message ?? eventData.EventName ?? "", values);
        text = text.Split('\n', 2)[0].TrimEnd();
        return text.Length <= ProblemLengthMax ? text : text[..ProblemLengthMax];
    }

    [LoggerMessage(6002, LogLevel.Warning, "Telemetry could not be sent ({Count} since the last line like this); runs go on without: {Problem}")]
    private partial void LogFailed(long count, string problem);
}
