using System.Globalization;
using System.Text.RegularExpressions;

namespace Scheduler.Schedules;

/// <summary>
/// What is worth knowing about a schedule that is valid all the same: nights in which the clocks change, months without a fire, days that mean
/// something else elsewhere, crowds on one second. Everything is computed by the same parts that say when triggers are due.
/// </summary>
public static partial class Lint
{
    // Months that are looked at for a day that they lack.
    private const int MonthsAhead = 24;
    private const int LastYear = 9990;
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
            foreach (var change in ZoneChange.Ahead(schedule.Zone, now))
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
        if (ClockNight.Of(part, change, zone) is not { } night) { return null; }
        var head = $"'{part.Text}' on {change.Shown:yyyy-MM-dd} in {zone.Id}: the clocks go ";
        if (change.IsGap)
        {
            return $"{head}from {change.Shown:HH:mm} to {change.Set:HH:mm}, there is no {ClockNight.Listed(night.Written)}; "
                + (night.Instead.Count > 0 ? $"due at {ClockNight.Listed(night.Instead)} instead" : "not due instead");
        }
        return $"{head}from {change.Shown:HH:mm} back to {change.Set:HH:mm}, {ClockNight.Listed(night.Written)} "
            + $"{(night.Written.Count == 1 ? "comes" : "come")} twice; "
            + (night is { First: > 0, Second: > 0 } ? "due both times"
                : night.First > 0 ? "due the first time only" : night.Second > 0 ? "due the second time only" : "not due");
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
        if (words.Length < 6 || !NumberedDay().IsMatch(words[5]) || words[5].AsSpan().ContainsAny('*', '/')) { return null; }
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
        if (!every || now.Year >= LastYear) { return null; }
        var skipped = new SortedSet<int>();
        var month = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(1);
        for (var i = 0; i < MonthsAhead; i++, month = month.AddMonths(1))
        {
            // A day's width, so that no zone puts a fire into the wrong month.
            if (part.Next(month.AddDays(1)) is not { } next) { return null; }
            if (next > month.AddMonths(1).AddDays(1) && part.Next(month.AddDays(-1)) > month.AddMonths(1).AddDays(-1)) { skipped.Add(month.Month); }
        }
        // A fifth Friday is in another third of the months each year: they are not named.
        if (skipped.Count is > 5 and < 12) { return $"'{part.Text}' is not due every month: not every month has that day"; }
        return skipped.Count is 0 or 12 ? null
            : $"'{part.Text}' skips {string.Join(", ", skipped.Select(CultureInfo.InvariantCulture.DateTimeFormat.GetMonthName))}: "
                + "not every month has that day; L means the last one";
    }

    // A weekday, not the number behind a #.
    [GeneratedRegex("(?<!#)[1-7]")]
    private static partial Regex NumberedDay();

    private static string Utc(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Words(TimeSpan time) => time.TotalMinutes < 2 ? $"{time.TotalSeconds:0}s" : time.TotalHours < 2 ? $"{time.TotalMinutes:0}m"
        : $"{time.TotalHours:0.#}h";
}
