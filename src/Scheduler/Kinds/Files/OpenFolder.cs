using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Scheduler.Database;

namespace Scheduler.Kinds.Files;

/// <summary>
/// A folder held open. What is done to its entries is done in this very folder, whatever its path leads to by then: nobody can put a link in the way
/// between a check and a deletion. Linux only.
/// </summary>
internal sealed class OpenFolder : IDisposable
{
    // Of <fcntl.h>, the same on x86-64 and arm64 but for O_DIRECTORY and O_NOFOLLOW.
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000;
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
    private static readonly int Directory = IsArm ? 0x4000 : 0x10000;
    private static readonly int NoFollow = IsArm ? 0x8000 : 0x20000;
    private const int NoSuchFile = 2;
    private const int NotADirectory = 20;
    private const int TooManyLinks = 40;

    private readonly SafeFileHandle handle;
    private readonly string path;

    private OpenFolder(SafeFileHandle handle, string shownPath)
    {
        (this.handle, ShownPath) = (handle, shownPath);
        path = $"/proc/self/fd/{handle.DangerousGetHandle()}";
    }

    /// <summary>Its path when it was opened, for people.</summary>
    public string ShownPath { get; }

    /// <summary>Open a folder below one of the roots, name by name; a link on the way is refused. Throws <see cref="OperatorException"/>.</summary>
    public static OpenFolder At(string path, IReadOnlyList<string> roots, string key)
    {
        if (!OperatingSystem.IsLinux()) { throw new OperatorException("work on files is for nodes on Linux: only there can links be kept out"); }
        var (root, names) = FileRoots.Check(path, roots, key);
        var folder = new OpenFolder(OpenAt(-100, root, CloseOnExec | Directory | NoFollow, 0), root);
        if (folder.handle.IsInvalid) { throw Refused(root, key, Marshal.GetLastPInvokeError()); }
        foreach (var name in names)
        {
            using var parent = folder;
            var (child, error) = parent.Child(name);
            folder = child ?? throw Refused(Path.Combine(parent.ShownPath, name), key, error);
        }
        return folder;
    }

    /// <summary>Open a folder in this one; null and the system's error number when it is none, is gone, or is a link.</summary>
    public (OpenFolder? Folder, int Error) Child(string name)
    {
        var child = OpenAt((int)handle.DangerousGetHandle(), name, ReadOnly | CloseOnExec | Directory | NoFollow, 0);
        return child.IsInvalid ? (null, Marshal.GetLastPInvokeError()) : (new(child, Path.Combine(ShownPath, name)), 0);
    }

    /// <summary>Its entries at this moment; links are shown as themselves.</summary>
    public IEnumerable<FileSystemInfo> Entries() => new DirectoryInfo(path).EnumerateFileSystemInfos("*",
        new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false, RecurseSubdirectories = false });

    /// <summary>A path by which the system finds an entry of this very folder.</summary>
    public string PathOf(string name) => Path.Combine(path, name);

    /// <summary>Put what was done to its entries on disk.</summary>
    public void Flush()
    {
        if (FSync((int)handle.DangerousGetHandle()) != 0) { throw new IOException($"fsync {ShownPath}: error {Marshal.GetLastPInvokeError()}"); }
    }

    /// <inheritdoc />
    public void Dispose() => handle.Dispose();

    private static OperatorException Refused(string path, string key, int error) => new($"{key}: {path} " + error switch
    {
        NoSuchFile => "is not there",
        NotADirectory or TooManyLinks => "is a link or no folder; links are not followed",
        _ => $"cannot be opened (error {error})",
    });

    // CharSet.Ansi is UTF-8 on Linux.
    [DllImport("libc", EntryPoint = "openat", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern SafeFileHandle OpenAt(int folder, string path, int flags, int mode);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FSync(int file);
}
