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
internal sealed class RowsArchive : IDisposable
{
    private readonly OpenFolder folder;
    private readonly string name;
    private FileStream? stream;

    private RowsArchive(OpenFolder folder, string name) => (this.folder, this.name) = (folder, name);

    /// <summary>Full path; null while nothing was written.</summary>
    public string? File => stream is null ? null : Path.Combine(folder.ShownPath, name);

    /// <summary>The file for a run. Throws <see cref="OperatorException"/> when the folder lies outside the roots or a link leads to it.</summary>
    public static RowsArchive In(string folder, IReadOnlyList<string> roots, RunScope run) =>
        new(OpenFolder.At(folder, roots, "archive_folder"), FormattableString.Invariant(
            $"{OpenFolder.NameFor(run.RunKey)}.{run.RunToken}-{run.Attempt}.jsonl.gz"));

    /// <summary>Add rows; on disk when this returns.</summary>
    public void Write(IReadOnlyList<string> lines)
    {
        if (lines.Count == 0) { return; }
        // A file that is there already, or a link put there, is refused.
        var begins = stream is null;
        stream ??= new FileStream(folder.PathOf(name), FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        using (var packed = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true))
        {
            foreach (var line in lines) { packed.Write(Encoding.UTF8.GetBytes(line + "\n")); }
        }
        stream.Flush(flushToDisk: true);
        if (begins) { folder.Flush(); }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        stream?.Dispose();
        folder.Dispose();
    }
}
