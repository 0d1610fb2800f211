using Quartz;
using Scheduler.Database;

namespace Scheduler.Schedules;

/// <summary>
/// A recurrence rule of RFC 5545, read and computed by Quartz's own recurrence trigger. Begins (DTSTART) with the job's <c>starts</c>, else
/// on 2001-01-01, 00:00 in the zone: a Monday, the first of its month and year, so that what a rule leaves out is what people expect.
/// </summary>
internal sealed record RrulePart : SchedulePart
{
    private const int RuleLengthMax = 500;
    private static readonly DateTime AnchorDefault = new(2001, 1, 1);
    private static readonly string[] Keys =
    [
        "FREQ", "INTERVAL", "UNTIL", "BYSECOND", "BYMINUTE", "BYHOUR", "BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS", "WKST",
    ];
    private readonly ITrigger rule;

    private RrulePart(string text, string rule, TimeZoneInfo zone, DateTimeOffset anchor) : base(text)
    {
        Canonical = $"rrule|{rule}|{zone.Id}|{anchor.UtcTicks}";
        this.rule = TriggerBuilder.Create().WithIdentity("rule").ForJob("rule").StartAt(anchor)
            .WithSchedule(RecurrenceScheduleBuilder.Create(rule).InTimeZone(zone)).Build();
    }

    /// <inheritdoc />
    public override string Canonical { get; }

    /// <summary>Read <c>rrule RULE</c>. Throws <see cref="ScheduleException"/>.</summary>
    public static RrulePart Of(string text, string[] words, TimeZoneInfo zone, DateTimeOffset? anchor)
    {
        if (words.Length != 2 || words[1].Length > RuleLengthMax)
        {
            throw new ScheduleException($"schedule '{text}' cannot be read; expected 'rrule' and one rule without blanks of at most {RuleLengthMax} "
                + "characters, such as 'rrule FREQ=MONTHLY;BYDAY=2MO;BYHOUR=9'");
        }
        var rule = words[1].ToUpperInvariant();
        rule = rule.StartsWith("RRULE:", StringComparison.Ordinal) ? rule[6..] : rule;
        foreach (var key in rule.Split(';').Select(p => p.Split('=')[0]))
        {
            if (key == "COUNT") { throw new ScheduleException($"schedule '{text}': COUNT is not supported; expected UNTIL, or the job's 'ends'"); }
            if (!Keys.Contains(key)) { throw new ScheduleException($"schedule '{text}': '{key}' is no part of a rule{Spelling.Hint(key, Keys)}"); }
        }
        RrulePart part;
        try { part = new RrulePart(text, rule, zone, anchor ?? AtMidnight(zone)); }
        catch (FormatException e) { throw new ScheduleException($"schedule '{text}' cannot be read; {e.Message}"); }
        if (part.Next(DateTimeOffset.UnixEpoch) is null) { throw new ScheduleException($"schedule '{text}' is never due: no such day exists"); }
        return part;
    }

    /// <inheritdoc />
    public override DateTimeOffset? Next(DateTimeOffset after)
    {
        try { return NextAfter(at => rule.GetFireTimeAfter(at), after)?.ToUniversalTime(); }
        // Quartz looks for a day that never comes until its calendar ends.
        catch (ArgumentOutOfRangeException) { return null; }
    }

    // In zones whose winter time is the exception Quartz 4.7.3 answers with an instant before the one asked about in the night of the change.
    // There the first later instant for which the answer goes forward is looked for, by halves.
    private static DateTimeOffset? NextAfter(Func<DateTimeOffset, DateTimeOffset?> ask, DateTimeOffset after)
    {
        var next = ask(after);
        if (next is null || next > after) { return next; }
        // A night's change of the clocks is an hour or two; no zone has a longer one.
        var (back, forward) = (0L, 4 * 3600L);
        while (forward - back > 1)
        {
            var middle = (back + forward) / 2;
            if (ask(after.AddSeconds(middle)) is { } answer && answer <= after) { back = middle; }
            else { forward = middle; }
        }
        return ask(after.AddSeconds(forward));
    }

    private static DateTimeOffset AtMidnight(TimeZoneInfo zone) => new(AnchorDefault, zone.GetUtcOffset(AnchorDefault));
}
