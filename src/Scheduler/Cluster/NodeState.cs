using System.Collections.Concurrent;
using Scheduler.Database;

namespace Scheduler.Cluster;

/// <summary>What this node may do right now. Written by the lease, read by everybody.</summary>
public sealed class NodeState : IDisposable
{
    // Once may be anything; twice running, with a database that answers, is a fault.
    private const int TroubleRounds = 2;
    private const int ProblemLengthMax = 400;

    private readonly ConcurrentDictionary<string, (int Rounds, string Problem)> troubles = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private CancellationTokenSource life = new();
    private NodeIdentity? identity;
    private long lifeEndsAt;

    /// <summary><c>starting</c>, <c>live</c>, <c>standby</c>, <c>draining</c> or <c>stopped</c>.</summary>
    public string State { get; private set; } = "starting";
    /// <summary>Why the node does not run, or why it is not ready although it runs; null when all is well.</summary>
    public string? Reason { get; private set; } = "the node is starting";
    /// <summary>
    /// Why what this node's job files say is not in force; null when it is, or when it has none. Such a node takes work like any other, for the jobs
    /// are in the database, but calls itself not ready: a roll-out stops at it.
    /// </summary>
    public string? FilesRefused { get; internal set; }
    /// <summary>Why the node is not ready although it takes work: its files were refused, or a part of it fails again and again. Null: it is
    /// ready.</summary>
    public string? NotReadyBecause => FilesRefused ?? (troubles.IsEmpty ? null : troubles.Where(t => t.Value.Rounds >= TroubleRounds)
        .OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"{t.Key} fails: {t.Value.Problem}").FirstOrDefault());
    /// <summary>True when the node holds a lease and takes work.</summary>
    public bool Ready => State == "live" && !Life.IsCancellationRequested;
    /// <summary>Who this node is to the ledger. Throws before the first lease.</summary>
    public NodeIdentity Identity { get { lock (gate) { return identity ?? throw new InvalidOperationException("the node has no lease yet"); } } }
    /// <summary>Ends with the present lease, or shortly before it when it cannot be renewed.</summary>
    public CancellationToken Life { get { lock (gate) { return life.Token; } } }
    /// <summary>
    /// This node's clock minus the database's, as measured at the last renewal; zero when the difference is smaller than it can be measured.
    /// </summary>
    public TimeSpan ClockOffset { get; internal set; }
    /// <summary>Live nodes as of the last renewal, at least 1.</summary>
    public int PeerCount { get; internal set; } = 1;
    /// <summary>This node's place among them, from 0.</summary>
    public int Rank { get; internal set; }
    /// <summary>When the first of the other nodes' leases ends unless it is renewed, as of the last renewal; null when there is no other. A time
    /// stamp (<see cref="TimeProvider.GetTimestamp"/>): no step of the clock moves it.</summary>
    public long? PeerEndsAt { get; internal set; }
    /// <summary>Raised after State changed, with the new state.</summary>
    public event Action<string>? Changed;

    /// <summary>Identity and life of one moment, never of two leases.</summary>
    internal (NodeIdentity Identity, CancellationToken Life) Present
    {
        get { lock (gate) { return (identity ?? throw new InvalidOperationException("the node has no lease yet"), life.Token); } }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (gate) { life.Dispose(); }
    }

    internal void Set(string state, string? reason)
    {
        bool changed;
        lock (gate)
        {
            // Who drains only stops: a renewal under way must not open the node again.
            if ((State == state && Reason == reason) || (State == "draining" && state != "stopped") || State == "stopped") { return; }
            changed = State != state;
            (State, Reason) = (state, reason);
        }
        if (changed) { Changed?.Invoke(state); }
    }

    /// <summary>
    /// When the right to run that a lease gives ends unless it is renewed, as of now: a time stamp; 0 when it has ended, or is not the present one.
    /// </summary>
    internal long LifeEndOf(long leaseId)
    {
        lock (gate) { return identity?.LeaseId == leaseId && !life.IsCancellationRequested ? lifeEndsAt : 0; }
    }

    internal void BeginLease(NodeIdentity next)
    {
        lock (gate)
        {
            identity = next;
            life = new CancellationTokenSource();
        }
    }

    /// <summary>A round of a part of the node that goes on for ever has failed. A database that cannot be reached is not its fault, and said
    /// elsewhere.</summary>
    /// <param name="part">What it does, as operators call it.</param>
    /// <param name="problem">Why.</param>
    internal void Failed(string part, Exception problem)
    {
        if (Transient.IsTransient(problem)) { return; }
        var text = problem.Message.Length <= ProblemLengthMax ? problem.Message : problem.Message[..ProblemLengthMax] + "…";
        troubles.AddOrUpdate(part, (1, text), (_, before) => (before.Rounds + 1, text));
    }

    /// <summary>A round of it went well.</summary>
    internal void Worked(string part)
    {
        if (!troubles.IsEmpty) { troubles.TryRemove(part, out _); }
    }

    /// <summary>The lease holds for this long from now on; called at each renewal.</summary>
    internal void LiveFor(TimeSpan time)
    {
        lock (gate)
        {
            var left = time > TimeSpan.Zero ? time : TimeSpan.Zero;
            life.CancelAfter(left);
            lifeEndsAt = System.Diagnostics.Stopwatch.GetTimestamp() + (long)(left.TotalSeconds * System.Diagnostics.Stopwatch.Frequency);
        }
    }

    /// <summary>The lease is over now.</summary>
    internal void EndLease()
    {
        CancellationTokenSource ended;
        lock (gate) { ended = life; }
        ended.Cancel();
    }
}
