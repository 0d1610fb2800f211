using System.Globalization;
using System.Text.RegularExpressions;

namespace Scheduler.Schedules;

/// <summary>One instant.</summary>
/// <param name="Text">As it was written.</param>
/// <param name="Instant">When it is due.</param>
internal sealed partial record AtPart(string Text, DateTimeOffset Instant) : SchedulePart(Text)
{
    internal const string Expected = "expected 'at' and an instant such as 2026-12-01T02:00:00Z, 2026-12-01T02:00:00+01:00, "
        + "or 2026-12-01T02:00 in the job's time zone";
    // A day before the last date there is, so that its spread, and the same in any zone, are dates, too.
    private static readonly DateTime Latest = new(9999, 12, 30);
    // 1 the local time, 2 its offset.
    internal const string FormPattern = "^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)([Zz]|[+-][0-9]{2}:[0-9]{2})?$";
    private static readonly string[] Forms = ["yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm"];

    /// <inheritdoc />
    public override string Canonical => $"at|{Instant.UtcTicks}";

    /// <summary>Read <c>at INSTANT</c>. Throws <see cref="ScheduleException"/>.</summary>
    public static AtPart Of(string text, string[] words, TimeZoneInfo zone)
    {
        var match = Form().Match(string.Join('T', words[1..]));
        if (words.Length is < 2 or > 3 || !match.Success)
        {
            throw new ScheduleException($"schedule '{text}' cannot be read; {Expected}{ScheduleSlips.AtMeant(string.Join(' ', words[1..]))}");
        }
        var local = match.Groups[1].Value;
        if (!DateTime.TryParseExact(local, Forms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            || time.Year < 1970 || time > Latest)
        {
            throw new ScheduleException($"schedule '{text}': there is no instant {local}; {Expected}");
        }
        var written = match.Groups[2].Value;
        if (written.Length == 0) { return new AtPart(text, Local(text, time, zone)); }
        if (written is "Z" or "z") { return new AtPart(text, new DateTimeOffset(time, TimeSpan.Zero)); }
        if (DateTimeOffset.TryParseExact(
            $"{time:yyyy-MM-ddTHH:mm:ss}{written}", "yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant))
        {
            return new AtPart(text, instant.ToUniversalTime());
        }
        throw new ScheduleException($"schedule '{text}': '{written}' is no offset; {Expected}");
    }

    /// <inheritdoc />
    public override DateTimeOffset? Next(DateTimeOffset after) => Instant > after ? Instant : null;

    // A time that comes twice is the first of the two, as with cron.
    private static DateTimeOffset Local(string text, DateTime time, TimeZoneInfo zone)
    {
        var (clock, local) = (ZoneClock.Of(zone), (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond);
        if (!clock.LeavesOut(local)) { return DateTimeOffset.FromUnixTimeSeconds(clock.First(local)); }
        // As if the clocks had not been put forward yet.
        var near = DateTimeOffset.FromUnixTimeSeconds(local - clock.At(clock.First(local) - 1).Offset);
        throw new ScheduleException($"schedule '{text}': there is no {time:HH:mm:ss} on {time:yyyy-MM-dd} in {zone.Id}, where the clocks "
            + $"go forward; expected a time outside that hour, or an instant such as {near:yyyy-MM-ddTHH:mm:ssZ}");
    }

    [GeneratedRegex(FormPattern)]
    private static partial Regex Form();
}
