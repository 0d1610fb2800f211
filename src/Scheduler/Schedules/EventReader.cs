using System.Text;
using System.Text.RegularExpressions;
using Scheduler.Database;

namespace Scheduler.Schedules;

/// <summary>Reads parts of schedules that are due by an event, and the params behind any part, by the tables of <see cref="EventGrammar"/>.</summary>
internal static class EventReader
{
    private const RegexOptions Options = RegexOptions.CultureInvariant;
    private static readonly (EventForm Form, Regex Pattern)[] Forms = [.. EventGrammar.Forms.Select(f => (f, new Regex(f.Pattern, Options)))];
    private static readonly (string Head, Regex Pattern, string Put)[] Repairs =
        [.. EventGrammar.Repairs.Select(r => (r.Head, new Regex(r.Pattern, Options | RegexOptions.IgnoreCase), Template(r.Put)))];
    private static readonly (Regex Pattern, string Why)[] Refusals =
        [.. EventGrammar.Refusals.Select(r => (new Regex(r.Pattern, Options | RegexOptions.IgnoreCase), r.Why))];
    private static readonly Regex[] Durations = [.. EventGrammar.Durations.Select(d => new Regex(d, Options))];
    private static readonly (Regex Pattern, string Put)[] ParamRepairs =
        [.. EventGrammar.ParamRepairs.Select(r => (new Regex(r.Pattern, Options), r.Put))];
    private static readonly Regex With = new(EventGrammar.WithPattern, Options);
    private static readonly Regex WithSlip = new(EventGrammar.WithSlip, Options);
    private static readonly Regex Param = new(EventGrammar.Param, Options);
    private static readonly Regex Job = new(EventGrammar.JobName, Options);
    private static readonly Regex Channel = new(EventGrammar.ChannelName, Options);
    private static readonly Regex OwnChannels = new(EventGrammar.OwnChannels, Options);
    private static readonly Regex EveryAfter = new(EventGrammar.EveryAfter, Options);

    /// <summary>Take the params from behind a part. Throws <see cref="ScheduleException"/> when what stands there is none.</summary>
    /// <param name="text">The part.</param>
    /// <returns>The part without them, and the params in the order they are written.</returns>
    public static (string Part, IReadOnlyList<KeyValuePair<string, string>> Params) Split(string text)
    {
        // Nearly all have none.
        if (!text.Contains("with", StringComparison.Ordinal)) { return (text, []); }
        var plain = string.Join(' ', SchedulePart.WordsOf(text));
        if (With.Match(plain) is not { Success: true } match)
        {
            if (!WithSlip.IsMatch(plain) || (Form(plain) is { } read && Problem(read.Form, read.Match) is null)) { return (text, []); }
            throw Refuse(text, $": {EventGrammar.WrongParams}", MeantParams(plain));
        }
        var pairs = match.Groups[2].Value.Split(' ');
        if (ProblemOfParams(pairs) is { } problem) { throw Refuse(text, problem, MeantParams(plain)); }
        return (match.Groups[1].Value, [.. pairs.Select(p => Param.Match(p).Groups).Select(g => KeyValuePair.Create(g[1].Value, g[2].Value))]);
    }

    /// <summary>Read a part, null when it is no event's but the clock's. Throws <see cref="ScheduleException"/>.</summary>
    /// <param name="text">The part, without params.</param>
    /// <param name="words">Its words.</param>
    public static EventPart? Read(string text, string[] words)
    {
        if (words is not [("after" or "on" or "every"), ..]) { return null; }
        var plain = string.Join(' ', words);
        if (words[0] == "every" && !EveryAfter.IsMatch(plain + " ")) { return null; }
        var problem = $" cannot be read; {EventGrammar.Expected[words[0]]}";
        if (Form(plain) is { } read)
        {
            if (Problem(read.Form, read.Match) is not { } wrong) { return EventPart.Of(text, read.Form, Slots(read.Form, read.Match)); }
            problem = wrong;
        }
        else if (Refusals.FirstOrDefault(r => r.Pattern.IsMatch(plain)).Why is { } why) { problem = $" {why}"; }
        throw Refuse(text, problem, Meant(plain, words));
    }

    private static ScheduleException Refuse(string text, string problem, string? meant) =>
        new($"schedule '{text}'{problem}" + (meant is null ? "" : $"; did you mean '{meant}'?"));

    private static (EventForm Form, Match Match)? Form(string plain)
    {
        foreach (var (form, pattern) in Forms)
        {
            if (pattern.Match(plain) is { Success: true } match) { return (form, match); }
        }
        return null;
    }

    private static Dictionary<EventSlot, string> Slots(EventForm form, Match match) => form.Slots
        .Select((slot, i) => (Slot: slot, Group: match.Groups[i + 1])).Where(s => s.Group.Success).ToDictionary(s => s.Slot, s => s.Group.Value);

    // What is wrong with the first slot that is; null when the part can be read.
    private static string? Problem(EventForm form, Match match)
    {
        foreach (var (slot, value) in Slots(form, match))
        {
            var (bad, why) = slot switch
            {
                EventSlot.Jobs => OfJobs(value.Split(" and ")),
                EventSlot.Outcome when !EventGrammar.Outcomes.Contains(value, StringComparer.Ordinal) => (value, null),
                EventSlot.Delay when !Lasts(value, EventGrammar.DelayMax) => (value, null),
                EventSlot.Interval when !Lasts(value, EventGrammar.IntervalMax) => (value, null),
                EventSlot.Channel when !Channel.IsMatch(value) => (value, null),
                EventSlot.Channel when OwnChannels.IsMatch(value) => (value, $": {EventGrammar.OwnChannel}"),
                _ => ((string?)null, (string?)null),
            };
            if (bad is not null) { return why ?? ": " + EventGrammar.Wrong[slot].Replace("{0}", bad, StringComparison.Ordinal); }
        }
        return null;
    }

    private static (string? Bad, string? Why) OfJobs(string[] jobs)
    {
        if (Array.Find(jobs, j => !Job.IsMatch(j)) is { } bad) { return (bad, null); }
        if (jobs.Length > EventGrammar.JobsMax) { return (jobs[0], $" {EventGrammar.TooManyJobs}"); }
        return jobs.GroupBy(j => j, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? (twice.Key, " " + EventGrammar.JobTwice.Replace("{0}", twice.Key, StringComparison.Ordinal)) : (null, null);
    }

    private static bool Lasts(string length, long most) =>
        Duration.TryParse(length, out var value) && value.TotalSeconds >= EventGrammar.LengthMin && value.TotalSeconds <= most;

    private static bool CanBeRead(string plain) => Form(plain) is { } read && Problem(read.Form, read.Match) is null;

    // The text put right, when it then can be read.
    private static string? Meant(string plain, string[] words)
    {
        // Patterns that ignore case would take letters of other scripts for Latin ones.
        if (!Ascii.IsValid(plain)) { return null; }
        var put = plain;
        foreach (var (head, pattern, replacement) in Repairs)
        {
            if (head.Length == 0 || put.StartsWith(head + " ", StringComparison.Ordinal)) { put = pattern.Replace(put, replacement); }
        }
        foreach (var place in Durations)
        {
            put = place.Replace(put, m => m.Groups[1].Value + (Duration.Meant(m.Groups[2].Value) ?? m.Groups[2].Value) + m.Groups[3].Value);
        }
        put = string.Join(' ', SchedulePart.WordsOf(put));
        if (put != plain && CanBeRead(put)) { return put; }
        for (var i = 0; i < words.Length; i++)
        {
            if (Spelling.Nearest(words[i], EventGrammar.Keywords) is not { } near || near == words[i]) { continue; }
            var other = string.Join(' ', [.. words[..i], near, .. words[(i + 1)..]]);
            if (CanBeRead(other)) { return other; }
        }
        return null;
    }

    private static string? ProblemOfParams(string[] pairs)
    {
        if (pairs.Length > EventGrammar.ParamsMax) { return $" {EventGrammar.TooManyParams}"; }
        if (!Array.TrueForAll(pairs, Param.IsMatch)) { return $": {EventGrammar.WrongParams}"; }
        return pairs.GroupBy(p => Param.Match(p).Groups[1].Value, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? " " + EventGrammar.ParamTwice.Replace("{0}", twice.Key, StringComparison.Ordinal) : null;
    }

    private static string? MeantParams(string plain)
    {
        var at = plain.LastIndexOf(" with ", StringComparison.Ordinal);
        if (at < 0) { return null; }
        var put = plain[(at + " with ".Length)..];
        foreach (var (pattern, replacement) in ParamRepairs) { put = pattern.Replace(put, replacement); }
        put = $"{plain[..at]} with {put.Trim(' ')}";
        return put != plain && With.Match(put) is { Success: true } match && ProblemOfParams(match.Groups[2].Value.Split(' ')) is null ? put : null;
    }

    // {1} as .NET writes it.
    private static string Template(string put) => put.Replace("{1}", "$1", StringComparison.Ordinal).Replace("{2}", "$2", StringComparison.Ordinal);
}
