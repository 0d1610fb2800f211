using System.Runtime.InteropServices;

namespace Scheduler.Server.Dev;

/// <summary>Ctrl-C, SIGTERM and a closed terminal: the first asks for a stop in order, a second one to hurry.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly CancellationTokenSource hurry = new();
    private readonly List<PosixSignalRegistration> registrations = [];

    internal StopSignals()
    {
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP })
        {
            registrations.Add(PosixSignalRegistration.Create(signal, Arrived));
        }
    }

    /// <summary>Cancelled by the first signal.</summary>
    internal CancellationToken Stop => stop.Token;
    /// <summary>Cancelled by the second.</summary>
    internal CancellationToken Hurry => hurry.Token;

    public void Dispose()
    {
        registrations.ForEach(r => r.Dispose());
        stop.Dispose();
        hurry.Dispose();
    }

    private void Arrived(PosixSignalContext context)
    {
        context.Cancel = true;   // the process goes on and ends itself
        if (!stop.IsCancellationRequested) { stop.Cancel(); }
        // A terminal that goes away signals more than once; only a person or an init system means "hurry" by repeating itself.
        else if (context.Signal != PosixSignal.SIGHUP) { hurry.Cancel(); }
    }
}
