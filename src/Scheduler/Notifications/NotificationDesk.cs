using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Schedules;
using Scheduler.Telemetry;

namespace Scheduler.Notifications;

/// <summary>
/// Brings what happened to the channels: every node takes turns at the outbox, makes messages and delivers them, at least once each. All that matters
/// stands in the database, so a node may die at any point.
/// </summary>
public sealed partial class NotificationDesk(
    Databases databases, Listener listener, ChannelSender sender, NodeState state, SchedulerMeter meter, TimeProvider time,
    ILogger<NotificationDesk> log)
{
    private const string Part = "sending notifications";
    // Group waits, retries and heartbeats come due by themselves.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    // Verdicts may come by the thousand, each with a notification.
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan QuietReadEvery = TimeSpan.FromSeconds(30);
    private const int InHandMax = 16;
    // Doubles with each try: 2 s, 4 s, … 10 min. A message is given up after 24 hours (compose.sql).
    private static readonly TimeSpan BackoffFirst = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BackoffMax = TimeSpan.FromMinutes(10);
    private const double JitterShare = 0.2;
    // A node has a message for two minutes (notify_turn.sql); writing down how it ended makes no sense after that.
    private const int NoteTriesMax = 60;

    private static readonly string TurnSql = SqlFiles.Read("queries/notify_turn.sql");
    private static readonly string DoneSql = SqlFiles.Read("queries/notify_done.sql");
    private static readonly string QuietSql = SqlFiles.Read("queries/notify_quiet.sql");

    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource breakingOff = new();
    private readonly ConcurrentDictionary<long, Task> inHand = new();
    private IReadOnlyList<NamedCalendar> quiet = [];
    private DateTimeOffset quietReadAt = DateTimeOffset.MinValue;
    private Task? loop;

    /// <summary>Begin to deliver.</summary>
    public void Start()
    {
        listener.Heard += (channel, _) => { if (channel == Listener.Outbox) { Wake(); } };
        loop = Task.Run(Loop);
    }

    /// <summary>Stop; what is on its way gets <paramref name="within"/> to arrive, then it is broken off and left to another node.</summary>
    public async Task Stop(TimeSpan within)
    {
        await stopping.CancelAsync();
        if (loop is not null) { await loop; }
        breakingOff.CancelAfter(within);
        await Task.WhenAll(inHand.Values);
    }

    private void Wake()
    {
        try { wake.Release(); }
        catch (SemaphoreFullException) { }     // a look is due already
    }

    private async Task Loop()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await wake.WaitAsync(LookEvery, stopping.Token);
                await Turn(stopping.Token);
                state.Worked(Part);
                await Task.Delay(LookAgainAfter, time, stopping.Token);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested) { return; }
            catch (Exception e)
            {
                state.Failed(Part, e);
                LogFailed(e.Message);
                await Task.Delay(RetryDelay, time, CancellationToken.None);
            }
        }
    }

    private async Task Turn(CancellationToken token)
    {
        var now = time.GetUtcNow();
        if (now - quietReadAt > QuietReadEvery)
        {
            quiet = await ReadQuiet(token);
            quietReadAt = now;
        }
        var deliveries = new List<Delivery>();
        await using (var command = databases.Ledger.CreateCommand(TurnSql))
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = databases.NodeName });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = state.Identity.LeaseId });
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. quiet.Where(c => !c.Includes(now)).Select(c => c.Name)] });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = InHandMax - inHand.Count });
            await using var reader = await command.ExecuteReaderAsync(token);
            while (await reader.ReadAsync(token))
            {
                deliveries.Add(new(reader.GetInt64(0), reader.GetInt32(1), reader.GetString(2), reader.GetString(3), reader.GetString(4),
                    reader.GetString(5), reader.GetString(6), reader.GetString(7)));
            }
        }
        foreach (var delivery in deliveries) { inHand[delivery.Id] = Task.Run(() => Deliver(delivery), CancellationToken.None); }
    }

    private async Task<IReadOnlyList<NamedCalendar>> ReadQuiet(CancellationToken token)
    {
        var names = new List<string>();
        await using (var command = databases.Ledger.CreateCommand(QuietSql))
        await using (var reader = await command.ExecuteReaderAsync(token))
        {
            while (await reader.ReadAsync(token)) { names.Add(reader.GetString(0)); }
        }
        if (names.Count == 0) { return []; }
        var calendars = await CalendarStore.Readable(databases.Ledger, token);
        return [.. calendars.Values.Where(c => names.Contains(c.Name))];
    }

    private async Task Deliver(Delivery delivery)
    {
        try
        {
            var sent = await sender.Send(delivery, breakingOff.Token);
            await Note(delivery, sent);
            if (sent.Problem is null) { LogDelivered(delivery.DedupeKey, delivery.Channel, delivery.Attempt); }
        }
        catch (OperationCanceledException) when (breakingOff.IsCancellationRequested) { }
        catch (Exception e) { LogNotDelivered(delivery.DedupeKey, delivery.Channel, delivery.Attempt, e.Message); }
        finally
        {
            inHand.TryRemove(delivery.Id, out _);
            // The next one of this channel has waited for it.
            Wake();
        }
    }

    private async Task Note(Delivery delivery, Sent sent)
    {
        TimeSpan? again = sent.Problem is null || sent.Permanent ? null : Backoff(delivery.Attempt, sent.RetryAfter);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var command = databases.Ledger.CreateCommand(DoneSql);
                command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = delivery.Id });
                command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = delivery.Attempt });
                command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)sent.Problem ?? DBNull.Value });
                command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Interval, Value = (object?)again ?? DBNull.Value });
                var state = await command.ExecuteScalarAsync(breakingOff.Token) as string;
                meter.Notified(delivery.Channel, sent.Problem is null ? "sent" : state == "failed" ? "failed" : "retried");
                if (sent.Problem is not null && state == "failed") { LogGivenUp(delivery.DedupeKey, delivery.Channel, sent.Problem); }
                else if (sent.Problem is not null) { LogNotDelivered(delivery.DedupeKey, delivery.Channel, delivery.Attempt, sent.Problem); }
                return;
            }
            catch (Exception e) when (attempt < NoteTriesMax && Transient.IsTransient(e)) { await Task.Delay(RetryDelay, time, breakingOff.Token); }
        }
    }

    private static TimeSpan Backoff(int attempt, TimeSpan? asked)
    {
        var doubled = BackoffFirst * Math.Pow(2, Math.Min(attempt - 1, 20));
        var wait = (doubled < BackoffMax ? doubled : BackoffMax) * (1 + (JitterShare * Random.Shared.NextDouble()));
        return asked > wait ? asked.Value : wait;
    }

    [LoggerMessage(5101, LogLevel.Warning, "Notifications could not be looked after: {Problem}; trying again")]
    private partial void LogFailed(string problem);

    [LoggerMessage(5102, LogLevel.Debug, "Message {DedupeKey} was delivered by channel {Channel}, try {Attempt}")]
    private partial void LogDelivered(string dedupeKey, string channel, int attempt);

    [LoggerMessage(5103, LogLevel.Warning, "Message {DedupeKey} did not reach channel {Channel} in try {Attempt}: {Problem}; it is tried again")]
    private partial void LogNotDelivered(string dedupeKey, string channel, int attempt, string problem);

    [LoggerMessage(5104, LogLevel.Error, "Message {DedupeKey} to channel {Channel} is given up: {Problem}")]
    private partial void LogGivenUp(string dedupeKey, string channel, string problem);
}
