using System.Text.RegularExpressions;
using Scheduler.Database;

namespace Scheduler.Schedules;

/// <summary>An item of a cron field that means something elsewhere, or nearly.</summary>
/// <param name="Of">The name of the only field it is for; empty for all.</param>
/// <param name="Pattern">Of the whole item, in upper case.</param>
/// <param name="Why">What is to be said behind the field; null for what is expected.</param>
/// <param name="Put">The item put right, with the groups of the pattern as <c>{1}</c>; null where none can be told.</param>
internal sealed record CronSlip(string Of, string Pattern, string? Why, string? Put)
{
    /// <summary>What each such item has in it: looked for before the pattern.</summary>
    public string Needs { get; init; } = "";
}

/// <summary>What people write in a field of a cron expression that means something elsewhere, or nearly.</summary>
internal static partial class CronSlips
{
    // Shorter words are no misspelt name.
    internal const int NameLength = 3;

    /// <summary>In the order they are tried.</summary>
    public static IReadOnlyList<CronSlip> All { get; } =
    [
        new("", "^[?]$", "is for a day of month or a day of week only; expected *", "*") { Needs = "?" },
        new("", "^H(?:[(][0-9]+-[0-9]+[)])?(?:/[0-9]+)?$",
            "is Jenkins' way to keep jobs apart; expected a number or *, and the job's key spread, such as spread: 15m", null) { Needs = "H" },
        new("day of month", "^[$]$", "is pg_cron's last day; expected L", "L") { Needs = "$" },
        new("day of month", "^LW-[0-9]+$",
            "could count days or weekdays; expected LW, or L-2W for the weekday nearest to the last day but two", null) { Needs = "LW-" },
        new("day of week", $"^(?:{CronFields.WeekdaySpecial})$",
            "has {0} beside others; expected it alone, and a part of the schedule for each, separated by ;", null),
        new("day of week", "^[0-9A-Z]+#[0-9]+$", "is no weekday of a month; expected # and 1 to 5 behind one weekday, as in FRI#2", null) { Needs = "#" },
        new("", "^([0-9A-Z]+)/([0-9]+)-([0-9A-Z]+)$", null, "{1}-{3}/{2}") { Needs = "/" },
    ];

    private static readonly List<(Regex Pattern, CronSlip Slip)> Compiled = [.. All.Select(s => (new Regex(s.Pattern, RegexOptions.CultureInvariant), s))];

    /// <summary>What is wrong with an item, and the item put right where that can be told; null when it is like nothing known.</summary>
    /// <param name="field">The field it stands in.</param>
    /// <param name="item">The item, in upper case.</param>
    public static (string? Why, string? Put)? Of(CronField field, string item)
    {
        foreach (var (pattern, slip) in Compiled)
        {
            if ((slip.Of.Length > 0 && slip.Of != field.Name) || !item.Contains(slip.Needs, StringComparison.Ordinal)
                || pattern.Match(item) is not { Success: true } match)
            {
                continue;
            }
            return (slip.Why?.Replace("{0}", item, StringComparison.Ordinal),
                slip.Put is null ? null : Group().Replace(slip.Put, hole => match.Groups[hole.Value[1] - '0'].Value));
        }
        if (field.Names.Count == 0) { return null; }
        // Whole names, and three of them with hyphens, which are a list.
        var put = Word().Replace(item, word => Name(field, word.Value) ?? word.Value);
        if (Three().IsMatch(put)) { put = put.Replace('-', ','); }
        return put != item && put.Split(',').All(p => field.Read(p).Success) ? (null, put) : null;
    }

    private static string? Name(CronField field, string word) => word.Length < NameLength ? null
        : field.Names.FirstOrDefault(n => word.StartsWith(n, StringComparison.Ordinal)) ?? Spelling.Nearest(word, field.Names);

    [GeneratedRegex("[{][0-9][}]")]
    private static partial Regex Group();

    [GeneratedRegex("[A-Z]+")]
    private static partial Regex Word();

    [GeneratedRegex(ThreeForm)]
    private static partial Regex Three();

    /// <summary>Three and more values with hyphens between them.</summary>
    internal const string ThreeForm = "^[0-9A-Z]+(?:-[0-9A-Z]+){2,}$";
}
