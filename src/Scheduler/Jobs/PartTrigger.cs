using Quartz;
using Quartz.Extensibility;
using Quartz.Impl.AdoJobStore;
using Quartz.Impl.Triggers;
using Scheduler.Schedules;

namespace Scheduler.Jobs;

/// <summary>All that the due times of a <see cref="PartTrigger"/> depend on; what its row holds.</summary>
/// <param name="Text">The part of the schedule.</param>
/// <param name="Zone">IANA name of its zone.</param>
/// <param name="Offset">Every due time is this much later. Whole seconds.</param>
/// <param name="Anchor">What a rule counts from, null for its default.</param>
internal sealed record PartRule(string Text, string Zone, TimeSpan Offset, DateTimeOffset? Anchor)
{
    /// <summary>The part it names; one that a build before 0.2.0 stored and this one refuses is due as it was. Throws
    /// <see cref="ScheduleException"/>.</summary>
    public SchedulePart Part()
    {
        var zone = Zones.Find(Zone);
        try { return SchedulePart.Parse(Text, zone, Anchor); }
        catch (ScheduleException) when (FormerPart.Of(Text, zone, Anchor) is { } former) { return former; }
    }
}

/// <summary>
/// Stands for a part of a schedule in Quartz's store, and is due when <see cref="Instants"/> says: so Quartz's loop and the set engine have the
/// same due set. Never folds late fires: the ledger decides about them.
/// </summary>
internal sealed class PartTrigger(PartRule rule) : TriggerBase(TimeProvider.System)
{
    private SchedulePart? part;
    private DateTimeOffset? next;
    private DateTimeOffset? previous;

    /// <summary>Stands in <c>qrtz_triggers.trigger_type</c>.</summary>
    public const string TypeName = "PART";

    public PartRule Rule => rule;
    public override DateTimeOffset? NextFireTimeUtc { get => next; set => next = value; }
    public override DateTimeOffset? PreviousFireTimeUtc { get => previous; set => previous = value; }
    public override DateTimeOffset? FinalFireTimeUtc => null;
    public override bool MayFireAgain => next is not null;
    protected override bool HasMillisecondPrecision => false;

    public override IScheduleBuilder GetScheduleBuilder() => new PartSchedule(rule);

    public override DateTimeOffset? GetFireTimeAfter(DateTimeOffset? afterTime)
    {
        // Quartz's triggers mean the present when they are asked about nothing; all who ask name an instant, or mean the beginning.
        var after = afterTime ?? DateTimeOffset.MinValue;
        return Next(after, null);
    }

    public override DateTimeOffset? ComputeFirstFireTimeUtc(ICalendar? calendar) =>
        next = Included(GetFireTimeAfter(StartTimeUtc.AddTicks(-1)), calendar);

    public override void Triggered(ICalendar? calendar)
    {
        previous = next;
        next = Included(GetFireTimeAfter(next), calendar);
    }

    public override void UpdateAfterMisfire(ICalendar? calendar) { }

    public override void UpdateWithNewCalendar(ICalendar? calendar, TimeSpan misfireThreshold) =>
        next = Included(GetFireTimeAfter(previous ?? StartTimeUtc.AddTicks(-1)), calendar);

    protected override bool ValidateMisfireInstruction(int candidate) => true;

    private DateTimeOffset? Next(DateTimeOffset after, CalendarRules? calendar) =>
        Instants.Next(part ??= rule.Part(), StartTimeUtc, EndTimeUtc, rule.Offset, calendar, after);

    private DateTimeOffset? Included(DateTimeOffset? due, ICalendar? calendar)
    {
        if (due is not { } first || calendar is null) { return due; }
        if (calendar is BlackoutCalendar { Rules: { } rules }) { return Next(first.AddTicks(-1), rules); }
        // One that a build before 0.2.0 stored, or another program.
        for (var tries = 0; due is { } instant && !calendar.IsTimeIncluded(instant); tries++)
        {
            if (tries >= Instants.TriesMax) { return null; }
            due = Next(instant, null);
        }
        return due;
    }
}

/// <summary>Makes a <see cref="PartTrigger"/>.</summary>
internal sealed class PartSchedule(PartRule rule) : IScheduleBuilder
{
    /// <inheritdoc />
    public IMutableTrigger Build() => new PartTrigger(rule) { MisfireInstructionCode = (int)CronTriggerMisfireInstruction.IgnoreMisfires };
}

/// <summary>Keeps a <see cref="PartTrigger"/> in Quartz's table for triggers of few properties.</summary>
internal sealed class PartTriggerStore : SimplePropertiesTriggerPersistenceDelegateBase
{
    /// <inheritdoc />
    public override bool CanHandleTriggerType(IOperableTrigger trigger) => trigger is PartTrigger;

    /// <inheritdoc />
    public override string GetHandledTriggerTypeDiscriminator() => PartTrigger.TypeName;

    /// <inheritdoc />
    protected override SimplePropertiesTriggerProperties GetTriggerProperties(IOperableTrigger trigger)
    {
        var rule = ((PartTrigger)trigger).Rule;
        return new SimplePropertiesTriggerProperties
        {
            String1 = rule.Text,
            TimeZoneId = rule.Zone,
            Int1 = (int)rule.Offset.TotalSeconds,
            Long1 = rule.Anchor?.UtcTicks ?? 0,
        };
    }

    /// <inheritdoc />
    protected override TriggerPropertyBundle GetTriggerPropertyBundle(SimplePropertiesTriggerProperties properties) =>
        new(new PartSchedule(new PartRule(
            properties.String1 ?? "", properties.TimeZoneId ?? "UTC", TimeSpan.FromSeconds(properties.Int1),
            properties.Long1 == 0 ? null : new DateTimeOffset(properties.Long1, TimeSpan.Zero))));
}
