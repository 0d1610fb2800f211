using System.Text.RegularExpressions;
using Scheduler.Database;

namespace Scheduler.Schedules;

/// <summary>What people write in a field of a cron expression that means something elsewhere, or nearly.</summary>
internal static partial class CronSlips
{
    // Longer words are no misspelt weekday.
    private const int NameLength = 3;

    /// <summary>What is wrong with an item, and the item put right where that can be told; null when it is like nothing known.</summary>
    /// <param name="field">The field it stands in.</param>
    /// <param name="item">The item, in upper case.</param>
    /// <param name="word">The whole field, in upper case.</param>
    public static (string? Why, string? Put)? Of(CronField field, string item, string word)
    {
        if (item == "?") { return ("is for a day of month or a day of week only; expected *", "*"); }
        if (Hash().IsMatch(item))
        {
            return ("is Jenkins' way to keep jobs apart; expected a number or *, and the job's key spread, such as spread: 15m", null);
        }
        var isDay = field.Special is not null && field.Names.Count == 0;
        if (isDay && item == "$") { return ("is pg_cron's last day; expected L", "L"); }
        if (isDay && LastWeekdayBefore().IsMatch(item))
        {
            return ("could count days or weekdays; expected LW, or L-2W for the weekday nearest to the last day but two", null);
        }
        if (!isDay && field.Special is not null)
        {
            if (word.Contains(',', StringComparison.Ordinal) && field.ReadSpecial(item).Success)
            {
                return ($"has {item} beside others; expected it alone, and a part of the schedule for each, separated by ;", null);
            }
            if (OfMonth().IsMatch(item)) { return ("is no weekday of a month; expected # and 1 to 5 behind one weekday, as in FRI#2", null); }
        }
        if (StepBeforeEnd().Match(item) is { Success: true } turned)
        {
            return (null, $"{turned.Groups[1].Value}-{turned.Groups[3].Value}/{turned.Groups[2].Value}");
        }
        if (field.Names.Count == 0) { return null; }
        // Whole names, and three of them with hyphens, which are a list.
        var put = Word().Replace(item, word => Name(field, word.Value) ?? word.Value);
        if (Three().IsMatch(put)) { put = put.Replace('-', ','); }
        return put != item && put.Split(',').All(p => field.Read(p).Success) ? (null, put) : null;
    }

    private static string? Name(CronField field, string word) => word.Length < NameLength ? null
        : field.Names.FirstOrDefault(n => word.StartsWith(n, StringComparison.Ordinal)) ?? Spelling.Nearest(word, field.Names);

    [GeneratedRegex(@"^H(?:\([0-9]+-[0-9]+\))?(?:/[0-9]+)?$")]
    private static partial Regex Hash();

    [GeneratedRegex("^[0-9A-Z]+#[0-9]+$")]
    private static partial Regex OfMonth();

    [GeneratedRegex("^LW-[0-9]+$")]
    private static partial Regex LastWeekdayBefore();

    [GeneratedRegex("^([0-9A-Z]+)/([0-9]+)-([0-9A-Z]+)$")]
    private static partial Regex StepBeforeEnd();

    [GeneratedRegex("[A-Z]+")]
    private static partial Regex Word();

    [GeneratedRegex("^[0-9A-Z]+(?:-[0-9A-Z]+){2,}$")]
    private static partial Regex Three();
}
