using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Scheduler.Server.Dev;

/// <summary>POSIX signals to one process, by its id. Not for Windows.</summary>
public static class Signals
{
    /// <summary>SIGINT: Ctrl-C; to PostgreSQL a fast shutdown.</summary>
    public const int Interrupt = 2;
    /// <summary>SIGQUIT: to PostgreSQL an immediate shutdown, as a crash would be.</summary>
    public const int Quit = 3;
    /// <summary>SIGKILL.</summary>
    public const int Kill = 9;
    /// <summary>SIGTERM: a graceful stop.</summary>
    public const int Terminate = 15;
    /// <summary>SIGSTOP: freezes the process.</summary>
    public static int Stop => OperatingSystem.IsMacOS() ? 17 : 19;
    /// <summary>SIGCONT: lets a frozen process go on.</summary>
    public static int Continue => OperatingSystem.IsMacOS() ? 19 : 18;

    private const int NoSuchProcess = 3;   // ESRCH, the same number on Linux and macOS

    /// <summary>Send a signal. Returns false when there is no such process any more; throws when it may not be signalled.</summary>
    /// <param name="pid">Id of one process, above 1: lower numbers mean groups of processes.</param>
    /// <param name="signal">One of the numbers above.</param>
    public static bool Send(int pid, int signal)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pid, 2);
        if (NativeKill(pid, signal) == 0) { return true; }
        var error = Marshal.GetLastPInvokeError();
        return error == NoSuchProcess ? false
            : throw new Win32Exception(error, $"signal {signal} to process {pid}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    // LibraryImport would need unsafe blocks in the whole project for two integers.
    [DllImport("libc", EntryPoint = "kill", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NativeKill(int pid, int signal);
}
