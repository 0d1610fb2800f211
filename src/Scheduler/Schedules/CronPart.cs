using Quartz;

namespace Scheduler.Schedules;

/// <summary>A cron expression in its zone.</summary>
internal sealed record CronPart(string Text, CronExpression Cron) : SchedulePart(Text)
{
    private static readonly (string Name, string Expected)[] Fields =
    [
        ("second", "0-59"), ("minute", "0-59"), ("hour", "0-23"), ("day of month", "1-31"), ("month", "1-12 or JAN-DEC"),
        ("day of week", "a weekday as number or SUN-SAT"), ("year", "1970-2299"),
    ];

    /// <inheritdoc />
    // Quartz's loop would go back in time there, see CronExtensions.
    public override bool NeedsOwnTrigger => Zones.HasWinterTime(Cron.TimeZone);

    /// <inheritdoc />
    protected override string Canonical => $"cron|{Cron.CronExpressionString}|{Cron.TimeZone.Id}";

    /// <summary>Read 5 fields as Unix cron, 6 or 7 as Quartz's. Throws <see cref="ScheduleException"/>.</summary>
    public static CronPart Of(string text, string[] words, TimeZoneInfo zone)
    {
        var format = words.Length == 5 ? CronFormat.Unix : CronFormat.Quartz;
        Lint(text, words);
        CronExpression cron;
        try { cron = CronExpression.Parse(string.Join(' ', words), format).WithTimeZone(zone); }
        catch (FormatException e) { throw new ScheduleException(Explain(text, words, format, e.Message)); }
        if (cron.GetNextValidTimeAfter(DateTimeOffset.UnixEpoch) is null)
        {
            throw new ScheduleException($"schedule '{text}' is never due: no such day exists");
        }
        return new CronPart(text, cron);
    }

    /// <inheritdoc />
    public override DateTimeOffset? Next(DateTimeOffset after) => Cron.NextAfter(after)?.ToUniversalTime();

    /// <inheritdoc />
    public override bool Fits(StoredTrigger trigger) =>
        trigger.Type == "CRON" && trigger.Cron == Cron.CronExpressionString && trigger.Zone == Cron.TimeZone.Id;

    /// <inheritdoc />
    public override IScheduleBuilder Builder() =>
        CronScheduleBuilder.Create(Cron).WithMisfireInstruction(CronTriggerMisfireInstruction.IgnoreMisfires);

    // What Quartz accepts although it is a slip of the pen, or means something else elsewhere.
    private static void Lint(string text, string[] words)
    {
        var shift = words.Length == 5 ? 1 : 0;
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i].Split(',').Contains(""))
            {
                throw new ScheduleException($"schedule '{text}': {Fields[i + shift].Name} '{words[i]}' has an empty place in its list");
            }
        }
        if (shift == 1 && words[2] is not ("*" or "?") && words[4] is not ("*" or "?") && (words[2][0] == '*' || words[4][0] == '*'))
        {
            // Vixie cron asks for both days here and Quartz for either.
            throw new ScheduleException($"schedule '{text}': crons disagree on what day '{words[2]}' together with weekday '{words[4]}' means; "
                + "expected one of the two as *, or days listed without a leading *");
        }
    }

    // Quartz's own sentence is kept where it is one; the field it is about is found by giving each field alone.
    private static string Explain(string text, string[] words, CronFormat format, string message)
    {
        var shift = format == CronFormat.Unix ? 1 : 0;
        for (var i = 0; i < words.Length; i++)
        {
            var alone = Enumerable.Repeat("*", words.Length).ToArray();
            if (format == CronFormat.Quartz) { alone[i == 3 ? 5 : 3] = "?"; }
            alone[i] = words[i];
            if (CronExpression.TryParse(string.Join(' ', alone), format, out _)) { continue; }
            var (name, expected) = Fields[i + shift];
            var poor = message.Contains("Illegal cron expression", StringComparison.Ordinal)
                || message.Contains("Specified argument", StringComparison.Ordinal);
            return $"schedule '{text}': {name} '{words[i]}' cannot be read; "
                + (poor ? $"expected {expected}, *, a list, a range or a step" : message);
        }
        return $"schedule '{text}' cannot be read; {message}";
    }
}
