using System.Diagnostics;
using System.Text.Json;
using Npgsql;
using Quartz;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Kinds.Sql;
using Scheduler.Runs;

namespace Scheduler.Kinds.Rows;

/// <summary>
/// Kind <c>rows.delete</c>: deletes the rows of a table of the scheduler's database that match a condition, in batches short enough that nobody waits
/// for them, and archives them when asked to.
/// </summary>
/// <remarks>
/// The rows are counted first and the guard is asked; never more than were counted are deleted. Each batch commits together with where the next one
/// begins, behind the fence: another owner goes on from there. Rows that others hold locked are left and met again in a later pass.
/// </remarks>
public sealed class RowsDelete(RowsDeleteSettings settings, RunScope run, TimeProvider time, NodeOptions node) : IJob
{
    // What is locked in three passes is left to the next run.
    private const int PassesMax = 3;
    // So many undone batches in a row, with growing waits between them, are 30 s: then the run's retry policy decides.
    private const int UndoneMax = 30;
    private const long RemainingMax = 100_000;
    private static readonly TimeSpan LagEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(1);
    private static readonly string LagSql = SqlFiles.Read("queries/replica_lag.sql");

    private readonly long began = Stopwatch.GetTimestamp();
    private RowsPace pace = null!;
    private RowsStatements statements = null!;
    private RowsTable table = null!;
    private RowsCheckpoint checkpoint = new();
    private RowsArchive? archive;
    private long deletedBefore;
    private long lagLooked;
    private int undone;

    /// <summary>The kind's entry in the registry.</summary>
    public static Kind Kind { get; } = new("rows.delete", typeof(RowsDelete), typeof(RowsDeleteSettings), OnLost.Rerun,
        "Deletes rows in short batches that go on where a dead node stopped, and archives them when asked to");

    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        if (!node.Sql.OwnDatabase)
        {
            throw new OperatorException("the condition of rows.delete would be text with the node's rights, and sql.own_database of this node is "
                + "false; expected it on nodes where such jobs run, or true");
        }
        pace = new(settings.Batch);
        try
        {
            if (await Work(context, cancellationToken) is { } left) { await Succeed(left); }
        }
        finally { archive?.Dispose(); }
    }

    private Task Succeed(long left)
    {
        var result = new { deleted = checkpoint.Deleted, counted = checkpoint.Counted, left, passes = checkpoint.Pass, archived_in = archive?.File };
        return run.Commit((_, _, _) => Task.FromResult<string?>(JsonSerializer.Serialize(result, KindSettings.Options)));
    }

    // Returns how many rows still match; null after a dry run.
    private async Task<long?> Work(IJobExecutionContext context, CancellationToken token)
    {
        await using var connection = await run.Open();
        try { return await Work(connection, context, token); }
        // The condition is text of the job's author: what it may have set in the session is not for the next run to meet.
        finally { await RunScope.Clean(connection); }
    }

    private async Task<long?> Work(NpgsqlConnection connection, IJobExecutionContext context, CancellationToken token)
    {
        using var heard = Notices.Heard(connection, run.Output);
        var begun = await run.Begun(connection);
        table = await RowsTable.Find(connection, settings.Table, "table", token);
        statements = new(settings, table, await ArchiveTable(connection, token), run, begun.Approval?.DueAt ?? run.DueAt);
        if (begun.Checkpoint is not null) { checkpoint = RowsCheckpoint.Of(begun.Checkpoint); }
        else if (await Count(connection, begun.Approval, token) is { } dryRun)
        {
            context.Result = dryRun;
            return null;
        }
        deletedBefore = checkpoint.Deleted;
        return await DeleteAll(connection, token);
    }

    private async Task<RowsTable?> ArchiveTable(NpgsqlConnection connection, CancellationToken token)
    {
        if (settings.ArchiveFolder is { } folder) { archive = RowsArchive.In(folder, node.FileRoots, run); }
        if (settings.ArchiveTo is null) { return null; }
        var found = await RowsTable.Find(connection, settings.ArchiveTo, "archive_to", token);
        foreach (var column in table.Columns.Where(c => !c.Generated)) { found.ColumnOf(column.Name, "archive_to"); }
        return found;
    }

    // Null: go ahead.
    private async Task<JsonElement?> Count(NpgsqlConnection connection, RunApproval? approval, CancellationToken token)
    {
        var (matching, total) = await statements.Count(connection, run.Guard?.MaxFraction is not null, token);
        var dryRun = await run.AskGuard(connection, [new(table.Name.ToString(), "rows", "deleted", matching, total)], approval);
        checkpoint = checkpoint with { Counted = matching };
        if (dryRun is null) { await run.Note(connection, new(Progress(), checkpoint.ToJson())); }
        return dryRun;
    }

    // Returns how many rows still match.
    private async Task<long> DeleteAll(NpgsqlConnection connection, CancellationToken token)
    {
        while (checkpoint.Deleted < checkpoint.Counted)
        {
            foreach (var part in table.Parts.SkipWhile(p => p.Oid < checkpoint.Part)) { await DeletePart(connection, part, token); }
            var left = await statements.Remaining(connection, RemainingMax, token);
            if (left == 0 || checkpoint.Pass == PassesMax) { return left; }
            checkpoint = checkpoint with { Pass = checkpoint.Pass + 1, Part = 0, After = null };
        }
        return await statements.Remaining(connection, RemainingMax, token);
    }

    private async Task DeletePart(NpgsqlConnection connection, RowsPart part, CancellationToken token)
    {
        if (checkpoint.Part != part.Oid) { checkpoint = checkpoint with { Part = part.Oid, After = null }; }
        while (checkpoint.Deleted < checkpoint.Counted)
        {
            var found = await statements.Find(connection, part, checkpoint.After, token);
            for (var done = 0; done < found.Rows.Length && checkpoint.Deleted < checkpoint.Counted;)
            {
                var size = (int)Math.Min(Math.Min(pace.Rows, found.Rows.Length - done), checkpoint.Counted - checkpoint.Deleted);
                await WaitForReplicas(connection, token);
                if (await Batch(connection, part, found.Rows.AsMemory(done, size), token)) { done += size; }
            }
            checkpoint = checkpoint with { After = found.After };
            // The batches' own checkpoints point before what they deleted; a look that found much leaves much to look through again.
            if (found.Ended || found.Rows.Length == 0) { await run.Note(connection, new(Progress(), checkpoint.ToJson())); }
            if (found.Ended) { return; }
        }
    }

    // False: it was undone, and a smaller one is to be tried after a wait.
    private async Task<bool> Batch(NpgsqlConnection connection, RowsPart part, ReadOnlyMemory<NpgsqlTypes.NpgsqlTid> places, CancellationToken token)
    {
        var from = Stopwatch.GetTimestamp();
        try
        {
            var rows = archive is null
                ? await statements.Delete(connection, part, places, Progress(), checkpoint, null, token)
                : await BatchWithFile(connection, part, places, archive, token);
            pace.Took(Stopwatch.GetElapsedTime(from), places.Length);
            checkpoint = checkpoint with { Deleted = checkpoint.Deleted + rows };
            undone = 0;
            return true;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable
            && !token.IsCancellationRequested && ++undone < UndoneMax)
        {
            if (e.SqlState == PostgresErrorCodes.QueryCanceled && places.Length == 1 && undone > UndoneMax / 2)
            {
                throw new OperatorException($"deleting one row of {part.Name} takes longer than {RowsPace.BatchMax.TotalMilliseconds} ms; expected "
                    + "an index on each column that refers to it, and no slow trigger", 1, e);
            }
            pace.Undone();
        }
        await Task.Delay(Min(TimeSpan.FromMilliseconds(20 * undone * undone), WaitMax), time, token);
        return false;
    }

    // Rows must be on disk before they are gone, so here the transaction stays open while the file is written.
    private async Task<long> BatchWithFile(NpgsqlConnection connection, RowsPart part, ReadOnlyMemory<NpgsqlTypes.NpgsqlTid> places,
        RowsArchive file, CancellationToken token)
    {
        await using var transaction = await connection.BeginTransactionAsync(token);
        var lines = new List<string>(places.Length);
        var rows = await statements.Delete(connection, part, places, Progress(), checkpoint, lines.Add, token);
        file.Write(lines);
        await RunScope.CommitBounded(transaction);
        return rows;
    }

    private async Task WaitForReplicas(NpgsqlConnection connection, CancellationToken token)
    {
        while (lagLooked == 0 || Stopwatch.GetElapsedTime(lagLooked) > LagEvery)
        {
            lagLooked = Stopwatch.GetTimestamp();
            await using var command = new NpgsqlCommand(LagSql, connection);
            if ((double)(await command.ExecuteScalarAsync(token))! <= settings.ReplicaLagMax.TotalSeconds) { return; }
            await run.Fence(connection);
            await Task.Delay(LagEvery + LagEvery, time, token);
        }
    }

    private string Progress() => JsonSerializer.Serialize(new
    {
        rows = checkpoint.Deleted,
        of = checkpoint.Counted,
        per_second = (long)((checkpoint.Deleted - deletedBefore) / Math.Max(0.001, Stopwatch.GetElapsedTime(began).TotalSeconds)),
        pass = checkpoint.Pass,
    });

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
