using System.Globalization;
using System.Text;

namespace Scheduler.Kinds.Commands;

/// <summary>All processes below one, as <c>/proc</c> shows them right now: those that made a session or a group of their own too.</summary>
internal static class ProcessTree
{
    /// <summary>Variable by which each process of a command is known.</summary>
    public const string FolderVariable = "SCHEDULER_RUN_FOLDER";

    // A tree that makes processes faster than they can be stopped is stopped in several passes; each pass finds fewer.
    private const int PassesMax = 200;

    /// <summary>A process: its parent, its session, and whether it has ended and only waits to be taken note of.</summary>
    public sealed record Entry(int Pid, int Parent, int Session, bool Ended);

    /// <summary>All below a process, itself not included.</summary>
    public static List<Entry> Below(int root)
    {
        var byParent = All().ToLookup(e => e.Parent);
        var below = new List<Entry>();
        var next = new Queue<int>([root]);
        while (next.TryDequeue(out var parent))
        {
            foreach (var child in byParent[parent])
            {
                below.Add(child);
                next.Enqueue(child.Pid);
            }
        }
        return below;
    }

    /// <summary>
    /// End all below this process, which is the parent of their orphans, and take note of their ends. Returns how many there were, the child itself
    /// not counted.
    /// </summary>
    /// <param name="child">The process whose end somebody else takes note of.</param>
    public static int KillBelowThis(int child)
    {
        var killed = new HashSet<int>();
        for (var pass = 0; pass < PassesMax; pass++)
        {
            var living = Below(Environment.ProcessId).Where(e => !e.Ended).ToList();
            if (living.Count == 0) { break; }
            // Stopped first, so that none makes another while the others die.
            foreach (var entry in living) { Posix.Signal(entry.Pid, Posix.Stop); }
            foreach (var entry in living)
            {
                Posix.Signal(entry.Pid, Posix.Kill);
                if (entry.Pid != child) { killed.Add(entry.Pid); }
            }
            ReapOrphans(child);
            Thread.Yield();
        }
        ReapOrphans(child);
        return killed.Count;
    }

    /// <summary>Take note of orphans that came to this process and have ended.</summary>
    public static void ReapOrphans(int child)
    {
        foreach (var entry in All().Where(e => e.Ended && e.Parent == Environment.ProcessId && e.Pid != child)) { Posix.Reap(entry.Pid); }
    }

    /// <summary>
    /// End what a runner left behind when it was killed itself: its session, and whatever has the attempt's folder in its environment. Not found: a
    /// process that made a session of its own and cleared its environment.
    /// </summary>
    /// <param name="runner">The runner's process id.</param>
    /// <param name="folder">The attempt's own folder. Not the run's key: another cluster on this machine may have a run of that name.</param>
    public static int KillLeftBehind(int runner, string folder)
    {
        var killed = 0;
        var mark = $"{FolderVariable}={folder}";
        for (var pass = 0; pass < PassesMax; pass++)
        {
            var left = All().Where(e => !e.Ended && e.Pid != Environment.ProcessId && (e.Session == runner || IsMarked(e.Pid, mark))).ToList();
            if (left.Count == 0) { break; }
            killed += pass == 0 ? left.Count : 0;
            foreach (var entry in left) { Posix.Signal(entry.Pid, Posix.Kill); }
            Thread.Yield();
        }
        return killed;
    }

    private static bool IsMarked(int pid, string mark)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/environ")).Split('\0').Contains(mark, StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return false; }
    }

    private static IEnumerable<Entry> All()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && Read(pid) is { } entry)
            {
                yield return entry;
            }
        }
    }

    // "12 (a program's (own) name) S 1 12 12 …": state, parent, group, session follow the last parenthesis.
    private static Entry? Read(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new(pid, int.Parse(fields[1], CultureInfo.InvariantCulture), int.Parse(fields[3], CultureInfo.InvariantCulture),
                fields[0] is "Z" or "X");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException) { return null; }
    }
}
