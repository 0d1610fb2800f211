using System.Globalization;

namespace Scheduler.Schedules;

/// <summary>A recurrence rule in English: <c>every month on the second Monday at 09:00</c>. What the rule leaves out is said as it follows from where
/// it begins.</summary>
internal static class RuleWords
{
    private static readonly string[] Units = ["year", "month", "week", "day", "hour", "minute", "second"];

    /// <summary>The words, without a capital.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="anchor">Local time it counts from.</param>
    public static string Of(RecurrenceRule rule, DateTime anchor)
    {
        var words = new List<string> { Wording.Every(rule.Interval, Units[(int)rule.Frequency]) };
        words.AddRange(Days(rule, anchor));
        words.Add(Time(rule, anchor));
        if (rule.By("BYSETPOS") is { Length: > 0 } places)
        {
            words.Add($"(of these the {Wording.And([.. places.Select(Wording.Place)])} of each {Units[(int)rule.Frequency]})");
        }
        var text = string.Join(' ', words.Where(w => w.Length > 0));
        if (rule.Interval > 1) { text += string.Create(CultureInfo.InvariantCulture, $", counted from {anchor:yyyy-MM-dd}"); }
        if (rule.Count is { } count) { text += count == 1 ? ", once" : string.Create(CultureInfo.InvariantCulture, $", {count} times"); }
        if (rule.Until is { } until)
        {
            text += string.Create(CultureInfo.InvariantCulture, $", until {until:yyyy-MM-dd HH:mm:ss}")
                + (until.Kind == DateTimeKind.Utc ? " UTC" : "");
        }
        return text;
    }

    private static IEnumerable<string> Days(RecurrenceRule rule, DateTime anchor)
    {
        var (months, weeks, yearDays, monthDays) = (rule.By("BYMONTH"), rule.By("BYWEEKNO"), rule.By("BYYEARDAY"), rule.By("BYMONTHDAY"));
        var (frequency, any) = (rule.Frequency, monthDays.Length + yearDays.Length + rule.Weekdays.Length > 0);
        if (yearDays.Length > 0) { yield return $"on the {Wording.And([.. yearDays.Select(d => Wording.Place(d))])} day of the year"; }
        if (monthDays.Length > 0) { yield return $"on the {MonthDays(monthDays)} of the month"; }
        var numbered = rule.Weekdays.Any(d => d.Number != 0);
        if (rule.Weekdays.Length > 0) { yield return Weekdays(rule, Wording.Ranges(months, Wording.Month)); }
        if (!any && frequency == RuleFrequency.Weekly) { yield return Wording.OnWeekdays([(int)anchor.DayOfWeek]); }
        if (!any && weeks.Length > 0) { yield return Wording.OnWeekdays([(int)anchor.DayOfWeek]); }
        if (!any && weeks.Length == 0 && frequency == RuleFrequency.Monthly) { yield return $"on the {Wording.Ordinal(anchor.Day)}"; }
        if (!any && weeks.Length == 0 && frequency == RuleFrequency.Yearly)
        {
            yield return months.Length > 0 ? $"on the {Wording.Ordinal(anchor.Day)}" : $"on {anchor.Day} {Wording.Month(anchor.Month)}";
        }
        if (weeks.Length > 0)
        {
            yield return weeks.All(w => w > 0)
                ? $"in week{(weeks.Length > 1 ? "s" : "")} {Wording.Ranges(weeks, Number)} of the year"
                : $"in the {Wording.And([.. weeks.Select(Wording.Place)])} week of the year";
        }
        if (months.Length > 0 && !numbered) { yield return $"in {Wording.Ranges(months, Wording.Month)}"; }
    }

    private static string MonthDays(IReadOnlyList<int> days)
    {
        var forward = days.Where(d => d > 0).ToList();
        var words = days.Where(d => d < 0).Select(d => $"{Wording.Place(d)} day").ToList();
        if (forward.Count > 0) { words.Insert(0, Wording.Ranges(forward, Wording.Ordinal)); }
        return Wording.And(words);
    }

    private static string Weekdays(RecurrenceRule rule, string months)
    {
        if (rule.Weekdays.All(d => d.Number == 0)) { return Wording.OnWeekdays(rule.Weekdays.Select(d => (int)d.Day)); }
        var whole = months.Length > 0 ? months : rule.Frequency == RuleFrequency.Yearly ? "the year" : "the month";
        return "on " + Wording.And([.. rule.Weekdays.Select(d =>
            d.Number == 0 ? $"every {d.Day}" : $"the {Wording.Place(d.Number)} {d.Day}")]) + $" of {whole}";
    }

    private static string Time(RecurrenceRule rule, DateTime anchor)
    {
        var (hours, minutes, seconds) = (rule.By("BYHOUR"), rule.By("BYMINUTE"), rule.By("BYSECOND"));
        // Without leap seconds 60 is 59 (RFC 5545 §3.3.12).
        int[] Given(IReadOnlyList<int> given, int left) => given.Count > 0 ? [.. given.Select(s => Math.Min(s, 59)).Distinct()] : [left];
        var second = Given(seconds, anchor.Second);
        switch (rule.Frequency)
        {
            case <= RuleFrequency.Daily:
                return TimeWords.Of(Given(hours, anchor.Hour), Given(minutes, anchor.Minute), second);
            case RuleFrequency.Hourly:
                var minute = Given(minutes, anchor.Minute);
                var at = second is [0] ? "" : $"{Named("second", second)} of ";
                return ($"{(minute is [0] && second is [0] ? "" : $"at {at}{Named("minute", minute)}")}" + In("hour", hours)).TrimStart();
            case RuleFrequency.Minutely:
                return ((second is [0] ? "" : $"at {Named("second", second)}") + In("minute", minutes) + In("hour", hours)).TrimStart();
            default:
                return (In("second", seconds) + In("minute", minutes) + In("hour", hours)).TrimStart();
        }
    }

    private static string In(string unit, IReadOnlyList<int> numbers) => numbers.Count == 0 ? "" : $" in {Named(unit, numbers)}";

    private static string Named(string unit, IReadOnlyList<int> numbers) =>
        $"{(numbers.Count == 1 ? unit : $"the {unit}s")} {Wording.Ranges(numbers, Number)}";

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
