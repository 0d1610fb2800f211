using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Quartz;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Runs;
using Scheduler.Telemetry;

namespace Scheduler.Kinds.Commands;

/// <summary>
/// Runs a program. A small process of its own (<see cref="CommandRunner"/>) stands between and ends the whole tree when the run is cancelled or times
/// out, when the node dies or freezes, and when the program itself has ended: no two trees of one run live at a time, and none outlives the run.
/// Not promised: that what a program did before it was ended is undone.
/// </summary>
public sealed class CommandJob(CommandSettings settings, RunScope run, NodeState state, NodeOptions options, TimeProvider time) : IJob
{
    private const int FrameMax = 64 * 1024;
    private const int LastLineMax = 500;
    // The deadline moves with each renewal of the lease; told this often, the runner has it long before it comes.
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromMilliseconds(250);
    // Beyond the time to end that the settings give: for the runner to kill, read pipes to their end and report.
    private static readonly TimeSpan ReportWithin = TimeSpan.FromSeconds(4);

    // Not null: standard output goes here.
    private MemoryStream? captured;
    private int capturedMax;
    // Ends the command: the run's end, or that of one call.
    private CancellationToken ending = run.Token;

    /// <summary>The kind's entry in the registry.</summary>
    public static Kind Kind { get; } = new("command", typeof(CommandJob), typeof(CommandSettings), OnLost.Fail,
        "Runs a program; its whole process tree ends with the run, the node or the lease");

    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        CommandPlan.Allowed(settings, options.Commands);
        var folder = MakeFolder();
        try
        {
            var order = CommandPlan.Make(settings, run, options.Commands, folder, LifeEnd());
            var began = time.GetTimestamp();
            // Arguments may hold secrets: their number alone is told.
            using var span = RunTrace.Part($"process {Path.GetFileName(settings.Argv[0])}");
            span?.SetTag("process.executable.name", settings.Argv[0]).SetTag("process.args_count", settings.Argv.Count);
            var (report, lastError) = await Carry(order);
            span?.SetTag("process.exit.code", report.Code);
            cancellationToken.ThrowIfCancellationRequested();
            context.Result = Judge(report, lastError, time.GetElapsedTime(began));
        }
        finally { RemoveFolder(folder); }
    }

    /// <summary>Run the program and hand back what it wrote to standard output, which is not the run's output then; what it says on standard error
    /// is. Throws <see cref="OperatorException"/> for a rule of the node, <see cref="RunFailedException"/> when it cannot be started or writes more
    /// than <paramref name="most"/> bytes, <see cref="OperationCanceledException"/> with the whole tree ended when the token says so.</summary>
    internal async Task<(int Code, string Output, string LastError)> Answer(int most, CancellationToken token)
    {
        ending = token;
        CommandPlan.Allowed(settings, options.Commands);
        var folder = MakeFolder();
        try
        {
            captured = new MemoryStream();
            capturedMax = most;
            var (report, lastError) = await Carry(CommandPlan.Make(settings, run, options.Commands, folder, LifeEnd()));
            token.ThrowIfCancellationRequested();
            if (report.Code is not { } code) { throw new RunFailedException($"'{settings.Argv[0]}' could not be started: {report.Problem}"); }
            return (code, Encoding.UTF8.GetString(captured.ToArray()), PlainText.Clean(PlainText.Cut(lastError, LastLineMax)));
        }
        finally { RemoveFolder(folder); }
    }

    private object Judge(RunnerReport report, string lastError, TimeSpan took)
    {
        if (report.Code is not { } code) { throw new RunFailedException($"'{settings.Argv[0]}' could not be started: {report.Problem}"); }
        SayLeftBehind(report.LeftBehind);
        var result = new { exit_code = code, seconds = Math.Round(took.TotalSeconds, 3) };
        if (settings.SuccessCodes.Contains(code)) { return result; }
        var said = lastError.Length == 0 ? "" : "; its last error: " + PlainText.Clean(PlainText.Cut(lastError, LastLineMax));
        var signal = code > 128 ? $" (ended by signal {code - 128})" : "";
        var message = $"exit code {code}{signal}; expected {string.Join(", ", settings.SuccessCodes)}{said}";
        throw settings.RetryCodes.Contains(code) ? new TryAgainException(message) : new RunFailedException(message, result);
    }

    private async Task<(RunnerReport Report, string LastError)> Carry(RunnerOrder order)
    {
        using var runner = StartRunner();
        using var stop = new CancellationTokenSource();
        var heart = Task.CompletedTask;
        try
        {
            var pipe = runner.StandardInput.BaseStream;
            await pipe.WriteAsync(RunnerWire.Order(order), ending);
            await pipe.FlushAsync(ending);
            heart = Task.Run(() => Beat(pipe, stop.Token), CancellationToken.None);
            using var patience = new CancellationTokenSource();
            // Once the run is over the runner is given its time; then nothing is waited for.
            using var over = ending.Register(() => patience.CancelAfter(settings.KillAfter + ReportWithin));
            return await Read(runner.StandardOutput.BaseStream, patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or RunFailedException && ending.IsCancellationRequested)
        {
            throw new OperationCanceledException($"the run was ended: {e.Message}", e, ending);
        }
        finally
        {
            await stop.CancelAsync();
            await heart;
            await End(runner, order.Environment[ProcessTree.FolderVariable]);
        }
    }

    private async Task<(RunnerReport Report, string LastError)> Read(Stream pipe, CancellationToken token)
    {
        var (output, error) = (new LineSplitter(run.Output, OutputSource.Out), new LineSplitter(run.Output, OutputSource.Error));
        RunnerReport? report = null;
        var buffer = new byte[FrameMax];
        while (await RunnerWire.ReadFrame(pipe, buffer, token) is var (kind, length))
        {
            var content = buffer.AsSpan(0, length);
            if (kind == RunnerWire.Out && captured is not null)
            {
                captured.Write(content);
                if (captured.Length > capturedMax) { throw new RunFailedException($"'{settings.Argv[0]}' wrote more than {capturedMax} bytes"); }
            }
            else if (kind == RunnerWire.Out) { output.Add(content); }
            else if (kind == RunnerWire.Error) { error.Add(content); }
            else { report = JsonSerializer.Deserialize<RunnerReport>(content); }
        }
        output.End();
        error.End();
        return (report ?? throw new RunFailedException("the process that watches over the command ended without a report; "
            + "what it left behind has been ended, how far it came is not known"), error.Last);
    }

    // Tells the runner how long the node's right to run lasts, and of a cancellation. The pipe's end tells it of this node's death.
    private async Task Beat(Stream pipe, CancellationToken stop)
    {
        var (told, cancelled) = (0L, false);
        try
        {
            while (true)
            {
                if (ending.IsCancellationRequested && !cancelled)
                {
                    cancelled = true;
                    var grace = LifeEnd() == 0 ? TimeSpan.Zero : settings.KillAfter;
                    await pipe.WriteAsync(RunnerWire.Mark(RunnerWire.Cancel, (long)grace.TotalMilliseconds), stop);
                }
                if (LifeEnd() is > 0 and var end && end != told)
                {
                    told = end;
                    await pipe.WriteAsync(RunnerWire.Mark(RunnerWire.Deadline, end), stop);
                }
                await pipe.FlushAsync(stop);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, cancelled ? CancellationToken.None : ending);
                try { await Task.Delay(HeartbeatEvery, time, either.Token); }
                catch (OperationCanceledException) when (!stop.IsCancellationRequested) { }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException) { /* it has ended, or we have */ }
    }

    private long LifeEnd() => state.LifeEndOf(run.Run.Owner);

    private Process StartRunner()
    {
        var command = options.Commands.Runner.Count > 0 ? options.Commands.Runner : OwnProgram();
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        // Nothing of the node's environment, where its own secrets are; and a runner is to be small.
        var root = Environment.GetEnvironmentVariable("DOTNET_ROOT");
        var path = Environment.GetEnvironmentVariable("PATH");
        start.Environment.Clear();
        start.Environment["PATH"] = path;
        if (root is not null) { start.Environment["DOTNET_ROOT"] = root; }
        (start.Environment["DOTNET_gcServer"], start.Environment["DOTNET_gcConcurrent"]) = ("0", "0");
        (start.Environment["DOTNET_GCHeapHardLimit"], start.Environment["DOTNET_EnableDiagnostics"]) = ("0x4000000", "0");
        (start.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"], start.Environment["DOTNET_TieredPGO"]) = ("1", "0");
        try { return Process.Start(start)!; }
        catch (Win32Exception e) { throw new OperatorException($"'{command[0]}' could not be started to watch over the command: {e.Message}", 1, e); }
    }

    private static IReadOnlyList<string> OwnProgram()
    {
        var program = Environment.ProcessPath ?? throw new OperatorException("this process has no program file; set NodeOptions.Commands.Runner");
        // Started as "dotnet app.dll", the program is dotnet.
        return Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? [program, Environment.GetCommandLineArgs()[0], CommandRunner.Argument] : [program, CommandRunner.Argument];
    }

    // In whatever way we come here, nothing of the run stays: the closed pipe makes the runner end the tree, and a runner that was killed is swept
    // after.
    private async Task End(Process runner, string folder)
    {
        try { runner.StandardInput.Close(); }
        catch (IOException) { }
        using var patience = new CancellationTokenSource(ReportWithin, time);
        try { await runner.WaitForExitAsync(patience.Token); }
        catch (OperationCanceledException) { runner.Kill(); }
        if (runner.HasExited && runner.ExitCode == 0) { return; }
        var swept = ProcessTree.KillLeftBehind(runner.Id, folder);
        SayLeftBehind(swept);
    }

    private void SayLeftBehind(int count)
    {
        if (count > 0) { run.Output.Write(OutputSource.Scheduler, $"{count} processes were left behind and have been ended"); }
    }

    private string MakeFolder()
    {
        if (OperatingSystem.IsWindows()) { throw new PlatformNotSupportedException(); }
        var name = new string([.. run.RunKey.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' ? c : '+')]);
        // A node that was killed may leave its run's folder; the next owner has a token, and so a folder, of its own.
        name = $"{PlainText.Cut(name, 120)}+{run.RunToken}-{run.Attempt}-";
        string folder;
        if (options.Commands.Folder is { } root)
        {
            folder = Path.Combine(root, name + Path.GetRandomFileName());
            Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        // Not in a folder of a known name there, which somebody else may have made before us.
        else { folder = Directory.CreateTempSubdirectory("scheduler-" + name).FullName; }
        if (settings.User is { } user && Posix.FindUser(user) is { } owner) { Posix.GiveTo(folder, owner); }
        return folder;
    }

    private void RemoveFolder(string folder)
    {
        try { Directory.Delete(folder, recursive: true); }
        catch (DirectoryNotFoundException) { /* its runner did, when this node was frozen */ }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            run.Output.Write(OutputSource.Scheduler, $"its working folder {folder} could not be removed: {e.Message}");
        }
    }
}
