using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Quartz;
using Quartz.Impl.Calendar;

namespace Scheduler.Schedules;

/// <summary>A calendar that jobs name, as a chain of Quartz's own calendars: holidays, weekdays, hours, crons, and spans between instants.</summary>
public sealed class NamedCalendar
{
    // Quartz's hours end with a millisecond.
    private static readonly TimeOnly DayLast = new(23, 59, 59, 999);
    private static readonly string[] DayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    private static readonly string[] TimeForms = ["HH:mm", "HH:mm:ss"];
    private static readonly string[] InstantForms = ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss"];

    private readonly BlackoutCalendar spans;

    private NamedCalendar(
        CalendarDefinition definition, HashSet<DateOnly> holidays, HashSet<DayOfWeek> weekdays, BlackoutCalendar chain)
    {
        (Name, UpdatedAt) = (definition.Name, new DateTimeOffset(DateTime.SpecifyKind(definition.UpdatedAt, DateTimeKind.Utc)));
        spans = chain;
        var days = string.Join(',', holidays.Order().Select(d => d.DayNumber)) + "|" + string.Join(',', weekdays.Order());
        var text = $"{definition.TimeZone}|{days}|{definition.Blackouts}";
        Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
        chain.Description = Hash;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }
    /// <summary>When it got its present version, by the database's clock.</summary>
    public DateTimeOffset UpdatedAt { get; }
    /// <summary>Changes with what it leaves out.</summary>
    public string Hash { get; }
    /// <summary>What Quartz stores; its description is the hash.</summary>
    internal ICalendar Quartz => spans;

    /// <summary>Read a calendar. Throws <see cref="ScheduleException"/> that names the value.</summary>
    public static NamedCalendar Of(CalendarDefinition definition)
    {
        var zone = Zones.Find(definition.TimeZone);
        var holidays = definition.Holidays.ToHashSet();
        var weekdays = definition.Weekdays.Select(Day).ToHashSet();
        ICalendar? chain = null;
        if (holidays.Count > 0)
        {
            var days = new HolidayCalendar { TimeZone = zone };
            foreach (var day in holidays) { days.AddExcludedDay(day); }
            chain = days;
        }
        if (weekdays.Count > 0)
        {
            // Quartz's own leaves out Saturday and Sunday from the start.
            var week = chain is null ? new WeeklyCalendar { TimeZone = zone } : new WeeklyCalendar(chain) { TimeZone = zone };
            foreach (var day in Enum.GetValues<DayOfWeek>())
            {
                if (weekdays.Contains(day)) { week.AddExcludedDay(day); }
                else { week.RemoveExcludedDay(day); }
            }
            chain = week;
        }
        var spans = new List<(DateTimeOffset, DateTimeOffset)>();
        foreach (var entry in Entries(definition.Blackouts))
        {
            if (entry is { From: { } from, To: { } to, Daily: null, Cron: null }) { spans.Add(Span(from, to, zone)); }
            else if (entry is { Daily: [var begin, var end], From: null, To: null, Cron: null }) { chain = Hours(begin, end, zone, chain); }
            else if (entry is { Cron: { } cron, From: null, To: null, Daily: null }) { chain = new CronCalendar(chain, Cron(cron), zone); }
            else { throw new ScheduleException($"a blackout has no form that is known; expected from and to, daily, or cron"); }
        }
        return new NamedCalendar(definition, holidays, weekdays, new BlackoutCalendar(chain, spans));
    }

    /// <summary>True when jobs may be due at that instant.</summary>
    public bool Includes(DateTimeOffset instant) => Quartz.IsTimeIncluded(instant);

    /// <summary>An instant up to which nothing is included after one that is left out; the same instant when only trying tells. Null when it is
    /// beyond all calendars.</summary>
    internal DateTimeOffset? NextIncluded(DateTimeOffset leftOut) =>
        leftOut.Year >= BlackoutCalendar.YearMax ? null : spans.GetNextIncludedTimeUtc(leftOut);

    private static IReadOnlyList<BlackoutEntry> Entries(string json)
    {
        try { return JsonSerializer.Deserialize<List<BlackoutEntry>>(json, KindSettings.Options) ?? []; }
        catch (JsonException e) { throw new ScheduleException($"the blackouts cannot be read: {e.Message}"); }
    }

    private static DayOfWeek Day(string name) => Array.IndexOf(DayNames, name.ToLowerInvariant()) is >= 0 and var day
        ? (DayOfWeek)day
        : throw new ScheduleException($"weekday '{name}' is not known{Database.Spelling.Hint(name, DayNames)}");

    // To before the second time. Quartz's own includes its last millisecond, and ends with the day.
    private static ICalendar Hours(string from, string to, TimeZoneInfo zone, ICalendar? chain)
    {
        var (begin, end) = (Time(from), to == "24:00" ? TimeOnly.MinValue : Time(to));
        var last = end == TimeOnly.MinValue ? DayLast : end.Add(TimeSpan.FromMilliseconds(-1));
        if (begin == end) { throw new ScheduleException($"blackout from {from} to {to} every day has no length; expected two times"); }
        if (begin < end || end == TimeOnly.MinValue) { return new DailyCalendar(begin, last, chain) { TimeZone = zone }; }
        var evening = new DailyCalendar(begin, DayLast, chain) { TimeZone = zone };
        return new DailyCalendar(TimeOnly.MinValue, last, evening) { TimeZone = zone };
    }

    private static TimeOnly Time(string text) =>
        TimeOnly.TryParseExact(text, TimeForms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
        ? time
        : throw new ScheduleException($"blackout time '{text}' cannot be read; expected a time of day such as 22:00");

    private static (DateTimeOffset, DateTimeOffset) Span(string from, string to, TimeZoneInfo zone)
    {
        var (begin, end) = (Instant(from, zone), Instant(to, zone));
        return begin < end
            ? (begin, end)
            : throw new ScheduleException($"blackout from {from} to {to} is over before it begins; expected 'from' before 'to'");
    }

    private static DateTimeOffset Instant(string text, TimeZoneInfo zone) =>
        DateTime.TryParseExact(text, InstantForms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)
            ? new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime()
            : throw new ScheduleException($"blackout instant '{text}' cannot be read; expected local time such as 2026-12-24T18:00");

    // Five fields name minutes: all their seconds are left out.
    private static string Cron(string text)
    {
        var words = SchedulePart.WordsOf(text);
        var cron = CronPart.Of(text, words, TimeZoneInfo.Utc).Cron.CronExpressionString;
        return words.Length == 5 ? "*" + cron[cron.IndexOf(' ', StringComparison.Ordinal)..] : cron;
    }
}
