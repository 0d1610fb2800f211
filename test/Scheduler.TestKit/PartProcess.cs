using System.Diagnostics;
using Scheduler.Server.Dev;

namespace Scheduler.TestKit;

/// <summary>A real program beside the cluster that answers HTTP on a port of its own; can be killed, frozen and started again on that port.</summary>
public sealed class PartProcess : IAsyncDisposable
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(30);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };

    private readonly IReadOnlyList<string> command;
    private readonly IReadOnlyDictionary<string, string> environment;
    private readonly Queue<string> lines = new();
    private Process? process;

    /// <summary>Not started yet.</summary>
    /// <param name="name">What people call it.</param>
    /// <param name="port">Its port on 127.0.0.1.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="environment">Further variables of its environment. Default none.</param>
    public PartProcess(string name, int port, IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment = null)
    {
        (Name, Port, this.command) = (name, port, command);
        this.environment = environment ?? new Dictionary<string, string>();
    }

    /// <summary>What people call it.</summary>
    public string Name { get; }
    /// <summary>Its port.</summary>
    public int Port { get; }
    /// <summary>Where it answers.</summary>
    public string Url => $"http://127.0.0.1:{Port}";

    /// <summary>Start it, the first time or again, and wait until it answers.</summary>
    public async Task Start()
    {
        process?.Dispose();
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment) { start.Environment[name] = value; }
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Until.Holds($"{Name} answers", Answers, AnswersWithin);
    }

    /// <summary>Kill it as a crash would.</summary>
    public async Task Kill()
    {
        Signals.Send(process!.Id, Signals.Kill);
        await process.WaitForExitAsync();
    }

    /// <summary>The last lines it said.</summary>
    public string Tail()
    {
        lock (lines) { return $"--- {Name}\n{string.Join('\n', lines)}"; }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false }) { await Kill(); }
        process?.Dispose();
    }

    private async Task<bool> Answers()
    {
        if (process!.HasExited) { throw new InvalidOperationException($"{Name} ended with {process.ExitCode}\n{Tail()}"); }
        try
        {
            using var answer = await Http.GetAsync(new Uri(Url));
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException) { return false; }
    }

    private void Hear(string? line)
    {
        if (line is null) { return; }
        lock (lines)
        {
            lines.Enqueue(line);
            if (lines.Count > 50) { lines.Dequeue(); }
        }
    }
}
