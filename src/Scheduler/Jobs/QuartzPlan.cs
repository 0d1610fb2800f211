using System.Text.Json;
using Quartz;
using Scheduler.Cluster;
using Scheduler.Schedules;

namespace Scheduler.Jobs;

/// <summary>Something in Quartz's tables that was changed behind our back. Trigger null: the job itself; Before null: there was no row.</summary>
internal sealed record Drift(string Job, string? Trigger, string What, string? Before);

/// <summary>What has to be done for one declared job, so that Quartz has it as declared.</summary>
internal sealed class QuartzPlan
{
    // A trigger that is missing without an edit owes what the ledger lacks, at least of the last hour and at most of the last day.
    private static readonly TimeSpan OwedAtLeast = TimeSpan.FromHours(1);
    private static readonly TimeSpan OwedAtMost = TimeSpan.FromDays(1);
    // Quartz reserves a trigger a second before it is due.
    private static readonly TimeSpan ReservedAheadMax = TimeSpan.FromSeconds(10);
    // Clocks of nodes that take part differ by less (NodeOptions.ClockOffsetMax).
    private static readonly TimeSpan ClockMargin = TimeSpan.FromSeconds(2);

    private QuartzPlan(StoredJob job) => (Job, Key, Problem, EditedAt) =
        (job, new JobKey(job.Definition.Name, FireJob.Group), job.Unreadable, new(job.UpdatedAt, TimeSpan.Zero));

    public StoredJob Job { get; }
    public JobKey Key { get; }
    /// <summary>Since when its due times are what they are: the last edit of the job or of its calendar.</summary>
    public DateTimeOffset EditedAt { get; private set; }
    /// <summary>Quartz's job has to be made or made anew.</summary>
    public bool DetailMissing { get; private set; }
    public string? Problem { get; private set; }
    public DateTime? NextDueAt { get; private set; }
    public List<ITrigger> Changed { get; } = [];
    /// <summary>Former versions that the changed ones replace, with the instant up to which they still owe what they were due for.</summary>
    public List<(StoredTrigger Trigger, DateTimeOffset UpTo)> Replaced { get; } = [];
    /// <summary>Triggers the job is not to have.</summary>
    public List<StoredTrigger> Gone { get; private set; } = [];
    /// <summary>Parts that are stored anew, or over, with the instant they are due after; intervals owe through their trigger.</summary>
    public List<(TimedPart Part, DateTimeOffset From)> Owing { get; } = [];
    public List<Drift> Drifts { get; } = [];

    /// <summary>Compare a job with what Quartz has of it.</summary>
    /// <param name="job">As declared.</param>
    /// <param name="calendars">The calendars there are, by name.</param>
    /// <param name="stored">What Quartz has.</param>
    /// <param name="lastDue">The latest fire of it in the ledger, null when there is none.</param>
    /// <param name="now">The present, not before the moment the others were read.</param>
    /// <param name="settled">True: the declared version has been brought to Quartz before, so what differs is drift.</param>
    /// <param name="refused">What becomes of what is stored of a job that is refused.</param>
    public static QuartzPlan Of(
        StoredJob job, IReadOnlyDictionary<string, NamedCalendar> calendars, StoredInQuartz stored, DateTimeOffset? lastDue, DateTimeOffset now,
        bool settled, RefusedSchedules refused)
    {
        var plan = new QuartzPlan(job) { DetailMissing = !stored.Intact };
        if (settled && !stored.Intact)
        {
            plan.Drifts.Add(new(job.Definition.Name, null, stored.Known ? "Quartz's job was edited" : "Quartz's job was deleted", null));
        }
        var left = stored.Triggers.ToDictionary(t => t.Name, StringComparer.Ordinal);
        try
        {
            if (job.Definition.ForEach is null)
            {
                var schedule = job.Definition.ReadSchedule(calendars);
                if (schedule.Limits.Calendar is { } calendar && calendar.UpdatedAt > plan.EditedAt) { plan.EditedAt = calendar.UpdatedAt; }
                var lives = schedule.Parts.Count == 0 || schedule.Events.Count > 0;
                foreach (var planned in schedule.Plan(job.Definition.Name))
                {
                    left.Remove(planned.Key.Name, out var trigger);
                    lives |= plan.Compare(planned, trigger, lastDue, now, settled);
                }
                // So many times, and done: that is no problem.
                if (!lives && job.Definition.Count is null)
                {
                    var problem = $"schedule '{schedule.Text}' is never due after {plan.EditedAt.UtcDateTime:yyyy-MM-dd}";
                    if (schedule.Limits == ScheduleLimits.None) { throw new ScheduleException(problem); }
                    // What ends a job, or closes its calendar, is in force: its former triggers go.
                    plan.Problem = problem + "; see its starts, ends and calendar";
                }
            }
            if (settled) { plan.Drifts.AddRange(left.Values.Select(t => new Drift(t.Job, t.Name, "a trigger nobody declared", t.ToJson()))); }
            plan.Gone.AddRange(left.Values);
        }
        catch (ScheduleException e)
        {
            plan.Refuse(stored.Triggers.Count == 0 ? e.Message : refused == RefusedSchedules.Keep
                ? $"{e.Message}; until it is edited it fires as it was stored" : $"{e.Message}; it fires no more (node.refused_schedules: stop)");
            if (refused == RefusedSchedules.Stop) { plan.Gone = stored.Triggers; }
        }
        // A mistake of ours about one row: it must not keep the other jobs from being brought to Quartz.
        catch (Exception e) { plan.Refuse($"schedule '{job.Definition.Schedule}' cannot be planned: {e.Message}"); }
        return plan;
    }

    /// <summary>Note what is wrong with the settings where this node knows the kind: rules that span keys only a node judges. Its triggers go on, and
    /// a later edit may be in time for its runs.</summary>
    public void JudgeSettings(KindRegistry kinds)
    {
        if (Job.Definition.ForEach is not null || kinds.Find(Job.Definition.Kind) is not { } kind) { return; }
        var job = Job.Definition;
        string said;
        try
        {
            // Nothing may name them, but a run is given all.
            using var given = JsonDocument.Parse(job.Params);
            var problems = KindSettings.Check(kind.SettingsType, job.Settings).Problems
                .Concat(JobValues.Problems(job.Settings, job.Params, job.Schedule)).ToList();
            if (problems.Count == 0) { return; }
            said = "settings: " + string.Join("; ", problems.Select(p => p.Message));
        }
        // What a row from before the statement judged it holds, such as params nested deeper than JSON is read, is that row's problem.
        catch (Exception e) { said = $"settings or params cannot be read: {e.Message}"; }
        Problem = Problem is null ? said : $"{Problem}; {said}";
    }

    public IJobDetail Detail() => JobBuilder.Create<FireJob>().WithIdentity(Key).StoreDurably().RequestRecovery().Build();

    /// <summary>Leave it as it is for now.</summary>
    public void Postpone()
    {
        Changed.Clear();
        Gone.Clear();
        Drifts.Clear();
        DetailMissing = false;
    }

    /// <summary>It cannot fire as declared. What was stored before goes on.</summary>
    public void Refuse(string problem)
    {
        Problem = Problem is null ? problem : $"{problem}; {Problem}";
        NextDueAt = null;
        Changed.Clear();
        Replaced.Clear();
        Gone = [];
        Owing.Clear();
        Drifts.Clear();
    }

    // True when it is due again, or was since its edit: over is no problem.
    private bool Compare(PlannedTrigger planned, StoredTrigger? trigger, DateTimeOffset? lastDue, DateTimeOffset now, bool settled)
    {
        var same = trigger?.Hash == planned.Part.Hash;
        // A settled job whose triggers are made otherwise was stored by another build.
        var ofOtherBuild = settled && trigger is not null && !same && (planned.Part.Fits(trigger) || planned.Part.WasQuartzCron(trigger));
        var drift = trigger is null ? "the trigger was deleted" : (same || settled) && !ofOtherBuild ? DriftOf(trigger, planned.Part, now) : null;
        if (same && drift is null)
        {
            Due(trigger!.Next);
            return true;
        }
        // Up to now it was due as that build understood its schedule.
        var from = ofOtherBuild ? now : DueFrom(trigger, lastDue, now);
        if (!planned.Part.OwesByItself) { Owing.Add((planned.Part, from)); }
        if (planned.Build(from, now) is not { } built)
        {
            // Over: what is stored of it goes, after what it owes.
            if (trigger is not null) { Gone.Add(trigger); }
            return planned.Part.Next(EditedAt) is not null;
        }
        if (drift is not null && (settled || trigger is not null)) { Drifts.Add(new(Key.Name, planned.Key.Name, drift, trigger?.ToJson())); }
        Changed.Add(built);
        // What a spoilt row says is due is not to be believed; what it owes is reckoned from its last fire.
        if (trigger is not null && drift is null) { Replaced.Add((trigger, ofOtherBuild ? now : EditedAt)); }
        Due(built.StartTimeUtc);
        return true;
    }

    private static string? DriftOf(StoredTrigger trigger, TimedPart part, DateTimeOffset now)
    {
        if (trigger.State is not ("WAITING" or "ACQUIRED" or "EXECUTING")) { return $"the trigger was in state {trigger.State}"; }
        if (!part.Fits(trigger)) { return "the trigger's schedule was edited"; }
        if (trigger.Next is not { } next) { return "the trigger had no next fire"; }
        if (part.Next(next.AddTicks(-1)) != next) { return "the trigger's next fire was off its schedule"; }
        if (part.Next(now + ClockMargin) is { } latest && next > latest) { return "the trigger's next fire was moved ahead"; }
        return trigger.State == "ACQUIRED" && next > now + ReservedAheadMax ? "the trigger was reserved long before it is due" : null;
    }

    // A new version is due from its edit on, however late it comes here: Quartz delivers what lies in the past. A trigger that has fired since the
    // edit is only stored anew.
    private DateTimeOffset DueFrom(StoredTrigger? trigger, DateTimeOffset? lastDue, DateTimeOffset now)
    {
        var floor = trigger is null ? Within(lastDue ?? now, now - OwedAtMost, now - OwedAtLeast) : trigger.Previous ?? DateTimeOffset.MinValue;
        return EditedAt > floor ? EditedAt : floor;
    }

    private static DateTimeOffset Within(DateTimeOffset instant, DateTimeOffset least, DateTimeOffset most) =>
        instant < least ? least : instant > most ? most : instant;

    private void Due(DateTimeOffset? at)
    {
        if (at is { } instant && (NextDueAt is null || instant.UtcDateTime < NextDueAt)) { NextDueAt = instant.UtcDateTime; }
    }
}
