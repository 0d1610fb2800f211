using System.Globalization;
using System.Text.RegularExpressions;
using Quartz;

namespace Scheduler.Schedules;

/// <summary>One instant.</summary>
/// <param name="Text">As it was written.</param>
/// <param name="Instant">When it is due.</param>
internal sealed partial record AtPart(string Text, DateTimeOffset Instant) : SchedulePart(Text)
{
    private const string Expected = "expected 'at' and an instant such as 2026-12-01T02:00:00Z, 2026-12-01T02:00:00+01:00, "
        + "or 2026-12-01T02:00 in the job's time zone";
    // Quartz's own calendar ends there.
    private const int YearMax = 2299;
    private static readonly string[] Forms = ["yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm"];

    /// <inheritdoc />
    protected override string Canonical => $"at|{Instant.UtcTicks}";

    /// <summary>Read <c>at INSTANT</c>. Throws <see cref="ScheduleException"/>.</summary>
    public static AtPart Of(string text, string[] words, TimeZoneInfo zone)
    {
        var match = Form().Match(string.Join('T', words[1..]));
        if (words.Length is < 2 or > 3 || !match.Success) { throw new ScheduleException($"schedule '{text}' cannot be read; {Expected}"); }
        var local = match.Groups["local"].Value;
        if (!DateTime.TryParseExact(local, Forms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            || time.Year is < 1970 or > YearMax)
        {
            throw new ScheduleException($"schedule '{text}': there is no instant {local}; {Expected}");
        }
        var written = match.Groups["zone"].Value;
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

    /// <inheritdoc />
    public override bool Fits(StoredTrigger trigger) =>
        trigger is { Type: "SIMPLE", Repeats: 0 };

    /// <inheritdoc />
    public override IScheduleBuilder Builder() =>
        SimpleScheduleBuilder.Create().WithMisfireInstruction(SimpleTriggerMisfireInstruction.IgnoreMisfires);

    // A time that comes twice is the first of the two, as with cron.
    private static DateTimeOffset Local(string text, DateTime time, TimeZoneInfo zone)
    {
        if (zone.IsInvalidTime(time))
        {
            var near = new DateTimeOffset(time - zone.GetUtcOffset(time), TimeSpan.Zero);
            throw new ScheduleException($"schedule '{text}': there is no {time:HH:mm:ss} on {time:yyyy-MM-dd} in {zone.Id}, where the clocks "
                + $"go forward; expected a time outside that hour, or an instant such as {near:yyyy-MM-ddTHH:mm:ssZ}");
        }
        var offsets = zone.IsAmbiguousTime(time) ? zone.GetAmbiguousTimeOffsets(time).Max() : zone.GetUtcOffset(time);
        return new DateTimeOffset(time, offsets).ToUniversalTime();
    }

    [GeneratedRegex(@"^(?<local>\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?)(?<zone>[Zz]|[+-]\d\d:\d\d)?$")]
    private static partial Regex Form();
}
