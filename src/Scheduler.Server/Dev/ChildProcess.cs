using System.Diagnostics;

namespace Scheduler.Server.Dev;

/// <summary>
/// A long-running process of the development cluster: in a session of its own, so that Ctrl-C in the terminal reaches us alone and we stop
/// things in order; its output goes straight into a file; its standard input is a pipe that closes when we die, however we die.
/// </summary>
public sealed class ChildProcess : IDisposable
{
    // A log that has grown beyond this is set aside (one former file is kept) when the process starts again.
    private const long LogBytesMax = 10 * 1024 * 1024;

    private readonly Process process;

    private ChildProcess(string name, string logFile, Process process) => (Name, LogFile, this.process) = (name, logFile, process);

    /// <summary>What people call it.</summary>
    public string Name { get; }
    /// <summary>File that holds its output.</summary>
    public string LogFile { get; }
    /// <summary>Its process id; the real program's, not a shell's.</summary>
    public int Pid => process.Id;
    /// <summary>Whether it has ended.</summary>
    public bool HasExited => process.HasExited;
    /// <summary>Its exit code once it has ended; 128 and the signal's number when a signal ended it.</summary>
    public int ExitCode => process.ExitCode;

    /// <summary>Start it.</summary>
    /// <param name="name">What people call it.</param>
    /// <param name="logFile">Where its output goes.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="environment">Further variables of its environment. Default none.</param>
    public static ChildProcess Start(
        string name, string logFile, IEnumerable<string> command, IReadOnlyDictionary<string, string>? environment = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(logFile))!);
        if (File.Exists(logFile) && new FileInfo(logFile).Length > LogBytesMax) { File.Move(logFile, logFile + ".1", overwrite: true); }
        var windows = OperatingSystem.IsWindows();
        string[] line = windows ? [.. command]
            : [.. OwnSession(), "sh", "-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "sh", logFile, .. command];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = windows,
            RedirectStandardError = windows,
        };
        foreach (var (variable, value) in environment ?? new Dictionary<string, string>()) { start.Environment[variable] = value; }
        var process = Process.Start(start)!;
        if (windows) { Pump(process, logFile); }
        return new(name, logFile, process);
    }

    /// <summary>Send a signal; false when it has ended. On Windows every signal closes its input, except SIGKILL, which ends it.</summary>
    public bool Signal(int signal)
    {
        if (process.HasExited) { return false; }
        if (!OperatingSystem.IsWindows()) { return Signals.Send(process.Id, signal); }
        if (signal == Signals.Kill) { process.Kill(); }
        else { process.StandardInput.Close(); }
        return true;
    }

    /// <summary>Wait for its end. False when the limit or the token came first.</summary>
    public async Task<bool> WaitForExit(TimeSpan limit, CancellationToken token)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(token);
        deadline.CancelAfter(limit);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
            return true;
        }
        catch (OperationCanceledException) { return process.HasExited; }
    }

    /// <summary>Ask it to end, wait, and kill it when the limit or the token comes first.</summary>
    public async Task Stop(int signal, TimeSpan limit, CancellationToken hurry)
    {
        Signal(signal);
        if (await WaitForExit(limit, hurry)) { return; }
        Signal(Signals.Kill);
        await WaitForExit(TimeSpan.FromSeconds(5), CancellationToken.None);
    }

    /// <summary>Lets go of it without ending it; its input closes.</summary>
    public void Dispose() => process.Dispose();

    // Both replace themselves by the command, so the process id stays. macOS has no setsid program but has perl.
    private static string[] OwnSession() =>
        Commands.OnPath("setsid") is { } setsid ? [setsid]
        : Commands.OnPath("perl") is { } perl ? [perl, "-MPOSIX", "-e", "POSIX::setsid(); exec @ARGV or die"]
        : [];

    private static void Pump(Process process, string logFile)
    {
        var file = new FileStream(logFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        var log = TextWriter.Synchronized(new StreamWriter(file) { AutoFlush = true });
        process.OutputDataReceived += (_, line) => { if (line.Data is { } text) { log.WriteLine(text); } };
        process.ErrorDataReceived += (_, line) => { if (line.Data is { } text) { log.WriteLine(text); } };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }
}
