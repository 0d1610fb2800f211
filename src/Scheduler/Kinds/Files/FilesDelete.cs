using System.ComponentModel.DataAnnotations;
using System.IO.Enumeration;
using System.Text.Json;
using Quartz;
using Scheduler.Cluster;
using Scheduler.Jobs;
using Scheduler.Runs;

namespace Scheduler.Kinds.Files;

/// <summary>Settings of the kind <c>files.delete</c>.</summary>
public sealed record FilesDeleteSettings
{
    /// <summary>The folder, absolute, in one of the node's <c>file_roots</c>. No default.</summary>
    [Required]
    public string Path { get; init; } = "";

    /// <summary>Names of the files that go; <c>*</c> stands for any characters, <c>?</c> for one. Upper and lower case differ. Default all.</summary>
    [MinLength(1)]
    public string Pattern { get; init; } = "*";

    /// <summary>Time since a file was last written after which it goes. No default.</summary>
    [Required, Range(typeof(TimeSpan), "00:01:00", "36500.00:00:00")]
    public TimeSpan OlderThan { get; init; }

    /// <summary>True: files in folders below too. Default true.</summary>
    public bool Recursive { get; init; } = true;

    /// <summary>True: folders below that are empty afterwards, and as old, go too. Default false.</summary>
    public bool EmptyFolders { get; init; }
}

/// <summary>
/// Kind <c>files.delete</c>: deletes old files of a folder on the node it runs on. Never outside the node's <c>file_roots</c>, never through a link;
/// links themselves stay.
/// </summary>
/// <remarks>
/// The files are counted first and the guard is asked (<c>max_rows</c> counts files); never more than were counted go. Each is looked at again
/// before it goes. Safe to run twice.
/// </remarks>
public sealed class FilesDelete(FilesDeleteSettings settings, RunScope run, NodeOptions node, TimeProvider time) : IJob
{
    // Between two questions whether the run is still this node's.
    private const int StepFiles = 500;
    // Deeper trees than this are no tree of files somebody made by hand; each level holds a file handle.
    private const int DepthMax = 100;
    // The system's word for a name that is too long.
    private const int TooDeep = 36;

    private long counted;
    private long all;
    private long deleted;
    private long folders;
    private long bytes;
    private long left;
    private long unreadable;
    private long atStep;
    private DateTime before;

    /// <summary>The kind's entry in the registry.</summary>
    public static Kind Kind { get; } = new("files.delete", typeof(FilesDelete), typeof(FilesDeleteSettings), OnLost.Rerun,
        "Deletes old files inside the folders a node allows, never through a link");

    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        using var root = OpenFolder.At(settings.Path, node.FileRoots, "path");
        await using (var connection = await run.Open())
        {
            var approval = (await run.Begun(connection)).Approval;
            before = (approval is null ? time.GetUtcNow().UtcDateTime : approval.DueAt) - settings.OlderThan;
            Count(root, 0);
            var doomed = new Doomed(settings.Path, "files", "deleted", counted, all);
            if (await run.AskGuard(connection, [doomed], approval) is { } dryRun)
            {
                context.Result = dryRun;
                return;
            }
        }
        await Delete(root, 0);
        context.Result = JsonSerializer.SerializeToElement(new { deleted, bytes, folders, left, unreadable, counted });
    }

    private void Count(OpenFolder folder, int depth)
    {
        foreach (var entry in folder.Entries())
        {
            run.Token.ThrowIfCancellationRequested();
            if (IsFolder(entry))
            {
                if (!settings.Recursive) { continue; }
                var (child, error) = depth < DepthMax ? folder.Child(entry.Name) : (null, TooDeep);
                using (child)
                {
                    if (child is not null) { Count(child, depth + 1); }
                    // Gone meanwhile, or a link by now: not ours.
                    else if (!OpenFolder.IsGone(error)) { Unreadable(folder, entry.Name, $"cannot be opened (error {error})"); }
                }
            }
            else if (IsFile(entry) && !entry.Exists)
            {
                // Names that are no UTF-8 come as others, which are not there.
                if (entry.Name.Contains('\uFFFD', StringComparison.Ordinal)) { Unreadable(folder, entry.Name, "its name is no UTF-8"); }
            }
            else if (IsFile(entry))
            {
                all++;
                if (Matches(entry)) { counted++; }
            }
        }
    }

    private async Task Delete(OpenFolder folder, int depth)
    {
        foreach (var entry in folder.Entries())
        {
            run.Token.ThrowIfCancellationRequested();
            if (IsFolder(entry))
            {
                // Asked before its files go: that changes it.
                var isOld = entry.LastWriteTimeUtc < before;
                using (var child = settings.Recursive && depth < DepthMax ? folder.Child(entry.Name).Folder : null)
                {
                    if (child is null) { continue; }
                    await Delete(child, depth + 1);
                }
                if (isOld && settings.EmptyFolders) { RemoveIfEmpty(folder, entry.Name); }
            }
            else if (deleted < counted && IsFile(entry) && Matches(entry)) { Remove(folder, (FileInfo)entry); }
            if (deleted + left - atStep >= StepFiles) { await Step(); }
        }
    }

    private void Remove(OpenFolder folder, FileInfo file)
    {
        try
        {
            var length = file.Length;
            // The last name of a path is never followed when a file is deleted: a link put here meanwhile would go itself.
            File.Delete(folder.PathOf(file.Name));
            (deleted, bytes) = (deleted + 1, bytes + length);
        }
        catch (FileNotFoundException) { /* somebody else was first */ }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In the result too; the next run tries again.
            left++;
            run.Output.Write(OutputSource.Error, $"{Path.Combine(folder.ShownPath, file.Name)}: {e.Message}");
        }
    }

    private void RemoveIfEmpty(OpenFolder folder, string name)
    {
        try
        {
            Directory.Delete(folder.PathOf(name), recursive: false);
            folders++;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { /* not empty */ }
    }

    private Task Step()
    {
        atStep = deleted + left;
        return run.Step((_, _, _) => Task.FromResult(JsonSerializer.Serialize(new { files = deleted, of = counted, bytes })));
    }

    private void Unreadable(OpenFolder folder, string name, string why)
    {
        unreadable++;
        run.Output.Write(OutputSource.Error, $"{Path.Combine(folder.ShownPath, name)}: {why}");
    }

    private bool Matches(FileSystemInfo file) => file.Exists && file.LastWriteTimeUtc < before
        && FileSystemName.MatchesSimpleExpression(settings.Pattern, file.Name, ignoreCase: false);

    private static bool IsFolder(FileSystemInfo entry) => entry is DirectoryInfo && entry.LinkTarget is null;

    private static bool IsFile(FileSystemInfo entry) => entry is FileInfo && entry.LinkTarget is null;
}
