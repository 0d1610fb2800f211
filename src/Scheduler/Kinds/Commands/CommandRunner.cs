using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace Scheduler.Kinds.Commands;

/// <summary>
/// The small process that stands between a node and one command: starts it, hands its output on, and ends the whole tree when it is told to, when its
/// standard input closes (the node died), or when no one has moved the deadline on (the node is frozen, its lease ends). Being the parent of all
/// orphans it also finds processes that forked twice or made a session of their own. Linux only.
/// </summary>
public static class CommandRunner
{
    /// <summary>The one argument a program is started with to be a runner.</summary>
    public const string Argument = "run-command";

    private const int BufferSize = 32 * 1024;
    private static readonly TimeSpan NewsWithin = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan ReapEvery = TimeSpan.FromSeconds(5);
    // Output of a tree that is dead is read to its end; a pipe held by a process that cannot die must not keep us.
    private static readonly TimeSpan DrainWithin = TimeSpan.FromSeconds(2);

    /// <summary>What ended the wait for the command.</summary>
    private enum End { None, Exited, Cancelled, NodeGone, Deadline }

    private sealed class Watch
    {
        public Lock Gate { get; } = new();
        public AutoResetEvent Changed { get; } = new(false);
        public long Deadline { get; set; }
        public bool Exited { get; set; }
        public bool NodeGone { get; set; }
        public long? CancelBy { get; set; }
    }

    /// <summary>True when the program was started to be a runner: then <see cref="Run"/> is all it should do.</summary>
    public static bool IsAsked(string[] args) => args is [Argument];

    /// <summary>Be a runner, until the command and all below it are gone. Returns the process's exit code.</summary>
    public static int Run()
    {
        using var input = Posix.TakeInput();
        using var output = Console.OpenStandardOutput();
        Posix.BecomeTreeRoot();
        if (RunnerWire.ReadOrder(input) is not { } order) { return 0; }
        var watch = new Watch { Deadline = order.Deadline };
        using var process = new Process { StartInfo = StartOf(order), EnableRaisingEvents = true };
        process.Exited += (_, _) => Change(watch, w => w.Exited = true);
        Posix.Umask(order.Umask);
        InBackground(() => Listen(input, watch));
        // On a busy machine a runner may be so slow to start that the run is another node's by now; or that the lease was renewed meanwhile, of which
        // the news is in the pipe.
        while (IsOver(watch))
        {
            if (watch.Changed.WaitOne(NewsWithin)) { continue; }
            RemoveFolder(order);
            return 1;
        }
        try { process.Start(); }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or IOException)
        {
            return Tell(output, new RunnerReport(null, 0, e.Message));
        }
        var pid = process.Id;
        Thread[] pumps =
        [
            InBackground(() => Pump(process.StandardOutput.BaseStream, output, RunnerWire.Out)),
            InBackground(() => Pump(process.StandardError.BaseStream, output, RunnerWire.Error)),
        ];
        var end = Wait(watch, pid);
        var leftBehind = ProcessTree.KillBelowThis(pid);
        // Nobody is there to be told and to tidy up, or nobody may believe us any more.
        if (end is End.NodeGone or End.Deadline)
        {
            RemoveFolder(order);
            return 1;
        }
        foreach (var pump in pumps) { pump.Join(DrainWithin); }
        process.WaitForExit();
        return Tell(output, new RunnerReport(process.ExitCode, leftBehind));
    }

    private static bool IsOver(Watch watch)
    {
        lock (watch.Gate) { return watch.NodeGone || watch.CancelBy is not null || Stopwatch.GetTimestamp() >= watch.Deadline; }
    }

    private static End Wait(Watch watch, int pid)
    {
        var terminated = false;
        var reaped = Stopwatch.GetTimestamp();
        while (true)
        {
            long until;
            bool cancel;
            lock (watch.Gate)
            {
                var now = Stopwatch.GetTimestamp();
                if (watch.Exited) { return End.Exited; }
                if (watch.NodeGone) { return End.NodeGone; }
                if (now >= watch.Deadline) { return End.Deadline; }
                if (now >= watch.CancelBy) { return End.Cancelled; }
                until = Math.Min(watch.Deadline, watch.CancelBy ?? long.MaxValue);
                cancel = watch.CancelBy is not null && !terminated;
            }
            if (cancel)
            {
                terminated = true;
                foreach (var entry in ProcessTree.Below(Environment.ProcessId)) { Posix.Signal(entry.Pid, Posix.Terminate); }
            }
            if (Stopwatch.GetElapsedTime(reaped) >= ReapEvery)
            {
                reaped = Stopwatch.GetTimestamp();
                ProcessTree.ReapOrphans(pid);
            }
            var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), until);
            // One more than the milliseconds that are whole, so as not to turn in circles within the last one.
            watch.Changed.WaitOne((int)Math.Clamp(wait.TotalMilliseconds + 1, 0, ReapEvery.TotalMilliseconds));
        }
    }

    private static void Listen(FileStream input, Watch watch)
    {
        try
        {
            while (RunnerWire.ReadMark(input) is var (kind, number))
            {
                Change(watch, w =>
                {
                    if (kind == RunnerWire.Deadline) { w.Deadline = number; }
                    else { w.CancelBy ??= Stopwatch.GetTimestamp() + (number * Stopwatch.Frequency / 1000); }
                });
            }
        }
        catch (IOException) { /* a broken pipe is an end too */ }
        Change(watch, w => w.NodeGone = true);
    }

    private static void Pump(Stream from, Stream to, byte kind)
    {
        var buffer = new byte[BufferSize];
        try
        {
            while (from.Read(buffer) is > 0 and var read)
            {
                lock (WriteGate) { RunnerWire.WriteFrame(to, kind, buffer.AsSpan(0, read)); }
            }
        }
        catch (IOException) { /* the node is gone, and with it whoever reads */ }
    }

    private static void RemoveFolder(RunnerOrder order)
    {
        try { Directory.Delete(order.Environment[ProcessTree.FolderVariable], recursive: true); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { /* it stays; whom could we tell? */ }
    }

    private static readonly Lock WriteGate = new();

    private static int Tell(Stream output, RunnerReport report)
    {
        try { lock (WriteGate) { RunnerWire.WriteFrame(output, RunnerWire.Report, JsonSerializer.SerializeToUtf8Bytes(report)); } }
        catch (IOException) { return 1; }
        return 0;
    }

    private static void Change(Watch watch, Action<Watch> change)
    {
        lock (watch.Gate) { change(watch); }
        watch.Changed.Set();
    }

    private static Thread InBackground(ThreadStart work)
    {
        var thread = new Thread(work) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private static ProcessStartInfo StartOf(RunnerOrder order)
    {
        var start = new ProcessStartInfo(order.Argv[0], order.Argv.Skip(1))
        {
            WorkingDirectory = order.Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (order.User is not null) { start.UserName = order.User; }
        start.Environment.Clear();
        foreach (var (name, value) in order.Environment) { start.Environment[name] = value; }
        return start;
    }
}
