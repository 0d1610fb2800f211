using System.Collections.Concurrent;
using System.Globalization;

namespace Scheduler.Tests.Schedules;

/// <summary>
/// Says when a rule of RFC 5545 is due by walking every day, hour, minute and second of a window and asking of each what the RFC says of each part
/// alone. Slow, and independent of the product: it reads the rule itself and shares no code with it. A rule must be valid.
/// </summary>
internal sealed class RecurrenceJudge
{
    private static readonly string[] Days = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
    private readonly Dictionary<string, string> parts;
    private readonly DateTime start;
    private readonly string frequency;
    private readonly int interval;
    private readonly DayOfWeek weekStart;
    private readonly Dictionary<string, HashSet<int>> numbers = [];
    private readonly Dictionary<int, List<DateTime>> weeks = [];
    private static readonly ConcurrentDictionary<(int Year, int Month), List<DateTime>> Years = new();

    public RecurrenceJudge(string rule, DateTime start)
    {
        parts = rule.Split(';').Select(p => p.Split('=')).ToDictionary(p => p[0], p => p[1]);
        this.start = start;
        frequency = parts["FREQ"];
        interval = parts.TryGetValue("INTERVAL", out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : 1;
        weekStart = parts.TryGetValue("WKST", out var day) ? (DayOfWeek)Array.IndexOf(Days, day) : DayOfWeek.Monday;
    }

    private bool IsByTheDay => frequency is "YEARLY" or "MONTHLY" or "WEEKLY" or "DAILY";

    /// <summary>All due times from one day to before another, without COUNT and UNTIL. BYSETPOS is given whole periods to choose from.</summary>
    public List<DateTime> Due(DateTime from, DateTime until)
    {
        var margin = frequency switch { "YEARLY" => 380, "MONTHLY" => 32, "WEEKLY" => 8, _ => 1 };
        var periods = new SortedDictionary<long, List<DateTime>>();
        for (var day = from.Date.AddDays(-margin); day < until.AddDays(margin); day = day.AddDays(1))
        {
            if (!DayIsNamed(day)) { continue; }
            foreach (var time in TimesOf(day))
            {
                var period = PeriodOf(time);
                if ((((period - PeriodOf(start)) % interval) + interval) % interval != 0) { continue; }
                if (!periods.TryGetValue(period, out var times)) { periods[period] = times = []; }
                times.Add(time);
            }
        }
        return [.. periods.Values.SelectMany(Chosen).Where(t => t >= start && t >= from && t < until).Order()];
    }

    private List<DateTime> Chosen(List<DateTime> times)
    {
        times.Sort();
        if (!parts.TryGetValue("BYSETPOS", out var text)) { return times; }
        var places = Numbers(text);
        return [.. times.Where((_, i) => places.Contains(i + 1) || places.Contains(i - times.Count))];
    }

    private IEnumerable<DateTime> TimesOf(DateTime day)
    {
        for (var hour = 0; hour < 24; hour++)
        {
            if (!Part("BYHOUR", hour, IsByTheDay ? start.Hour : null)) { continue; }
            for (var minute = 0; minute < 60; minute++)
            {
                if (!Part("BYMINUTE", minute, IsByTheDay || frequency == "HOURLY" ? start.Minute : null)) { continue; }
                for (var second = 0; second < 60; second++)
                {
                    if (Part("BYSECOND", second, frequency == "SECONDLY" ? null : start.Second) || (second == 59 && Names("BYSECOND", 60)))
                    {
                        yield return day.AddHours(hour).AddMinutes(minute).AddSeconds(second);
                    }
                }
            }
        }
    }

    private bool DayIsNamed(DateTime day)
    {
        if (!DayIsDefault(day)) { return false; }
        if (parts.ContainsKey("BYMONTH") && !Names("BYMONTH", day.Month)) { return false; }
        if (!Place("BYMONTHDAY", Month(day), day) || !Place("BYYEARDAY", Year(day.Year), day)) { return false; }
        if (parts.ContainsKey("BYWEEKNO") && !Place("BYWEEKNO", Weeks(WeekYear(day)), FirstOfWeek(day))) { return false; }
        return !parts.TryGetValue("BYDAY", out var text) || text.Split(',').Any(d => IsWeekday(day, d));
    }

    // What the rule leaves out is taken from its start.
    private bool DayIsDefault(DateTime day)
    {
        if (parts.ContainsKey("BYDAY") || parts.ContainsKey("BYMONTHDAY") || parts.ContainsKey("BYYEARDAY")) { return true; }
        return frequency switch
        {
            "YEARLY" when parts.ContainsKey("BYWEEKNO") => day.DayOfWeek == start.DayOfWeek,
            "YEARLY" => day.Day == start.Day && (parts.ContainsKey("BYMONTH") || day.Month == start.Month),
            "MONTHLY" => day.Day == start.Day,
            "WEEKLY" => day.DayOfWeek == start.DayOfWeek,
            _ => true,
        };
    }

    private bool IsWeekday(DateTime day, string written)
    {
        if (day.DayOfWeek != (DayOfWeek)Array.IndexOf(Days, written[^2..])) { return false; }
        if (written.Length == 2) { return true; }
        var among = frequency == "MONTHLY" || parts.ContainsKey("BYMONTH") ? Month(day) : Year(day.Year);
        var same = among.Where(d => d.DayOfWeek == day.DayOfWeek).ToList();
        var number = int.Parse(written[..^2], CultureInfo.InvariantCulture);
        return same.IndexOf(day) == (number > 0 ? number - 1 : same.Count + number);
    }

    private long PeriodOf(DateTime time) => frequency switch
    {
        "YEARLY" => parts.ContainsKey("BYWEEKNO") ? WeekYear(time.Date) : time.Year,
        "MONTHLY" => (time.Year * 12) + time.Month,
        "WEEKLY" => (FirstOfWeek(time.Date) - FirstOfWeek(DateTime.UnixEpoch)).Days / 7,
        "DAILY" => time.Ticks / TimeSpan.TicksPerDay,
        "HOURLY" => time.Ticks / TimeSpan.TicksPerHour,
        "MINUTELY" => time.Ticks / TimeSpan.TicksPerMinute,
        _ => time.Ticks / TimeSpan.TicksPerSecond,
    };

    private DateTime FirstOfWeek(DateTime day)
    {
        while (day.DayOfWeek != weekStart) { day = day.AddDays(-1); }
        return day;
    }

    // A week is of the year that most of its days are in.
    private int WeekYear(DateTime day) => FirstOfWeek(day).AddDays(3).Year;

    private List<DateTime> Weeks(int year) => weeks.TryGetValue(year, out var known) ? known
        : weeks[year] = [.. Year(year).Select(FirstOfWeek).Distinct().Where(w => w.AddDays(3).Year == year)];

    private static List<DateTime> Month(DateTime day) => Years.GetOrAdd((day.Year, day.Month), _ =>
        [.. Year(day.Year).Where(d => d.Month == day.Month)]);

    private static List<DateTime> Year(int year) => Years.GetOrAdd((year, 0), _ =>
        [.. Enumerable.Range(0, 366).Select(d => new DateTime(year, 1, 1).AddDays(d)).Where(d => d.Year == year)]);

    // Whether a part, where it is given, names the place of a day among others, from their start or from their end.
    private bool Place(string name, List<DateTime> among, DateTime day)
    {
        if (!parts.ContainsKey(name)) { return true; }
        var place = among.IndexOf(day);
        return Names(name, place + 1) || Names(name, place - among.Count);
    }

    private bool Part(string name, int number, int? left) =>
        parts.ContainsKey(name) ? Names(name, number) : left is null || left == number;

    private bool Names(string name, int number) => parts.TryGetValue(name, out var text) && Numbers(text).Contains(number);

    private HashSet<int> Numbers(string text) => numbers.TryGetValue(text, out var known) ? known
        : numbers[text] = [.. text.Split(',').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
}
