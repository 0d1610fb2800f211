using System.Text.RegularExpressions;
using Scheduler.Database;

namespace Scheduler.Schedules;

/// <summary>A schedule or time zone that cannot be used. The message names the text and what was expected.</summary>
public sealed class ScheduleException(string message) : FormatException(message)
{
    // As Spelling.DidYouMean writes it, at the end of a message.
    private const string Between = "; did you mean '";

    /// <summary>The message without its hint.</summary>
    public string Problem => Message[..(HintAt ?? Message.Length)];

    /// <summary>Its last words, where they say what was meant: <c>did you mean 'every 90m'?</c>; as in SQL's HINT.</summary>
    public string? Hint => HintAt is { } at ? Message[(at + 2)..] : null;

    private int? HintAt => Message.EndsWith("'?", StringComparison.Ordinal)
        && Message.LastIndexOf(Between, StringComparison.Ordinal) is >= 0 and var at ? at : null;
}

/// <summary>
/// When a job is due: one or several parts (<c>*/5 * * * *</c>, <c>every 30s</c>, <c>at 2026-12-01T02:00:00Z</c>, <c>after backup</c>), or
/// <c>manual</c>: never by itself. See docs/schedules.md.
/// </summary>
public sealed partial class Schedule
{
    // Twenty parts already describe any plan a person can follow; each part is a trigger in the store.
    internal const int PartsMax = 20;
    // As wide as a screen and ten times over; keeps error messages readable.
    internal const int TextLengthMax = 1000;

    // What belongs to a rule though it stands behind a semicolon.
    internal const string RuleKeyForm = "^[^ \t\n\r=]+[ \t\n\r]*=";

    private readonly IReadOnlyList<SchedulePart> parts;

    private Schedule(string text, TimeZoneInfo zone, ScheduleLimits limits, IReadOnlyList<SchedulePart> parts, IReadOnlyList<EventPart> events) =>
        (Text, Zone, Limits, this.parts, Events) = (text, zone, limits, parts, events);

    /// <summary>The schedule as it was written.</summary>
    public string Text { get; }
    /// <summary>Zone that local times are read in; intervals do not depend on it.</summary>
    public TimeZoneInfo Zone { get; }
    /// <summary>What else its due times depend on.</summary>
    public ScheduleLimits Limits { get; }
    /// <summary>True when the job only runs on request.</summary>
    public bool IsManual => parts.Count == 0 && Events.Count == 0;
    /// <summary>The parts that are due by the clock.</summary>
    internal IReadOnlyList<SchedulePart> Parts => parts;
    /// <summary>The parts that are due by an event.</summary>
    internal IReadOnlyList<EventPart> Events { get; }
    /// <summary>The params of each part, in the order of the parts.</summary>
    internal IReadOnlyList<IReadOnlyList<KeyValuePair<string, string>>> Given { get; private init; } = [];

    /// <summary>Read a schedule. Throws <see cref="ScheduleException"/> for an unknown zone, a text that is no schedule, and one that can
    /// never be due.</summary>
    /// <param name="text">Parts separated by <c>;</c>.</param>
    /// <param name="timeZone">IANA name, e.g. <c>Europe/Berlin</c>.</param>
    /// <param name="limits">What else its due times depend on. Default: nothing.</param>
    public static Schedule Parse(string text, string timeZone, ScheduleLimits? limits = null)
    {
        var zone = Zones.Find(timeZone);
        limits ??= ScheduleLimits.None;
        if (PlainText.Length(text) > TextLengthMax)
        {
            throw new ScheduleException($"the schedule has {PlainText.Length(text)} characters; expected at most {TextLengthMax}");
        }
        var texts = Split(text);
        if (texts.Count > PartsMax) { throw new ScheduleException($"the schedule has {texts.Count} parts; expected at most {PartsMax}"); }
        if (texts is ["manual"]) { return new Schedule(text, zone, limits, [], []); }
        var (parts, events) = (new List<SchedulePart>(), new List<EventPart>());
        var all = new List<IReadOnlyList<KeyValuePair<string, string>>>();
        foreach (var piece in texts)
        {
            var (part, given) = EventReader.Split(piece);
            all.Add(given);
            if (EventReader.Read(part, SchedulePart.WordsOf(part)) is { } waiting) { events.Add(waiting with { Params = given }); }
            else { parts.Add(SchedulePart.Parse(part, zone, limits.Starts) with { Params = given }); }
        }
        if (events.OfType<AfterEndPart>().Count() > 1)
        {
            throw new ScheduleException($"schedule '{text}' {EventGrammar.SeveralEnds}");
        }
        parts.ForEach(p => p.CheckIsDue());
        return new Schedule(text, zone, limits, parts, events) { Given = all };
    }

    /// <summary>The next due instants strictly after one, in order, each once however many parts name it; fewer than asked when the
    /// schedule ends.</summary>
    /// <param name="after">Instant to begin after.</param>
    /// <param name="count">How many at most.</param>
    public IReadOnlyList<DateTimeOffset> Next(DateTimeOffset after, int count) => Next(parts, Limits, after, count);

    /// <summary>The same of any parts within limits.</summary>
    internal static IReadOnlyList<DateTimeOffset> Next(
        IEnumerable<SchedulePart> parts, ScheduleLimits limits, DateTimeOffset after, int count)
    {
        var due = new List<DateTimeOffset>();
        var all = parts.ToArray();
        var heads = Array.ConvertAll(all, p => limits.Next(p, after));
        while (due.Count < count && heads.Min() is { } next)
        {
            due.Add(next);
            for (var i = 0; i < heads.Length; i++)
            {
                if (heads[i] == next) { heads[i] = limits.Next(all[i], next); }
            }
        }
        return due;
    }

    /// <summary>The same schedule, which ends with its n-th due instant. Counted from <c>starts</c>; without it, and when there are fewer, it stays
    /// as it is.</summary>
    /// <param name="count">How many due instants it has at most.</param>
    internal Schedule First(int count) =>
        Limits.Starts is { } starts && parts.Count > 0 && Next(starts.AddTicks(-1), count) is var due && due.Count == count
            ? Parse(Text, Zone.Id, Limits with { Ends = due[^1] }) : this;

    /// <summary>The params of the run that is due at an instant: those of the part written first that names it; none when no part does.</summary>
    /// <param name="due">A due instant.</param>
    internal IReadOnlyList<KeyValuePair<string, string>> ParamsAt(DateTimeOffset due) => parts.All(p => p.Params.Count == 0) ? []
        : parts.FirstOrDefault(p => Limits.Next(p, due.AddTicks(-1)) == due)?.Params ?? [];

    // A rule has semicolons of its own: what is KEY=VALUE behind one belongs to it.
    private static List<string> Split(string text)
    {
        var parts = new List<string>();
        foreach (var piece in text.Split(';').Select(p => p.Trim(SchedulePart.Blanks)))
        {
            if (parts.Count > 0 && parts[^1].StartsWith("rrule", StringComparison.Ordinal) && RuleKey().IsMatch(piece)) { parts[^1] += ";" + piece; }
            else { parts.Add(piece); }
        }
        return parts;
    }

    [GeneratedRegex(RuleKeyForm)]
    private static partial Regex RuleKey();
}
