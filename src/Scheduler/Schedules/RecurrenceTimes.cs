using System.Numerics;

namespace Scheduler.Schedules;

/// <summary>Hours, minutes and seconds that a rule names, each in every combination with the others.</summary>
/// <param name="hours">0 to 23, ascending; as all the next.</param>
/// <param name="minutes">0 to 59.</param>
/// <param name="seconds">0 to 59.</param>
internal sealed class RecurrenceTimes(int[] hours, int[] minutes, int[] seconds)
{
    private const int MinuteSeconds = 60;
    private const int HourSeconds = 3600;
    /// <summary>Seconds of a day by the clock.</summary>
    public const int DaySeconds = 86_400;

    private readonly ulong hourBits = Bits(hours);
    private readonly ulong minuteBits = Bits(minutes);
    private readonly ulong secondBits = Bits(seconds);

    /// <summary>How many there are in a day.</summary>
    public int Count => hours.Length * minutes.Length * seconds.Length;

    /// <summary>The place-th of a day, in seconds since midnight.</summary>
    public int At(int place)
    {
        var (hour, rest) = Math.DivRem(place, minutes.Length * seconds.Length);
        var (minute, second) = Math.DivRem(rest, seconds.Length);
        return (hours[hour] * HourSeconds) + (minutes[minute] * MinuteSeconds) + seconds[second];
    }

    /// <summary>The first at or after a second of the day; <see cref="DaySeconds"/> when there is none.</summary>
    public int First(int from)
    {
        var (hour, minute, second) = (from / HourSeconds, from / MinuteSeconds % 60, from % MinuteSeconds);
        if (!Has(hourBits, hour)) { return FromHour(hour); }
        if (!Has(minuteBits, minute)) { return FromMinute(hour, minute); }
        second = Next(secondBits, second);
        return second < 60 ? Second(hour, minute, second) : FromMinute(hour, minute + 1);
    }

    private int FromHour(int hour)
    {
        hour = Next(hourBits, hour);
        return hour < 24 ? Second(hour, minutes[0], seconds[0]) : DaySeconds;
    }

    private int FromMinute(int hour, int minute)
    {
        minute = Next(minuteBits, minute);
        return minute < 60 ? Second(hour, minute, seconds[0]) : FromHour(hour + 1);
    }

    private static int Second(int hour, int minute, int second) => (hour * HourSeconds) + (minute * MinuteSeconds) + second;

    private static bool Has(ulong bits, int at) => ((bits >> at) & 1) == 1;

    // Past the last one it is 64 or more, as a zero has no bit.
    private static int Next(ulong bits, int at) => at + BitOperations.TrailingZeroCount(bits >> at);

    private static ulong Bits(int[] numbers) => numbers.Aggregate(0UL, (bits, n) => bits | (1UL << n));
}
