using System.Collections.Concurrent;
using Scheduler.Cluster;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>The definitions this node has read, kept until a notification or a run's version says they are old.</summary>
public sealed class JobDefinitions
{
    // More than this many jobs and the oldest knowledge is dropped whole: it is only a cache.
    private const int JobsMax = 50_000;
    // One statement at a time reads what all runs wait for: thousands of first runs at once must not take every connection.
    private const int NamesMax = 2000;

    private readonly ConcurrentDictionary<string, StoredJob> known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TaskCompletionSource<StoredJob?>> wanted = new(StringComparer.Ordinal);
    private readonly Databases databases;
    private bool reading;
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
    /// Throws what the database throws; the caller may ask again.
    /// </summary>
    public ValueTask<StoredJob?> Get(string name, int version, CancellationToken token) =>
        known.TryGetValue(name, out var job) && job.Version >= version ? new(job) : new(Ask(name).WaitAsync(token));

    // Who asks while a statement is under way goes into the next one: what is being read now may be too old for him.
    private Task<StoredJob?> Ask(string name)
    {
        lock (wanted)
        {
            if (!wanted.TryGetValue(name, out var answer))
            {
                answer = wanted[name] = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            if (!reading)
            {
                reading = true;
                _ = Task.Run(ReadWanted);
            }
            return answer.Task;
        }
    }

    private async Task ReadWanted()
    {
        while (true)
        {
            KeyValuePair<string, TaskCompletionSource<StoredJob?>>[] batch;
            lock (wanted)
            {
                batch = [.. wanted.Take(NamesMax)];
                if (batch.Length == 0)
                {
                    reading = false;
                    return;
                }
                foreach (var (name, _) in batch) { wanted.Remove(name); }
            }
            try { await Answer(batch); }
            catch (Exception e) when (batch.Length == 1 || Transient.IsTransient(e))
            {
                foreach (var (_, answer) in batch) { answer.TrySetException(e); }
            }
            catch (Exception) { await AnswerEach(batch); }
        }
    }

    // One row that cannot be read must not fail the runs of the other jobs.
    private async Task AnswerEach(KeyValuePair<string, TaskCompletionSource<StoredJob?>>[] batch)
    {
        foreach (var one in batch)
        {
            try { await Answer([one]); }
            catch (Exception e) { one.Value.TrySetException(e); }
        }
    }

    private async Task Answer(KeyValuePair<string, TaskCompletionSource<StoredJob?>>[] batch)
    {
        var before = Volatile.Read(ref heard);
        var read = await JobStore.Some(databases.Ledger, [.. batch.Select(b => b.Key)], CancellationToken.None);
        var byName = read.ToDictionary(j => j.Definition.Name, StringComparer.Ordinal);
        if (known.Count > JobsMax) { known.Clear(); }
        foreach (var (name, answer) in batch)
        {
            var job = byName.GetValueOrDefault(name);
            // A change heard of meanwhile may be newer than what was read: that is used once and not kept.
            if (job is not null && before == Volatile.Read(ref heard)) { known[name] = job; }
            answer.TrySetResult(job);
        }
    }
}
