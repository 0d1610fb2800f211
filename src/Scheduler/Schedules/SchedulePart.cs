using System.Security.Cryptography;
using System.Text;
using Quartz;
using Scheduler.Cluster;
using Scheduler.Database;

namespace Scheduler.Schedules;

/// <summary>One part of a schedule that is due by the clock: a cron expression, an interval, an instant, a rule.</summary>
/// <param name="Text">As it was written.</param>
internal abstract record SchedulePart(string Text)
{
    private const string Expected = "expected 5 cron fields (minute hour day month weekday), 6 or 7 Quartz fields, "
        + "a macro such as @daily, 'every 5m', 'at 2026-12-01T02:00:00Z', 'rrule FREQ=…', 'after JOB', 'on startup', 'on release', "
        + "'on notify CHANNEL', or 'manual'";
    // The longest anybody has written by hand is a tenth of it; it is stored with each trigger.
    private const int TextLengthMax = 500;
    private static readonly string[] Macros = ["@hourly", "@daily", "@weekly", "@monthly", "@yearly", "@annually", "@midnight"];
    private static readonly string[] Words = ["every", "at", "rrule", "after", "on", "manual"];

    /// <summary>Changes whenever the stored trigger has to be replaced; the leading number is raised when the way triggers are built
    /// changes.</summary>
    /// <param name="limits">What else its due times depend on, as text; empty when nothing.</param>
    public string HashWith(string limits) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"2|{FireJob.ExecutionGroup}|{Canonical}{limits}")))[..32];

    /// <summary>True when Quartz's own triggers cannot stand for it, see <see cref="PartTrigger"/>.</summary>
    public virtual bool NeedsOwnTrigger => false;

    /// <summary>All that the due times depend on, as text.</summary>
    protected abstract string Canonical { get; }

    /// <summary>The first due instant strictly after one, or null when there is none.</summary>
    public abstract DateTimeOffset? Next(DateTimeOffset after);

    /// <summary>False when a stored trigger is due by another schedule than this: somebody edited its row.</summary>
    public abstract bool Fits(StoredTrigger trigger);

    /// <summary>What Quartz makes the trigger from. Every fire is delivered, however late: the ledger decides about missed ones.</summary>
    public abstract IScheduleBuilder Builder();

    /// <summary>The words of a part.</summary>
    public static string[] WordsOf(string text) => text.Split((char[])[' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Read one part. Throws <see cref="ScheduleException"/>.</summary>
    /// <param name="text">The part.</param>
    /// <param name="zone">Zone its local times are read in.</param>
    /// <param name="anchor">What a rule counts from, null for its default.</param>
    public static SchedulePart Parse(string text, TimeZoneInfo zone, DateTimeOffset? anchor = null)
    {
        if (text.Length > TextLengthMax)
        {
            throw new ScheduleException($"a part of the schedule has {text.Length} characters; expected at most {TextLengthMax}");
        }
        var words = WordsOf(text);
        return words switch
        {
            [] => throw new ScheduleException($"a schedule is empty; {Expected}"),
            ["manual"] => throw new ScheduleException("schedule 'manual' stands beside others; expected it alone"),
            ["every", ..] => EveryPart.Of(text, words),
            [var first, ..] when first.StartsWith('@') => Macro(text, words, zone),
            ["at", ..] => AtPart.Of(text, words, zone),
            ["rrule", ..] => RrulePart.Of(text, words, zone, anchor),
            { Length: >= 5 and <= 7 } => CronPart.Of(text, words, zone),
            [var only] when (Spelling.Nearest("@" + only, Macros) ?? Spelling.Nearest(only, ["manual"])) is { } near =>
                throw new ScheduleException($"schedule '{text}' is not known; did you mean '{near}'?"),
            [var first, _, ..] when first.Length > 1 && Spelling.Nearest(first, Words) is { } near =>
                throw new ScheduleException($"schedule '{text}' is not known; did you mean '{near}{text[first.Length..]}'?"),
            _ => throw new ScheduleException($"schedule '{text}' has {words.Length} {(words.Length == 1 ? "field" : "fields")}; {Expected}"),
        };
    }

    private static CronPart Macro(string text, string[] words, TimeZoneInfo zone) => words switch
    {
        [var only] when Macros.Contains(only) => new CronPart(text, CronExpression.Parse(only, CronFormat.Unix).WithTimeZone(zone)),
        ["@every", ..] => throw new ScheduleException($"schedule '{text}' is not known; did you mean '{text[1..]}'?"),
        ["@reboot"] => throw new ScheduleException($"schedule '{text}' is not known; did you mean 'on startup'?"),
        _ => throw new ScheduleException($"schedule '{text}' is not known{Spelling.Hint(words[0], Macros)}"),
    };
}
