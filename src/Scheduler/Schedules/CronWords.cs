using System.Globalization;

namespace Scheduler.Schedules;

/// <summary>The local times of a cron expression in English: <c>at 02:30 on weekdays</c>.</summary>
internal static class CronWords
{
    private const string EveryDay = "every day";
    private const ulong AllDays = 0xFFFF_FFFE;
    private const int AllWeekdays = 0x7F;
    private const ulong AllMonths = 0x1FFE;

    /// <summary>The words, without a capital.</summary>
    public static string Of(CronTimes times)
    {
        var (hours, minutes, seconds) = (Wording.Numbers(times.Hours & 0xFF_FFFF), Wording.Numbers(times.Minutes & (1UL << 60) - 1),
            Wording.Numbers(times.Seconds & (1UL << 60) - 1));
        var days = Days(times);
        // "Every 5 minutes" needs no "every day" behind it.
        if (days.StartsWith(EveryDay, StringComparison.Ordinal) && TimeWords.IsAllDay(hours, minutes, seconds))
        {
            days = days[EveryDay.Length..].Trim();
        }
        return $"{TimeWords.Of(hours, minutes, seconds)} {days}".TrimEnd();
    }

    private static string Days(CronTimes times)
    {
        var months = times.Months & AllMonths;
        var inMonths = months == AllMonths ? "" : Wording.Ranges(Wording.Numbers(months), Wording.Month);
        var ofDays = times.AnyDay ? null : MonthDays(times, inMonths.Length == 0 ? "the month" : inMonths);
        var ofWeek = times.AnyWeekday ? null : Weekdays(times, inMonths.Length == 0 ? "the month" : inMonths);
        var everyDay = (times.AnyDay && times.AnyWeekday) || (!times.AnyDay && (times.Days & AllDays) == AllDays)
            || (!times.AnyWeekday && times.Of == WeekdayOf.EveryWeek && (times.Weekdays & AllWeekdays) == AllWeekdays);
        var years = times.Years is null ? "" : " in " + Wording.Ranges([.. times.Years.Order()], y => y.ToString(CultureInfo.InvariantCulture));
        if (everyDay) { return EveryDay + (inMonths.Length == 0 ? "" : $" in {inMonths}") + years; }
        var words = (ofDays, ofWeek) switch
        {
            ({ } days, { } week) => $"{days} and {week}",
            ({ } days, null) => days,
            var (_, week) => week!,
        };
        // What counts within a month has named it.
        return words + (inMonths.Length > 0 && ofWeek is not null && times.Of == WeekdayOf.EveryWeek ? $" in {inMonths}" : "") + years;
    }

    private static string MonthDays(CronTimes times, string months)
    {
        var words = new List<string>();
        if ((times.Days & AllDays) != 0) { words.Add("the " + Wording.Ranges(Wording.Numbers(times.Days & AllDays), Wording.Ordinal)); }
        foreach (var day in times.MonthDays) { words.Add(Special(day)); }
        return $"on {Wording.And(words)} of {months}";
    }

    private static string Special(MonthDay day)
    {
        var words = day.Day > 0 ? $"the {Wording.Ordinal(day.Day)}"
            : day.BeforeLast == 0 ? "the last day"
            : $"the {(day.BeforeLast == 1 ? "day" : $"{Wording.Ordinal(day.BeforeLast)} day")} before the last";
        return !day.NearestWeekday ? words : day is { Day: 0, BeforeLast: 0 } ? "the last weekday" : $"the weekday nearest to {words}";
    }

    private static string Weekdays(CronTimes times, string months)
    {
        var days = Wording.Numbers(times.Weekdays & AllWeekdays);
        return times.Of == WeekdayOf.EveryWeek ? Wording.OnWeekdays(days)
            : $"on the {Wording.Place(times.Of == WeekdayOf.Last ? -1 : times.Nth)} {Wording.And([.. days.Select(d => Wording.Weekdays[d])])}"
                + $" of {months}";
    }
}
