using System.Globalization;
using Microsoft.Extensions.Logging;
using Quartz;

namespace Scheduler.Cluster;

/// <summary>
/// The one job class Quartz stores, for every job of every kind: it enters the fire in the ledger within milliseconds and ends.
/// Long work never holds Quartz's threads, and no rename or rolling upgrade strands a trigger.
/// Do not rename or move this class: its name stands in <c>quartz.qrtz_job_details.job_class_name</c>.
/// </summary>
/// <remarks>
/// Concurrent-allowed and recoverable. When the ledger cannot be reached it keeps trying until the process ends; the fire is then
/// recovered by another node, because Quartz still lists it as executing. A fire entered twice is one row.
/// </remarks>
public sealed partial class FireJob(FireInbox inbox, ILogger<FireJob> log) : IJob
{
    /// <summary>Group of all our Quartz jobs and triggers.</summary>
    public const string Group = "jobs";
    /// <summary>Execution group every trigger carries from the first day, so that a faster engine can take over eligible triggers one by
    /// one.</summary>
    public const string ExecutionGroup = "fire";

    // Quartz passes the original schedule of a recovered fire as text, in whole seconds.
    private const string OriginalDueKey = "QRTZ_FAILED_JOB_ORIG_TRIGGER_SCHEDULED_FIRETIME_AS_STRING";

    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var job = context.JobDetail.Key.Name;
        if (DueAt(context) is not { } due)
        {
            LogNoDueTime(job, context.Trigger.Key.ToString());
            return;
        }
        await inbox.Enter(
            new Fire(Fire.KeyOf(job, due), job, due, context.Recovering ? null : context.NextFireTimeUtc?.UtcDateTime), cancellationToken);
    }

    private static DateTime? DueAt(IJobExecutionContext context)
    {
        if (!context.Recovering) { return WholeSecond((context.ScheduledFireTimeUtc ?? context.FireTimeUtc).UtcDateTime); }
        var text = context.MergedJobDataMap.TryGetValue(OriginalDueKey, out var value) ? value as string : null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var original)
            ? WholeSecond(original.UtcDateTime)
            : null;
    }

    private static DateTime WholeSecond(DateTime instant) => new(instant.Ticks - (instant.Ticks % TimeSpan.TicksPerSecond), DateTimeKind.Utc);

    [LoggerMessage(4001, LogLevel.Error, "Recovered fire of {Job} ({Trigger}) carries no due time; its run cannot be named and is left out")]
    private partial void LogNoDueTime(string job, string trigger);
}
