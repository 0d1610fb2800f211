using System.Globalization;

namespace Scheduler.Schedules;

/// <summary>What a change of the clocks does to a part of a schedule.</summary>
/// <param name="Change">The change.</param>
/// <param name="Written">Local times the part names that the clocks leave out, or show twice. Never empty.</param>
/// <param name="Instead">In a gap: local times it is due at instead.</param>
/// <param name="First">How often it is due before the change.</param>
/// <param name="Second">How often it is due from the change on.</param>
internal sealed record ClockNight(
    ZoneChange Change, IReadOnlyList<DateTime> Written, IReadOnlyList<DateTime> Instead, int First, int Second)
{
    /// <summary>True when the part names no other time of that day.</summary>
    public bool IsWholeDay { get; init; }

    // A sentence names at most this many times.
    private const int TimesShown = 3;
    // A part that is due each second has thousands.
    private const int TimesMax = 50;

    /// <summary>What happens in the night of a change; null when the part names no time of it, or is due in every hour of the day anyway.</summary>
    public static ClockNight? Of(SchedulePart part, ZoneChange change, TimeZoneInfo zone)
    {
        // Times as written, without any zone: what the hands of a clock that is never changed would show.
        SchedulePart written;
        try { written = part is RrulePart rule ? rule.Written() : SchedulePart.Parse(part.Text, TimeZoneInfo.Utc); }
        catch (ScheduleException) { return null; }
        var from = new DateTimeOffset(change.IsGap ? change.Shown : change.Set, TimeSpan.Zero);
        var times = Between(written, from, from + change.Length);
        if (times.Count == 0 || DueEveryHour(written, from)) { return null; }
        var around = Between(part, change.At - change.Length, change.At + change.Length);
        var first = around.Count(t => t < change.At);
        List<DateTime> instead = [];
        if (change.IsGap)
        {
            var set = new DateTimeOffset(change.Set, TimeSpan.Zero);
            var regular = Between(written, set, set + change.Length).Select(t => t.UtcDateTime).ToHashSet();
            instead = [.. around.Where(t => t >= change.At).Select(t => t.UtcDateTime + change.After).Where(t => !regular.Contains(t))];
        }
        var day = new DateTimeOffset(from.UtcDateTime.Date, TimeSpan.Zero);
        return new(change, [.. times.Select(t => t.UtcDateTime)], instead, first, around.Count - first)
        {
            IsWholeDay = Between(written, day, day.AddDays(1)).Count == times.Count,
        };
    }

    /// <summary>Times of day, as many as a sentence carries.</summary>
    public static string Listed(IReadOnlyList<DateTime> times)
    {
        var all = times.Select(t => t.ToString(t.Second == 0 ? "HH:mm" : "HH:mm:ss", CultureInfo.InvariantCulture)).ToList();
        return string.Join(", ", all.Take(TimesShown)) + (all.Count > TimesShown ? ", …" : "");
    }

    // A part that is due in every hour of the day does not miss one of them.
    private static bool DueEveryHour(SchedulePart written, DateTimeOffset around)
    {
        var day = new DateTimeOffset(around.UtcDateTime.Date, TimeSpan.Zero);
        return Enumerable.Range(0, 24).All(h => written.Next(day.AddHours(h).AddTicks(-1)) < day.AddHours(h + 1));
    }

    private static List<DateTimeOffset> Between(SchedulePart part, DateTimeOffset from, DateTimeOffset until)
    {
        var due = new List<DateTimeOffset>();
        for (var next = part.Next(from.AddTicks(-1)); next < until && due.Count < TimesMax; next = part.Next(next.Value))
        {
            due.Add(next.Value);
        }
        return due;
    }
}
