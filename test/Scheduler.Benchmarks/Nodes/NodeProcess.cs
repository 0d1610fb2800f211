using System.Diagnostics;
using System.Threading.Channels;

namespace Scheduler.Benchmarks;

/// <summary>
/// A node of a benchmark: this program again. Its standard input carries commands, one a line, and its end says when to stop; its standard
/// output says when it is up and, when asked to tell, each start of a job.
/// </summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private const string Ready = "ready";
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(300);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(30);
    private readonly Process process;
    private readonly ChannelWriter<Told>? told;
    private readonly TaskCompletionSource up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task listening;

    private NodeProcess(Process process, ChannelWriter<Told>? told)
    {
        (this.process, this.told) = (process, told);
        listening = Task.Run(Listen);
    }

    public int Pid => process.Id;

    /// <summary>Processor time the process has used so far.</summary>
    public TimeSpan ProcessorTime { get { process.Refresh(); return process.TotalProcessorTime; } }

    /// <summary>Memory of the process in bytes.</summary>
    public long MemoryBytes { get { process.Refresh(); return process.WorkingSet64; } }

    /// <param name="told">Where it passes on what the node tells; null: nowhere.</param>
    /// <param name="args">Arguments of this program.</param>
    public static async Task<NodeProcess> Start(ChannelWriter<Told>? told, params string[] args)
    {
        var node = new NodeProcess(Launch(args), told);
        try
        {
            await Task.WhenAny(node.up.Task, node.listening).WaitAsync(StartWithin);
            if (!node.up.Task.IsCompleted) { throw new InvalidOperationException($"a node ended at its start: {string.Join(' ', args)}"); }
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public static async Task RunToEnd(params string[] args)
    {
        using var process = Launch(args);
        await process.StandardOutput.BaseStream.CopyToAsync(Console.OpenStandardError());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) { throw new InvalidOperationException($"'{string.Join(' ', args)}' ended with {process.ExitCode}"); }
    }

    /// <summary>In the node: say that it is up, obey commands until standard input ends, write the log and end at once, whatever is still
    /// due.</summary>
    public static async Task ServeUntilStopped(IFireLog log, string path, Func<string, Task> obey)
    {
        Console.WriteLine(Ready);
        while (await Console.In.ReadLineAsync() is { } command) { await obey(command); }
        log.Write(path);
        Environment.Exit(0);
    }

    /// <summary>Have it do something.</summary>
    public void Command(string line)
    {
        process.StandardInput.WriteLine(line);
        process.StandardInput.Flush();
    }

    /// <summary>End it as a crash would (SIGKILL); its log is lost.</summary>
    public async Task Kill()
    {
        process.Kill();
        await process.WaitForExitAsync();
        await listening;
        process.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        try { await process.WaitForExitAsync().WaitAsync(StopWithin); }
        catch (TimeoutException)
        {
            Session.Say($"node process {process.Id} did not end within {StopWithin.TotalSeconds:0} s of being told to; killed");
            process.Kill();
        }
        await listening;
        process.Dispose();
    }

    private async Task Listen()
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line == Ready) { up.TrySetResult(); }
            else if (Told.Parse(line, this) is { } start) { told?.TryWrite(start); }
            else { Session.Say(line); }
        }
    }

    private static Process Launch(string[] args)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var arg in args) { start.ArgumentList.Add(arg); }
        return Process.Start(start)!;
    }
}
