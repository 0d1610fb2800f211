using System.Text.Json;
using Scheduler.Jobs;
using Scheduler.Kinds.Files;
using Scheduler.Runs;

namespace Scheduler.Kinds.Postgres;

/// <summary>One database's file in a backup.</summary>
/// <param name="Database">Name it has in the job.</param>
/// <param name="File">Name of the file in the backup's folder.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Of its content, hexadecimal.</param>
/// <param name="Entries">Entries <c>pg_restore --list</c> showed.</param>
/// <param name="Restored">True when it was restored to a scratch database.</param>
internal sealed record BackupFile(string Database, string File, long Bytes, string Sha256, int Entries, bool Restored);

/// <summary>What is in a backup: the file <c>manifest.json</c> in its folder. A folder without one is no backup.</summary>
internal sealed record BackupManifest(
    string Job, string RunKey, long Token, string Node, DateTime StartedAt, DateTime EndedAt, IReadOnlyList<BackupFile> Files);

/// <summary>
/// The folder of a job's backups. A backup is made in a folder whose name begins with <c>.part-</c>, put on disk, and then renamed: under its own
/// name it is whole or not there. One that goes is renamed to <c>.gone-</c> first.
/// </summary>
internal sealed class BackupStore(OpenFolder folder, RunScope run)
{
    private const string ManifestFile = "manifest.json";
    private const string Part = ".part-";
    private const string Gone = ".gone-";

    private static readonly JsonSerializerOptions Indented = new(KindSettings.Options) { WriteIndented = true };

    /// <summary>Name of this run's backup, the same for each of its owners.</summary>
    public string Name => NameOf(run.RunKey);

    /// <summary>The run's backup if a former owner or attempt has published it.</summary>
    public BackupManifest? Published() => Read(Name) is { } manifest && manifest.RunKey == run.RunKey ? manifest : null;

    /// <summary>Make the folder to work in.</summary>
    public OpenFolder NewPart()
    {
        var name = FormattableString.Invariant($"{Part}{Name}.{run.RunToken}-{run.Attempt}");
        // Dumps hold everything the databases do.
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder.PathOf(name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        return folder.Child(name).Folder ?? throw new IOException($"{Path.Combine(folder.ShownPath, name)} cannot be opened");
    }

    /// <summary>
    /// Give the finished part its name. False when another owner of the run was first: its backup stays, this part goes.
    /// </summary>
    public bool Publish(OpenFolder part, BackupManifest manifest)
    {
        using (var file = new FileStream(part.PathOf(ManifestFile), FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, manifest, Indented);
            file.Flush(flushToDisk: true);
        }
        part.Flush();
        var partPath = folder.PathOf(Path.GetFileName(part.ShownPath));
        try { Directory.Move(partPath, folder.PathOf(Name)); }
        catch (IOException) when (Published() is not null)
        {
            Directory.Delete(partPath, recursive: true);
            return false;
        }
        folder.Flush();
        return true;
    }

    /// <summary>Remove a part that was not finished. When that fails too, the next run's <see cref="Sweep"/> does it.</summary>
    public void Abandon(OpenFolder part)
    {
        try { Remove(Path.GetFileName(part.ShownPath)); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { /* the next run's sweep removes it */ }
    }

    /// <summary>Remove what killed runs of this job left unfinished. Returns how many.</summary>
    /// <param name="live">Run keys and tokens of the job's runs that go on.</param>
    public int Sweep(IReadOnlyCollection<(string RunKey, long Token)> live)
    {
        var kept = live.Select(l => FormattableString.Invariant($"{Part}{NameOf(l.RunKey)}.{l.Token}-")).ToList();
        var left = folder.Entries().Select(e => e.Name).Where(IsLeft).ToList();
        foreach (var name in left) { Remove(name); }
        return left.Count;

        // Of this very run everything is: it has not made its part yet, and former owners and attempts are over.
        bool IsLeft(string name) => IsOfJob(name, Gone)
            || (IsOfJob(name, Part) && (name.StartsWith($"{Part}{Name}.", StringComparison.Ordinal)
                || !kept.Exists(k => name.StartsWith(k, StringComparison.Ordinal))));
    }

    /// <summary>
    /// Remove the backups of this job that neither rule keeps; the last good one stays whatever they say. Returns the names of those removed.
    /// </summary>
    public IReadOnlyList<string> Retain(int keepLast, TimeSpan? keepFor, DateTime now)
    {
        var old = folder.Entries().Where(e => e is DirectoryInfo && e.LinkTarget is null && !e.Name.StartsWith('.'))
            .Select(e => (e.Name, Manifest: Read(e.Name))).Where(b => b.Manifest?.Job == run.Job)
            .OrderByDescending(b => b.Manifest!.EndedAt)
            .Skip(Math.Max(1, keepLast)).Where(b => keepFor is null || now - b.Manifest!.EndedAt > keepFor)
            // Whatever the clocks of other nodes made of their backups' times: this one was verified just now.
            .Where(b => b.Name != Name)
            .Select(b => b.Name).ToList();
        foreach (var name in old)
        {
            try { Directory.Move(folder.PathOf(name), folder.PathOf(Gone + name)); }
            catch (DirectoryNotFoundException) { continue; /* another run of the job was first */ }
            Remove(Gone + name);
        }
        if (old.Count > 0) { folder.Flush(); }
        return old;
    }

    private void Remove(string name)
    {
        try { Directory.Delete(folder.PathOf(name), recursive: true); }
        catch (DirectoryNotFoundException) { /* another node was first */ }
    }

    private BackupManifest? Read(string name)
    {
        try
        {
            var text = File.ReadAllText(Path.Combine(folder.PathOf(name), ManifestFile));
            return JsonSerializer.Deserialize<BackupManifest>(text, KindSettings.Options);
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException) { return null; }
    }

    // Behind a job's name stands one of two characters that no name has.
    private bool IsOfJob(string name, string start) => name.StartsWith(start + NameOf(run.Job) + '@', StringComparison.Ordinal)
        || name.StartsWith(start + NameOf(run.Job) + '!', StringComparison.Ordinal);

    private static string NameOf(string runKey) => OpenFolder.NameFor(runKey);
}
