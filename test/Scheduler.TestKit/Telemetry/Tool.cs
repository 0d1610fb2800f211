using System.Collections.Concurrent;
using System.Diagnostics;
using Scheduler.Server.Dev;

namespace Scheduler.TestKit.Telemetry;

/// <summary>A program of others, run for a test: Prometheus, Alertmanager, promtool.</summary>
public sealed class Tool : IAsyncDisposable
{
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly ConcurrentQueue<string> lines = new();

    private Tool(Process process) => this.process = process;

    /// <summary>Where ./dev ci puts programs that no package of the machine's own brings: SCHEDULER_TOOLS, else ~/.cache/scheduler-tools.</summary>
    public static string Folder { get; } = Environment.GetEnvironmentVariable("SCHEDULER_TOOLS") is { Length: > 0 } given
        ? given : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "scheduler-tools");

    /// <summary>What it printed, both streams, in order.</summary>
    public IEnumerable<string> Lines => lines;

    /// <summary>The path of a program; skips the test loudly when it is missing.</summary>
    public static string Find(string path, string install) =>
        File.Exists(path) ? path : throw Parts.Missing($"{path} is not on this machine; install it with: {install}");

    /// <summary>Start one and go on. Its standard input is closed.</summary>
    public static Tool Start(string program, IReadOnlyDictionary<string, string>? environment, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) { start.Environment[name] = value; }
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        var tool = new Tool(process);
        process.OutputDataReceived += (_, e) => { if (e.Data is not null) { tool.lines.Enqueue(e.Data); } };
        process.ErrorDataReceived += (_, e) => { if (e.Data is not null) { tool.lines.Enqueue(e.Data); } };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
        return tool;
    }

    /// <summary>Run one to its end; returns its exit code and what it printed.</summary>
    public static async Task<(int ExitCode, string Text)> Run(
        string program, IReadOnlyDictionary<string, string>? environment, params IEnumerable<string> arguments)
    {
        await using var tool = Start(program, environment, arguments);
        await tool.process.WaitForExitAsync().WaitAsync(EndMax);
        return (tool.process.ExitCode, string.Join('\n', tool.lines));
    }

    /// <summary>Freeze it: its sockets stay, nobody answers.</summary>
    public void Freeze() => Signals.Send(process.Id, Signals.Stop);

    /// <summary>Let a frozen one go on.</summary>
    public void Thaw() => Signals.Send(process.Id, Signals.Continue);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
        process.Dispose();
    }
}
