using System.Collections.Concurrent;

namespace Scheduler.Database;

/// <summary>The files of the folder <c>sql/</c>, carried inside the assembly, so that a binary and its SQL are always of one version.</summary>
public static class SqlFiles
{
    private static readonly ConcurrentDictionary<string, string> Texts = new();

    /// <summary>The text of one file, named as in the folder, e.g. <c>queries/run_enter.sql</c>. Throws when there is none.</summary>
    public static string Read(string name) => Texts.GetOrAdd(name, static name =>
    {
        using var stream = typeof(SqlFiles).Assembly.GetManifestResourceStream("sql/" + name)
            ?? throw new InvalidOperationException($"sql/{name} is not in the assembly; is it in the folder sql/?");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    });

    /// <summary>The file names below a folder of <c>sql/</c> in the order of their names.</summary>
    public static IReadOnlyList<string> List(string folder) =>
        [.. typeof(SqlFiles).Assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith($"sql/{folder}/", StringComparison.Ordinal))
            .Select(n => n["sql/".Length..])
            .Order(StringComparer.Ordinal)];
}
