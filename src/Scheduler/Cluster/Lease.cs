using System.Diagnostics;
using System.Reflection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Scheduler.Database;

namespace Scheduler.Cluster;

/// <summary>A live node has the name this one wants. Exit code 5.</summary>
public sealed class NodeNameTakenException(string message) : OperatorException(message, 5);

/// <summary>
/// The node's right to run: taken at start, renewed three times a lease by the database's clock, given up at a clean stop. A node that
/// cannot renew ends its own runs before its lease ends (<see cref="NodeState.Life"/>); a lease that ran out is never renewed. The same
/// round trip measures this node's clock against the database's; beyond the limit the node stands by.
/// </summary>
public sealed partial class Lease(
    NodeOptions options, Databases databases, NodeState state, IHostApplicationLifetime application, TimeProvider time, ILogger<Lease> log)
    : IDisposable
{
    // Runs are cancelled this long before the lease ends, as a share of it: time for their sessions to notice.
    private const double MarginShare = 0.2;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);
    private static readonly string TakeSql = SqlFiles.Read("queries/lease_take.sql");
    private static readonly string HolderSql = SqlFiles.Read("queries/lease_holder.sql");
    private static readonly string RenewSql = SqlFiles.Read("queries/lease_renew.sql");
    private static readonly string GiveUpSql = SqlFiles.Read("queries/lease_give_up.sql");

    private readonly CancellationTokenSource stopping = new();
    private TimeSpan clockOffset;
    private bool clockIsOff;
    private volatile bool opened;
    private Task? loop;
    private volatile bool draining;

    /// <summary>Runs on this node, for its row; set by the executor.</summary>
    public Func<int> RunningCount { get; set; } = static () => 0;

    /// <summary>
    /// Take the node's name and begin to renew. Waits for a former holder's lease to end; throws <see cref="NodeNameTakenException"/> (exit code 5)
    /// when a live node of that name renews its lease meanwhile.
    /// </summary>
    public async Task Start(CancellationToken token)
    {
        await Task.Run(() =>
        {
            Take(former: null, token);
            Renew();
        }, token);
        // A thread of its own, and calls that wait on it. Where thousands of runs begin at once, whatever goes on in the pool's threads goes on
        // seconds later, and a lease renewed so late is a node taken for dead.
        loop = Task.Factory.StartNew(RenewLoop, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>The node has started: from now on it is live and takes work, unless its clock is off.</summary>
    public Task Open(CancellationToken token)
    {
        opened = true;
        return Task.Run(Renew, token);
    }

    /// <summary>From now on the node's row says draining.</summary>
    public void Drain()
    {
        draining = true;
        state.Set("draining", "the node is stopping");
    }

    /// <summary>Stop renewing and give the lease up, so that nobody waits for it to end.</summary>
    public async Task Stop()
    {
        await stopping.CancelAsync();
        if (loop is not null) { await loop; }
        state.EndLease();
        state.Set("stopped", null);
        try
        {
            await using var command = Command(GiveUpSql, state.Identity.LeaseId);
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (NpgsqlException e) { LogNotGivenUp(e.Message); }
    }

    /// <summary>Ends the loop, should it still go on: a node that was not stopped in time. Its thread may be waiting on the source, which is
    /// therefore left to the collector.</summary>
    public void Dispose() => stopping.Cancel();

    private void RenewLoop()
    {
        var token = stopping.Token;
        var period = options.Lease / 3;
        while (!token.WaitHandle.WaitOne(state.Life.IsCancellationRequested ? RetryDelay : period))
        {
            try
            {
                // A life that ended is over even when the database would still renew the lease: its runs have been cancelled already.
                if (!state.Life.IsCancellationRequested && Renew()) { continue; }
                Replace(token);
            }
            catch (OperationCanceledException) when (token.IsCancellationRequested) { return; }
            catch (OperatorException e)
            {
                // Another process has our name now: two nodes must not share it, and it was first.
                LogNameTaken(e.Message);
                state.Set("stopped", e.Message);
                Environment.ExitCode = e.ExitCode;
                application.StopApplication();
                return;
            }
            catch (Exception e)
            {
                LogRenewFailed(e.Message, (long)options.Lease.TotalMilliseconds);
                if (state.Life.IsCancellationRequested && !draining) { state.Set("standby", "the database cannot be reached"); }
                token.WaitHandle.WaitOne(RetryDelay);
            }
        }
    }

    private bool Renew()
    {
        // The row is written with what was known before the answer measures the clock anew: a change is written at once, not a period later.
        for (var round = 1; round <= 2; round++)
        {
            var wanted = Wanted();
            if (!RenewAs(wanted)) { return false; }
            if (Wanted() == wanted) { break; }
        }
        state.Set(Wanted(), Why(Wanted()));
        return true;
    }

    private bool RenewAs(string wanted)
    {
        var sent = Stopwatch.GetTimestamp();
        var before = time.GetUtcNow();
        using var command = Command(RenewSql, state.Identity.LeaseId, options.Lease, wanted, (object?)Why(wanted) ?? DBNull.Value,
            RunningCount(), clockOffset);
        using var reader = command.ExecuteReader();
        if (!reader.Read()) { return false; }
        var roundTrip = Stopwatch.GetElapsedTime(sent);
        // Renewed at some instant within the round trip: counted from before it was sent, so never too long.
        state.LiveFor((options.Lease * (1 - MarginShare)) - roundTrip);
        // The true offset lies within half a round trip of the measured one: what is smaller than that is no offset that we know of.
        var measured = before + (roundTrip / 2) - new DateTimeOffset(reader.GetDateTime(0));
        clockOffset = measured.Duration() > roundTrip / 2 ? measured : TimeSpan.Zero;
        clockIsOff = measured.Duration() - (roundTrip / 2) > options.ClockOffsetMax;
        state.ClockOffset = clockOffset;
        // Not yet among the live ones (starting, standing by): a share of everything, so that nothing waits for this node's part.
        var live = reader.IsDBNull(1) ? [] : reader.GetFieldValue<long[]>(1);
        (state.PeerCount, state.Rank) = (Math.Max(1, live.Length), Math.Max(0, Array.IndexOf(live, state.Identity.LeaseId)));
        state.PeerEndsAt = reader.IsDBNull(2) ? null : time.GetTimestamp() + time.Stamps(reader.GetTimeSpan(2));
        return true;
    }

    private string Wanted() => draining ? "draining" : clockIsOff || !opened ? "standby" : "live";

    // The lease ran out (this node was frozen or cut off): everything under it is over; come back as a new one.
    private void Replace(CancellationToken token)
    {
        state.EndLease();
        LogLost(state.Identity.LeaseId);
        if (!draining) { state.Set("standby", "its lease was over"); }
        Take(state.Identity.LeaseId, token);
        Renew();
    }

    private void Take(long? former, CancellationToken token)
    {
        DateTime? renewedBefore = null;
        while (true)
        {
            var sent = Stopwatch.GetTimestamp();
            var version = typeof(Lease).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?
                .InformationalVersion.Split('+')[0] ?? "0";
            using (var command = Command(TakeSql, options.Name, options.Lease, "standby", options.Labels.ToArray(), options.Slots, version,
                Environment.MachineName, Environment.ProcessId, (object?)options.Url ?? DBNull.Value, (object?)former ?? DBNull.Value,
                "the node is starting"))
            {
                command.Parameters[9].NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint;
                if (command.ExecuteScalar() is long lease)
                {
                    databases.RenewJobs(lease);
                    state.BeginLease(new NodeIdentity(options.Name, lease, [.. options.Labels, NodeIdentity.All]));
                    state.LiveFor((options.Lease * (1 - MarginShare)) - Stopwatch.GetElapsedTime(sent));
                    LogTaken(options.Name, lease);
                    return;
                }
            }
            if (LiveHolder() is { } holder)
            {
                renewedBefore ??= holder.RenewedAt;
                if (holder.RenewedAt > renewedBefore)
                {
                    throw new NodeNameTakenException($"node name '{options.Name}' is in use by process {holder.Pid} on {holder.Host}, which renewed "
                        + $"its lease at {holder.RenewedAt:HH:mm:ss}Z; give this node another --name");
                }
            }
            // A dead holder's lease ends by itself; a live one is seen to renew within a third of it.
            if (token.WaitHandle.WaitOne(RetryDelay)) { token.ThrowIfCancellationRequested(); }
        }
    }

    private string? Why(string wanted) => wanted switch
    {
        "standby" when !clockIsOff => "the node is starting",
        "standby" => $"its clock is {clockOffset.TotalMilliseconds:+0;-0} ms off the database's; "
            + $"at most {options.ClockOffsetMax.TotalMilliseconds:0} ms are allowed",
        "draining" => "the node is stopping",
        _ => state.NotReadyBecause,
    };

    private (string Host, int Pid, DateTime RenewedAt)? LiveHolder()
    {
        using var command = Command(HolderSql, options.Name);
        using var reader = command.ExecuteReader();
        if (!reader.Read()) { return null; }
        return reader.GetBoolean(3) ? (reader.GetString(0), reader.GetInt32(1), reader.GetDateTime(2)) : null;
    }

    private NpgsqlCommand Command(string sql, params object[] values)
    {
        var command = databases.Lease.CreateCommand(sql);
        foreach (var value in values) { command.Parameters.Add(new NpgsqlParameter { Value = value }); }
        return command;
    }

    [LoggerMessage(4010, LogLevel.Information, "Node {Node} holds lease {LeaseId}")]
    private partial void LogTaken(string node, long leaseId);

    [LoggerMessage(4011, LogLevel.Warning, "Lease {LeaseId} was over; its runs are given up and a new lease is taken")]
    private partial void LogLost(long leaseId);

    [LoggerMessage(4012, LogLevel.Warning, "The lease could not be renewed: {Problem}; runs stop before its {LeaseMilliseconds} ms are over")]
    private partial void LogRenewFailed(string problem, long leaseMilliseconds);

    [LoggerMessage(4013, LogLevel.Critical, "This node stops: {Problem}")]
    private partial void LogNameTaken(string problem);

    [LoggerMessage(4014, LogLevel.Warning, "The lease could not be given up and will run out by itself: {Problem}")]
    private partial void LogNotGivenUp(string problem);
}
