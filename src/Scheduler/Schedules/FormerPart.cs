using Quartz;

namespace Scheduler.Schedules;

/// <summary>
/// A cron or a rule as builds before 0.2.0 meant it: by Quartz's own classes, whatever they left unread. Kept for what such a build stored and
/// this one refuses, so that it goes on as before until it is edited, and to say beforehand what an upgrade changes. To go when no such build is
/// left to upgrade from.
/// </summary>
internal sealed record FormerPart : SchedulePart
{
    private static readonly DateTime AnchorDefault = new(2001, 1, 1);
    // A change of the clocks in a night is an hour or two.
    private static readonly TimeSpan ForwardMost = TimeSpan.FromHours(4);

    private readonly Func<DateTimeOffset, DateTimeOffset?> ask;

    private FormerPart(string text, TimeZoneInfo zone, Func<DateTimeOffset, DateTimeOffset?> ask) : base(text) =>
        (Canonical, this.ask) = ($"former|{Plain}|{zone.Id}", ask);

    /// <inheritdoc />
    public override string Canonical { get; }

    /// <summary>The part as it was meant; null where such a build could not read it either, or computed it as this one does.</summary>
    /// <param name="text">The part.</param>
    /// <param name="zone">Its zone.</param>
    /// <param name="starts">What a rule counts from, null for its default.</param>
    public static FormerPart? Of(string text, TimeZoneInfo zone, DateTimeOffset? starts)
    {
        var words = WordsOf(text);
        if (words is [var macro] && CronFields.Macros.TryGetValue(macro, out var fields)) { words = fields.Split(' '); }
        try
        {
            if (words is ["rrule", var rule]) { return new(text, zone, Rule(rule, zone, starts)); }
            if (words.Length is < 5 or > 7) { return null; }
            var cron = CronExpression.Parse(string.Join(' ', words), words.Length == 5 ? CronFormat.Unix : CronFormat.Quartz).WithTimeZone(zone);
            return new(text, zone, cron.GetNextValidTimeAfter);
        }
        // Quartz's parser throws whatever its arithmetic does.
        catch (Exception e) when (e is FormatException or ArgumentException or IndexOutOfRangeException or OverflowException) { return null; }
    }

    /// <inheritdoc />
    public override DateTimeOffset? Next(DateTimeOffset after)
    {
        // Quartz looks for a day that never comes until its calendar ends.
        try { return Later(after)?.ToUniversalTime(); }
        catch (ArgumentOutOfRangeException) { return null; }
    }

    // Where winter is the exception Quartz may answer with an instant that is not later; that build looked for one that is, by halves.
    private DateTimeOffset? Later(DateTimeOffset after)
    {
        var next = ask(after);
        if (next is null || next > after) { return next; }
        var (back, forward) = (0L, (long)ForwardMost.TotalSeconds);
        while (forward - back > 1)
        {
            var middle = (back + forward) / 2;
            if (ask(after.AddSeconds(middle)) is { } answer && answer <= after) { back = middle; }
            else { forward = middle; }
        }
        return ask(after.AddSeconds(forward)) is { } later && later > after ? later : null;
    }

    private static Func<DateTimeOffset, DateTimeOffset?> Rule(string text, TimeZoneInfo zone, DateTimeOffset? starts)
    {
        var rule = text.ToUpperInvariant();
        rule = rule.StartsWith("RRULE:", StringComparison.Ordinal) ? rule[6..] : rule;
        var trigger = TriggerBuilder.Create().WithIdentity("rule").ForJob("rule")
            .StartAt(starts ?? new DateTimeOffset(AnchorDefault, zone.GetUtcOffset(AnchorDefault)))
            .WithSchedule(RecurrenceScheduleBuilder.Create(rule).InTimeZone(zone)).Build();
        return after => trigger.GetFireTimeAfter(after);
    }
}
