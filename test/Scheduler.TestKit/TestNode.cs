using System.Diagnostics;
using System.Globalization;
using Scheduler.Cluster;
using Scheduler.Server.Dev;

namespace Scheduler.TestKit;

/// <summary>How one node process is started.</summary>
public sealed record NodeSetup
{
    /// <summary>Runs at a time. Default 20.</summary>
    public int Slots { get; init; } = 20;
    /// <summary>Length of its lease. Default 6 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(6);
    /// <summary>Time running work gets at SIGTERM; null leaves the product's default.</summary>
    public TimeSpan? Drain { get; init; }
    /// <summary>True: its connections to the scheduler's database go through a <see cref="FaultProxy"/> of its own.</summary>
    public bool Proxied { get; init; }
    /// <summary>Time between two rounds of the sweep for drift; null leaves the product's default.</summary>
    public TimeSpan? Sweep { get; init; }
    /// <summary>Who fires on it; null leaves it to the cluster's <see cref="ClusterOptions.Engines"/>.</summary>
    public FireBy? Engine { get; init; }
    /// <summary>Further variables of its environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
    /// <summary>Further arguments of <c>scheduler serve</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];
}

/// <summary>A real node process, <c>scheduler serve</c>, that can be killed, frozen, cut off and started again under its name.</summary>
public sealed class TestNode : IAsyncDisposable
{
    private static readonly TimeSpan ExitMax = TimeSpan.FromSeconds(10);

    private readonly Func<TestNode, ProcessStartInfo> command;
    private readonly RingLog log;
    private Process? process;

    internal TestNode(string name, NodeSetup setup, FaultProxy? proxy, string logFile, Func<TestNode, ProcessStartInfo> command)
    {
        (Name, Setup, Proxy, LogFile, this.command) = (name, setup, proxy, logFile, command);
        log = new RingLog(logFile);
    }

    /// <summary>Its name, as in <c>scheduler.node</c>.</summary>
    public string Name { get; }
    /// <summary>How it is started.</summary>
    public NodeSetup Setup { get; private set; }
    /// <summary>The proxy between it and the scheduler's database, when it has one.</summary>
    public FaultProxy? Proxy { get; }
    /// <summary>File with everything it said.</summary>
    public string LogFile { get; }
    /// <summary>Its process id; 0 before the first start.</summary>
    public int Pid { get; private set; }
    /// <summary>Where it answers HTTP; null until its start is complete.</summary>
    public string? Url { get; private set; }
    /// <summary>True while the process exists, frozen or not.</summary>
    public bool IsAlive => process is { HasExited: false };
    /// <summary>Its exit code; null while it lives.</summary>
    public int? ExitCode => process is { HasExited: true } ended ? ended.ExitCode : null;

    /// <summary>The last lines it said, oldest first.</summary>
    public IReadOnlyList<string> Log(int last = 5000) => log.Lines(last);

    /// <summary>Start the process, the first time or again under the same name. Does not wait for it to be live.</summary>
    public void Start()
    {
        if (IsAlive) { throw new InvalidOperationException($"node {Name} runs already, as process {Pid}"); }
        process?.Dispose();
        process = new Process { StartInfo = command(this) };
        Url = null;
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => log.Add(line.Data);
        process.Start();
        Pid = process.Id;
        log.Add(string.Create(CultureInfo.InvariantCulture, $"[kit] {TimeProvider.System.GetUtcNow():HH:mm:ss.fff} started as process {Pid}"));
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Start the process again under the same name with another engine.</summary>
    public void Start(FireBy engine)
    {
        Setup = Setup with { Engine = engine };
        Start();
    }

    /// <summary>Kill it as a crash would (SIGKILL). Returns when the process is gone.</summary>
    public async Task Kill()
    {
        Signal(Signals.Kill, "killed");
        await WaitForExit(ExitMax);
    }

    /// <summary>Freeze it (SIGSTOP): it does nothing, its sockets and sessions stay.</summary>
    public void Freeze() => Signal(Signals.Stop, "frozen");

    /// <summary>Let it go on (SIGCONT).</summary>
    public void Thaw() => Signal(Signals.Continue, "thawed");

    /// <summary>Ask it to stop (SIGTERM). Does not wait.</summary>
    public void Terminate() => Signal(Signals.Terminate, "terminated");

    /// <summary>Wait for the process to end; returns its exit code. Throws <see cref="TimeoutException"/> with the tail of its log when it does
    /// not.</summary>
    public async Task<int> WaitForExit(TimeSpan within)
    {
        if (process is null) { throw new InvalidOperationException($"node {Name} was never started"); }
        using var patience = new CancellationTokenSource(within, TimeProvider.System);
        try { await process.WaitForExitAsync(patience.Token); }
        catch (OperationCanceledException) { throw new TimeoutException($"node {Name} did not end within {within.TotalSeconds:0.#} s\n{Tail()}"); }
        return process.ExitCode;
    }

    /// <summary>The last lines of its log with a heading, for a dump.</summary>
    public string Tail(int lines = 40) =>
        $"--- node {Name}, process {Pid}, {(IsAlive ? "alive" : "ended with " + ExitCode)}, log {LogFile}\n{string.Join('\n', log.Lines(lines))}";

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (IsAlive) { await Kill(); }
        process?.Dispose();
        log.Dispose();
        if (Proxy is not null) { await Proxy.DisposeAsync(); }
    }

    // The last word of a start: "node n1 is listening on http://127.0.0.1:43210".
    private void Hear(string? line)
    {
        const string Listening = " is listening on ";
        var at = line?.IndexOf(Listening, StringComparison.Ordinal) ?? -1;
        if (at >= 0) { Url = line![(at + Listening.Length)..].Trim(); }
        log.Add(line);
    }

    private void Signal(int signal, string what)
    {
        if (!IsAlive) { throw new InvalidOperationException($"node {Name} does not run\n{Tail()}"); }
        log.Add(string.Create(CultureInfo.InvariantCulture, $"[kit] {TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {what}"));
        Signals.Send(Pid, signal);
    }
}
