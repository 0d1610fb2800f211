using System.Globalization;
using System.Text.RegularExpressions;
using Scheduler.Database;

namespace Scheduler.Schedules;

/// <summary>What the value of a rule's part looks like.</summary>
internal enum RuleForm
{
    /// <summary>One of <see cref="RecurrenceGrammar.Frequencies"/>.</summary>
    Frequency,
    /// <summary>One number.</summary>
    Number,
    /// <summary>A list of numbers.</summary>
    Numbers,
    /// <summary><c>20261231T235959Z</c> in UTC, without <c>Z</c> local, or a date alone: the whole day, local.</summary>
    Instant,
    /// <summary>One of <see cref="RecurrenceGrammar.Weekdays"/>.</summary>
    Weekday,
    /// <summary>A list of weekdays, each with or without a number before it.</summary>
    Weekdays,
}

/// <summary>A part a rule may have.</summary>
/// <param name="Name">Left of its <c>=</c>.</param>
/// <param name="Form">What stands to the right.</param>
/// <param name="Min">The least number.</param>
/// <param name="Max">The greatest number; none may be written with more digits.</param>
/// <param name="FromEnd">True when a number may have a sign: with <c>-</c> it counts from the end.</param>
internal sealed record RuleKey(string Name, RuleForm Form, int Min = 0, int Max = 0, bool FromEnd = false)
{
    /// <summary>The frequencies it may stand with. Default: all.</summary>
    public string[] With { get; init; } = RecurrenceGrammar.Frequencies;

    /// <summary>The numbers it takes, in words.</summary>
    public string Range => FromEnd ? $"{Min} to {Max} or -{Min} to -{Max}" : $"{Min} to {Max}";
}

/// <summary>
/// What a recurrence rule may say, as tables (RFC 5545 §3.3.10), and the strict reading of one: each part known, given once, whole, within its
/// range, and allowed beside the others. What is accepted counts; nothing is left unread.
/// </summary>
internal static partial class RecurrenceGrammar
{
    // Nine digits, 31 years of seconds. A year count beyond the calendar is still read: such a rule is due once.
    public const int IntervalMax = 999_999_999;
    // The last of them is found by counting from 'starts', below 1 µs each; a rule that runs longer can say UNTIL.
    public const int CountMax = 10_000;

    /// <summary>From the longest to the shortest, as in <see cref="RuleFrequency"/>.</summary>
    public static readonly string[] Frequencies = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"];

    /// <summary>In the order of <see cref="DayOfWeek"/>.</summary>
    public static readonly string[] Weekdays = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];

    /// <summary>All parts. 60 is the leap second; RFC 5545 §3.3.12 has systems without one read it as 59.</summary>
    public static readonly RuleKey[] Keys =
    [
        new("FREQ", RuleForm.Frequency),
        new("INTERVAL", RuleForm.Number, 1, IntervalMax),
        new("COUNT", RuleForm.Number, 1, CountMax),
        new("UNTIL", RuleForm.Instant),
        new("BYSECOND", RuleForm.Numbers, 0, 60),
        new("BYMINUTE", RuleForm.Numbers, 0, 59),
        new("BYHOUR", RuleForm.Numbers, 0, 23),
        new("BYDAY", RuleForm.Weekdays, 1, 53, FromEnd: true),
        new("BYMONTHDAY", RuleForm.Numbers, 1, 31, FromEnd: true) { With = [.. Frequencies.Except(["WEEKLY"])] },
        new("BYYEARDAY", RuleForm.Numbers, 1, 366, FromEnd: true) { With = [.. Frequencies.Except(["MONTHLY", "WEEKLY", "DAILY"])] },
        new("BYWEEKNO", RuleForm.Numbers, 1, 53, FromEnd: true) { With = ["YEARLY"] },
        new("BYMONTH", RuleForm.Numbers, 1, 12),
        new("BYSETPOS", RuleForm.Numbers, 1, 366, FromEnd: true),
        new("WKST", RuleForm.Weekday),
    ];

    /// <summary>Parts of which a rule may have only one.</summary>
    public static readonly string[] OnlyOneOf = ["COUNT", "UNTIL"];

    /// <summary>The frequencies whose weekdays may have a number.</summary>
    public static readonly string[] NumberedWith = ["YEARLY", "MONTHLY"];

    /// <summary>The part beside which weekdays have none.</summary>
    public const string NumberedWithout = "BYWEEKNO";

    /// <summary>The part that chooses from what other <c>BY</c> parts name, and so needs one.</summary>
    public const string Chooses = "BYSETPOS";

    /// <summary>The part that needs the job's <c>starts</c>.</summary>
    public const string NeedsStarts = "COUNT";

    private static readonly string[] Names = [.. Keys.Select(k => k.Name)];

    /// <summary>Read a rule. Throws <see cref="ScheduleException"/>.</summary>
    /// <param name="part">The part of the schedule as it was written, for messages.</param>
    /// <param name="rule">The rule: <c>FREQ=DAILY;BYHOUR=2</c>, in any case, also behind <c>RRULE:</c>.</param>
    public static RecurrenceRule Read(string part, string rule)
    {
        var text = string.Concat(rule.Select(c => char.IsAsciiLetterLower(c) ? (char)(c - 'a' + 'A') : c));
        text = text.StartsWith("RRULE:", StringComparison.Ordinal) ? text[6..] : text;
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var piece in text.Split(';')) { Add(part, values, piece); }
        if (!values.ContainsKey("FREQ"))
        {
            throw Problem(part, $"FREQ is not given; expected FREQ= and one of {string.Join(", ", Frequencies)}");
        }
        var read = new RecurrenceRule { Text = text };
        foreach (var key in Keys.Where(k => values.ContainsKey(k.Name))) { read = With(part, read, key, values[key.Name]); }
        Check(part, read, values);
        return read;
    }

    private static void Add(string part, Dictionary<string, string> values, string piece)
    {
        var (name, value) = piece.IndexOf('=', StringComparison.Ordinal) is >= 0 and var at ? (piece[..at], piece[(at + 1)..]) : (piece, "");
        if (!Names.Contains(name)) { throw Problem(part, $"'{name}' is no part of a rule{Spelling.Hint(name, Names)}"); }
        if (value.Length == 0) { throw Problem(part, $"{name} has no value; expected {name}= and {Expected(Keys.First(k => k.Name == name))}"); }
        if (!values.TryAdd(name, value)) { throw Problem(part, $"{name} is given twice; expected it once"); }
    }

    private static RecurrenceRule With(string part, RecurrenceRule rule, RuleKey key, string value)
    {
        switch (key.Form)
        {
            case RuleForm.Frequency:
                return rule with { Frequency = (RuleFrequency)OneOf(part, key, value, Frequencies) };
            case RuleForm.Weekday:
                return rule with { WeekStart = (DayOfWeek)OneOf(part, key, value, Weekdays) };
            case RuleForm.Instant:
                return rule with { Until = Instant(value) ?? throw Wrong(part, key, value) };
            case RuleForm.Weekdays:
                return rule with { Weekdays = [.. value.Split(',').Select(v => Weekday(part, key, v))] };
            case RuleForm.Number:
                var number = Number(key, value) ?? throw Wrong(part, key, value);
                return key.Name == "COUNT" ? rule with { Count = number } : rule with { Interval = number };
            default:
                var numbers = value.Split(',').Select(v => Number(key, v) ?? throw Wrong(part, key, v)).Distinct().Order();
                return rule with { Numbers = rule.Numbers.Add(key.Name, [.. numbers]) };
        }
    }

    private static void Check(string part, RecurrenceRule rule, Dictionary<string, string> values)
    {
        var frequency = values["FREQ"];
        if (OnlyOneOf.All(values.ContainsKey)) { throw Problem(part, $"{string.Join(" and ", OnlyOneOf)} are both given; expected one of them"); }
        foreach (var key in Keys.Where(k => values.ContainsKey(k.Name) && !k.With.Contains(frequency)))
        {
            throw Problem(part, $"{key.Name} has no meaning with FREQ={frequency}; expected it with FREQ={string.Join(", ", key.With)}");
        }
        if (rule.Weekdays.FirstOrDefault(d => d.Number != 0) is { Number: not 0 } numbered)
        {
            var written = $"{numbered.Number}{Weekdays[(int)numbered.Day]}";
            if (!NumberedWith.Contains(frequency))
            {
                throw Problem(part, $"BYDAY is '{written}': a number has no meaning with FREQ={frequency}; "
                    + $"expected {Weekdays[(int)numbered.Day]}, or FREQ={string.Join(", ", NumberedWith)}");
            }
            if (values.ContainsKey(NumberedWithout))
            {
                throw Problem(part, $"BYDAY is '{written}': a number has no meaning beside {NumberedWithout}; "
                    + $"expected {Weekdays[(int)numbered.Day]}");
            }
        }
        if (values.ContainsKey(Chooses) && !values.Keys.Any(n => n != Chooses && n.StartsWith("BY", StringComparison.Ordinal)))
        {
            throw Problem(part, $"{Chooses} stands alone; expected it beside another BY part, such as BYDAY, to choose from");
        }
    }

    private static int OneOf(string part, RuleKey key, string value, string[] valid) =>
        Array.IndexOf(valid, value) is >= 0 and var at ? at : throw Problem(part, $"{key.Name} is '{value}'{Spelling.Hint(value, valid)}");

    private static (int Number, DayOfWeek Day) Weekday(string part, RuleKey key, string value)
    {
        if (value.Length >= 2 && Array.IndexOf(Weekdays, value[^2..]) is >= 0 and var day)
        {
            if (value.Length == 2) { return (0, (DayOfWeek)day); }
            if (Number(key, value[..^2]) is { } number) { return (number, (DayOfWeek)day); }
        }
        throw Problem(part, $"{key.Name} is '{value}'" + (Spelling.DidYouMean(value, Weekdays) is { Length: > 0 } meant
            ? meant : $"; expected {Expected(key)}"));
    }

    private static int? Number(RuleKey key, string value)
    {
        var digits = key.FromEnd && value.Length > 0 && value[0] is '+' or '-' ? value[1..] : value;
        if (digits.Length is 0 || digits.Length > key.Max.ToString(CultureInfo.InvariantCulture).Length || !digits.All(char.IsAsciiDigit))
        {
            return null;
        }
        var number = int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        return number < key.Min || number > key.Max ? null : value[0] == '-' ? -number : number;
    }

    // A date alone ends with its day: so does Quartz, and stored rules keep their meaning.
    private static DateTime? Instant(string value)
    {
        if (!InstantForm().IsMatch(value)) { return null; }
        var utc = value[^1] == 'Z';
        var whole = value.Length == 8 ? value + "T235959" : value.TrimEnd('Z');
        return DateTime.TryParseExact(whole, "yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? DateTime.SpecifyKind(time, utc ? DateTimeKind.Utc : DateTimeKind.Unspecified) : null;
    }

    /// <summary>What is expected of a value, in words.</summary>
    internal static string Expected(RuleKey key) => key.Form switch
    {
        RuleForm.Frequency => "one of " + string.Join(", ", Frequencies),
        RuleForm.Weekday => "one of " + string.Join(", ", Weekdays),
        RuleForm.Weekdays => $"{string.Join(", ", Weekdays)}, or one with {key.Range} before it, such as 2MO or -1FR",
        RuleForm.Instant => "a time such as 20261231T235959Z in UTC, 20261231T235959 in the job's time zone, or a whole day such as 20261231",
        _ => key.Range,
    };

    private static ScheduleException Wrong(string part, RuleKey key, string value) =>
        Problem(part, $"{key.Name} is '{value}'; expected {Expected(key)}");

    private static ScheduleException Problem(string part, string problem) => new($"schedule '{part}': {problem}");

    [GeneratedRegex(@"^[0-9]{8}(T[0-9]{6}Z?)?\z")]
    private static partial Regex InstantForm();
}
