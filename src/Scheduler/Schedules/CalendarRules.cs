using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Scheduler.Database;

namespace Scheduler.Schedules;

/// <summary>A span a calendar leaves out, in one of three forms.</summary>
internal sealed record BlackoutEntry
{
    /// <summary>First local instant, e.g. <c>2026-12-24T00:00</c>; with <see cref="To"/>.</summary>
    public string? From { get; init; }
    /// <summary>Local instant at which it is over.</summary>
    public string? To { get; init; }
    /// <summary>Two times of day: from the first to before the second, over midnight when that is smaller.</summary>
    [MinLength(2), MaxLength(2)]
    public IReadOnlyList<string>? Daily { get; init; }
    /// <summary>Cron expression whose minutes (five fields) or seconds (six) are left out.</summary>
    public string? Cron { get; init; }
}

/// <summary>What a calendar leaves out: days and hours by the clocks of its zone, and spans between two instants.</summary>
internal sealed class CalendarRules
{
    /// <summary>Seconds of a day by the clock.</summary>
    public const int DaySeconds = 86400;
    private static readonly int DayOfEpoch = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;
    private const string NoForm = "a blackout has no form that is known; expected from and to, daily, or cron";
    private static readonly string[] DayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    private static readonly string[] TimeForms = ["HH:mm", "HH:mm:ss"];
    private static readonly string[] InstantForms = ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss"];
    private static readonly JsonSerializerOptions Strict = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
    };

    private readonly TimeZoneInfo zone;
    private readonly ZoneClock clock;
    private readonly HashSet<DateOnly> holidays;
    private readonly HashSet<DayOfWeek> weekdays;
    private readonly List<(long From, long Until)> spans = [];
    private readonly List<(int From, int Until)> hours = [];
    private readonly List<(CronTimes Times, bool OfMinutes)> crons = [];

    private CalendarRules(TimeZoneInfo zone, HashSet<DateOnly> holidays, HashSet<DayOfWeek> weekdays, string blackouts)
    {
        (this.zone, clock, this.holidays, this.weekdays, Blackouts) = (zone, ZoneClock.Of(zone), holidays, weekdays, blackouts);
        foreach (var entry in Entries(blackouts))
        {
            if (entry is { From: { } from, To: { } to, Daily: null, Cron: null }) { spans.Add(Span(from, to)); }
            else if (entry is { Daily: [var begin, var end], From: null, To: null, Cron: null }) { hours.Add(HoursOf(begin, end)); }
            else if (entry is { Cron: { } cron, From: null, To: null, Daily: null }) { crons.Add(Cron(cron)); }
            else { throw new ScheduleException(NoForm); }
        }
    }

    /// <summary>Zone its days and hours are of.</summary>
    public TimeZoneInfo TimeZone => zone;
    /// <summary>Whole days that are left out.</summary>
    public IEnumerable<DateOnly> Holidays => holidays;
    /// <summary>Weekdays that are left out.</summary>
    public IEnumerable<DayOfWeek> Weekdays => weekdays;
    /// <summary>Spans that are left out, as JSON.</summary>
    public string Blackouts { get; }
    /// <summary>Spans between two instants, as seconds since 1970.</summary>
    public IReadOnlyList<(long From, long Until)> Spans => spans;
    /// <summary>Hours of every day, as seconds since its midnight; over midnight when the second is not greater.</summary>
    public IReadOnlyList<(int From, int Until)> Hours => hours;

    /// <summary>A weekday as calendars write it.</summary>
    public static string NameOf(DayOfWeek day) => DayNames[(int)day];

    /// <summary>Read them. Throws <see cref="ScheduleException"/> that names the value.</summary>
    /// <param name="timeZone">IANA name of the zone that days and hours are of.</param>
    /// <param name="holidays">Whole days that are left out.</param>
    /// <param name="weekdays">Weekdays that are left out, mon to sun.</param>
    /// <param name="blackouts">Spans that are left out, as JSON.</param>
    public static CalendarRules Of(string timeZone, IEnumerable<DateOnly> holidays, IEnumerable<string> weekdays, string blackouts) =>
        new(Zones.Find(timeZone), [.. holidays], [.. weekdays.Select(Day)], blackouts);

    /// <summary>All it depends on, as text: what a calendar's hash is made of.</summary>
    public override string ToString() =>
        $"{zone.Id}|{string.Join(',', holidays.Order().Select(d => d.DayNumber))}|{string.Join(',', weekdays.Order())}|{Blackouts}";

    /// <summary>True when jobs may be due at that instant.</summary>
    public bool Includes(DateTimeOffset instant)
    {
        var second = instant.ToUnixTimeSeconds();
        foreach (var (from, until) in spans) { if (from <= second && second < until) { return false; } }
        var local = clock.Local(second);
        if (IsDayOut(DateOf(local))) { return false; }
        var time = TimeOf(local);
        foreach (var (from, until) in hours) { if (IsWithin(time, from, until)) { return false; } }
        foreach (var (times, ofMinutes) in crons) { if (times.Has(ofMinutes ? local - (time % 60) : local)) { return false; } }
        return true;
    }

    /// <summary>An instant up to which nothing is included after one that is left out; the same instant when only trying tells. Null when it is
    /// beyond all calendars.</summary>
    public DateTimeOffset? NextIncluded(DateTimeOffset leftOut)
    {
        var next = leftOut.ToUnixTimeSeconds();
        foreach (var (from, until) in spans.OrderBy(s => s.From)) { if (from <= next && next < until) { next = until; } }
        var local = clock.Local(next);
        if (local >= (long)(DateOnly.MaxValue.DayNumber - DayOfEpoch - 1) * DaySeconds) { return null; }
        var (day, time) = (local - TimeOf(local), TimeOf(local));
        if (IsDayOut(DateOf(local))) { next = Math.Max(next, clock.First(day + DaySeconds)); }
        foreach (var (from, until) in hours)
        {
            if (IsWithin(time, from, until)) { next = Math.Max(next, clock.First(day + until + (until <= time ? DaySeconds : 0))); }
        }
        return next > leftOut.ToUnixTimeSeconds() ? DateTimeOffset.FromUnixTimeSeconds(next) : leftOut;
    }

    private bool IsDayOut(DateOnly day) => holidays.Contains(day) || weekdays.Contains(day.DayOfWeek);

    private static bool IsWithin(int time, int from, int until) => from < until ? time >= from && time < until : time >= from || time < until;

    private static DateOnly DateOf(long local) => DateOnly.FromDayNumber((int)Math.Floor((double)local / DaySeconds) + DayOfEpoch);

    private static int TimeOf(long local) => (int)(((local % DaySeconds) + DaySeconds) % DaySeconds);

    /// <summary>The spans of a calendar. Throws <see cref="ScheduleException"/>.</summary>
    public static IReadOnlyList<BlackoutEntry> Entries(string json)
    {
        try { return JsonSerializer.Deserialize<List<BlackoutEntry>>(json, Strict) ?? []; }
        catch (JsonException) { throw new ScheduleException(NoForm); }
    }

    private static DayOfWeek Day(string name) => Array.IndexOf(DayNames, PlainText.Lower(name)) is >= 0 and var day
        ? (DayOfWeek)day
        : throw new ScheduleException($"weekday '{name}' is not known{Spelling.Hint(name, DayNames)}");

    // To before the second time; midnight as an end is the day's.
    private static (int From, int Until) HoursOf(string from, string to)
    {
        var (begin, end) = (Time(from), to == "24:00" ? DaySeconds : Time(to));
        return begin == end % DaySeconds
            ? throw new ScheduleException($"blackout from {from} to {to} every day has no length; expected two times")
            : (begin, end == 0 ? DaySeconds : end);
    }

    private static int Time(string text) =>
        TimeOnly.TryParseExact(text, TimeForms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
        ? (int)(time.Ticks / TimeSpan.TicksPerSecond)
        : throw new ScheduleException($"blackout time '{text}' cannot be read; expected a time of day such as 22:00");

    private (long, long) Span(string from, string to)
    {
        var (begin, end) = (Instant(from), Instant(to));
        return begin < end
            ? (begin, end)
            : throw new ScheduleException($"blackout from {from} to {to} is over before it begins; expected 'from' before 'to'");
    }

    private long Instant(string text) =>
        DateTime.TryParseExact(text, InstantForms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) && local.Year is > 1 and < 9999
            ? clock.First((local - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond)
            : throw new ScheduleException($"blackout instant '{text}' cannot be read; expected local time such as 2026-12-24T18:00");

    // Five fields name minutes: all their seconds are left out.
    private static (CronTimes, bool) Cron(string text)
    {
        var words = SchedulePart.WordsOf(text);
        return words.Length is >= 5 and <= 7 ? (CronReader.Read(text, words), words.Length == 5)
            : throw new ScheduleException($"blackout cron '{text}' has {words.Length} fields; expected 5, 6 or 7");
    }
}
