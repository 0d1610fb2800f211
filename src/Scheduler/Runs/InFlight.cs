namespace Scheduler.Runs;

/// <summary>A run on this node, from its claim to its written verdict.</summary>
/// <param name="run">Its row.</param>
/// <param name="slotFree">To be told when the run needs its slot no more.</param>
internal sealed class InFlight(RunRow run, Action slotFree)
{
    private int slotGiven;
    // Never disposed: it has no timer and no wait handle, and a late request to cancel may come at any time.
    private readonly CancellationTokenSource cancel = new();

    public RunRow Run => run;

    /// <summary>Done when its verdict is written, or it is another's.</summary>
    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>True once its work has ended and only its verdict is to be written.</summary>
    public bool IsFinalizing { get; set; }

    /// <summary>Ends when somebody has asked for the run's end.</summary>
    public CancellationToken Cancelled => cancel.Token;

    /// <summary>Why; null as long as nobody has asked.</summary>
    public string? Reason { get; private set; }

    /// <summary>Give the slot back, once: the run waits, or its work has ended.</summary>
    public void GiveSlot()
    {
        if (Interlocked.Exchange(ref slotGiven, 1) == 0) { slotFree(); }
    }

    /// <summary>End it. False when that was asked before. Whoever waits for the token is told beside the caller.</summary>
    public bool Cancel(string reason)
    {
        if (Reason is not null) { return false; }
        Reason = reason;
        _ = cancel.CancelAsync();
        return true;
    }
}
