using Scheduler.Jobs;

namespace Scheduler.Snapshots;

/// <summary>The kinds of this room.</summary>
public static class SnapshotKinds
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Kind> All { get; } = [UploadJob.Kind, MonitorJob.Kind];
}
