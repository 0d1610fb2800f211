using Microsoft.Extensions.Logging;
using Npgsql;
using Scheduler.Cluster;
using Scheduler.Database;

namespace Scheduler.Runs;

/// <summary>
/// Fires due triggers in sets, beside Quartz's loop and on its rows. Reads a second ahead without locks; at the due instant one statement that
/// commits by itself compares each row's version, advances its trigger and enters its fire. Cron expressions and intervals are Quartz's own;
/// what the engine does not know (last fires, calendars, other types) goes to Quartz, trigger by trigger, with the same result.
/// docs/decisions/0007 has why it is safe to mix and to switch off.
/// </summary>
public sealed partial class FireEngine(
    Databases databases, NodeOptions options, Listener listener, Executor executor, NodeState state, TimeProvider time, ILogger<FireEngine> log)
{
    // Reading ahead this long gives the due instant to the statement alone. A change that comes closer is announced by NOTIFY.
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(1);
    // Another node's share is fired here when it has been due this long: its node is dead, frozen or busy.
    private static readonly TimeSpan StealAfter = TimeSpan.FromMilliseconds(400);
    // A statement of this many rows takes some 50 ms; longer ones would delay who comes next.
    private const int RowsMax = 2000;
    // A full share looks at the others' this often; an idle one always.
    private const int StealEvery = 4;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(300);

    private static readonly string ReadSql = SqlFiles.Read("queries/engine_read.sql");
    private static readonly string FireSql = SqlFiles.Read("queries/engine_fire.sql") + Decide(SqlFiles.Read("queries/run_enter.sql"));
    private static readonly string HandOverSql = SqlFiles.Read("queries/engine_hand_over.sql");
    private static readonly string RefuseSql = SqlFiles.Read("queries/engine_refuse.sql");

    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly CancellationTokenSource stopping = new();
    private int rounds;
    private Task? loop;

    /// <summary>Begin to fire, when this node's engine is the set-based one.</summary>
    public void Start()
    {
        if (options.Engine != FireBy.Set) { return; }
        listener.Heard += (channel, _) => { if (channel == Listener.QuartzWake) { Wake(); } };
        state.Changed += _ => Wake();
        loop = Task.Run(Loop);
    }

    /// <summary>Stop firing; triggers are left as they are, for the others or for the next start.</summary>
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
                if (!state.Ready) { await wake.WaitAsync(Ahead, stopping.Token); }
                else { await Pass(); }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested) { return; }
            catch (Exception e)
            {
                // A reply that was lost may have been a commit: rows that name this node are looked for.
                executor.SuspectOrphans();
                LogPassFailed(e.Message);
                await Task.Delay(RetryDelay, time, CancellationToken.None);
            }
        }
    }

    private DateTime Now => (time.GetUtcNow() - state.ClockOffset).UtcDateTime;

    private async Task Pass()
    {
        var rows = await Read(Now + Ahead, share: true);
        if (state.PeerCount > 1 && rows.Count < RowsMax && (rows.Count == 0 || ++rounds % StealEvery == 0))
        {
            var mine = rows.Select(r => r.Name).ToHashSet(StringComparer.Ordinal);
            rows.AddRange((await Read(Now - StealAfter, share: false)).Where(r => !mine.Contains(r.Name)));
        }
        if (rows.Count == 0)
        {
            await wake.WaitAsync(Ahead, stopping.Token);
            return;
        }
        var wait = rows.Min(r => r.DueAt) - Now;
        // Anything that changed meanwhile is read again; what was read and changed would only lose by its version.
        if (wait > TimeSpan.Zero && await wake.WaitAsync(wait, stopping.Token)) { return; }
        while (Now < rows.Min(r => r.DueAt)) { await Task.Delay(TimeSpan.FromMilliseconds(1), time, stopping.Token); }     // timers may end early
        var now = Now;
        rows.RemoveAll(r => r.DueAt > now);
        await Fire(await Plan(rows));
    }

    private async Task<List<DueTrigger>> Read(DateTime upTo, bool share)
    {
        await using var command = databases.Engine.CreateCommand(ReadSql);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = upTo.Ticks });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = RowsMax });
        var (peers, rank) = (state.PeerCount, state.Rank);
        command.Parameters.Add(new NpgsqlParameter<int?> { TypedValue = share && peers > 1 ? peers : null });
        command.Parameters.Add(new NpgsqlParameter<int?> { TypedValue = share && peers > 1 ? rank : null });
        var rows = new List<DueTrigger>();
        await using var reader = await command.ExecuteReaderAsync(stopping.Token);
        while (await reader.ReadAsync(stopping.Token)) { rows.Add(DueTrigger.Of(reader)); }
        return rows;
    }

    // Which of them the engine can advance, and to when; the others go to Quartz, or out of service.
    private async Task<List<PlannedFire>> Plan(List<DueTrigger> rows)
    {
        var fires = new List<PlannedFire>(rows.Count);
        var handOver = new List<DueTrigger>();
        var keys = new HashSet<string>(rows.Count, StringComparer.Ordinal);
        foreach (var row in rows)
        {
            try
            {
                if (row.Next() is not { } next) { handOver.Add(row); }
                // Two parts of one schedule due in the same second are one fire: the second is advanced in the next pass.
                else if (keys.Add(row.Fire(next).RunKey)) { fires.Add(new(row, next)); }
            }
            catch (FormatException e) { await Refuse(row, e.Message); }
        }
        if (handOver.Count > 0) { await HandOver(handOver); }
        return fires;
    }

    private async Task Fire(List<PlannedFire> fires)
    {
        if (fires.Count == 0) { return; }
        await executor.EntryTurns.WaitAsync(stopping.Token);
        try
        {
            var (identity, life) = state.Present;
            var taken = executor.TakeSlots(fires.Count);
            var claimed = new List<RunRow>(taken);
            try
            {
                var byKey = new Dictionary<string, Fire>(fires.Count, StringComparer.Ordinal);
                await using var command = FireCommand(fires, byKey, taken, identity);
                await using (var reader = await command.ExecuteReaderAsync(CancellationToken.None))
                {
                    while (await reader.ReadAsync(CancellationToken.None))
                    {
                        if (reader.GetString(1) != "running") { continue; }
                        var fire = byKey[reader.GetString(0)];
                        claimed.Add(new RunRow(fire.RunKey, fire.Job, fire.DueAt, 1, 1, reader.GetInt32(3), identity.LeaseId));
                    }
                }
                // Rows arrive while the statement still runs; only now it is committed, and nothing starts before its row is.
                foreach (var run in claimed) { executor.Start(run, life); }
            }
            finally { executor.GiveSlots(taken - claimed.Count); }
        }
        finally { executor.EntryTurns.Release(); }
    }

    private NpgsqlCommand FireCommand(List<PlannedFire> planned, Dictionary<string, Fire> byKey, int slots, NodeIdentity node)
    {
        var fires = planned.ConvertAll(p => p.Row.Fire(p.Next));
        foreach (var fire in fires) { byKey.Add(fire.RunKey, fire); }
        var command = databases.Engine.CreateCommand(FireSql);
        NpgsqlParameter[] parameters =
        [
            .. Ledger.FireParameters(fires, slots, node),
            new NpgsqlParameter<string[]> { TypedValue = [.. planned.Select(p => p.Row.Name)] },
            new NpgsqlParameter<string[]> { TypedValue = [.. planned.Select(p => p.Row.Version)] },
            new NpgsqlParameter<long[]> { TypedValue = [.. planned.Select(p => p.Next.Ticks)] },
        ];
        command.Parameters.AddRange(parameters);
        return command;
    }

    private async Task HandOver(List<DueTrigger> rows)
    {
        await using var command = databases.Engine.CreateCommand(HandOverSql);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. rows.Select(r => r.Name)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. rows.Select(r => r.Version)] });
        var count = await command.ExecuteNonQueryAsync(stopping.Token);
        if (count > 0) { LogHandedOver(count); }
    }

    private async Task Refuse(DueTrigger row, string problem)
    {
        await using var command = databases.Engine.CreateCommand(RefuseSql);
        foreach (var text in (string[])[row.Name, row.Version, row.Job, problem]) { command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = text }); }
        await command.ExecuteNonQueryAsync(stopping.Token);
        LogRefused(row.Name, problem);
    }

    // The decisions are written once, in run_enter.sql; both statements end with them.
    private static string Decide(string enterSql)
    {
        var from = enterSql.IndexOf("-- decide", StringComparison.Ordinal);
        return from > 0 ? enterSql[from..] : throw new InvalidOperationException("sql/queries/run_enter.sql has no line '-- decide'");
    }

    private sealed record PlannedFire(DueTrigger Row, DateTime Next);

    [LoggerMessage(1050, LogLevel.Warning, "A pass of the firing engine failed: {Problem}; trying again")]
    private partial void LogPassFailed(string problem);

    [LoggerMessage(1051, LogLevel.Debug, "Handed {TriggerCount} triggers over to Quartz")]
    private partial void LogHandedOver(int triggerCount);

    [LoggerMessage(1052, LogLevel.Error, "Trigger {Trigger} is out of service: {Problem}")]
    private partial void LogRefused(string trigger, string problem);
}
