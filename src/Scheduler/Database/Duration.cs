using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Scheduler.Database;

/// <summary>
/// Durations as operators write them: numbers with the units <c>d h m s</c>, largest first, e.g. <c>30s</c>, <c>1h30m</c>, <c>30d</c>. Jobs
/// know whole seconds; settings of a node and flags may be finer.
/// </summary>
public static class Duration
{
    /// <summary>What a refused text is told to look like.</summary>
    public const string Expected = "a duration such as 30s, 5m, 1h30m or 30d";

    // A hundred years: nothing scheduled is longer, and sums of a few stay far from TimeSpan's end.
    private const long TicksMax = 36_500 * TimeSpan.TicksPerDay;
    // Enough for the largest number that counts; longer digits could only overflow.
    private const int DigitsMax = 10;

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
