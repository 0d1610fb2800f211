using System.Globalization;
using System.Threading.Channels;

namespace Scheduler.Cluster;

/// <summary>One instant at which a job is due, on its way to the ledger.</summary>
/// <param name="RunKey">Identity: job and due second; of an event job, instant and mark.</param>
/// <param name="Job">Name of the job.</param>
/// <param name="DueAt">Due second, UTC.</param>
/// <param name="NextDueAt">The schedule's next due instant after it, null when it has none.</param>
/// <param name="Cause">The event that made it due, e.g. <c>startup</c>. Default null: the clock.</param>
public sealed record Fire(string RunKey, string Job, DateTime DueAt, DateTime? NextDueAt, string? Cause = null)
{
    /// <summary>The run key of a job's fire: <c>job@2026-11-21T04:00:00Z</c>. Seconds, never finer: a recovered fire knows no more.</summary>
    public static string KeyOf(string job, DateTime dueAt) => string.Create(CultureInfo.InvariantCulture, $"{job}@{dueAt:yyyy-MM-dd'T'HH:mm:ss'Z'}");
}

/// <summary>Where Quartz's firings hand their fires to the ledger. Bounded: a ledger that does not keep up holds Quartz back.</summary>
public sealed class FireInbox
{
    // Twice Quartz's threads is never reached by it; the bound is for the day somebody else writes here.
    private const int FiresMax = 1000;

    private readonly Channel<(Fire Fire, TaskCompletionSource Done)> channel =
        Channel.CreateBounded<(Fire, TaskCompletionSource)>(new BoundedChannelOptions(FiresMax) { SingleReader = true });

    /// <summary>The ledger's end.</summary>
    public ChannelReader<(Fire Fire, TaskCompletionSource Done)> Reader => channel.Reader;

    /// <summary>Hand a fire over; ends when its row is committed (or was there already). Never ends well otherwise.</summary>
    public async Task Enter(Fire fire, CancellationToken token)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await channel.Writer.WriteAsync((fire, done), token);
        await done.Task.WaitAsync(token);
    }
}
