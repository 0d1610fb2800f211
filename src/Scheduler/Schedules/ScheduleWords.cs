using System.Globalization;
using Scheduler.Database;

namespace Scheduler.Schedules;

/// <summary>A schedule as one English sentence with its zone: <c>At 02:30 on weekdays, Europe/Berlin; on 2027-03-28 at 03:00 instead</c>. What the
/// job's other columns do to it (starts, ends, calendar, spread) stands beside it, not in it.</summary>
public static class ScheduleWords
{
    private const string Minute = "yyyy-MM-dd HH:mm";
    private static readonly (long Seconds, string Unit)[] Units = [(86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];

    /// <summary>The sentence.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="now">The present: of what the clocks will do, the next that matters is said.</param>
    public static string Of(Schedule schedule, DateTimeOffset now)
    {
        if (schedule.IsManual) { return "Only on request"; }
        var parts = schedule.Parts.Select(p => Timed(p, schedule.Zone) + With(p.Params)).ToList();
        var timed = string.Join("; ", parts);
        if (parts.Count > 0) { timed += $", {ZoneOf(schedule)}{Change(schedule, now)}"; }
        return Wording.Capital(string.Join("; ", schedule.Events.Select(Event).Prepend(timed).Where(w => w.Length > 0)));
    }

    private static string Timed(SchedulePart part, TimeZoneInfo zone) => part switch
    {
        CronPart cron => CronWords.Of(cron.Times),
        RrulePart rule => RuleWords.Of(rule.Rule, rule.Anchor),
        EveryPart every => Every((long)every.Interval.TotalSeconds),
        AtPart at => "once at " + Clock(TimeZoneInfo.ConvertTime(at.Instant, zone)),
        _ => part.Plain,
    };

    private static string Event(EventPart part)
    {
        var words = part switch
        {
            AfterPart after => $"after {string.Join(" and ", after.Jobs)} {(after.Jobs.Count == 1 ? "has" : "have")} "
                + (after.Which switch { AfterWhich.Success => "succeeded", AfterWhich.Failure => "failed", _ => "ended" })
                + (after.FromStartup ? " since the cluster started and because it did" : ""),
            StartupPart => "when the cluster starts",
            ReleasePart => "once for each new version of the job",
            NodeStartPart => "when a node starts, on that node",
            NotifyPart notify => $"when {notify.Channel} is notified",
            AfterEndPart end => $"{Duration.Format(end.Interval)} after the end of its last run",
            _ => part.Text,
        };
        return words + (part.Delay > TimeSpan.Zero ? $", {Duration.Format(part.Delay)} later" : "") + With(part.Params);
    }

    private static string With(IReadOnlyList<KeyValuePair<string, string>> given) =>
        given.Count == 0 ? "" : " with " + string.Join(' ', given.Select(g => $"{g.Key}={g.Value}"));

    private static string Every(long seconds)
    {
        var (length, unit) = Units.First(u => seconds % u.Seconds == 0);
        // Counted from 1970, so only what fills a day is due at the same times each day.
        var from = length == 86400 ? " at 00:00" : "";
        return Wording.Every(seconds / length, unit) + from + (seconds == 86400 || 86400 % seconds == 0 ? "" : ", counted from 1970-01-01 00:00");
    }

    private static string Clock(DateTimeOffset local) =>
        local.ToString(local.Second == 0 ? Minute : Minute + ":ss", CultureInfo.InvariantCulture);

    // Intervals do not follow a zone: a whole day of them begins at midnight in UTC.
    private static string ZoneOf(Schedule schedule) => schedule.Parts.All(p => p is EveryPart) ? "UTC" : schedule.Zone.Id;

    // A night in which all is as written needs no words.
    private static string Change(Schedule schedule, DateTimeOffset now)
    {
        foreach (var change in ZoneChange.Ahead(schedule.Zone, now))
        {
            var nights = schedule.Parts.Where(p => p is CronPart or RrulePart)
                .Select(p => ClockNight.Of(p, change, schedule.Zone)).OfType<ClockNight>().ToList();
            var day = string.Create(CultureInfo.InvariantCulture, $"{(change.IsGap ? change.Shown : change.Set):yyyy-MM-dd}");
            if (change.IsGap && nights.Count > 0)
            {
                var instead = nights.SelectMany(n => n.Instead).Distinct().Order().ToList();
                var written = ClockNight.Listed([.. nights.SelectMany(n => n.Written).Distinct().Order()]);
                if (instead.Count == 0) { return $"; on {day} not at {written}"; }
                var then = string.Create(CultureInfo.InvariantCulture, $"{instead[0]:yyyy-MM-dd}");
                return $"; on {then} at {ClockNight.Listed(instead)} instead" + (then != day ? $" of {day} at {written}"
                    : schedule.Parts.Count == 1 && nights[0].IsWholeDay ? "" : $" of {written}");
            }
            if (nights.FirstOrDefault(n => n is { First: > 0, Second: > 0 }) is { } twice)
            {
                return $"; on {day} at {ClockNight.Listed(twice.Written)} twice";
            }
        }
        return "";
    }
}
