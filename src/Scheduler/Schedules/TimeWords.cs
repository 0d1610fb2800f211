using System.Globalization;

namespace Scheduler.Schedules;

/// <summary>Times of a day in English, from the sets of hours, minutes and seconds that meet in them: <c>at 02:30</c>, <c>every 5 minutes from 09:00
/// to 17:59</c>. What it says is what the sets hold, however they were written.</summary>
internal static class TimeWords
{
    // More are easier understood as a rule than as a list.
    private const int ListMax = 6;

    /// <summary>The words.</summary>
    /// <param name="hours">0 to 23, ascending, as all the next.</param>
    /// <param name="minutes">0 to 59.</param>
    /// <param name="seconds">0 to 59.</param>
    public static string Of(IReadOnlyList<int> hours, IReadOnlyList<int> minutes, IReadOnlyList<int> seconds)
    {
        if (hours.Count * minutes.Count * seconds.Count <= ListMax) { return "at " + Wording.And([.. Listed(hours, minutes, seconds)]); }
        if (seconds is not [0]) { return Seconds(hours, minutes, seconds); }
        if (minutes is [var minute]) { return Hours(hours, minute); }
        return Rule(minutes, 60, "minute") is { } rule ? rule + Within(hours)
            : $"at minutes {Wording.Ranges(minutes, Number)} {(hours.Count == 24 ? "of every hour" : "of " + HoursNamed(hours))}";
    }

    /// <summary>True when it is due all day long, at steps of less than a day: "every day" need not be said.</summary>
    public static bool IsAllDay(IReadOnlyList<int> hours, IReadOnlyList<int> minutes, IReadOnlyList<int> seconds) =>
        hours.Count * minutes.Count * seconds.Count > ListMax;

    private static IEnumerable<string> Listed(IReadOnlyList<int> hours, IReadOnlyList<int> minutes, IReadOnlyList<int> seconds) =>
        from h in hours
        from m in minutes
        from s in seconds
        select string.Create(CultureInfo.InvariantCulture, $"{h:00}:{m:00}") + (seconds is [0] ? "" : $":{s:00}");

    private static string Hours(IReadOnlyList<int> hours, int minute)
    {
        var at = minute == 0 ? "" : $" at minute {Number(minute)}";
        if (Step(hours, 24) is { } step) { return Wording.Every(step, "hour") + at; }
        return IsRange(hours)
            ? string.Create(CultureInfo.InvariantCulture, $"every hour from {hours[0]:00}:{minute:00} to {hours[^1]:00}:{minute:00}")
            : $"at minute {Number(minute)} of {HoursNamed(hours)}";
    }

    private static string Seconds(IReadOnlyList<int> hours, IReadOnlyList<int> minutes, IReadOnlyList<int> seconds)
    {
        var rule = Rule(seconds, 60, "second") ?? $"at {(seconds.Count == 1 ? "second" : "seconds")} {Wording.Ranges(seconds, Number)}";
        if (minutes.Count == 60)
        {
            var whole = Step(seconds, 60) is not null || rule.EndsWith("of each minute", StringComparison.Ordinal);
            return (whole ? rule : rule + " of every minute") + Within(hours);
        }
        var named = Step(minutes, 60) is { } step ? $"of every {Wording.Ordinal(step)} minute"
            : $"of {(minutes.Count == 1 ? "minute" : "the minutes")} {Wording.Ranges(minutes, Number)}";
        return $"{rule} {named} of {HoursNamed(hours)}";
    }

    // "every 5 minutes" only where the last one of an hour is as far from the first one of the next.
    private static string? Rule(IReadOnlyList<int> numbers, int round, string unit)
    {
        if (Step(numbers, round) is { } even) { return Wording.Every(even, unit); }
        if (numbers.Count < 4) { return null; }
        var step = numbers[1] - numbers[0];
        for (var i = 1; i < numbers.Count; i++) { if (numbers[i] - numbers[i - 1] != step) { return null; } }
        if (step == 1) { return null; }
        var whole = unit == "minute" ? "hour" : "minute";
        return numbers[0] < step && numbers[^1] + step >= round && round % step == 0
            ? $"{Wording.Every(step, unit)} from {unit} {Number(numbers[0])} of each {whole}"
            : $"{Wording.Every(step, unit)} from {unit} {Number(numbers[0])} to {unit} {Number(numbers[^1])} of each {whole}";
    }

    // The step of all multiples of one that divides the round, null for any other set.
    private static int? Step(IReadOnlyList<int> numbers, int round)
    {
        if (numbers.Count < 2 || numbers[0] != 0 || round % numbers.Count != 0) { return null; }
        var step = round / numbers.Count;
        for (var i = 0; i < numbers.Count; i++) { if (numbers[i] != i * step) { return null; } }
        return step;
    }

    private static bool IsRange(IReadOnlyList<int> numbers) => numbers.Count > 1 && numbers[^1] - numbers[0] == numbers.Count - 1;

    private static string Within(IReadOnlyList<int> hours) => hours.Count == 24 ? ""
        : IsRange(hours) || hours.Count == 1 ? string.Create(CultureInfo.InvariantCulture, $" from {hours[0]:00}:00 to {hours[^1]:00}:59")
        : " of " + HoursNamed(hours);

    private static string HoursNamed(IReadOnlyList<int> hours) => hours.Count == 24 ? "every hour"
        : Step(hours, 24) is { } step ? $"every {Wording.Ordinal(step)} hour"
        : $"{(hours.Count == 1 ? "hour" : "the hours")} {Wording.Ranges(hours, h => h.ToString("00", CultureInfo.InvariantCulture))}";

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
