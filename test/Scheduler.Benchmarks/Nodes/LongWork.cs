namespace Scheduler.Benchmarks;

/// <summary>Work that lasts until the benchmark releases it. Each release is for the work that waits at that moment.</summary>
internal sealed class LongWork
{
    private TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Wait(CancellationToken token) => Volatile.Read(ref released).Task.WaitAsync(token);

    public void Release() => Interlocked.Exchange(ref released, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}
