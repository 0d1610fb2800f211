namespace Scheduler.Cluster;

internal static class TimeExtensions
{
    /// <summary>A duration in the unit of <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public static long Stamps(this TimeProvider time, TimeSpan duration) => (long)(duration.TotalSeconds * time.TimestampFrequency);
}
