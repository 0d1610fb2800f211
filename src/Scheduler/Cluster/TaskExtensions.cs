namespace Scheduler.Cluster;

internal static class TaskExtensions
{
    /// <summary>Let a task end by itself; whoever calls this says that the task reports its own failures.</summary>
    public static void Forget(this Task task) => _ = task.ContinueWith(static t => _ = t.Exception, TaskScheduler.Default);
}
