using Quartz;
using Scheduler.Database;

namespace Scheduler.Schedules;

/// <summary>A fixed interval. Due at the multiples of it since 1970-01-01T00:00Z, so that every node and every re-creation agree.</summary>
internal sealed record EveryPart(string Text, TimeSpan Interval) : SchedulePart(Text)
{
    /// <inheritdoc />
    protected override string Canonical => $"every|{Interval.Ticks}";

    /// <summary>Read <c>every N</c>. Throws <see cref="ScheduleException"/>.</summary>
    public static EveryPart Of(string text, string[] words) =>
        words.Length == 2 && Duration.TryParse(words[1], out var interval) && interval >= TimeSpan.FromSeconds(1)
            ? new EveryPart(text, interval)
            : throw new ScheduleException($"schedule '{text}' cannot be read; "
                + "expected 'every' and a duration of at least 1s, such as 'every 30s' or 'every 1h30m'");

    /// <inheritdoc />
    public override DateTimeOffset? Next(DateTimeOffset after)
    {
        var since = (after - DateTimeOffset.UnixEpoch).Ticks;
        var passed = since >= 0 ? since / Interval.Ticks : ((since + 1) / Interval.Ticks) - 1;
        return DateTimeOffset.UnixEpoch.AddTicks((passed + 1) * Interval.Ticks);
    }

    /// <inheritdoc />
    public override bool Fits(StoredTrigger trigger) =>
        trigger is { Type: "SIMPLE", Repeats: -1 } && trigger.IntervalMilliseconds == Interval.Ticks / TimeSpan.TicksPerMillisecond;

    /// <inheritdoc />
    public override IScheduleBuilder Builder() => SimpleScheduleBuilder.Create().WithInterval(Interval).RepeatForever()
        .WithMisfireInstruction(SimpleTriggerMisfireInstruction.IgnoreMisfires);
}
