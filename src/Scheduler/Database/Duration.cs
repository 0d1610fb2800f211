using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Scheduler.Database;

/// <summary>
/// Durations as operators write them: numbers with the units <c>d h m s</c>, largest first, e.g. <c>30s</c>, <c>1h30m</c>, <c>30d</c>. Jobs
/// know whole seconds; settings of a node and flags may be finer.
/// </summary>
public static partial class Duration
{
    /// <summary>What a refused text is told to look like.</summary>
    public const string Expected = "a duration such as 30s, 5m, 1h30m or 30d";

    // A hundred years: nothing scheduled is longer, and sums of a few stay far from TimeSpan's end.
    private const long TicksMax = 36_500 * TimeSpan.TicksPerDay;
    // Enough for the largest number that counts; longer digits could only overflow.
    private const int DigitsMax = 10;

    // Longer ones are no slip of the pen.
    internal const int WordsLengthMax = 60;
    internal const string Once = @"(?:[0-9]{1,9}(?:\.[0-9]{1,9})?)? ?"
        + @"(?:days?|d|weeks?|w|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)(?: |, ?|(?=[0-9])|$)";

    internal const string IsoForm = "^p([0-9]+[wd])?(?:t([0-9]+h)?([0-9]+m)?([0-9]+s)?)?$";

    private static readonly (string Word, long Ticks)[] Units =
        [("d", TimeSpan.TicksPerDay), ("h", TimeSpan.TicksPerHour), ("m", TimeSpan.TicksPerMinute), ("s", TimeSpan.TicksPerSecond)];
    private static readonly (string Word, long Ticks)[] FineUnits = [.. Units, ("ms", TimeSpan.TicksPerMillisecond)];

    /// <summary>Read a duration. Throws <see cref="FormatException"/> naming the text and what was expected.</summary>
    public static TimeSpan Parse(string text) =>
        TryParse(text, out var value) ? value : throw new FormatException($"'{text}' is not a duration; expected {Expected}");

    /// <summary>Read a duration of whole seconds; false when the text is none. <c>0s</c> is one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out TimeSpan value) => TryRead(text, Units, NumberStyles.None, out value);

    /// <summary>Read a duration that may also have milliseconds and decimals, e.g. <c>500ms</c>, <c>1.5h</c>; false when the text is none.</summary>
    public static bool TryParseFine([NotNullWhen(true)] string? text, out TimeSpan value) =>
        TryRead(text, FineUnits, NumberStyles.AllowDecimalPoint, out value);

    /// <summary>Write a duration in the shortest form that reads back, e.g. <c>1h30m</c>; parts of a second are dropped, and less than a
    /// second is <c>0s</c>.</summary>
    public static string Format(TimeSpan value)
    {
        var rest = value.Ticks;
        if (rest < TimeSpan.TicksPerSecond) { return "0s"; }
        var text = new StringBuilder();
        foreach (var (word, ticks) in Units)
        {
            if (rest >= ticks) { text.Append(CultureInfo.InvariantCulture, $"{rest / ticks}{word}"); }
            rest %= ticks;
        }
        return text.ToString();
    }

    /// <summary>
    /// What a duration written in other words is here: <c>10 s</c>, <c>5 minutes</c>, <c>hour</c>, <c>1.5h</c>, <c>2 weeks</c>, <c>PT5M</c>. Null
    /// when it is none, or no whole seconds.
    /// </summary>
    public static string? Meant(string words)
    {
        var plain = PlainText.Lower(string.Join(' ', words.Split((char[])[' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries)));
        if (Iso().Match(plain) is { Success: true } iso) { plain = string.Concat(iso.Groups.Values.Skip(1).Select(g => g.Value)); }
        if (plain.Length is 0 or > WordsLengthMax || !InWords().IsMatch(plain)) { return null; }
        var ticks = 0m;
        foreach (var one in OneInWords().EnumerateMatches(plain))
        {
            var number = plain.AsSpan(one.Index, one.Length).Trim(" ,");
            var letters = number.IndexOfAnyInRange('a', 'z');
            var unit = number[letters] switch
            {
                'w' => 7 * TimeSpan.TicksPerDay,
                'd' => TimeSpan.TicksPerDay,
                'h' => TimeSpan.TicksPerHour,
                'm' => TimeSpan.TicksPerMinute,
                _ => TimeSpan.TicksPerSecond,
            };
            ticks += (letters == 0 ? 1 : decimal.Parse(number[..letters], NumberStyles.AllowDecimalPoint | NumberStyles.AllowTrailingWhite,
                CultureInfo.InvariantCulture)) * unit;
            if (ticks > TicksMax) { return null; }
        }
        return ticks < TimeSpan.TicksPerSecond || ticks % TimeSpan.TicksPerSecond != 0 ? null : Format(TimeSpan.FromTicks((long)ticks));
    }

    private static bool TryRead([NotNullWhen(true)] string? text, (string Word, long Ticks)[] units, NumberStyles style, out TimeSpan value)
    {
        value = default;
        var (position, unit, total) = (0, 0, 0m);
        if (string.IsNullOrEmpty(text)) { return false; }
        while (position < text.Length)
        {
            var start = position;
            while (position < text.Length && (char.IsAsciiDigit(text[position]) || text[position] == '.')) { position++; }
            var number = text.AsSpan(start, position - start);
            if (number.Length is 0 or > DigitsMax || number[0] == '.' || number[^1] == '.') { return false; }
            start = position;
            while (position < text.Length && char.IsAsciiLetter(text[position])) { position++; }
            var word = text.AsSpan(start, position - start);
            while (unit < units.Length && !word.SequenceEqual(units[unit].Word)) { unit++; }
            if (unit == units.Length || !decimal.TryParse(number, style, CultureInfo.InvariantCulture, out var count)) { return false; }
            total += count * units[unit].Ticks;
            if (total > TicksMax) { return false; }
            unit++;
        }
        value = TimeSpan.FromTicks((long)total);
        return true;
    }

    [GeneratedRegex("^(?:" + Once + ")+$")]
    private static partial Regex InWords();

    [GeneratedRegex(Once)]
    private static partial Regex OneInWords();

    [GeneratedRegex(IsoForm)]
    private static partial Regex Iso();
}

/// <summary>Reads and writes a <see cref="TimeSpan"/> as the text of <see cref="Duration"/>.</summary>
public sealed class DurationConverter : JsonConverter<TimeSpan>
{
    /// <inheritdoc />
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Duration.TryParse(reader.GetString(), out var value)
            ? value
            : throw new JsonException($"expected {Duration.Expected}");

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Duration.Format(value));
}
