using System.Collections.Concurrent;
using Scheduler.Cluster;

namespace Scheduler.Runs;

/// <summary>
/// Work of runs that were claimed, on its way to the threads of the pool, a few at a time. Thousands, claimed at once, would keep everything else
/// that goes on in the node waiting behind them: the answers of the database, its transactions open meanwhile, notifications.
/// </summary>
internal sealed class StartQueue(TimeProvider time)
{
    // Items in the queue of the pool.
    private const int BeginningMax = 8;
    // Who claims the next ones waits until no more than this many are left, a hundredth of a second's worth, and 200 ms at most.
    private const int SoonMax = 200;
    private static readonly TimeSpan CatchUpMost = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan CatchUpLook = TimeSpan.FromMilliseconds(2);

    private readonly ConcurrentQueue<Func<Task>> waiting = new();
    private int beginning;

    /// <summary>Begin this on a thread of the pool, soon and in order. Its exceptions are its own to handle.</summary>
    public void Add(Func<Task> work)
    {
        waiting.Enqueue(work);
        Begin();
    }

    /// <summary>Wait until most of what was added has begun, 200 ms at most: it may keep all threads of the pool.</summary>
    public async Task CatchUp(CancellationToken token)
    {
        var began = time.GetTimestamp();
        while (waiting.Count > SoonMax && time.GetElapsedTime(began) < CatchUpMost) { await Task.Delay(CatchUpLook, time, token); }
    }

    private void Begin()
    {
        while (!waiting.IsEmpty)
        {
            if (Interlocked.Increment(ref beginning) > BeginningMax)
            {
                // Each of those that are on their way comes here when it begins.
                if (Interlocked.Decrement(ref beginning) >= BeginningMax) { return; }
            }
            else if (waiting.TryDequeue(out var next))
            {
                ThreadPool.UnsafeQueueUserWorkItem(static begun =>
                {
                    // The next one goes to the end of the pool's queue before this one does anything: it may block for as long as it likes.
                    Interlocked.Decrement(ref begun.Queue.beginning);
                    begun.Queue.Begin();
                    begun.Work().Forget();
                }, (Queue: this, Work: next), preferLocal: false);
            }
            else { Interlocked.Decrement(ref beginning); }
        }
    }
}
