using System.Security.Cryptography;
using System.Text;
using Quartz;
using Quartz.Extensibility;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Schedules;

namespace Scheduler.Jobs;

/// <summary>A part of a job's schedule with all that limits it: what one trigger stands for.</summary>
/// <param name="Part">The part as it was written.</param>
/// <param name="Limits">What the job's other columns do to it.</param>
/// <param name="Zone">The job's zone.</param>
internal sealed record TimedPart(SchedulePart Part, ScheduleLimits Limits, TimeZoneInfo Zone)
{
    /// <summary>As it was written.</summary>
    public string Text => Part.Text;

    /// <summary>Changes whenever the stored trigger has to be replaced; the leading number is raised when the way triggers are built
    /// changes.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        $"3|{FireJob.ExecutionGroup}|{(HasOwnTrigger ? Part.Plain : "")}|{Part.Canonical}{Limits.Canonical}")))[..32];

    /// <summary>The first due instant strictly after one, or null when there is none.</summary>
    public DateTimeOffset? Next(DateTimeOffset after) => Limits.Next(Part, after);

    /// <summary>What Quartz makes the trigger from. Every fire is delivered, however late: the ledger decides about missed ones.</summary>
    public IScheduleBuilder Builder() => HasOwnTrigger ? new PartSchedule(Rule())
        : Simple().WithMisfireInstruction(SimpleTriggerMisfireInstruction.IgnoreMisfires);

    /// <summary>False when a stored trigger is due by another schedule than this: its row was edited.</summary>
    public bool Fits(StoredTrigger trigger) => HasOwnTrigger
        ? trigger.Type == PartTrigger.TypeName && trigger.Cron == Part.Plain && trigger.Zone == Zone.Id
        : Part is EveryPart every
            ? trigger is { Type: "SIMPLE", Repeats: -1 } && trigger.IntervalMilliseconds == every.Interval.Ticks / TimeSpan.TicksPerMillisecond
            : trigger is { Type: "SIMPLE", Repeats: 0 };

    /// <summary>True for a trigger of Quartz's own cron, as builds before 0.2.0 stored most crons.</summary>
    public bool WasQuartzCron(StoredTrigger trigger) => Part is CronPart && trigger.Type == "CRON";

    /// <summary>True for an interval that Quartz's own trigger counts: it owes what is past by itself.</summary>
    public bool OwesByItself => Part is EveryPart && !HasOwnTrigger;

    // Only plain intervals and single instants are the same in Quartz. Behind a calendar its own triggers try every instant that is left out: a
    // month of seconds takes them seconds, under a lock.
    private bool HasOwnTrigger => Part is not AtPart && (Part is not EveryPart || Limits.Calendar is not null);

    private SimpleScheduleBuilder Simple() => Part is EveryPart every
        ? SimpleScheduleBuilder.Create().WithInterval(every.Interval).RepeatForever() : SimpleScheduleBuilder.Create();

    /// <summary>Quartz's end of the trigger: the last instant for all but intervals and single instants, whose end Quartz leaves out.</summary>
    public DateTimeOffset? End() => Limits.Ends is not { } ends ? null
        : !HasOwnTrigger && Part is EveryPart or AtPart ? ends.AddTicks(-(ends.UtcTicks % TimeSpan.TicksPerSecond)).AddSeconds(1) : ends;

    private PartRule Rule() => new(Part.Plain, Zone.Id, Limits.Offset, Part is RrulePart ? Limits.Starts : null);
}

/// <summary>The triggers a schedule makes.</summary>
internal static class ScheduleTriggers
{
    /// <summary>Read a job's schedule with all that limits it. Throws <see cref="ScheduleException"/>.</summary>
    /// <param name="job">The job.</param>
    /// <param name="calendars">The calendars there are, by name.</param>
    public static Schedule ReadSchedule(this JobDefinition job, IReadOnlyDictionary<string, NamedCalendar> calendars)
    {
        NamedCalendar? calendar = null;
        if (job.Calendar is { } name && !calendars.TryGetValue(name, out calendar))
        {
            throw new ScheduleException($"calendar '{name}' is not known" + Spelling.Hint(name, [.. calendars.Keys]));
        }
        var schedule = Schedule.Parse(job.Schedule, job.TimeZone, ScheduleLimits.Of(job.Name, job.Starts, job.Ends, job.Spread, calendar));
        return job.Count is { } count ? schedule.First(count) : schedule;
    }

    /// <summary>The triggers a job is to have, not built yet: one whose hash is stored already need not be.</summary>
    public static IEnumerable<PlannedTrigger> Plan(this Schedule schedule, string job) => schedule.Parts.Select((part, i) => new PlannedTrigger(
        new TriggerKey($"{job}#{i}", FireJob.Group), new JobKey(job, FireJob.Group), new TimedPart(part, schedule.Limits, schedule.Zone)));

    /// <summary>
    /// The Quartz triggers of a job, one for each part that is due by the clock. A trigger's description is a hash of all it
    /// depends on: while it is equal, the stored trigger need not be replaced. Throws <see cref="ScheduleException"/> when a part is never
    /// due again.
    /// </summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="job">Name of the job, which is the name of its Quartz job.</param>
    /// <param name="now">The first fire of each is strictly after this instant.</param>
    public static IReadOnlyList<ITrigger> Triggers(this Schedule schedule, string job, DateTimeOffset now) => [.. schedule.Plan(job)
        .Select(p => p.Build(now, now) ?? throw new ScheduleException($"schedule '{p.Part.Text}' is never due after {now.UtcDateTime:yyyy-MM-dd}"))];
}

/// <summary>A trigger a job is to have.</summary>
/// <param name="Key">Key of the trigger: <c>job#0</c>.</param>
/// <param name="Job">Key of its job.</param>
/// <param name="Part">The part of the schedule it stands for.</param>
internal sealed record PlannedTrigger(TriggerKey Key, JobKey Job, TimedPart Part)
{
    /// <summary>
    /// Make it, first due after an instant; null when it is never due again. Quartz moves the beginning of a trigger that has never fired from the
    /// past to the present. An interval would be off its multiples from then on: it is made as one that has fired before, which is left alone. All
    /// others begin at their first instant after <paramref name="now"/>; what they owe until then is not the trigger's, see <see cref="OwedFires"/>.
    /// </summary>
    /// <param name="after">The first fire is strictly after this instant.</param>
    /// <param name="now">The present.</param>
    public ITrigger? Build(DateTimeOffset after, DateTimeOffset now)
    {
        if (Part.Next(Part.OwesByItself || after > now ? after : now) is not { } first) { return null; }
        var trigger = TriggerBuilder.Create()
            .WithIdentity(Key)
            .ForJob(Job)
            .WithExecutionGroup(FireJob.ExecutionGroup)
            .WithDescription(Part.Hash)
            .StartAt(first)
            .EndAt(Part.End())
            .WithCalendarName(Part.Limits.Calendar?.Name)
            .WithSchedule(Part.Builder())
            .Build();
        if (Part.OwesByItself && Part.Part is EveryPart every) { ((IMutableTrigger)trigger).PreviousFireTimeUtc = first - every.Interval; }
        return trigger;
    }
}
