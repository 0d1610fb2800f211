using System.Globalization;
using Scheduler.Database;

namespace Scheduler.Schedules;

/// <summary>
/// A recurrence rule of RFC 5545 in its zone. Begins (DTSTART) with the job's <c>starts</c>, else on 2001-01-01, 00:00 in the zone: a Monday, the
/// first of its month and year, so that what a rule leaves out is what people expect. Local times become instants as §3.3.5 says: one that the
/// clocks leave out keeps the offset before the change (02:30 is due at 03:30), one that comes twice is due the first time. That holds for every
/// FREQ, as the RFC computes all of them in local time; what must come every hour whatever the clocks do is <c>every 1h</c>.
/// </summary>
internal sealed record RrulePart : SchedulePart
{
    internal const int RuleLengthMax = 500;
    private static readonly DateTime AnchorDefault = new(2001, 1, 1);
    // No clock has been set by more than a day; the rest is room for the steps of ZoneChange.
    private static readonly TimeSpan Before = TimeSpan.FromDays(2);
    private static readonly TimeSpan Behind = TimeSpan.FromDays(8);
    private static readonly TimeSpan Back = TimeSpan.FromDays(4);
    // The second look is around the answer of the first; a third is never needed, as two changes of a clock are not that close.
    private const int LooksMax = 3;
    // The edges of the calendar are left out, so that no arithmetic leaves it.
    private static readonly DateTimeOffset First = new(2, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Last = new(9999, 12, 2, 0, 0, 0, TimeSpan.Zero);

    private readonly RecurrenceRule rule;
    private readonly Recurrence recurrence;
    private readonly DateTime anchor;
    private readonly DateTimeOffset begins;
    private readonly TimeZoneInfo zone;
    private readonly DateTimeOffset? starts;

    private RrulePart(string text, RecurrenceRule rule, TimeZoneInfo zone, DateTimeOffset? starts) : base(text)
    {
        (this.rule, this.zone, this.starts) = (rule, zone, starts);
        if (starts is { } start)
        {
            start = start < First ? First : start > Last ? Last : start;
            // Rules know whole seconds only: the first that is not before it.
            begins = DateTimeOffset.FromUnixTimeSeconds(start.AddTicks(TimeSpan.TicksPerSecond - 1).ToUnixTimeSeconds());
            anchor = begins.UtcDateTime + zone.GetUtcOffset(begins);
        }
        else
        {
            anchor = AnchorDefault;
            begins = new DateTimeOffset(anchor, TimeSpan.Zero) - Before;
        }
        anchor = DateTime.SpecifyKind(anchor, DateTimeKind.Unspecified);
        recurrence = new Recurrence(rule, anchor, starts is null ? anchor : FirstNotBefore(begins));
        // Raised when the same text is due at other times than before.
        Canonical = string.Create(CultureInfo.InvariantCulture, $"rrule/2|{rule.Text}|{zone.Id}|{anchor.Ticks}|{starts?.UtcTicks}");
    }

    /// <inheritdoc />
    public override string Canonical { get; }

    /// <summary>The rule as it was read.</summary>
    public RecurrenceRule Rule => rule;

    /// <summary>Local time it counts from.</summary>
    public DateTime Anchor => anchor;

    /// <summary>Read <c>rrule RULE</c>. Throws <see cref="ScheduleException"/>.</summary>
    /// <param name="text">The part.</param>
    /// <param name="words">Its words.</param>
    /// <param name="zone">Zone of its local times.</param>
    /// <param name="starts">The job's <c>starts</c>.</param>
    public static RrulePart Of(string text, string[] words, TimeZoneInfo zone, DateTimeOffset? starts)
    {
        if (words.Length != 2 || PlainText.Length(words[1]) > RuleLengthMax)
        {
            throw new ScheduleException($"schedule '{text}' cannot be read; expected 'rrule' and one rule without blanks of at most {RuleLengthMax} "
                + "characters, such as 'rrule FREQ=MONTHLY;BYDAY=2MO;BYHOUR=9'");
        }
        var rule = RecurrenceGrammar.Read(text, words[1]);
        if (rule.Count is not null && starts is null)
        {
            throw new ScheduleException($"schedule '{text}': {RecurrenceGrammar.NeedsStarts} counts from the job's 'starts', and it has none; "
                + "expected 'starts', or UNTIL instead");
        }
        return new RrulePart(text, rule, zone, starts);
    }

    /// <inheritdoc />
    public override void CheckIsDue()
    {
        if (Next(DateTimeOffset.MinValue) is not null) { return; }
        var endless = rule.Until is null ? null : new RrulePart(Text, rule with { Until = null }, zone, starts);
        throw new ScheduleException($"schedule '{Text}' is never due: " + (endless?.Next(DateTimeOffset.MinValue) is { } first
            ? $"UNTIL is before its first time, {first:yyyy-MM-dd'T'HH:mm:ss'Z'}" : "no such time exists up to the year 9999"));
    }

    /// <summary>The same rule by a clock that is never changed: its local times as if they were UTC.</summary>
    public RrulePart Written() => new(Text, rule, TimeZoneInfo.Utc, new DateTimeOffset(anchor, TimeSpan.Zero));

    /// <inheritdoc />
    public override DateTimeOffset? Next(DateTimeOffset after)
    {
        var from = after < begins ? begins.AddTicks(-1) : after.ToUniversalTime();
        for (var look = 1; from < Last; look++)
        {
            var end = from + Behind;
            if (Earliest(from, end) is not { } due) { return null; }
            if (due < end || look == LooksMax)
            {
                return due <= (rule.Until is { Kind: DateTimeKind.Utc } until ? new DateTimeOffset(until) : Last) ? due : null;
            }
            // Found far away, with the offset of here. Look again with the offsets of there.
            from = due - Back > from ? due - Back : from;
        }
        return null;
    }

    // Between two changes of the clocks, local times and instants are in the same order. Across a change they are not: what is written inside a
    // gap is due later than what is written just behind it. So each stretch is asked for its own first one; the earliest instant is next.
    private DateTimeOffset? Earliest(DateTimeOffset after, DateTimeOffset until)
    {
        DateTimeOffset? earliest = null;
        foreach (var (from, to, offset) in Stretches(after - Before, until))
        {
            var local = Local(after, offset);
            local = local < from ? from.AddTicks(-1) : local;
            if (local >= to || recurrence.Next(local) is not { } next || next >= to) { continue; }
            var due = new DateTimeOffset(next - offset, TimeSpan.Zero);
            if (!(earliest <= due)) { earliest = due; }
        }
        return earliest;
    }

    // Local times with one offset each: up to the end of a gap, or up to where a fold ends for the first time, it is the offset before.
    private IEnumerable<(DateTime From, DateTime To, TimeSpan Offset)> Stretches(DateTimeOffset after, DateTimeOffset until)
    {
        var (from, offset) = (DateTime.MinValue.AddTicks(1), zone.GetUtcOffset(after));
        foreach (var change in ZoneChange.Between(zone, after, until))
        {
            var to = change.IsGap ? change.Set : change.Shown;
            yield return (from, to, change.Before);
            (from, offset) = (to, change.After);
        }
        yield return (from, DateTime.MaxValue, offset);
    }

    // The first local time that is due at an instant or later.
    private DateTime FirstNotBefore(DateTimeOffset instant)
    {
        foreach (var (from, to, offset) in Stretches(instant - Before, instant + Before))
        {
            var local = Local(instant, offset);
            if (local < from) { return from; }
            if (local < to && local == anchor) { return local; }
        }
        return anchor;
    }

    private static DateTime Local(DateTimeOffset instant, TimeSpan offset) =>
        DateTime.SpecifyKind(instant.UtcDateTime + offset, DateTimeKind.Unspecified);
}
