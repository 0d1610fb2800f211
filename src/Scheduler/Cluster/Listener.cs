using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Scheduler.Database;

namespace Scheduler.Cluster;

/// <summary>
/// Hears PostgreSQL's notifications on a connection of its own and wakes who waits for them. A notification is only a wake-up: nothing depends
/// on it but speed, so after every reconnect everybody is woken once.
/// </summary>
public sealed partial class Listener(Databases databases, TimeProvider time, ILogger<Listener> log) : BackgroundService
{
    /// <summary>Runs were queued.</summary>
    public const string Queued = "scheduler_queued";
    /// <summary>A job's definition changed; the payload is its name.</summary>
    public const string Jobs = "scheduler_jobs";
    /// <summary>A trigger of Quartz became due earlier than its nodes know.</summary>
    public const string QuartzWake = "scheduler_quartz";

    /// <summary>Somebody asked for the end of a run; the payload is its key.</summary>
    public const string Cancel = "scheduler_cancel";

    /// <summary>Somebody asked for something a node has to answer.</summary>
    public const string Request = "scheduler_request";
    /// <summary>Rows of a relation changed that a job with for_each is about; the payload is the relation.</summary>
    public const string ForEach = "scheduler_for_each";

    /// <summary>Fires by events wait to be entered.</summary>
    public const string Events = "scheduler_events";
    /// <summary>Somebody asked when a schedule would be due.</summary>
    public const string Questions = "scheduler_questions";

    /// <summary>Something happened that somebody wants to be told of.</summary>
    public const string Outbox = "scheduler_outbox";

    private static readonly string[] Channels = [Queued, Jobs, QuartzWake, Cancel, Request, ForEach, Events, Questions, Outbox];
    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromSeconds(1);

    /// <summary>Raised with channel and payload; payload empty after a reconnect. Handlers must be quick.</summary>
    public event Action<string, string>? Heard;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = new NpgsqlConnection(databases.ListenConnectionString());
                connection.Notification += (_, e) => Heard?.Invoke(e.Channel, e.Payload);
                await connection.OpenAsync(stoppingToken);
                await using (var command = new NpgsqlCommand(string.Join("; ", Channels.Select(c => "listen " + c)), connection))
                {
                    await command.ExecuteNonQueryAsync(stoppingToken);
                }
                foreach (var channel in Channels) { Heard?.Invoke(channel, ""); }
                while (true) { await connection.WaitAsync(stoppingToken); }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { return; }
            catch (Exception e)
            {
                LogDeaf(e.Message);
                try { await Task.Delay(ReconnectDelay, time, stoppingToken); }
                catch (OperationCanceledException) { return; }
            }
        }
    }

    [LoggerMessage(4020, LogLevel.Warning, "Not listening to the database: {Problem}; polling goes on, reconnecting")]
    private partial void LogDeaf(string problem);
}
