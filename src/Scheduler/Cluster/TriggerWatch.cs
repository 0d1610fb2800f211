using Microsoft.Extensions.Logging;
using Npgsql;
using Scheduler.Database;

namespace Scheduler.Cluster;

/// <summary>
/// Frees triggers that stand still: reserved by a node of Quartz's cluster that lives but has lost sight of them, after a statement failed at the
/// wrong moment. Quartz has no cure for these while that node lives. Every node watches; one that is dead or cut off need not.
/// </summary>
public sealed partial class TriggerWatch(Databases databases, TimeProvider time, ILogger<TriggerWatch> log)
{
    // With the 10 s that a reservation may be overdue, a stuck trigger fires again within 15 s.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    // More are left for the next look.
    private const int FreedMax = 1000;
    private static readonly string FreeSql = SqlFiles.Read("queries/trigger_free.sql");

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
        var freed = new List<string>();
        await using var command = databases.Ledger.CreateCommand(FreeSql);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = FreedMax });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = databases.NodeName });
        await using var reader = await command.ExecuteReaderAsync(stopping.Token);
        while (await reader.ReadAsync(stopping.Token)) { freed.Add(reader.GetString(0)); }
        if (freed.Count > 0) { LogFreed(freed.Count, string.Join(", ", freed.Take(5))); }
    }

    [LoggerMessage(4030, LogLevel.Warning, "Freed {TriggerCount} triggers that were reserved and never fired, among them {Triggers}")]
    private partial void LogFreed(int triggerCount, string triggers);

    [LoggerMessage(4031, LogLevel.Warning, "Could not look for triggers that stand still: {Problem}")]
    private partial void LogLookFailed(string problem);
}
