using System.Globalization;

namespace Scheduler.TestKit;

/// <summary>
/// A part of the machine that a test holds while its processes run. Tests start side by side and wait here until there is room: their clusters mostly
/// wait for leases and deadlines, so many of them fit beside each other, but not all.
/// </summary>
/// <remarks>
/// The unit is one node process with little to do. What there is in all is <see cref="Whole"/>. First come, first served: a test that wants much is
/// not overtaken for ever by those that want little.
/// </remarks>
public sealed class MachineShare : IDisposable
{
    // Measured on two cores: a calm node takes some 6 % of a core with its part of PostgreSQL, its start one to two seconds of one. Six nodes a core
    // leave room for starts. A node has 150 MB.
    private const int NodesOfACore = 6;
    // What one node and its sessions may take at most, so that a machine with many cores and little memory is not overrun.
    private const long BytesOfANode = 600L * 1024 * 1024;

    private static readonly object Gate = new();
    private static readonly Queue<(int Weight, TaskCompletionSource Turn)> Waiting = new();
    private static int taken;

    private readonly int weight;
    private int released;

    private MachineShare(int weight) => this.weight = weight;

    /// <summary>All there is: six for each core, less where memory is short, or what SCHEDULER_TEST_SHARES says.</summary>
    public static int Whole { get; } = int.TryParse(Environment.GetEnvironmentVariable("SCHEDULER_TEST_SHARES"), NumberStyles.None,
        CultureInfo.InvariantCulture, out var given) && given > 0
        ? given
        : (int)Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / BytesOfANode, 1, NodesOfACore * Environment.ProcessorCount);

    /// <summary>Wait for a share. More than there is counts as all there is.</summary>
    /// <param name="weight">How much of it, in nodes with little to do.</param>
    public static async Task<MachineShare> Take(int weight)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(weight);
        weight = Math.Min(weight, Whole);
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (Gate)
        {
            Waiting.Enqueue((weight, turn));
            GiveOut();
        }
        using (TimeSpent.On(Spending.Queueing)) { await turn.Task; }
        return new MachineShare(weight);
    }

    /// <summary>Give it back; safe to repeat.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref released, 1) != 0) { return; }
        lock (Gate)
        {
            taken -= weight;
            GiveOut();
        }
    }

    private static void GiveOut()
    {
        while (Waiting.TryPeek(out var first) && taken + first.Weight <= Whole)
        {
            Waiting.Dequeue();
            taken += first.Weight;
            first.Turn.SetResult();
        }
    }
}
