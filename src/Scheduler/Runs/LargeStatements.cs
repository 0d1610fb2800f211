using Scheduler.Cluster;

namespace Scheduler.Runs;

/// <summary>
/// Turns between this node's own large statements (fires, verdicts) while other nodes are at work too. Each of them keeps a processor of the
/// database busy for a tenth of a second and more; twice as many as there are nodes only get in each other's way (four nodes on two cores did
/// 8,980 fires a second without turns and 10,020 with them).
/// </summary>
public sealed class LargeStatements(NodeState state)
{
    // Smaller ones are over before they disturb anybody.
    private const int RowsMin = 100;
    // One that waits for a lock must not hold up the other kind.
    private static readonly TimeSpan WaitMost = TimeSpan.FromMilliseconds(250);

    private readonly SemaphoreSlim turn = new(1, 1);

    /// <summary>Wait for this node's turn; dispose what is returned when the statement is over. Waits 250 ms at most and then goes ahead without;
    /// does not wait for few rows, nor on a node that is alone.</summary>
    /// <param name="rows">How many rows the statement writes.</param>
    /// <param name="token">Ends the wait.</param>
    internal async Task<Turn> Wait(int rows, CancellationToken token)
    {
        if (rows < RowsMin || state.PeerCount == 1) { return new Turn(null); }
        return new Turn(await turn.WaitAsync(WaitMost, token) ? turn : null);
    }

    /// <summary>A turn, or none.</summary>
    internal readonly struct Turn(SemaphoreSlim? taken) : IDisposable
    {
        /// <inheritdoc />
        public void Dispose() => taken?.Release();
    }
}
