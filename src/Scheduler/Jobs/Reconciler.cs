using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Quartz;
using Scheduler.Cluster;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>What <see cref="Reconciler.Apply"/> did.</summary>
/// <param name="Stored">Jobs written to Quartz, with a new or changed schedule.</param>
/// <param name="Deleted">Jobs and single triggers taken out of Quartz.</param>
/// <param name="Problems">Jobs that cannot fire; the column <c>problem</c> says why.</param>
public sealed record Reconciled(int Stored, int Deleted, int Problems);

/// <summary>
/// Brings Quartz to the rows of <c>scheduler.job</c>, through <see cref="IScheduler"/> alone. A second call changes nothing. Several nodes
/// may call it at once: they take turns, and each reads the rows in its turn, so that none brings back what an older row said.
/// </summary>
public static partial class Reconciler
{
    // A store transaction of this many jobs ends within a second; Quartz's lock is free between them.
    private const int BatchJobsMax = 200;
    // Rows locked by one statement while it notes what became of their jobs.
    private const int MarkJobsMax = 1000;
    private static readonly TimeSpan OwedAtMost = TimeSpan.FromHours(1);
    private const string LockNotAvailable = "55P03";

    private static readonly string LockSql = SqlFiles.Read("queries/job_reconcile_lock.sql");
    private static readonly string UnlockSql = SqlFiles.Read("queries/job_reconcile_unlock.sql");
    private static readonly string MarkSql = SqlFiles.Read("queries/job_mark.sql");

    /// <summary>
    /// Store what is missing or changed, delete what is gone, set <c>problem</c> and <c>next_fire_at</c> of each row. A job whose schedule
    /// cannot be used loses its triggers, and the others go on. Throws when the database or Quartz's store cannot be reached; a later call
    /// carries on.
    /// </summary>
    /// <param name="scheduler">This node's scheduler; it need not be started.</param>
    /// <param name="source">Pool of the scheduler's own database.</param>
    /// <param name="inbox">Where fires go that a former version owed and had not delivered.</param>
    /// <param name="clock">The present by the database's clock, which first fires of new triggers and owed ones are computed by.</param>
    /// <param name="log">Where changes are told.</param>
    /// <param name="token">Ends the wait and the work; what was done stays.</param>
    public static async Task<Reconciled> Apply(
        IScheduler scheduler, NpgsqlDataSource source, FireInbox inbox, Func<DateTimeOffset> clock, ILogger log, CancellationToken token)
    {
        await using var turn = await source.OpenConnectionAsync(token);
        var taken = await Take(turn, log, token);
        try { return await Reconcile(scheduler, source, inbox, clock, log, token); }
        finally
        {
            if (taken)
            {
                await using var unlock = new NpgsqlCommand(UnlockSql, turn);
                await unlock.ExecuteNonQueryAsync(CancellationToken.None);
            }
        }
    }

    private static async Task<Reconciled> Reconcile(
        IScheduler scheduler, NpgsqlDataSource source, FireInbox inbox, Func<DateTimeOffset> clock, ILogger log, CancellationToken token)
    {
        var calendars = await CalendarStore.Readable(source, token);
        var jobs = await JobStore.All(source, token);
        var triggers = await scheduler.QueryTriggers(
            new TriggerQuery { Group = GroupMatcher<TriggerKey>.GroupEquals(FireJob.Group), Take = PagedQuery.All }, token);
        var details = await scheduler.QueryJobs(
            new JobQuery { Group = GroupMatcher<JobKey>.GroupEquals(FireJob.Group), Take = PagedQuery.All }, token);
        var present = triggers.Items.ToDictionary(t => t.Key);
        var known = details.Items.Select(d => d.Key).ToHashSet();

        var now = clock();
        var plans = jobs.Select(job => Plan(job, calendars, present, known, now)).ToList();
        var wanted = plans.SelectMany(p => p.Wanted).ToHashSet();
        var byKey = plans.ToDictionary(p => p.Key);
        var goneJobs = known.Where(k => !byKey.ContainsKey(k)).ToList();
        var goneTriggers = present.Values.Where(t => !wanted.Contains(t.Key) && byKey.ContainsKey(t.JobKey)).Select(t => t.Key).ToList();
        // What the former versions owe is entered before their triggers go.
        var replaced = plans.SelectMany(p => p.Changed).Select(t => t.Key).Concat(goneTriggers).Where(present.ContainsKey).Select(k => present[k]);
        await OwedFires.Deliver(
            scheduler, inbox, replaced.Select(t => (t, byKey[t.JobKey].EditedAt)), log, token);
        // All but intervals begin in Quartz at the present: what they owe since their edit is entered before, what became due while they were stored
        // is after.
        var owing = plans.SelectMany(p => p.Owing.Select(c => (Job: p.Key.Name, c.Part, c.From))).ToList();
        await OwedFires.Deliver(inbox, owing.Select(c => (c.Job, c.Part, c.From, now)), log, token);
        await CalendarStore.Store(scheduler, calendars.Values, token);
        var count = await Store(scheduler, plans, token);
        var stored = clock();
        await OwedFires.Deliver(inbox, owing.Select(c => (c.Job, c.Part, c.From > now ? c.From : now, stored)), log, token);
        if (goneJobs.Count > 0) { await scheduler.DeleteJobs(goneJobs, token); }
        if (goneTriggers.Count > 0) { await scheduler.UnscheduleJobs(goneTriggers, token); }
        await CalendarStore.Remove(scheduler, [.. calendars.Keys], token);
        await Mark(source, plans, token);
        foreach (var plan in plans.Where(p => p.Problem is not null)) { LogProblem(log, plan.Job.Definition.Name, plan.Problem!); }
        var result = new Reconciled(count, goneJobs.Count + goneTriggers.Count, plans.Count(p => p.Problem is not null));
        if (result.Stored + result.Deleted > 0) { LogReconciled(log, result.Stored, result.Deleted, result.Problems); }
        return result;
    }

    private static JobPlan Plan(
        StoredJob job, IReadOnlyDictionary<string, NamedCalendar> calendars, Dictionary<TriggerKey, TriggerHeader> stored, HashSet<JobKey> known,
        DateTimeOffset now)
    {
        var definition = job.Definition;
        var plan = new JobPlan(job, new JobKey(definition.Name, FireJob.Group)) { Problem = job.Unreadable };
        plan.DetailMissing = !known.Contains(plan.Key);
        try
        {
            var schedule = Schedule.Of(definition, calendars);
            plan.EditedWith(schedule.Limits.Calendar);
            var lives = schedule.Parts.Count == 0 || schedule.Events.Count > 0;
            foreach (var planned in schedule.Plan(definition.Name))
            {
                // One that is out of service (it failed to fire too often, or its row was spoilt by hand) is made anew.
                var isStored = stored.TryGetValue(planned.Key, out var header) && header.State != TriggerState.Error;
                if (isStored && header!.Description == planned.Part.Hash)
                {
                    plan.Due(header.NextFireTimeUtc);
                    plan.Wanted.Add(planned.Key);
                    lives = true;
                    continue;
                }
                var from = DueFrom(plan.EditedAt, header, now);
                if (planned.Build(from, now) is { } trigger)
                {
                    plan.Changed.Add(trigger);
                    plan.Due(trigger.StartTimeUtc);
                    plan.Wanted.Add(planned.Key);
                    lives = true;
                }
                if (planned.Part.Part is not EveryPart) { plan.Owing.Add((planned.Part, from)); }
                // Over since its edit is no problem: it was due and is done.
                lives |= planned.Part.Next(plan.EditedAt) is not null;
            }
            if (!lives) { throw new ScheduleException($"schedule '{schedule.Text}' is never due after {plan.EditedAt.UtcDateTime:yyyy-MM-dd}"); }
        }
        catch (ScheduleException e) { plan.Refuse(e.Message); }
        return plan;
    }

    // A new version is due from its edit on, however late it comes here: Quartz delivers what lies in the past. A trigger that has fired since the
    // edit is only stored anew. One that is missing without an edit owes no more than the last hour.
    private static DateTimeOffset DueFrom(DateTimeOffset edited, TriggerHeader? header, DateTimeOffset now)
    {
        var floor = header is null ? now - OwedAtMost : header.PreviousFireTimeUtc ?? DateTimeOffset.MinValue;
        return edited > floor ? edited : floor;
    }

    private static async Task<int> Store(IScheduler scheduler, List<JobPlan> plans, CancellationToken token)
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

    private static async Task StoreAlone(IScheduler scheduler, JobPlan plan, CancellationToken token)
    {
        try { await scheduler.ScheduleJob(plan.Detail(), plan.Changed, ScheduleJobOptions.Replacing, token); }
        catch (SchedulerException e) when (e is not JobPersistenceException) { plan.Refuse(e.Message); }
    }

    private static async Task<bool> Take(NpgsqlConnection connection, ILogger log, CancellationToken token)
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
            LogTurnMissed(log);
            return false;
        }
    }

    private static async Task Mark(NpgsqlDataSource source, IEnumerable<JobPlan> all, CancellationToken token)
    {
        foreach (var plans in all.Chunk(MarkJobsMax)) { await MarkSome(source, plans, token); }
    }

    private static async Task MarkSome(NpgsqlDataSource source, JobPlan[] plans, CancellationToken token)
    {
        await using var command = source.CreateCommand(MarkSql);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. plans.Select(p => p.Job.Definition.Name)] });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. plans.Select(p => p.Job.Version)] });
        command.Parameters.Add(new NpgsqlParameter
        {
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
            Value = plans.Select(p => p.Problem).ToArray(),
        });
        command.Parameters.Add(new NpgsqlParameter
        {
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
            Value = plans.Select(p => p.NextDueAt).ToArray(),
        });
        command.Parameters.Add(new NpgsqlParameter<bool[]> { TypedValue = [.. plans.Select(p => p.Changed.Count > 0)] });
        await command.ExecuteNonQueryAsync(token);
    }

    private sealed class JobPlan(StoredJob job, JobKey key)
    {
        public StoredJob Job => job;
        public JobKey Key => key;
        public bool DetailMissing { get; set; }
        public string? Problem { get; set; }
        public DateTime? NextDueAt { get; private set; }
        public List<ITrigger> Changed { get; } = [];
        public List<TriggerKey> Wanted { get; } = [];
        // Parts that are stored anew, or over, with the instant they are due after; intervals owe through their trigger.
        public List<(TimedPart Part, DateTimeOffset From)> Owing { get; } = [];
        /// <summary>Since when its due times are what they are: the last edit of the job or of its calendar.</summary>
        public DateTimeOffset EditedAt { get; private set; } = new(job.UpdatedAt, TimeSpan.Zero);

        public IJobDetail Detail() => JobBuilder.Create<FireJob>().WithIdentity(key).StoreDurably().RequestRecovery().Build();

        public void EditedWith(NamedCalendar? calendar)
        {
            if (calendar?.UpdatedAt > EditedAt) { EditedAt = calendar.UpdatedAt; }
        }

        public void Due(DateTimeOffset? at)
        {
            if (at is { } instant && (NextDueAt is null || instant.UtcDateTime < NextDueAt)) { NextDueAt = instant.UtcDateTime; }
        }

        public void Refuse(string problem)
        {
            Problem = Problem is null ? problem : $"{problem}; {Problem}";
            NextDueAt = null;
            Changed.Clear();
            Wanted.Clear();
            Owing.Clear();
        }
    }

    [LoggerMessage(3001, LogLevel.Information, "Brought Quartz to the declared jobs: {Stored} stored, {Deleted} deleted, {Problems} with a problem")]
    private static partial void LogReconciled(ILogger log, int stored, int deleted, int problems);

    [LoggerMessage(3002, LogLevel.Warning, "Job {Job} cannot fire: {Problem}")]
    private static partial void LogProblem(ILogger log, string job, string problem);

    [LoggerMessage(3003, LogLevel.Warning, "Another node has been reconciling for long; going on beside it")]
    private static partial void LogTurnMissed(ILogger log);
}
