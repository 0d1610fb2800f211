using System.Globalization;

namespace Scheduler.Database;

/// <summary>Instants as operators write them: <c>2026-12-01</c>, <c>2026-12-01T02:00Z</c>, <c>2026-12-01 02:00:00+01:00</c>.</summary>
public static class InstantText
{
    /// <summary>What a refused text is told to look like.</summary>
    public const string Expected = "an instant such as 2026-12-01T02:00:00Z, 2026-12-01T02:00+01:00 or 2026-12-01 (UTC)";

    private static readonly string[] Days = ["yyyy-MM-dd"];
    private static readonly string[] Times =
        [.. from between in (string[])["'T'", " "] from seconds in (string[])["", ":ss", ":ss.FFFFFFF"] select $"yyyy-MM-dd{between}HH:mm{seconds}"];
    private static readonly string[] Forms = [.. Days, .. Times, .. Times.Select(t => t + "'Z'"), .. Times.Select(t => t + "'z'")];
    private static readonly string[] OffsetForms = [.. Times.Select(t => t + "zzz")];

    /// <summary>Read one; UTC where it names no offset. False for any other text.</summary>
    public static bool TryParse(string text, out DateTimeOffset instant)
    {
        if (DateTime.TryParseExact(text, Forms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var utc))
        {
            instant = new DateTimeOffset(utc, TimeSpan.Zero);
            return true;
        }
        // Only +hh:mm: what .NET would take of +1 or +0100 is not what everybody reads.
        if (text.Length > 6 && text[^6] is '+' or '-' && text[^3] == ':'
            && DateTimeOffset.TryParseExact(text, OffsetForms, CultureInfo.InvariantCulture, DateTimeStyles.None, out instant))
        {
            instant = instant.ToUniversalTime();
            return true;
        }
        instant = default;
        return false;
    }
}
