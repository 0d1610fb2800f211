using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Scheduler.Schedules;

/// <summary>Reads cron expressions, to the last character: what is not understood is refused, with the field, what was expected and, where it can be
/// told, the expression put right.</summary>
internal sealed class CronReader
{
    // Minutes that fill no hour are no cron; an author who writes them means an interval.
    internal static readonly Dictionary<string, string> UnitOf = new(StringComparer.Ordinal) { ["second"] = "s", ["minute"] = "m", ["hour"] = "h" };
    private const string Star = "*";

    private readonly string text;
    private readonly string[] words;
    private readonly IReadOnlyList<CronField> fields;
    private readonly int shift;

    private CronReader(string text, string[] words)
    {
        (this.text, this.words) = (text, words);
        (fields, shift) = words.Length == 5 ? (CronFields.Unix, 0) : (CronFields.Quartz, 1);
    }

    /// <summary>Read 5 fields as Unix cron, 6 or 7 as Quartz's. Throws <see cref="ScheduleException"/>.</summary>
    /// <param name="text">The part of the schedule, for messages.</param>
    /// <param name="words">Its fields, 5 to 7.</param>
    public static CronTimes Read(string text, string[] words)
    {
        var times = new CronReader(text, words).Times();
        return times.From(0) is not null ? times
            : throw new ScheduleException($"schedule '{text}' is never due up to {CronTimes.YearLast}: no such day exists");
    }

    private CronTimes Times()
    {
        var (minute, day, weekday) = (shift, shift + 2, shift + 4);
        var (monthDays, (which, nth)) = (new List<MonthDay>(), (WeekdayOf.EveryWeek, 0));
        var sets = new ulong[words.Length];
        HashSet<int>? years = null;
        for (var i = 0; i < words.Length; i++)
        {
            var word = Plain(i);
            if (word == "?" && (i == day || i == weekday)) { sets[i] = ~0UL; }
            else if (i == weekday && fields[i].ReadSpecial(word) is { Success: true } special) { (sets[i], which, nth) = Weekday(i, special); }
            else if (i < 6) { sets[i] = Set(i, word, i == day ? monthDays : null); }
            else if (word != Star) { years = Years(i, word); }
        }
        var times = new CronTimes
        {
            Seconds = shift == 0 ? 1 : sets[0],
            Minutes = sets[minute],
            Hours = sets[minute + 1],
            Days = sets[day],
            MonthDays = monthDays,
            Months = sets[day + 1],
            Weekdays = shift == 1 && which == WeekdayOf.EveryWeek ? sets[weekday] >> 1 : (sets[weekday] | sets[weekday] >> 7) & 0x7F,
            Of = which,
            Nth = nth,
            AnyDay = words[day] is Star or "?",
            AnyWeekday = words[weekday] is Star or "?",
            Years = years,
            IsInterval = words[minute].AsSpan().ContainsAny('*', '/', '-') || words[minute + 1].AsSpan().ContainsAny('*', '/', '-'),
        };
        if (shift == 0 && !times.AnyDay && !times.AnyWeekday && (words[day][0] == '*' || words[weekday][0] == '*'))
        {
            // Vixie cron asks for both days here and others for either.
            throw new ScheduleException(
                $"schedule '{text}': crons disagree on what day '{words[day]}' together with weekday '{words[weekday]}' means; "
                + "expected one of the two as *, or days listed without a leading *");
        }
        return times;
    }

    // In upper case; letters of other scripts may become Latin ones by that.
    private string Plain(int i) => Ascii.IsValid(words[i]) ? words[i].ToUpperInvariant() : throw Unreadable(i, null);

    private ulong Set(int i, string word, List<MonthDay>? monthDays)
    {
        var set = 0UL;
        foreach (var item in Items(i, word))
        {
            if (monthDays is not null && fields[i].ReadSpecial(item) is { Success: true } special) { monthDays.Add(MonthDayOf(i, special)); }
            else { foreach (var number in Numbers(i, item)) { set |= 1UL << number; } }
        }
        return set;
    }

    private HashSet<int> Years(int i, string word) => [.. Items(i, word).SelectMany(item => Numbers(i, item))];

    private string[] Items(int i, string word)
    {
        var items = word.Split(',');
        if (!items.Contains("")) { return items; }
        var full = string.Join(',', items.Where(x => x.Length > 0));
        throw Refusal(i, "has an empty place in its list", full.Length > 0 ? full : null);
    }

    private IEnumerable<int> Numbers(int i, string item)
    {
        var field = fields[i];
        var match = field.Read(item);
        if (!match.Success) { throw Unreadable(i, item); }
        var (first, end) = (field.Lowest, field.Highest);
        if (match.Groups[2].Success)
        {
            first = InRange(i, item, match.Groups[2].Value);
            end = match.Groups[3].Success ? InRange(i, item, match.Groups[3].Value) : match.Groups[4].Success ? field.Highest : first;
        }
        var step = match.Groups[4].Success ? Step(i, match.Groups[4].Value) : 1;
        // Sunday as 7 begins the week where more follows it.
        if (end < first && first == field.Lowest + field.Round) { first = field.Lowest; }
        if (end < first && !field.Wraps) { throw Refusal(i, $"ends before it begins; expected {field.Expected}, the smaller one first"); }
        return Walk(first, end < first ? end + field.Round : end, step, field);
    }

    private static IEnumerable<int> Walk(int first, int end, int step, CronField field)
    {
        for (var number = first; number <= end; number += step) { yield return number > field.Highest ? number - field.Round : number; }
    }

    private int Step(int i, string digits)
    {
        var (field, step) = (fields[i], int.Parse(digits, CultureInfo.InvariantCulture));
        if (step == 0) { throw Refusal(i, "has a step of 0; expected at least 1"); }
        if (step <= field.StepMost) { return step; }
        throw Refusal(i, $"has a step of {step}; expected at most {field.StepMost}", meant: IntervalMeant(i, step));
    }

    // An author who writes */90 for minutes means every 90 minutes, if nothing else limits it.
    private string? IntervalMeant(int i, int step)
    {
        if (!UnitOf.TryGetValue(fields[i].Name, out var unit) || !words[i].StartsWith("*/", StringComparison.Ordinal)) { return null; }
        if (words[(i + 1)..].Any(w => w is not (Star or "?")) || words[..i].Any(w => w != "0")) { return null; }
        var round = i == shift + 1 ? 24 : 60;
        if (step != round) { return $"every {step}{unit}"; }
        // All of the next larger unit.
        var whole = words.ToArray();
        whole[i] = "0";
        return string.Join(' ', whole);
    }

    private int InRange(int i, string item, string value)
    {
        var field = fields[i];
        var number = field.Number(value);
        if (number >= field.Lowest && number <= field.Highest) { return number; }
        // The hour 24 is the hour 0, the minute 60 the minute 0; who writes six fields for Spring or Go counts Sunday as 0.
        var put = item != value ? null : number == field.Highest + 1 && UnitOf.ContainsKey(field.Name) ? "0"
            : number == 0 && field.Names.Count == 7 ? field.Names[0] : null;
        throw Refusal(i, $"cannot be read; expected {field.Expected}", put is null ? null : Replaced(i, item, put));
    }

    private (ulong Set, WeekdayOf Which, int Nth) Weekday(int i, Match special)
    {
        var last = special.Groups[1];
        var day = last.Success ? last : special.Groups[2];
        if (!day.Success) { return (1UL << fields[i].Number("SAT"), WeekdayOf.EveryWeek, 0); }
        // In either form, Sunday is bit 0.
        var set = 1UL << ((InRange(i, words[i], day.Value) - shift) % 7);
        return last.Success ? (set, WeekdayOf.Last, 0) : (set, WeekdayOf.Nth, special.Groups[3].Value[0] - '0');
    }

    private MonthDay MonthDayOf(int i, Match special)
    {
        if (special.Groups[3].Success) { return new(InRange(i, "", special.Groups[3].Value), 0, true); }
        var before = special.Groups[1].Success ? int.Parse(special.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
        return before < fields[i].Highest ? new(0, before, special.Groups[2].Success)
            : throw Refusal(i, $"counts {before} days before the last one; expected L-1 to L-{fields[i].Highest - 1}");
    }

    private ScheduleException Unreadable(int i, string? item)
    {
        var field = fields[i];
        var hint = item is null ? null : CronSlips.Of(field, item);
        var why = hint?.Why ?? $"cannot be read; expected {field.Expected}{field.SpecialExpected}, *, a list, a range or a step";
        return Refusal(i, why, hint?.Put is { } put ? Replaced(i, item!, put) : null);
    }

    private string Replaced(int i, string item, string put) =>
        string.Join(',', words[i].ToUpperInvariant().Split(',').Select(x => x == item ? put : x));

    private ScheduleException Refusal(int i, string why, string? field = null, string? meant = null)
    {
        meant ??= field is null ? null : string.Join(' ', [.. words[..i], field, .. words[(i + 1)..]]);
        return new($"schedule '{text}': {fields[i].Name} '{words[i]}' {why}" + (meant is null ? "" : $"; did you mean '{meant}'?"));
    }
}
