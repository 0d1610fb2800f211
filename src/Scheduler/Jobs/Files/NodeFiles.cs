using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Npgsql;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Telemetry;

namespace Scheduler.Jobs.Files;

/// <summary>
/// The job files of a node, applied at its start. When they are refused the node serves the jobs that are in the database and is not ready
/// (<see cref="NodeState.FilesRefused"/>) until what the files say is in force: brought there by 'config apply', by another node, or by this one
/// after its files have changed. Files that did not change are not applied again: they may be older than what was applied since.
/// </summary>
public sealed partial class NodeFiles(
    NodeOptions options, Databases databases, KindRegistry kinds, NodeState state, SchedulerMeter meter, Listener listener, TimeProvider time,
    ILogger<NodeFiles> log)
{
    // A change of files that no notification tells of is seen within this time.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    // A statement that changes many jobs notifies of each, and a look reads all of them.
    private static readonly TimeSpan LookGap = TimeSpan.FromSeconds(1);
    // Files that are being copied are not whole: they are applied when they have stayed as they are for so long.
    private static readonly TimeSpan SettledAfter = TimeSpan.FromSeconds(5);
    // The reason goes into the node's row with each renewal of its lease; the log and 'config plan' have all of it.
    private const int ReasonLengthMax = 400;

    private readonly SemaphoreSlim wanted = new(0);
    private readonly CancellationTokenSource stopping = new();
    private string refusedText = "";
    private string seenText = "";
    private long seenAt;
    private Task? loop;

    /// <summary>Apply the files. Throws only when the database cannot be asked: what is refused is told, and the node starts all the same, for it
    /// concerns some jobs, and a node that did not start would serve none.</summary>
    public async Task Apply(CancellationToken token)
    {
        if (options.JobsFolder is not { } folder) { return; }
        refusedText = seenText = Text(folder);
        try
        {
            var plan = await FileStore.Apply(databases.Ledger, JobFiles.Load(folder, kinds), kinds, token);
            LogApplied(plan.Added.Count, plan.Changed.Count, plan.Deleted.Count, plan.Drifted.Count);
            Ready();
        }
        catch (Exception e) when (e is OperatorException || (e is PostgresException && !Transient.IsTransient(e)))
        {
            var problem = e is PostgresException p ? p.MessageText : e.Message;
            LogNotApplied(folder, problem.ReplaceLineEndings("; "));
            Refused(folder, problem);
        }
    }

    /// <summary>Go on looking, if the files were refused.</summary>
    public void Start()
    {
        if (state.FilesRefused is null) { return; }
        listener.Heard += (channel, _) =>
        {
            if (channel == Listener.Jobs && wanted.CurrentCount == 0) { wanted.Release(); }
        };
        loop = Task.Run(Loop, CancellationToken.None);
    }

    /// <summary>Stop looking.</summary>
    public async Task Stop()
    {
        await stopping.CancelAsync();
        if (loop is not null) { await loop; }
    }

    private async Task Loop()
    {
        while (state.FilesRefused is not null)
        {
            try
            {
                await wanted.WaitAsync(LookEvery, stopping.Token);
                await Task.Delay(LookGap, time, stopping.Token);
                await Look(options.JobsFolder!, stopping.Token);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested) { return; }
            catch (Exception e) { LogNotLooked(options.JobsFolder!, e.Message); }
        }
    }

    private async Task Look(string folder, CancellationToken token)
    {
        var text = Text(folder);
        if (text != seenText) { (seenText, seenAt) = (text, time.GetTimestamp()); }
        if (text != refusedText)
        {
            if (time.GetElapsedTime(seenAt) >= SettledAfter) { await Apply(token); }
            return;
        }
        // As they were refused. Whether that has come about which they say is asked, and nothing is written.
        var read = JobFiles.Read(folder, kinds);
        if (read.Problems.Count > 0) { return; }
        var plan = await FileStore.Look(databases.Ledger, read, kinds, token);
        if (plan.Refusals.Count > 0) { Refused(folder, string.Join('\n', plan.Refusals)); }
        else if (plan.HasChanges) { Refused(folder, "they are not in force; apply them, or start the node again"); }
        else { Ready(); }
    }

    private void Refused(string folder, string problem)
    {
        var lines = problem.Split('\n').Where(l => l != FileStore.NothingApplied).ToList();
        var more = lines.Count > 1 ? $" (and {lines.Count - 1} more)" : "";
        var first = lines[0].Length <= ReasonLengthMax ? lines[0] : lines[0][..ReasonLengthMax] + "…";
        state.FilesRefused = $"its job files were refused: {first}{more}; see 'scheduler config plan {folder}'";
        meter.ConfigRefused = true;
    }

    private void Ready()
    {
        if (state.FilesRefused is not null) { LogInForce(options.JobsFolder!); }
        state.FilesRefused = null;
        meter.ConfigRefused = false;
    }

    // Names and contents of the files, as a hash; another text for a folder that is not there.
    private static string Text(string folder)
    {
        if (!Directory.Exists(folder)) { return ""; }
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in JobFiles.In(folder))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(file) + "\n"));
            try { hash.AppendData(SHA256.HashData(File.ReadAllBytes(file))); }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException) { hash.AppendData(Encoding.UTF8.GetBytes(e.GetType().Name)); }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    [LoggerMessage(3030, LogLevel.Information,
        "Jobs from files: {Added} added, {Changed} changed, {Removed} removed, {Drifted} edited in SQL and kept")]
    private partial void LogApplied(int added, int changed, int removed, int drifted);

    [LoggerMessage(3031, LogLevel.Error, "The job files of {Folder} were not applied; the jobs in the database stay as they are and this node is not"
        + " ready: {Problem}; see 'scheduler config plan {Folder}'")]
    private partial void LogNotApplied(string folder, string problem);

    [LoggerMessage(3032, LogLevel.Information, "What the job files of {Folder} say is in force now")]
    private partial void LogInForce(string folder);

    [LoggerMessage(3033, LogLevel.Warning, "Could not look whether the job files of {Folder} are in force: {Problem}; looking again")]
    private partial void LogNotLooked(string folder, string problem);
}
