using System.Collections.Concurrent;
using Scheduler.Cluster;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>The definitions this node has read, kept until a notification or a run's version says they are old.</summary>
public sealed class JobDefinitions
{
    // More than this many jobs and the oldest knowledge is dropped whole: it is only a cache.
    private const int JobsMax = 50_000;

    private readonly ConcurrentDictionary<string, StoredJob> known = new(StringComparer.Ordinal);
    private readonly Databases databases;
    private int heard;

    /// <summary>Begins to hear of changes at once.</summary>
    public JobDefinitions(Databases databases, Listener listener)
    {
        this.databases = databases;
        listener.Heard += (channel, name) =>
        {
            if (channel != Listener.Jobs) { return; }
            Interlocked.Increment(ref heard);
            if (name.Length == 0) { known.Clear(); }
            else { known.TryRemove(name, out _); }
        };
    }

    /// <summary>
    /// The job as it is now, or null when it is gone. Never older than <paramref name="version"/>, the version the run was entered under.
    /// </summary>
    public async Task<StoredJob?> Get(string name, int version, CancellationToken token)
    {
        if (known.TryGetValue(name, out var job) && job.Version >= version) { return job; }
        if (known.Count > JobsMax) { known.Clear(); }
        var before = Volatile.Read(ref heard);
        var read = await JobStore.Get(databases.Ledger, name, token);
        // A change heard of meanwhile may be newer than what was read: that is used once and not kept.
        if (read is not null && before == Volatile.Read(ref heard)) { known[name] = read; }
        return read;
    }
}
