using System.Globalization;
using System.Numerics;

namespace Scheduler.Schedules;

/// <summary>Lists, ordinals and names of days in English: what the sentences about schedules are made of.</summary>
internal static class Wording
{
    /// <summary>Sunday to Saturday.</summary>
    public static readonly string[] Weekdays = CultureInfo.InvariantCulture.DateTimeFormat.DayNames;

    private static readonly string[] Months = CultureInfo.InvariantCulture.DateTimeFormat.MonthNames;
    private static readonly string[] Small = ["", "first", "second", "third", "fourth", "fifth"];
    // Two in a row are shorter as a list.
    private const int RangeMin = 3;

    /// <summary><c>a</c>, <c>a and b</c>, <c>a, b and c</c>.</summary>
    public static string And(IReadOnlyList<string> words) =>
        words.Count < 2 ? string.Concat(words) : $"{string.Join(", ", words.Take(words.Count - 1))} and {words[^1]}";

    /// <summary>Numbers in order, three and more in a row as a range: <c>1, 5 to 9 and 12</c>.</summary>
    /// <param name="numbers">Ascending.</param>
    /// <param name="word">What a number is called.</param>
    public static string Ranges(IReadOnlyList<int> numbers, Func<int, string> word)
    {
        var words = new List<string>();
        for (var i = 0; i < numbers.Count;)
        {
            var end = i;
            while (end + 1 < numbers.Count && numbers[end + 1] == numbers[end] + 1) { end++; }
            if (end - i + 1 < RangeMin) { end = i; }
            words.Add(end == i ? word(numbers[i]) : $"{word(numbers[i])} to {word(numbers[end])}");
            i = end + 1;
        }
        return And(words);
    }

    /// <summary><c>1st</c>, <c>2nd</c>, <c>3rd</c>, <c>4th</c>, <c>11th</c>.</summary>
    public static string Ordinal(int number) => number.ToString(CultureInfo.InvariantCulture) + (number % 100 is 11 or 12 or 13 ? "th"
        : (number % 10) switch { 1 => "st", 2 => "nd", 3 => "rd", _ => "th" });

    /// <summary>A place counted from the beginning or, below zero, from the end: <c>second</c>, <c>20th</c>, <c>last</c>, <c>second
    /// last</c>.</summary>
    public static string Place(int number) => number == -1 ? "last"
        : (Math.Abs(number) < Small.Length ? Small[Math.Abs(number)] : Ordinal(Math.Abs(number))) + (number < 0 ? " last" : "");

    /// <summary>1 is January.</summary>
    public static string Month(int number) => Months[number - 1];

    /// <summary><c>1 second</c>, <c>5 minutes</c>; <c>hour</c> alone stands behind "every".</summary>
    public static string Every(long count, string unit) => count == 1
        ? $"every {unit}" : string.Create(CultureInfo.InvariantCulture, $"every {count} {unit}s");

    /// <summary>Days of the week: <c>weekdays</c> are Monday to Friday.</summary>
    /// <param name="days">0 is Sunday.</param>
    public static string OnWeekdays(IEnumerable<int> days)
    {
        // From Monday on, as most people count.
        var week = days.Select(d => (d + 6) % 7).Distinct().Order().ToList();
        if (week is [0, 1, 2, 3, 4]) { return "on weekdays"; }
        if (week is [5, 6]) { return "at weekends"; }
        string Name(int day) => Weekdays[(day + 1) % 7];
        return week.Count >= RangeMin && week[^1] - week[0] == week.Count - 1
            ? $"from {Name(week[0])} to {Name(week[^1])}" : $"on {And([.. week.Select(d => Name(d) + "s")])}";
    }

    /// <summary>The numbers whose bits are set.</summary>
    public static List<int> Numbers(ulong bits)
    {
        var numbers = new List<int>(BitOperations.PopCount(bits));
        for (; bits != 0; bits &= bits - 1) { numbers.Add(BitOperations.TrailingZeroCount(bits)); }
        return numbers;
    }

    /// <summary>A sentence begins with a capital.</summary>
    public static string Capital(string words) => words.Length == 0 ? words : char.ToUpperInvariant(words[0]) + words[1..];
}
