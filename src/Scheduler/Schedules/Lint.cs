using System.Globalization;
using System.Text.RegularExpressions;

namespace Scheduler.Schedules;

/// <summary>
/// What is worth knowing about a schedule that is valid all the same: nights in which the clocks change, months without a fire, days that mean
/// something else elsewhere, crowds on one second. Everything is computed by the same parts that say when triggers are due.
/// </summary>
public static partial class Lint
{
    // Zones announce their changes about that far ahead.
    private const int MonthsAhead = 24;
    // A sentence names at most this many times; a month's worth of Casablanca's changes at most so many nights.
    private const int TimesShown = 3;
    // Fires that are looked at for the shortest time between two.
    private const int FiresLookedAt = 50;
    // Fewer on one second are no crowd: every node has as many slots.
    private const int HerdMin = 20;
    // What is due more often than this cannot but meet others.
    private static readonly TimeSpan HerdPeriodMin = TimeSpan.FromMinutes(10);

    /// <summary>Notes on a schedule, one sentence each; none when nothing is worth saying.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="now">The present: nothing before it is looked at.</param>
    /// <param name="usualDuration">How long a run takes as a rule, null when that is not known.</param>
    public static IReadOnlyList<string> Of(Schedule schedule, DateTimeOffset now, TimeSpan? usualDuration = null)
    {
        var notes = new List<string>();
        foreach (var part in schedule.Parts)
        {
            if (part is CronPart cron && BothDays(cron) is { } days) { notes.Add(days); }
            if (part is CronPart quartz && NumberedDays(quartz) is { } numbers) { notes.Add(numbers); }
            if (SkippedMonths(part, now) is { } months) { notes.Add(months); }
            if (part is not (CronPart or RrulePart)) { continue; }
            foreach (var change in ZoneChange.Between(schedule.Zone, now, now.AddMonths(MonthsAhead)))
            {
                if (Night(part, change, schedule.Zone) is { } night) { notes.Add(night); }
            }
        }
        var fires = schedule.Next(now, FiresLookedAt);
        if (schedule.Parts.Count > 0 && fires.Count == 0) { notes.Add($"'{schedule.Text}' is never due again"); }
        var shortest = fires.Zip(fires.Skip(1), (a, b) => b - a).DefaultIfEmpty(TimeSpan.MaxValue).Min();
        if (usualDuration > shortest)
        {
            notes.Add($"due every {Words(shortest)} at its closest, but a run takes {Words(usualDuration.Value)} as a rule");
        }
        return notes;
    }

    /// <summary>A note for each job without a spread that is due together with many others.</summary>
    /// <param name="jobs">Jobs and their schedules.</param>
    /// <param name="now">The present.</param>
    public static IReadOnlyDictionary<string, string> Herds(IEnumerable<(string Job, Schedule Schedule)> jobs, DateTimeOffset now) => jobs
        .Select(j => (j.Job, j.Schedule, Next: j.Schedule.Next(now, 2)))
        .Where(j => j.Next.Count > 0 && (j.Next.Count == 1 || j.Next[1] - j.Next[0] >= HerdPeriodMin))
        .GroupBy(j => j.Next[0])
        .Where(g => g.Count() >= HerdMin)
        .SelectMany(g => g.Where(j => j.Schedule.Limits.Offset == TimeSpan.Zero)
            .Select(j => (j.Job, Note: $"{g.Count()} jobs are due at {Utc(g.Key)} in one second; give them a spread, such as 10m")))
        .ToDictionary(n => n.Job, n => n.Note, StringComparer.Ordinal);

    /// <summary>What happens to a part in the night of a change, null when nothing is worth saying.</summary>
    internal static string? Night(SchedulePart part, ZoneChange change, TimeZoneInfo zone)
    {
        // Times as written, without any zone: what the hands of a clock that is never changed would show.
        SchedulePart written;
        try { written = part is RrulePart rule ? rule.Written() : SchedulePart.Parse(part.Text, TimeZoneInfo.Utc); }
        catch (ScheduleException) { return null; }
        var from = new DateTimeOffset(change.IsGap ? change.Shown : change.Set, TimeSpan.Zero);
        var times = Between(written, from, from + change.Length);
        if (times.Count == 0 || DueEveryHour(written, from)) { return null; }
        var listed = Listed(times.Select(t => t.UtcDateTime));
        var head = $"'{part.Text}' on {change.Shown:yyyy-MM-dd} in {zone.Id}: the clocks go ";
        if (change.IsGap)
        {
            var set = new DateTimeOffset(change.Set, TimeSpan.Zero);
            var regular = Between(written, set, set + change.Length).Select(t => t.UtcDateTime).ToHashSet();
            var instead = Between(part, change.At - change.Length, change.At + change.Length).Where(t => t >= change.At)
                .Select(t => t.UtcDateTime + change.After).Where(t => !regular.Contains(t)).ToList();
            return $"{head}from {change.Shown:HH:mm} to {change.Set:HH:mm}, there is no {listed}; "
                + (instead.Count > 0 ? $"due at {Listed(instead)} instead" : "not due instead");
        }
        // In one walk: asked in the middle of the night, Quartz does not know that the first time has been.
        var both = Between(part, change.At - change.Length, change.At + change.Length);
        var first = both.Count(t => t < change.At);
        var second = both.Count - first;
        return $"{head}from {change.Shown:HH:mm} back to {change.Set:HH:mm}, {listed} {(times.Count == 1 ? "comes" : "come")} twice; "
            + (first > 0 && second > 0 ? "due both times"
                : first > 0 ? "due the first time only" : second > 0 ? "due the second time only" : "not due");
    }

    private static string? BothDays(CronPart cron)
    {
        var words = SchedulePart.WordsOf(cron.Text);
        if (words.Length < 5) { return null; }
        var (day, weekday) = words.Length == 5 ? (words[2], words[4]) : (words[3], words[5]);
        return day is "*" or "?" || weekday is "*" or "?" ? null
            : $"'{cron.Text}' names day {day} and weekday {weekday}: due on either, not only where both meet";
    }

    // Spring, robfig's cron and node-cron have six fields, too, and count from Sunday as 0.
    private static string? NumberedDays(CronPart cron)
    {
        var words = SchedulePart.WordsOf(cron.Text);
        if (words.Length < 6 || !words[5].Any(char.IsAsciiDigit) || words[5].AsSpan().ContainsAny('*', '/')) { return null; }
        var days = NumberedDay().Replace(words[5], d => CronFields.Quartz[5].Names[d.Value[0] - '1']);
        return $"'{cron.Text}' counts weekdays from Sunday as 1, as Quartz does: {words[5]} is {days} here; names mean the same everywhere";
    }

    // Only where no month is left out on purpose.
    private static string? SkippedMonths(SchedulePart part, DateTimeOffset now)
    {
        var words = SchedulePart.WordsOf(part.Text);
        var every = part switch
        {
            CronPart when words.Length >= 5 => (words.Length == 5 ? words[3] : words[4]) == "*",
            RrulePart => words[1].Contains("FREQ=MONTHLY", StringComparison.OrdinalIgnoreCase)
                && !words[1].Contains("BYMONTH=", StringComparison.OrdinalIgnoreCase)
                && !words[1].Contains("INTERVAL=", StringComparison.OrdinalIgnoreCase),
            _ => false,
        };
        if (!every) { return null; }
        var skipped = new SortedSet<int>();
        var month = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(1);
        for (var i = 0; i < MonthsAhead; i++, month = month.AddMonths(1))
        {
            // A day's width, so that no zone puts a fire into the wrong month.
            if (part.Next(month.AddDays(1)) is not { } next) { return null; }
            if (next > month.AddMonths(1).AddDays(1) && part.Next(month.AddDays(-1)) > month.AddMonths(1).AddDays(-1)) { skipped.Add(month.Month); }
        }
        return skipped.Count is 0 or 12 ? null
            : $"'{part.Text}' skips {string.Join(", ", skipped.Select(CultureInfo.InvariantCulture.DateTimeFormat.GetMonthName))}: "
                + "not every month has that day; L means the last one";
    }

    // Whoever is due in every hour of the day does not miss one of them.
    private static bool DueEveryHour(SchedulePart written, DateTimeOffset around)
    {
        var day = new DateTimeOffset(around.UtcDateTime.Date, TimeSpan.Zero);
        return Enumerable.Range(0, 24).All(h => written.Next(day.AddHours(h).AddTicks(-1)) < day.AddHours(h + 1));
    }

    // A weekday, not the number behind a #.
    [GeneratedRegex("(?<!#)[1-7]")]
    private static partial Regex NumberedDay();

    private static List<DateTimeOffset> Between(SchedulePart part, DateTimeOffset from, DateTimeOffset until)
    {
        var due = new List<DateTimeOffset>();
        for (var next = part.Next(from.AddTicks(-1)); next < until && due.Count < FiresLookedAt; next = part.Next(next.Value))
        {
            due.Add(next.Value);
        }
        return due;
    }

    private static string Listed(IEnumerable<DateTime> times)
    {
        var all = times.Select(t => t.ToString(t.Second == 0 ? "HH:mm" : "HH:mm:ss", CultureInfo.InvariantCulture)).ToList();
        return string.Join(", ", all.Take(TimesShown)) + (all.Count > TimesShown ? ", …" : "");
    }

    private static string Utc(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Words(TimeSpan time) => time.TotalMinutes < 2 ? $"{time.TotalSeconds:0}s" : time.TotalHours < 2 ? $"{time.TotalMinutes:0}m"
        : $"{time.TotalHours:0.#}h";
}
