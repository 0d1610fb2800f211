using Scheduler.Database;

namespace Scheduler.Schedules;

/// <summary>One part of a schedule that is due by the clock: a cron expression, an interval, an instant, a rule.</summary>
/// <param name="Text">As it was written.</param>
internal abstract record SchedulePart(string Text)
{
    internal const string ExpectedForms = "expected 5 cron fields (minute hour day month weekday), 6 or 7 Quartz fields, "
        + "a macro such as @daily, 'every 5m', 'every 5m after end', 'at 2026-12-01T02:00:00Z', 'rrule FREQ=…', 'after JOB', 'on startup', "
        + "'on release', 'on node start', 'on notify CHANNEL', or 'manual'";
    // The longest anybody has written by hand is a tenth of it; it is stored with each trigger.
    internal const int TextLengthMax = 500;
    internal static readonly string[] Words = ["every", "at", "rrule", "after", "on", "manual"];

    /// <summary>Params of the runs it makes due, in the order they are written. Default: none.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Params { get; init; } = [];

    /// <summary>As it was written, with single blanks between its words.</summary>
    public string Plain => string.Join(' ', WordsOf(Text));

    /// <summary>All that the due instants depend on, as text.</summary>
    public abstract string Canonical { get; }

    /// <summary>
    /// The first due instant strictly after one, or null when there is none. A function of the part alone: for all a before b, <c>Next(b)</c> is the
    /// first of what walking on from a finds that is later than b.
    /// </summary>
    public abstract DateTimeOffset? Next(DateTimeOffset after);

    /// <summary>Throws <see cref="ScheduleException"/> when only reckoning tells that it is never due: the database, which judges the rest, does not.</summary>
    public virtual void CheckIsDue() { }

    /// <summary>What stands between words and around parts. Blanks of other scripts are letters.</summary>
    public static readonly char[] Blanks = [' ', '\t', '\n', '\r'];

    /// <summary>The words of a part.</summary>
    public static string[] WordsOf(string text) => text.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Read one part. Throws <see cref="ScheduleException"/>.</summary>
    /// <param name="text">The part.</param>
    /// <param name="zone">Zone its local times are read in.</param>
    /// <param name="anchor">What a rule counts from, null for its default.</param>
    public static SchedulePart Parse(string text, TimeZoneInfo zone, DateTimeOffset? anchor = null)
    {
        if (PlainText.Length(text) > TextLengthMax)
        {
            throw new ScheduleException($"a part of the schedule has {PlainText.Length(text)} characters; expected at most {TextLengthMax}");
        }
        var words = WordsOf(text);
        return words switch
        {
            [] => throw new ScheduleException($"a schedule is empty; {ExpectedForms}"),
            ["manual"] => throw new ScheduleException("schedule 'manual' stands beside others; expected it alone"),
            ["every", ..] => EveryPart.Of(text, words),
            [var only] when CronFields.Macros.TryGetValue(only, out var fields) => CronPart.Of(text, fields.Split(' '), zone),
            ["at", ..] => AtPart.Of(text, words, zone),
            ["rrule", ..] => RrulePart.Of(text, words, zone, anchor),
            { Length: >= 5 and <= 7 } => Cron(text, words, zone),
            _ when ScheduleSlips.Of(text, words) is { } slip => throw slip,
            [var only] when (Spelling.Nearest("@" + only.TrimStart('@'), CronFields.Macros.Keys) ?? Spelling.Nearest(only, ["manual"])) is { } near =>
                throw new ScheduleException($"schedule '{text}' is not known; did you mean '{near}'?"),
            [var first, ..] when first.StartsWith('@') =>
                throw new ScheduleException($"schedule '{text}' is not known{Spelling.Hint(words[0], [.. CronFields.Macros.Keys])}"),
            [var first, _, ..] when first.Length > 1 && Spelling.Nearest(first, Words) is { } near =>
                throw new ScheduleException($"schedule '{text}' is not known; did you mean '{near}{text.TrimStart(Blanks)[first.Length..]}'?"),
            _ => throw new ScheduleException($"schedule '{text}' has {words.Length} {(words.Length == 1 ? "field" : "fields")}; {ExpectedForms}"),
        };
    }

    // What is like a text from elsewhere is said about only when it cannot be read: ten thousand good ones are read in a sweep.
    private static CronPart Cron(string text, string[] words, TimeZoneInfo zone)
    {
        try { return CronPart.Of(text, words, zone); }
        catch (ScheduleException) when (ScheduleSlips.Of(text, words) is { } slip) { throw slip; }
    }
}
