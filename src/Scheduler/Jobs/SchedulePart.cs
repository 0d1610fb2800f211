using System.Security.Cryptography;
using System.Text;
using Quartz;
using Scheduler.Cluster;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>One part of a schedule: a cron expression or an interval.</summary>
/// <param name="Text">As it was written.</param>
internal abstract record SchedulePart(string Text)
{
    private const string Expected = "expected 5 cron fields (minute hour day month weekday), 6 or 7 Quartz fields, "
        + "a macro such as @daily, 'every 5m', or 'manual'";
    private static readonly string[] Macros = ["@hourly", "@daily", "@weekly", "@monthly", "@yearly", "@annually", "@midnight"];
    private static readonly string[] Later = ["at", "rrule", "after", "on"];

    /// <summary>Changes whenever the stored trigger has to be replaced; the leading number is raised when the way triggers are built
    /// changes.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"2|{FireJob.ExecutionGroup}|{Canonical}")))[..32];

    /// <summary>All that the due times depend on, as text.</summary>
    protected abstract string Canonical { get; }

    /// <summary>The first due instant strictly after one, or null when there is none.</summary>
    public abstract DateTimeOffset? Next(DateTimeOffset after);

    /// <summary>False when a stored trigger is due by another schedule than this: somebody edited its row.</summary>
    public abstract bool Fits(StoredTrigger trigger);

    /// <summary>What Quartz makes the trigger from. Every fire is delivered, however late: the ledger decides about missed ones.</summary>
    public abstract IScheduleBuilder Builder();

    /// <summary>Read one part. Throws <see cref="ScheduleException"/>.</summary>
    public static SchedulePart Parse(string text, TimeZoneInfo zone)
    {
        var words = text.Split((char[])[' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        return words switch
        {
            [] => throw new ScheduleException($"a schedule is empty; {Expected}"),
            ["manual"] => throw new ScheduleException("schedule 'manual' stands beside others; expected it alone"),
            ["every", ..] => EveryPart.Of(text, words),
            [var first, ..] when first.StartsWith('@') => Macro(text, words, zone),
            [var first, ..] when Later.Contains(first) =>
                throw new ScheduleException($"schedule '{text}': '{first}' is not supported yet; {Expected}"),
            { Length: >= 5 and <= 7 } => CronPart.Of(text, words, zone),
            [var only] when (Spelling.Nearest("@" + only, Macros) ?? Spelling.Nearest(only, ["manual"])) is { } near =>
                throw new ScheduleException($"schedule '{text}' is not known; did you mean '{near}'?"),
            _ => throw new ScheduleException($"schedule '{text}' has {words.Length} {(words.Length == 1 ? "field" : "fields")}; {Expected}"),
        };
    }

    private static CronPart Macro(string text, string[] words, TimeZoneInfo zone) => words switch
    {
        [var only] when Macros.Contains(only) => new CronPart(text, CronExpression.Parse(only, CronFormat.Unix).WithTimeZone(zone)),
        ["@every", ..] => throw new ScheduleException($"schedule '{text}' is not known; did you mean '{text[1..]}'?"),
        ["@reboot"] => throw new ScheduleException($"schedule '{text}': a start of the cluster is not supported yet; {Expected}"),
        _ => throw new ScheduleException($"schedule '{text}' is not known{Spelling.Hint(words[0], Macros)}"),
    };
}

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

/// <summary>A cron expression in its zone.</summary>
internal sealed record CronPart(string Text, CronExpression Cron) : SchedulePart(Text)
{
    private static readonly (string Name, string Expected)[] Fields =
    [
        ("second", "0-59"), ("minute", "0-59"), ("hour", "0-23"), ("day of month", "1-31"), ("month", "1-12 or JAN-DEC"),
        ("day of week", "a weekday as number or SUN-SAT"), ("year", "1970-2299"),
    ];

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
