using System.Globalization;
using Scheduler.Database;

namespace Scheduler.Server.Dev;

// The part that deals with postmaster.pid and with processes that are not our children.
public sealed partial class EmbeddedPostgres
{
    // Above every system's highest process id, so that it is never alive.
    private const string NobodysPid = "2147483647";
    // Line of postmaster.pid that holds the state (miscadmin.h, LOCK_FILE_LINE_PM_STATUS).
    private const int StatusLine = 8;

    private static string PidFile(string folder) => Path.Combine(folder, "postmaster.pid");

    private static async Task<string[]> PidLines(string folder, CancellationToken token)
    {
        try { return await File.ReadAllLinesAsync(PidFile(folder), token); }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException) { return []; }
    }

    private static int? PidIn(string[] lines) =>
        lines.Length > 0 && int.TryParse(lines[0].Trim(), CultureInfo.InvariantCulture, out var pid) && pid > 1 ? pid : null;

    private async Task<bool> BecomesReady(CancellationToken token)
    {
        while (IsRunning)
        {
            var lines = await PidLines(Folder, token);
            if (PidIn(lines) == Pid && lines.Length >= StatusLine && lines[StatusLine - 1].Trim() == "ready") { return true; }
            await Task.Delay(Poll, token);
        }
        return false;
    }

    private async Task<string> LogSince(long position, CancellationToken token)
    {
        await using var stream = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        stream.Seek(Math.Min(position, stream.Length), SeekOrigin.Begin);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(token);
    }

    /// <summary>Stop a server that an earlier process left on this folder, known by its pid file and its arguments.</summary>
    private static async Task StopLeftOver(string folder, TextWriter talk, CancellationToken token)
    {
        var lines = await PidLines(folder, token);
        if (PidIn(lines) is not { } pid)
        {
            // Cut short by a crash of the machine: PostgreSQL would refuse to start and ask for it to be removed by hand.
            if (File.Exists(PidFile(folder))) { File.Delete(PidFile(folder)); }
            return;
        }
        if (await IsServerOf(pid, folder, token))
        {
            await talk.WriteLineAsync($"stopping a PostgreSQL (process {pid}) that an earlier run left on {folder}");
            await StopPid(pid, Signals.Interrupt, () => IsServerOf(pid, folder, CancellationToken.None));
        }
        else if ((await Commands.ArgumentsOf(pid, token)).Count > 0)
        {
            // The id is another process's by now, which would keep PostgreSQL from starting. The file stays, because its other lines
            // let PostgreSQL notice sessions that survived their postmaster.
            lines[0] = NobodysPid;
            await File.WriteAllLinesAsync(PidFile(folder), lines, token);
        }
    }

    private static async Task<bool> IsServerOf(int pid, string folder, CancellationToken token)
    {
        var arguments = await Commands.ArgumentsOf(pid, token);
        var program = arguments.Count == 0 ? "" : Path.GetFileNameWithoutExtension(arguments[0]);
        if (!program.Equals("postgres", StringComparison.OrdinalIgnoreCase)) { return false; }
        // Windows shows only the program; there the pid file's word has to do.
        return OperatingSystem.IsWindows() || arguments.Contains(folder)
            || string.Join(' ', arguments).Contains($"-D {folder} ", StringComparison.Ordinal);
    }

    private static async Task StopPid(int pid, int signal, Func<Task<bool>> alive)
    {
        (int Signal, TimeSpan Limit)[] steps =
            [(Signals.Interrupt, FastLimit), (Signals.Quit, ImmediateLimit), (Signals.Kill, ImmediateLimit)];
        foreach (var step in steps.SkipWhile(s => s.Signal != signal))
        {
            if (!await alive()) { return; }
            await Send(pid, step.Signal);
            using var limit = new CancellationTokenSource(step.Limit);
            while (!limit.IsCancellationRequested && await alive()) { await Task.Delay(Poll); }
        }
        if (await alive()) { throw new OperatorException($"PostgreSQL (process {pid}) cannot be stopped, not even by SIGKILL"); }
    }

    private static async Task Send(int pid, int signal)
    {
        if (!OperatingSystem.IsWindows())
        {
            Signals.Send(pid, signal);
            return;
        }
        // PostgreSQL on Windows takes signals through a named pipe, which pg_ctl beside it knows how to use.
        var name = signal switch { Signals.Interrupt => "INT", Signals.Quit => "QUIT", _ => "KILL" };
        var arguments = await Commands.ArgumentsOf(pid, CancellationToken.None);
        if (arguments.Count == 0) { return; }
        string[] kill = [Path.Combine(Path.GetDirectoryName(arguments[0])!, "pg_ctl.exe"), "kill", name, pid.ToString(CultureInfo.InvariantCulture)];
        await Commands.Run(kill, ImmediateLimit, CancellationToken.None);
    }
}
