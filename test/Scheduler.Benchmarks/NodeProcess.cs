using System.Diagnostics;

namespace Scheduler.Benchmarks;

/// <summary>A node of a benchmark: this program again, with a pipe that says when to stop.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(120);
    private readonly Process process;

    private NodeProcess(Process process) => this.process = process;

    public int Pid => process.Id;

    /// <summary>Processor time the process has used so far.</summary>
    public TimeSpan ProcessorTime { get { process.Refresh(); return process.TotalProcessorTime; } }

    public static async Task<NodeProcess> Start(params string[] args)
    {
        var process = Launch(args);
        var ready = process.StandardOutput.ReadLineAsync();
        while (await ready.WaitAsync(StartWithin) is { } line && line != "ready")
        {
            await Console.Error.WriteLineAsync(line);
            ready = process.StandardOutput.ReadLineAsync();
        }
        if (process.HasExited) { throw new InvalidOperationException($"a node ended at its start: {string.Join(' ', args)}"); }
        _ = process.StandardOutput.BaseStream.CopyToAsync(Console.OpenStandardError());
        return new NodeProcess(process);
    }

    public static async Task RunToEnd(params string[] args)
    {
        using var process = Launch(args);
        await process.StandardOutput.BaseStream.CopyToAsync(Console.OpenStandardError());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) { throw new InvalidOperationException($"'{string.Join(' ', args)}' ended with {process.ExitCode}"); }
    }

    /// <summary>In the node: say that it is up, wait for the end of standard input, write the log and end at once, whatever is still due.</summary>
    public static async Task ServeUntilStopped(FireLog log, string path)
    {
        Console.WriteLine("ready");
        await Console.In.ReadToEndAsync();
        log.Write(path);
        Environment.Exit(0);
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        try { await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20)); }
        catch (TimeoutException) { process.Kill(); }
        process.Dispose();
    }

    private static Process Launch(string[] args)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var arg in args) { start.ArgumentList.Add(arg); }
        return Process.Start(start)!;
    }
}
