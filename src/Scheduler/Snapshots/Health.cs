using System.Globalization;
using Scheduler.Database;
using Scheduler.Snapshots.Protocols;

namespace Scheduler.Snapshots;

/// <summary>Says whether a node is in a state worth keeping.</summary>
internal static class Health
{
    /// <summary>Why nothing is uploaded now, in a few words; null when nothing stands against it. A rule whose value is not known says nothing: the
    /// row in <c>snapshot.node_metric</c> says why it is not.</summary>
    /// <param name="metrics">What the node said.</param>
    /// <param name="limits">The node's rules.</param>
    /// <param name="now">The present, by the clock the head's time is compared with.</param>
    public static string? Refusal(NodeMetrics metrics, NodeLimits limits, DateTimeOffset now)
    {
        if (metrics.Answered == 0 && !limits.AllowSilent)
        {
            return "the node does not answer: " + (metrics.Missing.Values.FirstOrDefault() ?? "it was asked nothing");
        }
        if (metrics.Syncing == true && !limits.AllowSyncing)
        {
            return "the node is syncing"
                + (metrics.SyncDistance is > 0 and var behind ? string.Create(CultureInfo.InvariantCulture, $", {behind} behind") : "");
        }
        if (limits.HeadAgeMax is { } ageMax && metrics.HeadAt is { } head && now - head > ageMax)
        {
            var age = TimeSpan.FromSeconds(Math.Floor((now - head).TotalSeconds));
            return $"its head is {Duration.Format(age)} old, more than head_age_max {Duration.Format(ageMax)}";
        }
        if (limits.PeersMin is { } peersMin && metrics.Peers is { } peers && peers < peersMin)
        {
            return string.Create(CultureInfo.InvariantCulture, $"it has {peers} peers, fewer than peers_min {peersMin}");
        }
        if (limits.DiskFreeMin is { } freeMin && metrics.DiskFreeBytes is { } free && free < freeMin)
        {
            return string.Create(CultureInfo.InvariantCulture, $"its disk has {free} bytes free, fewer than disk_free_min {freeMin}");
        }
        return null;
    }
}
