using System.Runtime.InteropServices;

namespace Scheduler.Benchmarks;

/// <summary>One call of the program: its options, its server, and its end at Ctrl-C, which cleans up as every other end does.</summary>
internal sealed class Session : IDisposable
{
    private const int InterruptedExitCode = 130;

    // One generator with a fixed seed: two runs of a benchmark pause equally long at the same places.
    private readonly Random random = new(20261121);
    private readonly CancellationTokenSource interrupted = new();
    private readonly PosixSignalRegistration[] signals;

    private Session(Options options, BenchServer server)
    {
        (Options, Server) = (options, server);
        signals = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt)];
    }

    public Options Options { get; }
    public BenchServer Server { get; }
    /// <summary>Cancelled by Ctrl-C and SIGTERM.</summary>
    public CancellationToken Interrupted => interrupted.Token;

    /// <summary>Start the server, run the benchmark, stop the server. Returns the exit code.</summary>
    public static async Task<int> Run(Options options, Func<Session, Task<int>> benchmark)
    {
        await using var server = await BenchServer.Start();
        using var session = new Session(options, server);
        try { return await benchmark(session); }
        catch (Exception e) when (session.Interrupted.IsCancellationRequested)
        {
            // The same signal may have reached the nodes, and then what fails first is anything.
            Say($"interrupted; nothing is reported ({e.GetType().Name}: {e.Message})");
            return InterruptedExitCode;
        }
    }

    public static void Say(string text) => Console.Error.WriteLine(text);

    public Task Pause(TimeSpan time) => Task.Delay(time, TimeProvider.System, Interrupted);

    /// <summary>A pause of random length, so that what is measured meets every phase of polls and renewals.</summary>
    public Task PauseBetween(TimeSpan least, TimeSpan most) => Pause(least + ((most - least) * random.NextDouble()));

    /// <summary>The contenders take turns within each round, so that a change in the machine's speed meets all of them.</summary>
    public async Task Rounds(int rounds, IReadOnlyList<Contender> contenders, Func<int, Contender, Task> measure)
    {
        for (var round = 1; round <= rounds; round++)
        {
            foreach (var contender in contenders)
            {
                Interrupted.ThrowIfCancellationRequested();
                await measure(round, contender);
            }
        }
    }

    public void Dispose()
    {
        foreach (var signal in signals) { signal.Dispose(); }
        interrupted.Dispose();
    }

    private void Interrupt(PosixSignalContext context)
    {
        context.Cancel = true;
        interrupted.Cancel();
    }
}
