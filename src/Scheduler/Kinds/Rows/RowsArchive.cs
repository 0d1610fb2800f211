using System.Globalization;
using System.IO.Compression;
using System.Text;
using Scheduler.Database;
using Scheduler.Kinds.Files;
using Scheduler.Runs;

namespace Scheduler.Kinds.Rows;

/// <summary>
/// The file rows go to before they are deleted: JSON lines, one gzip member a batch, on disk before the batch commits. Each owner of a run has a file
/// of its own, so what a dead one left is never written to.
/// </summary>
internal sealed class RowsArchive(string file) : IDisposable
{
    private FileStream? stream;

    /// <summary>Full path.</summary>
    public string File { get; } = file;

    /// <summary>The file for a run. Throws <see cref="OperatorException"/> when the folder lies outside the roots.</summary>
    public static RowsArchive In(string folder, IReadOnlyList<string> roots, QualifiedName table, RunScope run)
    {
        FileRoots.Check(folder, roots, "archive_folder");
        var name = string.Create(CultureInfo.InvariantCulture,
            $"{table}-{run.DueAt:yyyyMMdd'T'HHmmss.ffffff'Z'}-{run.RunToken}-{run.Attempt}.jsonl.gz");
        return new(Path.Combine(folder, name.Replace('/', '_')));
    }

    /// <summary>Add rows; on disk when this returns.</summary>
    public void Write(IReadOnlyList<string> lines)
    {
        if (lines.Count == 0) { return; }
        stream ??= new FileStream(File, FileMode.Append, FileAccess.Write, FileShare.Read);
        using (var packed = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true))
        {
            foreach (var line in lines) { packed.Write(Encoding.UTF8.GetBytes(line + "\n")); }
        }
        stream.Flush(flushToDisk: true);
    }

    /// <inheritdoc />
    public void Dispose() => stream?.Dispose();
}
