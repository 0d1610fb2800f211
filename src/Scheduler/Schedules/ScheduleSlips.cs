using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Scheduler.Database;

namespace Scheduler.Schedules;

/// <summary>A text people bring along from elsewhere, and what to say about it.</summary>
/// <param name="Pattern">What it looks like as a whole, letters of either case.</param>
/// <param name="Why">What is to be said behind the text.</param>
/// <param name="Meant">
/// The schedule it stands for, null where none can be told. <c>{1}</c> is what the first group holds, <c>{day:1}</c> the same as a weekday,
/// <c>{every:1}</c> as an interval; when that is none, the whole is not said.
/// </param>
/// <param name="Cased">True when the case of letters counts.</param>
internal sealed record Slip(string Pattern, string Why, string? Meant, bool Cased = false)
{
    /// <summary>What each such text has in it, in lower case: looked for before the pattern, as most texts are like none.</summary>
    public string Needs { get; init; } = "";
}

/// <summary>What people write as a schedule who come from other schedulers. Each is refused with words that teach; none is guessed.</summary>
internal static partial class ScheduleSlips
{
    private const string Known = "is not known";
    private const string NoCron = "cannot be read";
    private const string Day = "(sun|mon|tue|wed|thu|fri|sat)[a-z]*";
    // A name of the zone data; the words of a schedule that look like one have a slash, or are these.
    private const string Zone = "([A-Z][A-Za-z_]+/[A-Za-z0-9_+/-]+|UTC|GMT|CET|EST|PST)";

    /// <summary>In the order they are tried.</summary>
    public static IReadOnlyList<Slip> All { get; } =
    [
        new("@every (.+)", Known, "every {every:1}") { Needs = "@every " },
        new("@every .+", "has an interval that cannot be read; expected 'every' and whole seconds, such as 'every 30s' or 'every 1h30m'; "
            + "what is to follow at once can be due 'on notify CHANNEL'", null) { Needs = "@every " },
        new("@reboot|@startup", Known, "on startup") { Needs = "@" },
        new("@?(?:every_)?minute|@?minutely", Known, "* * * * *") { Needs = "minute" },
        new("@secondly|@?every_second", Known, "every 1s") { Needs = "second" },
        new("@?(?:weekdays?|workdays?|business days?)", Known, "0 0 * * MON-FRI") { Needs = "day" },
        new("@?weekends?", Known, "0 0 * * SAT,SUN") { Needs = "weekend" },
        new("@?quarterly", Known, "0 0 1 */3 *") { Needs = "quarterly" },
        new("@?(?:semiannually|semi-annually|biannually)", Known, "0 0 1 1,7 *") { Needs = "annually" },
        new("@?(daily|hourly|weekly|monthly|yearly|annually)", Known, "@{1}") { Needs = "ly" },
        new("@?(midnight)", Known, "@{1}") { Needs = "midnight" },
        new($"(?:every )?{Day} ?(?:-|\\.\\.| to ) ?{Day}", "names days but no time; expected 5 cron fields", "0 0 * * {day:1}-{day:2}"),
        new($"(?:every |on )?{Day}", "names a day but no time; expected 5 cron fields", "0 0 * * {day:1}"),
        new("rate ?\\((.+)\\)", "is written for AWS; an interval is written 'every'", "every {every:1}") { Needs = "rate" },
        new("cron ?\\(([^ ()]+ [^ ()]+ [^ ()]+ [^ ()]+ [^ ()]+ [^ ()]+)\\)",
            "is written for AWS; expected the fields alone, with the seconds before them", "0 {1}") { Needs = "cron" },
        new("cron ?\\(([^ ()]+ [^ ()]+ [^ ()]+ [^ ()]+ [^ ()]+)\\)",
            "is written with 'cron(…)'; expected the fields alone", "{1}") { Needs = "cron" },
        new("([^ ]+ [^ ]+ [^ ]+ [^ ?]+ \\? [^ ]+|[^ ]+ [^ ]+ \\? [^ ?]+ [^ ?]+ [^ ]+)", "has the six fields of AWS, minute first and year last; "
            + "expected the seconds before them", "0 {1}") { Needs = "?" },
        new("(?:CRON_TZ|TZ)=([^ ]+) (.+)",
            "names a time zone; expected '{1}' as the job's time_zone, and as the schedule the rest", "{2}") { Needs = "tz=" },
        new($"(.+ .+ .+ .+ .+) {Zone}",
            "ends with a time zone; expected '{2}' as the job's time_zone, and as the schedule the rest", "{1}", Cased: true),
        new("([0-9]+)000", "is a number without a unit; milliseconds are written as an interval", "every {every:1s}") { Needs = "000" },
        new("([0-9]+)", "is a number without a unit; expected 'every' and a duration", "every {every:1s}"),
        new("(?:every )?[0-9.]+ ?(?:ms|milliseconds?|us|ns)", "is no number of whole seconds; expected at least 'every 1s', or 'on notify CHANNEL' "
            + "for what is to follow at once", null) { Needs = "s" },
        new("(?:every )?(.+)", "cannot be read; an interval is written 'every' and its length", "every {every:1}"),
        new("(?:\\*-\\*-\\* )?\\*:0?/([0-9]+)(?::00?)?", "is systemd's; expected 5 cron fields", "*/{1} * * * *") { Needs = "*:" },
        new("\\*-\\*-\\* ([0-9]{1,2}):([0-9]{2})(?::00)?", "is systemd's; expected 5 cron fields", "{n:2} {n:1} * * *") { Needs = "*-*-* " },
        new("\\*-\\*-([0-9]{1,2}) ([0-9]{1,2}):([0-9]{2})(?::00)?",
            "is systemd's; expected 5 cron fields", "{n:3} {n:2} {n:1} * *") { Needs = "*-*-" },
        new("\\*-([0-9]{1,2})-([0-9]{1,2}) ([0-9]{1,2}):([0-9]{2})(?::00)?",
            "is systemd's; expected 5 cron fields", "{n:4} {n:3} {n:2} {n:1} *") { Needs = "*-" },
        new($"{Day}(?:\\.\\.|-){Day}(?: \\*-\\*-\\*)? ([0-9]{{1,2}}):([0-9]{{2}})(?::00)?", "is systemd's; expected 5 cron fields",
            "{n:4} {n:3} * * {day:1}-{day:2}") { Needs = ":" },
        new($"{Day}(?: \\*-\\*-\\*)? ([0-9]{{1,2}}):([0-9]{{2}})(?::00)?",
            "is systemd's; expected 5 cron fields", "{n:3} {n:2} * * {day:1}") { Needs = ":" },
        new("([0-9]{1,2}):([0-9]{2})", "is a time of day; expected 5 cron fields", "{n:2} {n:1} * * *") { Needs = ":" },
        new("([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2})?)",
            "is an instant; expected 'at' before it", "at {1}") { Needs = ":" },
    ];

    /// <summary>Lengths below a second.</summary>
    internal const string FinerForm = "[0-9](?:ms|us|ns)$|^0?[.][0-9]+s";
    /// <summary>What stands behind 'at' for an instant elsewhere: 1 the date, 2 the time, 3 and 4 the offset, or 5 a Z.</summary>
    internal const string DateForm =
        "^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ Tt]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:[.]0+)?)? ?(?:([+-][0-9]{2})(?::?([0-9]{2}))?|([Zz]))?$";

    private static readonly List<(Regex Pattern, Slip Slip)> Compiled = [.. All.Select(s =>
        (new Regex($"^(?:{s.Pattern})\\z", (s.Cased ? RegexOptions.None : RegexOptions.IgnoreCase) | RegexOptions.CultureInvariant), s))];
    // The longest of the list, a zone behind seven fields, has eight.
    internal const int WordsMost = 9;

    /// <summary>What to say about a part, null when it is like nothing known.</summary>
    /// <param name="text">The part.</param>
    /// <param name="words">Its words.</param>
    public static ScheduleException? Of(string text, string[] words)
    {
        // Patterns that ignore case would take letters of other scripts for Latin ones.
        if (words.Length > WordsMost || !Ascii.IsValid(text)) { return null; }
        var plain = string.Join(' ', words);
        var lower = PlainText.Lower(plain);
        foreach (var (pattern, slip) in Compiled)
        {
            if (!lower.Contains(slip.Needs, StringComparison.Ordinal) || pattern.Match(plain) is not { Success: true } match) { continue; }
            var meant = slip.Meant is null ? null : Fill(slip.Meant, match);
            if (slip.Meant is not null && meant is null) { continue; }
            return new($"schedule '{text}' {Fill(slip.Why, match)}" + (meant is null ? "" : $"; did you mean '{meant}'?"));
        }
        return null;
    }

    /// <summary>What to say about an interval that cannot be read.</summary>
    /// <param name="text">The part.</param>
    /// <param name="length">What stands behind 'every'.</param>
    public static ScheduleException Every(string text, string length)
    {
        if (Duration.TryParse(length, out var duration) && duration < TimeSpan.FromSeconds(1))
        {
            return new($"schedule '{text}' cannot be read; expected 'every' and a duration of at least 1s, such as 'every 30s' or 'every 1h30m'");
        }
        if (Duration.Meant(length) is { } meant) { return new($"schedule '{text}' cannot be read; did you mean 'every {meant}'?"); }
        var least = Finer().IsMatch(length) ? "; what is to follow at once can be due 'on notify CHANNEL'" : "";
        return new($"schedule '{text}' cannot be read; expected 'every' and a duration of at least 1s and at most 36500d, such as 'every 30s' or "
            + $"'every 1h30m'{least}");
    }

    /// <summary>Words behind an instant that cannot be read: <c>; did you mean 'at …'?</c>, or nothing.</summary>
    public static string AtMeant(string instant) => Date().Match(instant) is not { Success: true } date ? ""
        : $"; did you mean 'at {date.Groups[1].Value}T{(date.Groups[2].Success ? date.Groups[2].Value : "00:00")}"
            + (date.Groups[3].Success ? $"{date.Groups[3].Value}:{(date.Groups[4].Success ? date.Groups[4].Value : "00")}" : "")
            + (date.Groups[5].Success ? "Z" : "") + "'?";

    private static string? Fill(string template, Match match)
    {
        var complete = true;
        var filled = Group().Replace(template, hole =>
        {
            var value = match.Groups[hole.Groups[2].Value[0] - '0'].Value;
            var put = hole.Groups[1].Value switch
            {
                "every:" => Duration.Meant(value + hole.Groups[3].Value),
                "day:" => value[..3].ToUpperInvariant(),
                "n:" => int.Parse(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture),
                _ => hole.Groups[2].Value == "1" && template == "@{1}" ? value.ToLowerInvariant() : value,
            };
            complete &= put is not null;
            return put ?? "";
        });
        return complete ? filled : null;
    }

    [GeneratedRegex(@"\{(every:|day:|n:)?([0-9])(s?)\}")]
    private static partial Regex Group();

    [GeneratedRegex(FinerForm)]
    private static partial Regex Finer();

    [GeneratedRegex(DateForm)]
    private static partial Regex Date();
}
