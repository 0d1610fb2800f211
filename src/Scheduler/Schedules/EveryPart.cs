using Scheduler.Database;

namespace Scheduler.Schedules;

/// <summary>A fixed interval. Due at the multiples of it since 1970-01-01T00:00Z, so that every node and every re-creation agree.</summary>
internal sealed record EveryPart(string Text, TimeSpan Interval) : SchedulePart(Text)
{
    /// <inheritdoc />
    public override string Canonical => $"every|{Interval.Ticks}";

    /// <summary>Read <c>every N</c>. Throws <see cref="ScheduleException"/>.</summary>
    public static EveryPart Of(string text, string[] words) =>
        words.Length == 2 && Duration.TryParse(words[1], out var interval) && interval >= TimeSpan.FromSeconds(1)
            ? new EveryPart(text, interval)
            : throw ScheduleSlips.Every(text, string.Join(' ', words[1..]));

    /// <inheritdoc />
    public override DateTimeOffset? Next(DateTimeOffset after)
    {
        var since = (after - DateTimeOffset.UnixEpoch).Ticks;
        var passed = since >= 0 ? since / Interval.Ticks : ((since + 1) / Interval.Ticks) - 1;
        var next = (passed + 1) * Interval.Ticks;
        return next <= (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks ? DateTimeOffset.UnixEpoch.AddTicks(next) : null;
    }
}
