using System.Collections.Concurrent;
using NUnit.Framework;
using Scheduler.Runs;

namespace Scheduler.Tests.Runs;

/// <summary>The queue through which claimed runs begin: a few at a time, none lost, none held up by another.</summary>
[TestFixture]
public sealed class StartQueueTests
{
    private const int Many = 20_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Test]
    public async Task All_begin_once_whoever_adds_them()
    {
        var queue = new StartQueue(TimeProvider.System);
        var begun = new ConcurrentDictionary<int, int>();
        using var all = new CountdownEvent(Many);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(adder => Task.Run(() =>
        {
            for (var i = adder; i < Many; i += 4)
            {
                var number = i;
                queue.Add(() =>
                {
                    begun.AddOrUpdate(number, 1, (_, count) => count + 1);
                    all.Signal();
                    return Task.CompletedTask;
                });
            }
        })));

        Assert.That(all.Wait(Patience), $"{all.CurrentCount} did not begin");
        Assert.That(begun.Values, Is.All.EqualTo(1));
        await queue.CatchUp(CancellationToken.None);
    }

    [Test]
    public void Those_that_block_their_thread_hold_up_no_others()
    {
        var queue = new StartQueue(TimeProvider.System);
        using var last = new ManualResetEventSlim();
        using var released = new CountdownEvent(2);
        var never = new TaskCompletionSource();
        for (var i = 0; i < 2; i++)
        {
            queue.Add(() =>
            {
                if (last.Wait(Patience)) { released.Signal(); }
                return Task.CompletedTask;
            });
        }
        for (var i = 0; i < 100; i++) { queue.Add(() => never.Task); }
        queue.Add(() =>
        {
            last.Set();
            return Task.CompletedTask;
        });

        Assert.That(released.Wait(Patience), "the last one began while the first ones waited for it");
    }

    [Test]
    public async Task An_exception_of_one_ends_nothing_else()
    {
        var queue = new StartQueue(TimeProvider.System);
        var begun = new TaskCompletionSource();
        for (var i = 0; i < 100; i++) { queue.Add(async () => { await Task.Yield(); throw new InvalidOperationException("its own"); }); }
        queue.Add(() =>
        {
            begun.SetResult();
            return Task.CompletedTask;
        });

        await begun.Task.WaitAsync(Patience);
    }
}
