using Quartz;
using Quartz.Extensibility;
using Scheduler.Cluster;

namespace Scheduler.Jobs;

/// <summary>A part of a job's schedule with all that limits it: what one trigger stands for.</summary>
/// <param name="Part">The part as it was written.</param>
/// <param name="Limits">What the job's other columns do to it.</param>
/// <param name="Zone">The job's zone.</param>
internal sealed record TimedPart(SchedulePart Part, ScheduleLimits Limits, TimeZoneInfo Zone)
{
    /// <summary>As it was written.</summary>
    public string Text => Part.Text;

    /// <summary>Changes whenever the stored trigger has to be replaced.</summary>
    public string Hash => Part.HashWith(Limits.Canonical);

    /// <summary>The first due instant strictly after one, or null when there is none.</summary>
    public DateTimeOffset? Next(DateTimeOffset after) => Limits.Next(Part, after);

    /// <summary>What Quartz makes the trigger from.</summary>
    public IScheduleBuilder Builder() => HasOwnTrigger ? new PartSchedule(Rule()) : Part.Builder();

    /// <summary>False when a stored trigger is due by another schedule than this: somebody edited its row.</summary>
    public bool Fits(StoredTrigger trigger) =>
        HasOwnTrigger ? trigger.Type == PartTrigger.TypeName && trigger.Cron == Part.Text && trigger.Zone == Zone.Id : Part.Fits(trigger);

    /// <summary>True for an interval that Quartz's own trigger counts: it owes what is past by itself.</summary>
    public bool OwesByItself => Part is EveryPart && !HasOwnTrigger;

    // Behind a calendar Quartz's own triggers try every instant that is left out: a month of seconds takes them seconds, under a lock.
    private bool HasOwnTrigger => Part.NeedsOwnTrigger || (Part is CronPart && Limits.Offset > TimeSpan.Zero)
        || (Part is not AtPart && Limits.Calendar is not null);

    /// <summary>Quartz's end of the trigger: the last instant for all but intervals and single instants, whose end Quartz leaves out.</summary>
    public DateTimeOffset? End() => Limits.Ends is not { } ends ? null
        : !HasOwnTrigger && Part is EveryPart or AtPart ? ends.AddTicks(-(ends.UtcTicks % TimeSpan.TicksPerSecond)).AddSeconds(1) : ends;

    private PartRule Rule() => new(Part.Text, Zone.Id, Limits.Offset, Part is RrulePart ? Limits.Starts : null);
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
