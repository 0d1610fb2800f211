namespace Scheduler.Runs;

/// <summary>The runs a node may have at a time. Taken before rows are claimed, so that a claim never exceeds them.</summary>
public sealed class Slots(int count)
{
    private int free = count;

    /// <summary>Slots in all.</summary>
    public int Count { get; } = count;
    /// <summary>Slots free right now.</summary>
    public int Free => Volatile.Read(ref free);

    /// <summary>Take up to <paramref name="wanted"/> slots; returns how many were had.</summary>
    public int Take(int wanted)
    {
        while (true)
        {
            var have = Volatile.Read(ref free);
            var taken = Math.Min(have, wanted);
            if (taken <= 0) { return 0; }
            if (Interlocked.CompareExchange(ref free, have - taken, have) == have) { return taken; }
        }
    }

    /// <summary>Give slots back.</summary>
    public void Give(int taken)
    {
        if (taken > 0) { Interlocked.Add(ref free, taken); }
    }
}
