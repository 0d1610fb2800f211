using Scheduler.Jobs;

namespace Scheduler.Fleet;

/// <summary>The kinds of this room. Each may run again on another node when its own died.</summary>
public static class FleetKinds
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Kind> All { get; } =
    [
        new("fleet.cleanup", typeof(FleetCleanup), typeof(FleetCleanup.Settings), OnLost.Rerun,
            "Delete nodes that never joined or left long ago, unused configs and, when asked to, old heartbeats"),
        new("fleet.offline", typeof(FleetOffline), typeof(FleetOffline.Settings), OnLost.Rerun, "Mark nodes offline that have fallen silent"),
        new("fleet.reclaim", typeof(FleetReclaim), typeof(FleetReclaim.Settings), OnLost.Rerun, "Put chunks that run too long back to pending"),
    ];
}
