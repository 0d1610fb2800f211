using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Scheduler.Cluster;
using Scheduler.Database;

namespace Scheduler.Notifications;

/// <summary>
/// Looks every few seconds at what is wrong (<c>scheduler_private.watch_incidents</c>); the nodes share one look. A node that cannot reach the
/// database tells the channels that are told of all incidents from what it remembers of them, and notes the outage when it is over.
/// </summary>
public sealed partial class IncidentWatch(
    Databases databases, NodeOptions options, ChannelSender sender, TimeProvider time, ILogger<IncidentWatch> log)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    // Of the cluster: a little less, so that a node whose turn comes a moment early does not wait for the next one.
    private static readonly TimeSpan LookedBefore = TimeSpan.FromSeconds(4.5);
    // A failover takes half a minute; by then nodes have given their runs up.
    private static readonly TimeSpan OutageAfter = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan ChannelsReadEvery = TimeSpan.FromMinutes(1);
    private const int ChannelsMax = 20;
    // Nothing stands behind these but this process: tried a few times, then left.
    private const int TellTriesMax = 5;
    private static readonly TimeSpan TellRetryDelay = TimeSpan.FromSeconds(5);

    private static readonly string WatchSql = SqlFiles.Read("queries/incident_watch.sql");
    private static readonly string OutageSql = SqlFiles.Read("queries/outage_note.sql");
    private static readonly string ChannelsSql = SqlFiles.Read("queries/incident_channels.sql");

    private readonly CancellationTokenSource stopping = new();
    private IReadOnlyList<(string Name, string Kind, string Settings)> channels = [];
    private long? channelsReadAt;
    private Task? loop;

    /// <summary>Begin to look.</summary>
    public void Start() => loop = Task.Run(Loop);

    /// <summary>Stop looking.</summary>
    public async Task Stop()
    {
        await stopping.CancelAsync();
        if (loop is not null) { await loop; }
    }

    private async Task Loop()
    {
        var reachedAt = time.GetTimestamp();
        var reached = time.GetUtcNow();
        var told = false;
        var problem = "";
        // At once: what it is to remember of the channels it may need soon.
        var wait = TimeSpan.Zero;
        while (true)
        {
            try
            {
                await Task.Delay(wait, time, stopping.Token);
                wait = LookEvery;
                await Look(stopping.Token);
                if (told)
                {
                    await NoteOutage(reached, problem, stopping.Token);
                    Tell(reached, "resolved", problem);
                    told = false;
                }
                (reachedAt, reached) = (time.GetTimestamp(), time.GetUtcNow());
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested) { return; }
            catch (Exception e)
            {
                LogFailed(e.Message);
                if (told || time.GetElapsedTime(reachedAt) < OutageAfter || !Transient.IsTransient(e)) { continue; }
                problem = e.Message;
                told = true;
                Tell(reached, "open", problem);
            }
        }
    }

    private async Task Look(CancellationToken token)
    {
        await using (var command = databases.Ledger.CreateCommand(WatchSql))
        {
            command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = LookedBefore, NpgsqlDbType = NpgsqlDbType.Interval });
            command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = options.KeepRuns, NpgsqlDbType = NpgsqlDbType.Interval });
            if (await command.ExecuteScalarAsync(token) is int changes and > 0) { LogChanged(changes); }
        }
        if (channelsReadAt is { } at && time.GetElapsedTime(at) < ChannelsReadEvery) { return; }
        var read = new List<(string, string, string)>();
        await using (var command = databases.Ledger.CreateCommand(ChannelsSql))
        {
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = ChannelsMax });
            await using var reader = await command.ExecuteReaderAsync(token);
            while (await reader.ReadAsync(token)) { read.Add((reader.GetString(0), reader.GetString(1), reader.GetString(2))); }
        }
        (channels, channelsReadAt) = (read, time.GetTimestamp());
    }

    private async Task NoteOutage(DateTimeOffset since, string problem, CancellationToken token)
    {
        await using var command = databases.Ledger.CreateCommand(OutageSql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = options.Name });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = since.UtcDateTime });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = problem });
        await command.ExecuteNonQueryAsync(token);
    }

    // One key for all nodes and for begin and end: a receiver that goes by it has one incident.
    private void Tell(DateTimeOffset since, string status, string problem)
    {
        foreach (var (name, kind, settings) in channels)
        {
            var now = time.GetUtcNow();
            var payload = System.Text.Json.JsonSerializer.Serialize(new
            {
                channel = name,
                at = now,
                total = 1,
                open = status == "open" ? 1 : 0,
                resolved = status == "open" ? 0 : 1,
                alerts = new[]
                {
                    new
                    {
                        key = "cluster:database",
                        @event = "incident",
                        status,
                        severity = "page",
                        title = $"node {options.Name} cannot reach the database",
                        detail = problem,
                        since,
                        at = now,
                        node = options.Name,
                    },
                },
            });
            var key = FormattableString.Invariant($"n-{options.Name}-database-{since.ToUnixTimeMilliseconds()}-{status}");
            Send(new(0, 1, key, "alerts", payload, name, kind, settings)).Forget();
        }
    }

    private async Task Send(Delivery delivery)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var sent = await sender.Send(delivery, stopping.Token);
                if (sent.Problem is null) { return; }
                LogNotTold(delivery.Channel, sent.Problem);
                if (sent.Permanent || attempt == TellTriesMax) { return; }
                await Task.Delay(TellRetryDelay * attempt, time, stopping.Token);
            }
            catch (OperationCanceledException) { return; }
        }
    }

    [LoggerMessage(5111, LogLevel.Information, "{Count} incidents began or ended: see scheduler.incident")]
    private partial void LogChanged(int count);

    [LoggerMessage(5112, LogLevel.Warning, "Incidents could not be looked for: {Problem}; trying again")]
    private partial void LogFailed(string problem);

    [LoggerMessage(5113, LogLevel.Warning, "Channel {Channel} could not be told of the database's outage: {Problem}")]
    private partial void LogNotTold(string channel, string problem);
}
