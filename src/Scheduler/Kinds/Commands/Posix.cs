using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Scheduler.Kinds.Commands;

/// <summary>What Linux offers about processes and .NET does not.</summary>
internal static class Posix
{
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Stop = 19;

    private const int SetChildSubreaper = 36, SetNoNewPrivileges = 38, SetDumpable = 4;   // linux/prctl.h
    private const int LimitCore = 4;                                                     // RLIMIT_CORE
    private const int DuplicateCloseOnExec = 1030;                                       // F_DUPFD_CLOEXEC
    private const uint CloseRangeCloseOnExec = 4;
    private const int NoHang = 1;
    private const int PasswdUid = 16, PasswdGid = 20;                                    // struct passwd of 64-bit Linux

    /// <summary>
    /// Make this process the root of whatever it starts: orphans come to it, no program gains rights by a setuid bit, no memory of it or of its
    /// children goes to a core file, nobody of the same user reads it, no open file is handed on.
    /// </summary>
    public static void BecomeTreeRoot()
    {
        _ = setsid();      // fails when it leads a session already, which is as good
        Check(prctl(SetChildSubreaper, 1, 0, 0, 0), "become the parent of orphans");
        Check(prctl(SetNoNewPrivileges, 1, 0, 0, 0), "give up new privileges");
        Check(prctl(SetDumpable, 0, 0, 0, 0), "close its memory to others");
        ulong[] none = [0, 0];
        Check(setrlimit(LimitCore, none), "forbid core files");
        try { _ = close_range(3, uint.MaxValue, CloseRangeCloseOnExec); }
        catch (EntryPointNotFoundException) { }     // an older libc; .NET's own files are closed anyway
    }

    /// <summary>Take standard input for ourselves, so that children have an empty one.</summary>
    public static FileStream TakeInput()
    {
        var taken = Check(fcntl(0, DuplicateCloseOnExec, 3), "take standard input");
        using var nothing = File.OpenHandle("/dev/null");
        Check(dup2((int)nothing.DangerousGetHandle(), 0), "replace standard input");
        return new FileStream(new SafeFileHandle(taken, ownsHandle: true), FileAccess.Read, bufferSize: 0);
    }

    public static void Umask(uint mask) => _ = umask(mask);

    /// <summary>Send a signal; a process that is gone is no error.</summary>
    public static void Signal(int pid, int signal)
    {
        if (pid > 1) { _ = kill(pid, signal); }
    }

    /// <summary>Take note of the end of a child that nobody else waits for.</summary>
    public static void Reap(int pid) => _ = waitpid(pid, IntPtr.Zero, NoHang);

    /// <summary>Numbers of a user and its group, or null when there is no such user.</summary>
    public static (uint User, uint Group)? FindUser(string name) =>
        getpwnam(name) is not 0 and var entry ? ((uint)Marshal.ReadInt32(entry, PasswdUid), (uint)Marshal.ReadInt32(entry, PasswdGid)) : null;

    public static bool IsRoot => geteuid() == 0;

    public static void GiveTo(string path, (uint User, uint Group) owner) => Check(chown(path, owner.User, owner.Group), $"give {path} away");

    private static int Check(int answer, string what) => answer >= 0 ? answer
        : throw new Win32Exception(Marshal.GetLastPInvokeError(), $"cannot {what}: {Marshal.GetLastPInvokeErrorMessage()}");

#pragma warning disable IDE1006 // names of the C library
    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int setsid();

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int setrlimit(int resource, ulong[] limits);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int close_range(uint first, uint last, uint flags);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int fcntl(int file, int command, int argument);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int dup2(int from, int to);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint umask(uint mask);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int pid, int signal);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int waitpid(int pid, IntPtr status, int options);

    [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint getpwnam(string name);

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint geteuid();

    [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int chown(string path, uint user, uint group);
#pragma warning restore IDE1006
}
