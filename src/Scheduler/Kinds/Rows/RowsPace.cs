namespace Scheduler.Kinds.Rows;

/// <summary>
/// How many rows one batch deletes. Who wants a row of a batch waits until the batch commits, so that is kept well below 200 ms, also where the
/// processor is short: a batch that took long is followed by a smaller one, a quick one by a larger one.
/// </summary>
internal sealed class RowsPace(int max)
{
    /// <summary>The server ends a batch after this time, and undoes it: nobody waits longer for it, the commit aside.</summary>
    public static readonly TimeSpan BatchMax = TimeSpan.FromMilliseconds(80);
    /// <summary>A batch waits this long for a lock on the table or of a foreign key, then steps aside: others queue behind it.</summary>
    public static readonly TimeSpan LockMax = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan Aim = TimeSpan.FromMilliseconds(20);
    private const int First = 100;

    /// <summary>Rows of the next batch.</summary>
    public int Rows { get; private set; } = Math.Min(First, max);

    /// <summary>A batch of that many rows went through.</summary>
    public void Took(TimeSpan time, int rows)
    {
        if (time > Aim) { Rows = Math.Max(1, Rows / 2); }
        else if (time < Aim / 2 && rows >= Rows) { Rows = Math.Min(max, Rows + Math.Max(1, Rows / 2)); }
    }

    /// <summary>A batch was undone, because it took too long or waited too long for a lock.</summary>
    public void Undone() => Rows = Math.Max(1, Rows / 4);
}
