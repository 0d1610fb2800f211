using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;
using Scheduler.Cluster;
using Scheduler.Database;

namespace Scheduler.Runs;

/// <summary>
/// Brings fires that are due by an event (a run before them, a start, a new version, a notification) from the table they were
/// written to in the event's own transaction into the ledger, where they are decided like any fire. Entered twice they are one row, so nothing is
/// lost or doubled when a node dies in between. Also says when this node has come live, which may be a start of the cluster.
/// </summary>
public sealed partial class EventDesk(
    Databases databases, Listener listener, FireInbox inbox, NodeState state, TimeProvider time, ILogger<EventDesk> log)
{
    private const string Part = "entering events";
    // Without a notification events are looked for this often.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    // Of what no event brings: as fine as schedules are.
    private static readonly TimeSpan KeepEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(300);
    // As many as the inbox takes in two batches; the others wait in their table.
    private const int InHandMax = 1000;
    private static readonly string ReadSql = SqlFiles.Read("queries/event_read.sql");
    private static readonly string DoneSql = SqlFiles.Read("queries/event_done.sql");

    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<string, bool> inHand = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> entered = new();
    private long? openedAs;
    private DateTimeOffset keptAt;
    private Task? loop;

    /// <summary>Begin to look.</summary>
    public void Start()
    {
        listener.Heard += (channel, _) => { if (channel == Listener.Events) { Wake(); } };
        state.Changed += _ => Wake();
        loop = Task.Run(Loop);
    }

    /// <summary>Stop looking; what is in hand is entered by others.</summary>
    public async Task Stop()
    {
        await stopping.CancelAsync();
        if (loop is not null) { await loop; }
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
                await Forget();
                if (!state.Ready) { continue; }
                await Open();
                await Keep();
                await Take();
                state.Worked(Part);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested) { return; }
            catch (Exception e)
            {
                state.Failed(Part, e);
                LogLookFailed(e.Message);
                await Task.Delay(RetryDelay, time, CancellationToken.None);
            }
        }
    }

    // Once a lease; a node that comes back under a new one starts nothing.
    private async Task Open()
    {
        var lease = state.Identity.LeaseId;
        if (openedAs == lease) { return; }
        await using var command = databases.Ledger.CreateCommand("select scheduler_private.node_opened($1, $2)");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = lease });
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint, Value = (object?)openedAs ?? DBNull.Value });
        if (await command.ExecuteScalarAsync(stopping.Token) is true) { LogStarted(); }
        openedAs = lease;
    }

    // A notification wakes the loop more often than that.
    private async Task Keep()
    {
        var now = time.GetUtcNow();
        if (now - keptAt < KeepEvery && now >= keptAt) { return; }
        keptAt = now;
        await using var command = databases.Ledger.CreateCommand("select scheduler_private.keep_events()");
        await command.ExecuteNonQueryAsync(stopping.Token);
    }

    private async Task Take()
    {
        var room = InHandMax - inHand.Count;
        if (room <= 0) { return; }
        var fires = new List<Fire>();
        await using (var command = databases.Ledger.CreateCommand(ReadSql))
        {
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = state.PeerCount });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = state.Rank });
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. inHand.Keys] });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = room });
            await using var reader = await command.ExecuteReaderAsync(stopping.Token);
            while (await reader.ReadAsync(stopping.Token))
            {
                fires.Add(new Fire(reader.GetString(0), reader.GetString(1), reader.GetDateTime(2), null, reader.GetString(3)));
            }
        }
        foreach (var fire in fires)
        {
            inHand[fire.RunKey] = true;
            Enter(fire).Forget();
        }
    }

    // Beside the loop: a job whose gate somebody holds must delay no other.
    private async Task Enter(Fire fire)
    {
        try
        {
            await inbox.Enter(fire, stopping.Token);
            entered.Enqueue(fire.RunKey);
            Wake();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested) { }
        // The ledger refused its values and said so; it stays in hand, so that this node does not try for ever.
        catch (Exception e) { LogNotEntered(fire.RunKey, e.Message); }
    }

    private async Task Forget()
    {
        var keys = entered.ToArray();
        if (keys.Length == 0) { return; }
        await using var command = databases.Ledger.CreateCommand(DoneSql);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = keys });
        await command.ExecuteNonQueryAsync(stopping.Token);
        foreach (var key in keys)
        {
            entered.TryDequeue(out _);
            inHand.TryRemove(key, out _);
        }
    }

    [LoggerMessage(1060, LogLevel.Warning, "Fires by events could not be looked for: {Problem}; trying again")]
    private partial void LogLookFailed(string problem);

    [LoggerMessage(1061, LogLevel.Error, "Fire {RunKey} by an event could not be entered in the ledger: {Problem}")]
    private partial void LogNotEntered(string runKey, string problem);

    [LoggerMessage(1062, LogLevel.Information, "This is a start of the cluster: jobs with 'on startup' are due")]
    private partial void LogStarted();
}
