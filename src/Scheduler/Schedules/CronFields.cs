using System.Text.RegularExpressions;

namespace Scheduler.Schedules;

/// <summary>
/// One field of a cron expression: all that its grammar is. The patterns are written in what regular expressions of .NET and PostgreSQL have in
/// common, for text in upper case, so that the database can be given the same ones.
/// </summary>
/// <param name="Name">As messages call it.</param>
/// <param name="Lowest">Least number.</param>
/// <param name="Highest">Greatest number.</param>
/// <param name="StepMost">Greatest step behind a slash.</param>
/// <param name="Expected">The numbers and names, for messages.</param>
/// <param name="Names">Words for numbers, of three letters; the first stands for <paramref name="NamesFrom"/>.</param>
/// <param name="NamesFrom">Number of the first name.</param>
/// <param name="Special">Pattern of what else an item may be, null for nothing.</param>
/// <param name="SpecialExpected">The same for messages, each form with a comma before it.</param>
/// <param name="Wraps">True when a range may go on over the end: 22-4.</param>
internal sealed record CronField(
    string Name, int Lowest, int Highest, int StepMost, string Expected, IReadOnlyList<string> Names, int NamesFrom = 0, string? Special = null,
    string SpecialExpected = "", bool Wraps = true)
{
    private Regex? form;
    private Regex? special;

    /// <summary>A number or a name.</summary>
    public string Value => "[0-9]{1,4}" + string.Concat(Names.Select(n => "|" + n));

    /// <summary>An item of the field's list: 1 a star or 2 a value and 3 the end of its range, then 4 a step.</summary>
    public string Item => $@"^(?:(\*)|({Value})(?:-({Value}))?)(?:/([0-9]{{1,4}}))?$";

    /// <summary>How many numbers there are before they come round. Sunday is both 0 and 7 in Unix cron.</summary>
    public int Round => Names.Count > 0 ? Names.Count : Highest - Lowest + 1;

    /// <summary>The item, taken apart.</summary>
    public Match Read(string item) => (form ??= new(Item, RegexOptions.CultureInvariant)).Match(item);

    /// <summary>The special item, taken apart; no success where the field has none.</summary>
    public Match ReadSpecial(string item) => Special is null ? Match.Empty : (special ??= new(Special, RegexOptions.CultureInvariant)).Match(item);

    /// <summary>The number of a value that fits the pattern; it may be out of range.</summary>
    public int Number(string value)
    {
        if (char.IsAsciiDigit(value[0])) { return int.Parse(value, System.Globalization.CultureInfo.InvariantCulture); }
        for (var i = 0; i < Names.Count; i++) { if (Names[i] == value) { return NamesFrom + i; } }
        throw new ArgumentException($"'{value}' is no name of a {Name}", nameof(value));
    }
}

/// <summary>The fields of both forms of cron, in their order.</summary>
internal static class CronFields
{
    private static readonly string[] Months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    private static readonly string[] Weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
    /// <summary>A weekday of a month.</summary>
    internal static readonly string WeekdaySpecial = $"L|([0-9]|{string.Join('|', Weekdays)})L|([0-9]|{string.Join('|', Weekdays)})#([1-5])";
    private static readonly CronField Second = new("second", 0, 59, 59, "0-59", []);
    private static readonly CronField Minute = new("minute", 0, 59, 59, "0-59", []);
    private static readonly CronField Hour = new("hour", 0, 23, 23, "0-23", []);
    // 1 the days before the last one, 2 the weekday nearest to that; or 3 the day whose nearest weekday is meant.
    private static readonly CronField Day = new("day of month", 1, 31, 31, "1-31", [],
        Special: "^(?:L(?:-([0-9]{1,2}))?(W)?|([0-9]{1,2})W)$", SpecialExpected: ", L, L-3, LW, 15W");
    private static readonly CronField Month = new("month", 1, 12, 12, "1-12 or JAN-DEC", Months, NamesFrom: 1);
    // The step counts in years; one that is longer than all of them names the first year.
    private static readonly CronField Year = new(
        "year", CronTimes.YearFirst, CronTimes.YearLast, CronTimes.YearLast - CronTimes.YearFirst, "1970-2299", [], Wraps: false);

    /// <summary>Five fields: minute, hour, day of month, month, weekday.</summary>
    public static IReadOnlyList<CronField> Unix { get; } = [Minute, Hour, Day, Month, Weekday(0, 7, "0-7 or SUN-SAT")];

    /// <summary>Six or seven fields: second, minute, hour, day of month, month, weekday, year.</summary>
    public static IReadOnlyList<CronField> Quartz { get; } =
        [Second, Minute, Hour, Day, Month, Weekday(1, 7, "1-7 (1 is Sunday) or SUN-SAT"), Year];

    /// <summary>Names that stand for five fields.</summary>
    public static IReadOnlyDictionary<string, string> Macros { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["@hourly"] = "0 * * * *",
        ["@daily"] = "0 0 * * *",
        ["@weekly"] = "0 0 * * 0",
        ["@monthly"] = "0 0 1 * *",
        ["@yearly"] = "0 0 1 1 *",
        ["@annually"] = "0 0 1 1 *",
        ["@midnight"] = "0 0 * * *",
    };

    // L alone is Saturday. 1 the weekday whose last one is meant; or 2 a weekday and 3 which one of the month.
    private static CronField Weekday(int lowest, int highest, string expected) => new(
        "day of week", lowest, highest, 7, expected, Weekdays, NamesFrom: lowest,
        Special: $"^(?:{WeekdaySpecial})$",
        SpecialExpected: ", FRIL, FRI#2");
}
