using Microsoft.Extensions.Logging;
using Npgsql;
using Scheduler.Database;

namespace Scheduler.Cluster;

/// <summary>
/// Frees triggers that stand still: reserved by a node of Quartz's cluster that lives but has lost sight of them, after a statement failed at the
/// wrong moment. Quartz has no cure for these while that node lives. And says on their jobs which triggers Quartz's own loop has put out of service.
/// Every node watches; one that is dead or cut off need not.
/// </summary>
public sealed partial class TriggerWatch(Databases databases, TimeProvider time, ILogger<TriggerWatch> log)
{
    // With the 10 s that a reservation may be overdue, a stuck trigger fires again within 15 s.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    // More are left for the next look.
    private const int FreedMax = 1000;
    private static readonly string FreeSql = SqlFiles.Read("queries/trigger_free.sql");
    private static readonly string OutOfServiceSql = SqlFiles.Read("queries/trigger_out_of_service.sql");

    private readonly CancellationTokenSource stopping = new();
    private Task? loop;

    /// <summary>Begin to watch.</summary>
    public void Start() => loop = Task.Run(Loop);

    /// <summary>Stop watching.</summary>
    public async Task Stop()
    {
        await stopping.CancelAsync();
        if (loop is not null) { await loop; }
        stopping.Dispose();
    }

    private async Task Loop()
    {
        try
        {
            while (true)
            {
                await Task.Delay(LookEvery, time, stopping.Token);
                try { await Look(); }
                catch (Exception e) when (!stopping.IsCancellationRequested) { LogLookFailed(e.Message); }
            }
        }
        catch (OperationCanceledException) { }
    }

    private async Task Look()
    {
        var freed = await Names(FreeSql, new NpgsqlParameter<string> { TypedValue = databases.NodeName });
        if (freed.Count > 0) { LogFreed(freed.Count, string.Join(", ", freed.Take(5))); }
        var noted = await Names(OutOfServiceSql);
        if (noted.Count > 0) { LogOutOfService(noted.Count, string.Join(", ", noted.Take(5))); }
    }

    // What a statement did something for; its first parameter is the most of it in one look.
    private async Task<List<string>> Names(string sql, params NpgsqlParameter[] more)
    {
        var names = new List<string>();
        await using var command = databases.Ledger.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = FreedMax });
        command.Parameters.AddRange(more);
        await using var reader = await command.ExecuteReaderAsync(stopping.Token);
        while (await reader.ReadAsync(stopping.Token)) { names.Add(reader.GetString(0)); }
        return names;
    }

    [LoggerMessage(4030, LogLevel.Warning, "Freed {TriggerCount} triggers that were reserved and never fired, among them {Triggers}")]
    private partial void LogFreed(int triggerCount, string triggers);

    [LoggerMessage(4032, LogLevel.Error, "Triggers of {JobCount} jobs are out of service, among them of {Jobs}: Quartz could not fire them")]
    private partial void LogOutOfService(int jobCount, string jobs);

    [LoggerMessage(4031, LogLevel.Warning, "Could not look for triggers that stand still: {Problem}")]
    private partial void LogLookFailed(string problem);
}
