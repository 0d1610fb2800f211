using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using Scheduler.Database;

namespace Scheduler.Cluster;

/// <summary>
/// Hears the channels that jobs wait on (<c>on notify</c>) and makes one fire of each burst, whichever nodes hear it. PostgreSQL gives every listener
/// the same notifications in the same order. A burst is counted in a row of its channel by whoever knows the present number; the notice of the new
/// number goes through the same queue and parts, for every node alike, what belongs to this burst from what comes after. So no clock decides, a node
/// may hear as late as it likes, and a lost connection loses nothing as long as one other node hears. docs/decisions/0015.
/// </summary>
public sealed partial class ChannelEar(Databases databases, Listener listener, NodeState state, TimeProvider time, ILogger<ChannelEar> log)
{
    private const string Bursts = "scheduler_bursts";
    // A burst is over when nothing was heard for this long; one that never ends is cut.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan BurstMost = TimeSpan.FromMilliseconds(500);
    // A change of the channels is taken up this soon.
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan IdleLookEvery = TimeSpan.FromSeconds(10);
    // The notice of a counted burst comes at once; when it does not, the connection hears nothing any more.
    private static readonly TimeSpan NoticeMost = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromSeconds(1);
    private static readonly string NamesSql = SqlFiles.Read("queries/channel_names.sql");
    private static readonly string SyncSql = SqlFiles.Read("queries/channel_sync.sql");

    private readonly SemaphoreSlim changed = new(0, 1);
    private readonly CancellationTokenSource stopping = new();
    private Dictionary<string, Heard> heard = new(StringComparer.Ordinal);
    private string mark = "";
    private bool synced;
    private Task? loop;

    /// <summary>Begin to listen.</summary>
    public void Start()
    {
        listener.Heard += (channel, _) =>
        {
            if (channel != Listener.Jobs) { return; }
            try { changed.Release(); }
            catch (SemaphoreFullException) { }     // a look is due already
        };
        loop = Task.Run(Loop);
    }

    /// <summary>Stop listening.</summary>
    public async Task Stop()
    {
        await stopping.CancelAsync();
        if (loop is not null) { await loop; }
    }

    private async Task Loop()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var names = await Names();
                if (names.Count == 0) { await changed.WaitAsync(IdleLookEvery, stopping.Token); }
                else { await Listen(names); }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested) { return; }
            catch (Exception e)
            {
                LogDeaf(e.Message);
                try { await Task.Delay(ReconnectDelay, time, stopping.Token); }
                catch (OperationCanceledException) { return; }
            }
        }
    }

    // Until the channels change or the connection is lost.
    private async Task Listen(List<string> names)
    {
        await using var connection = new NpgsqlConnection(databases.ListenConnectionString());
        connection.Notification += (_, e) => Hear(e.Channel, e.Payload);
        await connection.OpenAsync(stopping.Token);
        (synced, mark) = (false, $"sync {Guid.NewGuid():N}");
        heard = names.ToDictionary(n => n, _ => new Heard(), StringComparer.Ordinal);
        // Names are checked by the database: letters, digits and _.
        var listen = string.Concat(names.Append(Bursts).Select(n => $"listen \"{n}\";"));
        await using (var command = new NpgsqlCommand(listen, connection)) { await command.ExecuteNonQueryAsync(stopping.Token); }
        await using (var command = new NpgsqlCommand(SyncSql, connection))
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = mark });
            await using var reader = await command.ExecuteReaderAsync(stopping.Token);
            while (await reader.ReadAsync(stopping.Token))
            {
                if (heard.TryGetValue(reader.GetString(0), out var channel)) { channel.Count(reader.GetInt64(1)); }
            }
        }
        while (true)
        {
            await connection.WaitAsync(UntilNext(), stopping.Token);
            foreach (var (name, channel) in heard) { await CountIfOver(name, channel); }
            if (changed.Wait(TimeSpan.Zero, CancellationToken.None) && !(await Names()).SequenceEqual(names)) { return; }
        }
    }

    private TimeSpan UntilNext()
    {
        var open = heard.Values.Where(h => h is { First: not null, Asked: null }).Select(Over).DefaultIfEmpty(time.GetUtcNow() + LookEvery).Min();
        var wait = open - time.GetUtcNow();
        return wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait < LookEvery ? wait : LookEvery;
    }

    private static DateTimeOffset Over(Heard channel) =>
        channel.Last + Quiet < channel.First + BurstMost ? channel.Last + Quiet : channel.First!.Value + BurstMost;

    private async Task CountIfOver(string name, Heard channel)
    {
        var now = time.GetUtcNow();
        if (channel.First is null) { return; }
        if (channel.Asked is { } asked)
        {
            if (now - asked > NoticeMost) { throw new InvalidOperationException($"the notice of a burst on channel {name} did not come"); }
            return;
        }
        if (now < Over(channel)) { return; }
        if (!state.Ready)
        {
            // Who may not run counts nothing; the others do.
            channel.Clear();
            return;
        }
        var known = channel.Known;
        await using var command = databases.Ledger.CreateCommand("select scheduler_private.count_burst($1, $2, $3)");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = known });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = state.Identity.LeaseId });
        var won = await command.ExecuteScalarAsync(stopping.Token) is true;
        // Either way somebody has counted, or our lease is over; the notice says so in its place among the notifications.
        channel.Asked = now;
        if (won) { LogBurst(name, known + 1); }
    }

    private void Hear(string channel, string payload)
    {
        if (channel == Bursts)
        {
            if (payload == mark)
            {
                synced = true;
                return;
            }
            var space = payload.IndexOf(' ', StringComparison.Ordinal);
            if (space > 0 && heard.TryGetValue(payload[..space], out var counted)
                && long.TryParse(payload.AsSpan(space + 1), CultureInfo.InvariantCulture, out var number))
            {
                counted.Count(number);
            }
            return;
        }
        if (!synced || !heard.TryGetValue(channel, out var one)) { return; }
        one.Last = time.GetUtcNow();
        one.First ??= one.Last;
    }

    private async Task<List<string>> Names()
    {
        var names = new List<string>();
        await using var command = databases.Ledger.CreateCommand(NamesSql);
        await using var reader = await command.ExecuteReaderAsync(stopping.Token);
        while (await reader.ReadAsync(stopping.Token)) { names.Add(reader.GetString(0)); }
        return names;
    }

    /// <summary>What was heard of a channel since its last counted burst.</summary>
    private sealed class Heard
    {
        public long Known { get; private set; }
        public DateTimeOffset? First { get; set; }
        public DateTimeOffset Last { get; set; }
        public DateTimeOffset? Asked { get; set; }

        public void Clear() => (First, Asked) = (null, null);

        // A number that is known already was read from the row; its notice comes late and parts nothing.
        public void Count(long number)
        {
            if (number <= Known) { return; }
            Known = number;
            Clear();
        }
    }

    [LoggerMessage(4040, LogLevel.Warning, "Not listening to the channels of jobs: {Problem}; reconnecting")]
    private partial void LogDeaf(string problem);

    [LoggerMessage(4041, LogLevel.Debug, "Burst {Burst} on channel {Channel} is due")]
    private partial void LogBurst(string channel, long burst);
}
