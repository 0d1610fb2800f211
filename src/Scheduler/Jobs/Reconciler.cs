using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Quartz;
using Scheduler.Cluster;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>
/// Brings Quartz to the rows of <c>scheduler.job</c>, through <see cref="IScheduler"/> alone: what was changed, by the marks that each change
/// leaves in <c>scheduler_private.job_change</c>, and in a slow sweep over all jobs what was changed in Quartz's tables behind our back. Repeating it
/// changes nothing. Several nodes may do it at once: they take turns, a few hundred jobs each, and each reads the rows in its turn, so that none
/// brings back what an older row said.
/// </summary>
public sealed partial class Reconciler(
    ISchedulerFactory quartz, Databases databases, FireInbox inbox, KindRegistry kinds, NodeState state, NodeOptions options, TimeProvider time,
    ILogger<Reconciler> log)
{
    // A store transaction of this many jobs ends within a second; Quartz's lock is free between them.
    private const int BatchJobsMax = 250;
    // Jobs of one turn: others wait for it.
    private const int TurnJobsMax = 500;
    // The names of jobs that are held go with every question for the next marks.
    private const int PostponedMax = 10_000;
    // 2,000 jobs a second at most: a hundred thousand take a minute, and as much of a processor as one job a millisecond.
    private const int SweepJobsMax = 500;
    private static readonly TimeSpan SweepGap = TimeSpan.FromMilliseconds(250);
    // Fewer new jobs at a time do not make plans bad before autovacuum comes.
    private const int AnalyzeAfterMin = 200;
    private const string LockNotAvailable = "55P03";

    private static readonly string LockSql = SqlFiles.Read("queries/job_reconcile_lock.sql");
    private static readonly string UnlockSql = SqlFiles.Read("queries/job_reconcile_unlock.sql");
    private static readonly string AnySql = SqlFiles.Read("queries/job_changes_any.sql");
    private static readonly string ChangesSql = SqlFiles.Read("queries/job_changes.sql");
    private static readonly string DoneSql = SqlFiles.Read("queries/job_changes_done.sql");
    private static readonly string MarkSql = SqlFiles.Read("queries/job_mark.sql");
    private static readonly string SweepSql = SqlFiles.Read("queries/sweep_claim.sql");
    private static readonly string HealedSql = SqlFiles.Read("queries/job_healed.sql");
    private static readonly string GrownSql = SqlFiles.Read("queries/quartz_grown.sql");
    private static readonly string AnalyzeSql = SqlFiles.Read("queries/quartz_analyze.sql");

    /// <summary>
    /// Bring all changed jobs to Quartz: store what is new or changed, delete what is gone, set <c>problem</c> and <c>next_fire_at</c> of each row.
    /// Returns how many jobs were left as they were, for somebody holds their rows: call again for these. Throws when the database or Quartz's store
    /// cannot be reached; a later call carries on.
    /// </summary>
    public async Task<int> BringChanges(CancellationToken token)
    {
        var postponed = new HashSet<string>(StringComparer.Ordinal);
        // Most looks find nothing, and do not wait for a turn then.
        while (postponed.Count < PostponedMax && await AnyMarks([.. postponed], token))
        {
            var marks = new Dictionary<string, long>(StringComparer.Ordinal);
            await InTurn(async () =>
            {
                await ReadMarks(marks, [.. postponed], token);
                if (marks.Count == 0) { return; }
                var held = await Settle([.. marks.Keys], sweep: false, token);
                postponed.UnionWith(held);
                await Done(marks.Where(m => !held.Contains(m.Key)).ToList(), token);
            }, token);
            if (marks.Count == 0) { break; }
        }
        return postponed.Count;
    }

    /// <summary>
    /// Look for drift among the next jobs by name, when it is this node's turn, and heal it. Returns false when there is nothing more to look at
    /// just now. A healed trigger owes what it missed; that is entered in the ledger, where what is there already stays one row.
    /// </summary>
    public async Task<bool> Sweep(CancellationToken token)
    {
        var names = new List<string>(SweepJobsMax);
        await using (var command = databases.Ledger.CreateCommand(SweepSql))
        {
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = SweepJobsMax });
            command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = options.SweepEvery });
            command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = SweepGap });
            await using var reader = await command.ExecuteReaderAsync(token);
            while (await reader.ReadAsync(token)) { names.Add(reader.GetString(0)); }
        }
        if (names.Count > 0) { await InTurn(() => Settle([.. names], sweep: true, token), token); }
        return names.Count >= SweepJobsMax;
    }

    private DateTimeOffset Now => time.GetUtcNow() - state.ClockOffset;

    // Returns the jobs that could not be done now: somebody holds their rows.
    private async Task<IReadOnlySet<string>> Settle(string[] names, bool sweep, CancellationToken token)
    {
        var scheduler = await quartz.GetScheduler(token);
        var calendars = await CalendarStore.Readable(databases.Ledger, token);
        var snapshot = await Snapshot.Read(databases.Ledger, names, token);
        var now = Now;
        var looked = sweep ? names.Where(n => !snapshot.Unsettled.Contains(n)).ToList() : [.. names];
        var plans = looked.Where(snapshot.Jobs.ContainsKey).Select(name => QuartzPlan.Of(snapshot.Jobs[name], calendars,
            snapshot.Quartz[name], snapshot.LastDue.TryGetValue(name, out var last) ? last : null, now, settled: sweep,
            options.RefusedSchedules)).ToList();
        plans.ForEach(p => p.JudgeSettings(kinds));
        var gone = looked.Where(n => !snapshot.Jobs.ContainsKey(n) && snapshot.Quartz[n].Known).ToList();

        // What the former versions owe is entered before their triggers go.
        var held = await OwedFires.Deliver(scheduler, inbox, plans.SelectMany(p =>
            p.Replaced.Concat(p.Gone.Select(t => (t, p.EditedAt)))), log, token);
        // All but intervals begin in Quartz at the present: what they owe since their edit is entered before, what became due while they were stored
        // is after.
        held.UnionWith(await OwedFires.Deliver(inbox, plans.Where(p => !held.Contains(p.Key.Name)).SelectMany(p =>
            p.Owing.Select(c => (p.Key.Name, c.Part, c.From, now))), log, token));
        foreach (var plan in plans.Where(p => held.Contains(p.Key.Name))) { plan.Postpone(); }
        var used = plans.Where(p => p.Changed.Count > 0).Select(p => p.Job.Definition.Calendar).ToHashSet();
        await CalendarStore.Store(scheduler, calendars.Values.Where(c => used.Contains(c.Name)), token);
        var count = await Store(scheduler, plans, token);
        await AnalyzeWhenGrown(count, token);
        var stored = Now;
        await OwedFires.Deliver(inbox, plans.Where(p => p.Changed.Count > 0).SelectMany(p =>
            p.Owing.Select(c => (p.Key.Name, c.Part, c.From > now ? c.From : now, stored))), log, token);
        if (gone.Count > 0) { await scheduler.DeleteJobs([.. gone.Select(n => new JobKey(n, FireJob.Group))], token); }
        var goneTriggers = plans.SelectMany(p => p.Gone).Select(t => t.Key).ToList();
        if (goneTriggers.Count > 0) { await scheduler.UnscheduleJobs(goneTriggers, token); }
        if (sweep) { await CalendarStore.Remove(scheduler, [.. calendars.Keys], token); }
        // The problem of a job with for_each is its rows', and noted by who expands it.
        await Mark(plans.Where(p => !held.Contains(p.Key.Name) && p.Job.Definition.ForEach is null
            && (!sweep || p.Changed.Count > 0 || p.Problem is not null)).ToList(), token);
        Tell(plans, count, gone.Count + goneTriggers.Count, sweep);
        await Note([.. plans.SelectMany(p => p.Drifts), .. sweep ? gone.Select(n => new Drift(n, null, "a job nobody declared", null)) : []], token);
        return held;
    }

    // Autovacuum would, within a minute; ten thousand new jobs are to be live by then.
    private async Task AnalyzeWhenGrown(int stored, CancellationToken token)
    {
        if (stored < AnalyzeAfterMin) { return; }
        await using (var grown = databases.Ledger.CreateCommand(GrownSql))
        {
            if (await grown.ExecuteScalarAsync(token) is not true) { return; }
        }
        await using var analyze = databases.Ledger.CreateCommand(AnalyzeSql);
        await analyze.ExecuteNonQueryAsync(token);
    }

    private static async Task<int> Store(IScheduler scheduler, IReadOnlyList<QuartzPlan> plans, CancellationToken token)
    {
        var count = 0;
        foreach (var batch in plans.Where(p => p.Changed.Count > 0).Chunk(BatchJobsMax))
        {
            try
            {
                await scheduler.ScheduleJobs(
                    batch.ToDictionary(p => p.Detail(), p => (IReadOnlyCollection<ITrigger>)p.Changed), ScheduleJobOptions.Replacing, token);
            }
            catch (SchedulerException e) when (e is not JobPersistenceException)
            {
                // One of them is refused, and none was stored: find it by storing each alone.
                foreach (var plan in batch) { await StoreAlone(scheduler, plan, token); }
            }
            count += batch.Count(p => p.Changed.Count > 0);
        }
        foreach (var plan in plans.Where(p => p.DetailMissing && p.Changed.Count == 0))
        {
            await scheduler.AddJob(plan.Detail(), AddJobOptions.Replacing, token);
            count++;
        }
        return count;
    }

    private static async Task StoreAlone(IScheduler scheduler, QuartzPlan plan, CancellationToken token)
    {
        try { await scheduler.ScheduleJob(plan.Detail(), plan.Changed, ScheduleJobOptions.Replacing, token); }
        catch (SchedulerException e) when (e is not JobPersistenceException) { plan.Refuse(e.Message); }
    }

    private async Task InTurn(Func<Task> work, CancellationToken token)
    {
        await using var turn = await databases.Ledger.OpenConnectionAsync(token);
        var taken = await Take(turn, token);
        try { await work(); }
        finally
        {
            if (taken)
            {
                await using var unlock = new NpgsqlCommand(UnlockSql, turn);
                await unlock.ExecuteNonQueryAsync(CancellationToken.None);
            }
        }
    }

    private async Task<bool> Take(NpgsqlConnection connection, CancellationToken token)
    {
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(token);
            await using var command = new NpgsqlCommand(LockSql, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync(token);
            await transaction.CommitAsync(token);
            return true;
        }
        catch (PostgresException e) when (e.SqlState == LockNotAvailable)
        {
            // A frozen node keeps its turn as long as its machine answers. Turns only avoid repeated work: each write to Quartz is a transaction.
            LogTurnMissed();
            return false;
        }
    }

    private async Task<bool> AnyMarks(string[] without, CancellationToken token)
    {
        await using var command = databases.Ledger.CreateCommand(AnySql);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = without });
        return await command.ExecuteScalarAsync(token) is true;
    }

    private async Task ReadMarks(Dictionary<string, long> marks, string[] without, CancellationToken token)
    {
        await using var command = databases.Ledger.CreateCommand(ChangesSql);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = TurnJobsMax });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = without });
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token)) { marks[reader.GetString(0)] = reader.GetInt64(1); }
    }

    private async Task Done(List<KeyValuePair<string, long>> marks, CancellationToken token)
    {
        await using var command = databases.Ledger.CreateCommand(DoneSql);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. marks.Select(m => m.Key)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. marks.Select(m => m.Value)] });
        await command.ExecuteNonQueryAsync(token);
    }

    private async Task Mark(List<QuartzPlan> plans, CancellationToken token)
    {
        if (plans.Count == 0) { return; }
        await using var command = databases.Ledger.CreateCommand(MarkSql);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. plans.Select(p => p.Job.Definition.Name)] });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. plans.Select(p => p.Job.Version)] });
        command.Parameters.Add(Nullable(NpgsqlDbType.Text, plans.Select(p => p.Problem)));
        command.Parameters.Add(Nullable(NpgsqlDbType.TimestampTz, plans.Select(p => p.NextDueAt)));
        command.Parameters.Add(new NpgsqlParameter<bool[]> { TypedValue = [.. plans.Select(p => p.Changed.Count > 0)] });
        await command.ExecuteNonQueryAsync(token);
    }

    private async Task Note(List<Drift> drifts, CancellationToken token)
    {
        if (drifts.Count == 0) { return; }
        foreach (var drift in drifts.Take(HealedLoggedMax)) { LogHealed(drift.Job, drift.What); }
        await using var command = databases.Ledger.CreateCommand(HealedSql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = databases.NodeName });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. drifts.Select(d => d.Job)] });
        command.Parameters.Add(Nullable(NpgsqlDbType.Text, drifts.Select(d => d.Trigger)));
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. drifts.Select(d => d.What)] });
        command.Parameters.Add(Nullable(NpgsqlDbType.Text, drifts.Select(d => d.Before)));
        await command.ExecuteNonQueryAsync(token);
    }

    // Of a store that was emptied the table tells the rest.
    private const int HealedLoggedMax = 10;

    private static NpgsqlParameter Nullable<T>(NpgsqlDbType element, IEnumerable<T> values) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | element, Value = values.ToArray() };

    private void Tell(List<QuartzPlan> plans, int stored, int deleted, bool sweep)
    {
        var problems = plans.Where(p => p.Problem is not null).ToList();
        if (!sweep) { problems.ForEach(p => LogProblem(p.Job.Definition.Name, p.Problem!)); }
        if (stored + deleted > 0) { LogReconciled(stored, deleted, problems.Count); }
    }

    [LoggerMessage(3001, LogLevel.Information, "Brought Quartz to the declared jobs: {Stored} stored, {Deleted} deleted, {Problems} with a problem")]
    private partial void LogReconciled(int stored, int deleted, int problems);

    [LoggerMessage(3002, LogLevel.Warning, "Job {Job} cannot fire as declared: {Problem}")]
    private partial void LogProblem(string job, string problem);

    [LoggerMessage(3003, LogLevel.Warning, "Another node has been reconciling for long; going on beside it")]
    private partial void LogTurnMissed();

    [LoggerMessage(3008, LogLevel.Warning, "Healed job {Job}: {What} behind the scheduler's back")]
    private partial void LogHealed(string job, string what);
}
