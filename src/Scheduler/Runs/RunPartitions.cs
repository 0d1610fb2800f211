using Scheduler.Database;

namespace Scheduler.Runs;

/// <summary>The names of the ledger's partitions, as this node last read them. One that is there stays: those that are dropped hold no live
/// run.</summary>
internal sealed class RunPartitions(Databases databases)
{
    // A day without a partition is one nobody could make; its runs are in run_default, and few.
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMinutes(1);
    private static readonly string Sql = SqlFiles.Read("queries/run_partition_names.sql");

    private volatile IReadOnlyList<(string Name, DateTime From, DateTime Until)> known = [];
    private long askedAt;

    /// <summary>The partition that holds the runs due at an instant, its name fit for a statement; null when there is none, or none known.</summary>
    public async ValueTask<string?> Of(DateTime dueAt, CancellationToken token)
    {
        if (Find(dueAt) is { } name) { return name; }
        if (askedAt != 0 && System.Diagnostics.Stopwatch.GetElapsedTime(askedAt) < AskAgainAfter) { return null; }
        askedAt = System.Diagnostics.Stopwatch.GetTimestamp();
        var read = new List<(string, DateTime, DateTime)>();
        await using var command = databases.Ledger.CreateCommand(Sql);
        await using (var reader = await command.ExecuteReaderAsync(token))
        {
            while (await reader.ReadAsync(token)) { read.Add((reader.GetString(0), reader.GetDateTime(1), reader.GetDateTime(2))); }
        }
        known = read;
        return Find(dueAt);
    }

    private string? Find(DateTime dueAt)
    {
        foreach (var (name, from, until) in known)
        {
            if (dueAt >= from && dueAt < until) { return name; }
        }
        return null;
    }
}
