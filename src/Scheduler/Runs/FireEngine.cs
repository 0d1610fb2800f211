using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Telemetry;

namespace Scheduler.Runs;

/// <summary>
/// Fires due triggers in sets, beside Quartz's loop and on its rows. Reads a second ahead without locks; at the due instant one statement that
/// commits by itself compares each row's version, advances its trigger and enters its fire. When it is due next, both reckon the same;
/// what the engine does not know (last fires, calendars, other types) goes to Quartz, trigger by trigger, with the same result.
/// docs/decisions/0007 has why it is safe to mix and to switch off.
/// </summary>
public sealed partial class FireEngine(
    Databases databases, NodeOptions options, Listener listener, Executor executor, LargeStatements large, NodeState state, SchedulerMeter meter,
    TimeProvider time, ILogger<FireEngine> log)
{
    private const string Part = "firing triggers";
    // Reading ahead this long gives the due instant to the statement alone. A change that comes closer is announced by NOTIFY.
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(1);
    // Another node's share is fired here when it has been due this long, and clearly longer than what this node itself is behind by: its node is
    // dead, frozen or far slower. Nodes that are all behind would only meet at the same rows.
    private static readonly TimeSpan StealAfter = TimeSpan.FromMilliseconds(400);
    private const int StealLagFactor = 2;
    // What is late by this much is shared out anew, by place: who is so far behind fires in statements of thousands.
    private static readonly TimeSpan BacklogAfter = TimeSpan.FromSeconds(1);
    // So often a node with peers looks for such triggers; what a dead node owes is late by less than a second.
    private static readonly TimeSpan PeerLookEvery = TimeSpan.FromMilliseconds(500);
    // Rows of one statement: half as many after one that took too long, for it holds up who comes next; twice as many after a quick one.
    private const int RowsMin = 100;
    private const int RowsMax = 2000;
    private static readonly TimeSpan StatementLong = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan StatementShort = TimeSpan.FromMilliseconds(100);
    // A node that is alone and behind divides its share and fires the parts at the same time.
    private const int BusyParts = Databases.FiresMax;
    // One that is behind reads what several statements take: reading passes by the others' shares each time.
    private const int BusyStatements = 8;
    // Half of what one statement takes is due at once: what is read may be less than what there is.
    private const int FullShare = 2;
    // A trigger that was due and could not be fired, because somebody holds its row or its gate, is tried again after 20 ms, then ever later.
    private static readonly TimeSpan DeferFirst = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan DeferMost = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan DeferKept = TimeSpan.FromSeconds(2);
    // Beyond this many the memory of them is dropped; they are then tried at once.
    private const int DeferredMax = 20_000;
    // Ten minutes of a locked row; after that the log alone says why the trigger is out of service.
    private const int NoteAttemptsMax = 200;
    private static readonly TimeSpan NoteRetryDelay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(300);

    internal static readonly string ReadSql = SqlFiles.Read("queries/engine_read.sql");
    internal static readonly string FireSql = SqlFiles.Read("queries/engine_fire.sql") + Decide(SqlFiles.Read("queries/run_enter.sql"));
    private static readonly string HandOverSql = SqlFiles.Read("queries/engine_hand_over.sql");
    private static readonly string RefuseSql = SqlFiles.Read("queries/engine_refuse.sql");
    private static readonly string NoteSql = SqlFiles.Read("queries/engine_note.sql");

    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<string, Deferral> deferred = new(StringComparer.Ordinal);
    private int limit = RowsMax;
    private bool busy;
    private TimeSpan lag;
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
                state.Worked(Part);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested) { return; }
            catch (Exception e)
            {
                // A reply that was lost may have been a commit: rows that name this node are looked for.
                executor.SuspectOrphans();
                state.Failed(Part, e);
                LogPassFailed(e.Message);
                await Task.Delay(RetryDelay, time, CancellationToken.None);
            }
        }
    }

    private DateTime Now => (time.GetUtcNow() - state.ClockOffset).UtcDateTime;

    private async Task Pass()
    {
        var parts = busy && state.PeerCount == 1 ? BusyParts : 1;
        var full = await Task.WhenAll(Enumerable.Range(0, parts).Select(part => FirePart(part, parts)));
        busy = full.Any(f => f);
    }

    // True when there was more to fire than one statement takes.
    private async Task<bool> FirePart(int part, int parts)
    {
        var rows = await Read(part, parts);
        var now = Now;
        lag = rows.Where(r => r.IsOwn && Ready(r) <= now).Select(r => now - r.DueAt).DefaultIfEmpty().Min();
        var full = rows.Count(r => Ready(r) <= now) >= limit / FullShare;
        // Of a divided share nobody waits for the other part's backlog.
        if (!full && parts == 1)
        {
            var next = rows.Select(Ready).Append(now + (state.PeerCount > 1 ? PeerLookEvery : Ahead)).Min();
            // Anything that changed meanwhile is read again; what was read and changed would only lose by its version.
            if (next > now && await wake.WaitAsync(next - now, stopping.Token)) { return false; }
            while (Now < next) { await Task.Delay(TimeSpan.FromMilliseconds(1), time, stopping.Token); }     // timers may end early
            now = Now;
        }
        rows.RemoveAll(r => Ready(r) > now);
        for (var done = 0; done < rows.Count;)
        {
            var some = rows.GetRange(done, Math.Min(limit, rows.Count - done));
            done += some.Count;
            // Fires that find no slot go the long way, through the queue: rather a moment later, with the slots of those that were claimed a moment
            // ago.
            await executor.CatchUp(stopping.Token);
            var sent = time.GetTimestamp();
            await FireOrDivide(databases.Fires[part], await Plan(some));
            var took = time.GetElapsedTime(sent);
            if (took > StatementLong) { limit = Math.Max(RowsMin, some.Count / 2); }
            else if (took < StatementShort && full) { limit = Math.Min(RowsMax, limit * 2); }
        }
        return full;
    }

    private DateTime Ready(DueTrigger row) =>
        deferred.TryGetValue(row.Name, out var deferral) && deferral.Until > row.DueAt ? deferral.Until : row.DueAt;

    private void Defer(DueTrigger row)
    {
        if (deferred.Count > DeferredMax) { deferred.Clear(); }
        var wait = deferred.TryGetValue(row.Name, out var former) && former.Version == row.Version ? former.Wait * 2 : DeferFirst;
        if (wait > DeferMost) { wait = DeferMost; }
        deferred[row.Name] = new(row.Version, wait, Now + wait);
    }

    // How many wait for their next try. One that was not tried soon after its time was fired elsewhere, or is gone: it is forgotten.
    private int Waiting(DateTime now)
    {
        var waiting = 0;
        foreach (var (name, deferral) in deferred)
        {
            if (deferral.Until > now) { waiting++; }
            else if (deferral.Until < now - DeferKept) { deferred.TryRemove(name, out _); }
        }
        return waiting;
    }

    private async Task<List<DueTrigger>> Read(int part, int parts)
    {
        await using var command = databases.Fires[part].CreateCommand(ReadSql);
        var now = Now;
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = (now + Ahead).Ticks });
        // Those that wait for their next try are read too and must not fill the window.
        foreach (var number in (int[])[(busy ? limit * BusyStatements : limit) + Waiting(now), state.PeerCount, state.Rank, parts, part])
        {
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = number });
        }
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = (now - StealAfter - (lag * StealLagFactor)).Ticks });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = (now - BacklogAfter).Ticks });
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
                if (row.Next() is not { } next)
                {
                    handOver.Add(row);
                    continue;
                }
                var planned = new PlannedFire(row, next, row.Fire(next));
                // Two parts of one schedule due in the same second are one fire: the second is advanced in the next pass.
                if (keys.Add(planned.Fire.RunKey)) { fires.Add(planned); }
            }
            // Whatever it is, only this trigger has it: an expression or a zone that cannot be read.
            catch (Exception e) { await Refuse(row, e.Message); }
        }
        if (handOver.Count > 0) { await HandOver(handOver); }
        return fires;
    }

    // Values the database refuses must not hold back the others: they are found by halves, and the one left over is Quartz's.
    private async Task FireOrDivide(NpgsqlDataSource session, List<PlannedFire> fires)
    {
        if (fires.Count == 0) { return; }
        try { await Fire(session, fires); }
        catch (Exception e) when (Transient.IsRefusal(e))
        {
            if (fires.Count > 1)
            {
                var half = fires.Count / 2;
                await FireOrDivide(session, fires[..half]);
                await FireOrDivide(session, fires[half..]);
                return;
            }
            LogUnfireable(fires[0].Row.Name, e.Message);
            await HandOver([fires[0].Row]);
        }
    }

    private async Task Fire(NpgsqlDataSource session, List<PlannedFire> fires)
    {
        await executor.EntryTurns.WaitAsync(stopping.Token);
        try
        {
            var (identity, life) = state.Present;
            var taken = executor.TakeSlots(fires.Count);
            var claimed = new List<RunRow>(taken);
            var started = 0;
            try
            {
                var byKey = fires.ToDictionary(f => f.Fire.RunKey, StringComparer.Ordinal);
                await using var batch = FireBatch(session, fires, taken, identity);
                using (await large.Wait(fires.Count, stopping.Token))
                await using (var reader = await Ledger.Answer(batch, CancellationToken.None))
                {
                    while (await reader.ReadAsync(CancellationToken.None))
                    {
                        byKey.Remove(reader.GetString(0), out var planned);
                        deferred.TryRemove(planned!.Row.Name, out _);
                        var fire = planned.Fire;
                        if (!reader.IsDBNull(2))
                        {
                            meter.Refused(fire.RunKey, fire.Job, reader.GetString(2), reader.IsDBNull(4) ? null : reader.GetString(4));
                        }
                        if (reader.GetString(1) != "running") { continue; }
                        claimed.Add(new RunRow(fire.RunKey, fire.Job, fire.DueAt, 1, 1, reader.GetInt32(3), identity.LeaseId));
                    }
                }
                // Rows arrive while the statement still runs; only now it is committed, and nothing starts before its row is.
                foreach (var run in claimed)
                {
                    executor.Start(run, life);
                    started++;
                }
                foreach (var (_, lost) in byKey) { Defer(lost.Row); }
            }
            finally { executor.GiveSlots(taken - started); }
        }
        finally { executor.EntryTurns.Release(); }
    }

    private static NpgsqlBatch FireBatch(NpgsqlDataSource session, List<PlannedFire> planned, int slots, NodeIdentity node)
    {
        var statement = new NpgsqlBatchCommand(FireSql);
        NpgsqlParameter[] parameters =
        [
            .. Ledger.FireParameters(planned.ConvertAll(p => p.Fire), slots, node),
            new NpgsqlParameter<string[]> { TypedValue = [.. planned.Select(p => p.Row.Name)] },
            new NpgsqlParameter<string[]> { TypedValue = [.. planned.Select(p => p.Row.Version)] },
            new NpgsqlParameter<long[]> { TypedValue = [.. planned.Select(p => p.Next.Ticks)] },
            new NpgsqlParameter<string[]> { TypedValue = [.. planned.Select(p => p.Row.Place)] },
        ];
        statement.Parameters.AddRange(parameters);
        var batch = session.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Ledger.KeepGatesSql));
        batch.BatchCommands.Add(statement);
        return batch;
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
        await using var command = Command(RefuseSql, row.Name, row.Version);
        if (await command.ExecuteNonQueryAsync(stopping.Token) == 0) { return; }
        LogRefused(row.Name, problem);
        Note(row, problem).Forget();
    }

    // Beside the loop: somebody may hold the job's row locked, and that must delay no other trigger.
    private async Task Note(DueTrigger row, string problem)
    {
        for (var attempt = 1; attempt <= NoteAttemptsMax; attempt++)
        {
            try
            {
                await using var command = Command(NoteSql, row.Name, row.Job, $"trigger {row.Name} is out of service: {problem}");
                await command.ExecuteNonQueryAsync(stopping.Token);
                return;
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                LogNotNoted(row.Job, e.Message);
                await Task.Delay(NoteRetryDelay, time, stopping.Token);
            }
        }
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<string> texts)
    {
        var command = databases.Engine.CreateCommand(sql);
        foreach (var text in texts) { command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = text }); }
        return command;
    }

    // The decisions are written once, in run_enter.sql; both statements end with them.
    private static string Decide(string enterSql)
    {
        var from = enterSql.IndexOf("-- decide", StringComparison.Ordinal);
        return from > 0 ? enterSql[from..] : throw new InvalidOperationException("sql/queries/run_enter.sql has no line '-- decide'");
    }

    private sealed record PlannedFire(DueTrigger Row, DateTime Next, Fire Fire);

    private sealed record Deferral(string Version, TimeSpan Wait, DateTime Until);

    [LoggerMessage(1050, LogLevel.Warning, "A pass of the firing engine failed: {Problem}; trying again")]
    private partial void LogPassFailed(string problem);

    [LoggerMessage(1051, LogLevel.Debug, "Handed {TriggerCount} triggers over to Quartz")]
    private partial void LogHandedOver(int triggerCount);

    [LoggerMessage(1053, LogLevel.Error, "Trigger {Trigger} cannot be fired in a set and goes to Quartz: {Problem}")]
    private partial void LogUnfireable(string trigger, string problem);

    [LoggerMessage(1054, LogLevel.Warning, "The problem of job {Job} could not be noted: {Problem}; trying again")]
    private partial void LogNotNoted(string job, string problem);

    [LoggerMessage(1052, LogLevel.Error, "Trigger {Trigger} is out of service: {Problem}")]
    private partial void LogRefused(string trigger, string problem);
}
