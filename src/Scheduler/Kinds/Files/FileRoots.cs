using Scheduler.Database;

namespace Scheduler.Kinds.Files;

/// <summary>The folders a node's settings let jobs touch.</summary>
internal static class FileRoots
{
    /// <summary>The root a folder lies in, and the names from there to the folder. Throws <see cref="OperatorException"/> when it lies in none.
    /// Says nothing about links: open it by <see cref="OpenFolder"/>, which follows none.</summary>
    /// <param name="path">Absolute; <c>..</c> and empty names are refused.</param>
    /// <param name="roots">The node's <c>file_roots</c>.</param>
    /// <param name="key">The setting it stands in, for the message.</param>
    public static (string Root, string[] Names) Check(string path, IReadOnlyList<string> roots, string key)
    {
        if (!Path.IsPathFullyQualified(path) || path.Contains('\0', StringComparison.Ordinal))
        {
            throw new OperatorException($"{key} is '{path}'; expected an absolute path");
        }
        var plain = Path.TrimEndingDirectorySeparator(path);
        if (Path.GetFullPath(plain) != plain) { throw new OperatorException($"{key} is '{path}'; expected a path without '.', '..' and double '/'"); }
        foreach (var root in roots.OrderByDescending(r => r.Length))
        {
            if (plain == root) { return (root, []); }
            if (plain.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                return (root, plain[(root.Length + 1)..].Split(Path.DirectorySeparatorChar));
            }
        }
        throw new OperatorException($"{key} is '{path}', which lies in none of this node's file_roots; "
            + (roots.Count == 0 ? "set node.file_roots in config/scheduler.yaml" : $"they are {string.Join(", ", roots)}"));
    }
}
