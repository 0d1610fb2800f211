using System.Numerics;

namespace Scheduler.Schedules;

/// <summary>A day that depends on its month: the last one, some days before it, or the weekday nearest to a day.</summary>
/// <param name="Day">Day of the month, 0 when it is counted from the end.</param>
/// <param name="BeforeLast">Days before the last one.</param>
/// <param name="NearestWeekday">True for the nearest of Monday to Friday within the month.</param>
internal readonly record struct MonthDay(int Day, int BeforeLast, bool NearestWeekday);

/// <summary>Which days of its weekdays a month has: all, one counted from the beginning, or the last.</summary>
internal enum WeekdayOf
{
    /// <summary>Each of them.</summary>
    EveryWeek,
    /// <summary>The first to fifth, see <see cref="CronTimes.Nth"/>.</summary>
    Nth,
    /// <summary>The last.</summary>
    Last,
}

/// <summary>
/// The local times a cron expression names, whatever the zone: each field as a set of bits. Local times are seconds since 1970-01-01T00:00:00 on a
/// clock that is never put forward or back.
/// </summary>
internal sealed class CronTimes
{
    /// <summary>First year a cron expression can name: there is no earlier fire to speak of.</summary>
    public const int YearFirst = 1970;
    /// <summary>Last year a cron expression can name, and how far one is searched for; as in Quartz's own texts.</summary>
    public const int YearLast = 2299;

    private const int DaySeconds = 86400;
    private const int WeekDays = 7;
    private const ulong All = ~0UL;
    private static readonly int DayOfEpoch = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    /// <summary>Bits 0 to 59.</summary>
    public required ulong Seconds { get; init; }
    /// <summary>Bits 0 to 59.</summary>
    public required ulong Minutes { get; init; }
    /// <summary>Bits 0 to 23.</summary>
    public required ulong Hours { get; init; }
    /// <summary>Bits 1 to 31.</summary>
    public required ulong Days { get; init; }
    /// <summary>Days of the month that depend on the month.</summary>
    public IReadOnlyList<MonthDay> MonthDays { get; init; } = [];
    /// <summary>Bits 1 to 12.</summary>
    public required ulong Months { get; init; }
    /// <summary>Bits 0 (Sunday) to 6.</summary>
    public required ulong Weekdays { get; init; }
    /// <summary>Which of them.</summary>
    public WeekdayOf Of { get; init; }
    /// <summary>1 to 5, with <see cref="WeekdayOf.Nth"/>.</summary>
    public int Nth { get; init; }
    /// <summary>True when the day of the month is a star: the weekday alone decides.</summary>
    public required bool AnyDay { get; init; }
    /// <summary>True when the weekday is a star: the day of the month alone decides. Neither: due on either.</summary>
    public required bool AnyWeekday { get; init; }
    /// <summary>Years, null for all of them.</summary>
    public IReadOnlySet<int>? Years { get; init; }
    /// <summary>
    /// True when a <c>*</c>, <c>/</c> or <c>-</c> stands in its minute or hour: it follows elapsed time through a change of the clocks. False: it is
    /// due once for each local time.
    /// </summary>
    public required bool IsInterval { get; init; }

    /// <summary>The first local time of it at or after one; null when there is none up to <see cref="YearLast"/>.</summary>
    public long? From(long local)
    {
        if (local < 0) { local = 0; }
        var (days, second) = Math.DivRem(local, DaySeconds);
        if (days > DateOnly.MaxValue.DayNumber - DayOfEpoch) { return null; }
        var date = DateOnly.FromDayNumber((int)days + DayOfEpoch);
        if (HasDay(date) && TimeFrom((int)second) is >= 0 and var time) { return (days * DaySeconds) + time; }
        return DayAfter(date) is { } next ? ((long)(next.DayNumber - DayOfEpoch) * DaySeconds) + TimeFrom(0) : null;
    }

    /// <summary>True when a local time is one of it.</summary>
    public bool Has(long local)
    {
        var (days, second) = Math.DivRem(local, DaySeconds);
        return local >= 0 && HasDay(DateOnly.FromDayNumber((int)days + DayOfEpoch)) && TimeFrom((int)second) == second;
    }

    private bool HasYear(int year) => year is >= YearFirst and <= YearLast && (Years is null || Years.Contains(year));

    private bool HasDay(DateOnly date) =>
        HasYear(date.Year) && (Months >> date.Month & 1) != 0 && (DaysOf(date.Year, date.Month) >> date.Day & 1) != 0;

    private DateOnly? DayAfter(DateOnly date)
    {
        var (month, later) = (date.Month, All << (date.Day + 1));
        for (var year = date.Year; year <= YearLast; year++, month = 1)
        {
            for (; month <= 12 && HasYear(year); month++, later = All)
            {
                if ((Months >> month & 1) == 0) { continue; }
                var days = DaysOf(year, month) & later;
                if (days != 0) { return new DateOnly(year, month, BitOperations.TrailingZeroCount(days)); }
            }
            later = All;
        }
        return null;
    }

    // Seconds of the day, -1 when there is none at or after that one.
    private int TimeFrom(int second)
    {
        var (hour, minute) = (second / 3600, second / 60 % 60);
        if ((Hours >> hour & 1) != 0)
        {
            if ((Minutes >> minute & 1) != 0 && Seconds >> (second % 60) is not 0 and var seconds)
            {
                return second + BitOperations.TrailingZeroCount(seconds);
            }
            if (Minutes >> (minute + 1) is not 0 and var minutes)
            {
                return At(hour, minute + 1 + BitOperations.TrailingZeroCount(minutes));
            }
        }
        return Hours >> (hour + 1) is not 0 and var hours
            ? At(hour + 1 + BitOperations.TrailingZeroCount(hours), BitOperations.TrailingZeroCount(Minutes)) : -1;
    }

    private int At(int hour, int minute) => (hour * 3600) + (minute * 60) + BitOperations.TrailingZeroCount(Seconds);

    private ulong DaysOf(int year, int month)
    {
        var length = DateTime.DaysInMonth(year, month);
        var all = (1UL << (length + 1)) - 2;
        if (AnyDay && AnyWeekday) { return all; }
        var first = (int)new DateOnly(year, month, 1).DayOfWeek;
        var days = 0UL;
        if (!AnyDay)
        {
            days = Days;
            for (var i = 0; i < MonthDays.Count; i++) { days |= DayOf(MonthDays[i], length, first); }
        }
        return (AnyWeekday ? days : days | WeekdaysOf(length, first)) & all;
    }

    private static ulong DayOf(MonthDay day, int length, int first)
    {
        // The weekday nearest to the 31st is that nearest to the last day, as in Quartz.
        var number = day.Day == 0 ? length - day.BeforeLast : Math.Min(day.Day, length);
        if (number < 1) { return 0; }
        if (day.NearestWeekday)
        {
            number += ((first + number - 1) % WeekDays) switch
            {
                (int)DayOfWeek.Saturday => number == 1 ? 2 : -1,
                (int)DayOfWeek.Sunday => number == length ? -2 : 1,
                _ => 0,
            };
        }
        return 1UL << number;
    }

    private ulong WeekdaysOf(int length, int first)
    {
        // Seven bits, the lowest of which is the weekday of the first, repeated five times from bit 1.
        var week = (Weekdays >> first | Weekdays << (WeekDays - first)) & 0x7F;
        const ulong FiveWeeks = 1UL << 1 | 1UL << 8 | 1UL << 15 | 1UL << 22 | 1UL << 29;
        return Of switch
        {
            WeekdayOf.Nth => week << (((Nth - 1) * WeekDays) + 1),
            WeekdayOf.Last => week * FiveWeeks & All << (length - WeekDays + 1),
            _ => week * FiveWeeks,
        };
    }
}
