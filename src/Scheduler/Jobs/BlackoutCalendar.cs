using System.Globalization;
using System.Text.Json;
using Quartz;
using Quartz.Impl.Calendar;
using Quartz.Serialization.SystemTextJson.Calendars;
using Scheduler.Schedules;

namespace Scheduler.Jobs;

/// <summary>
/// A calendar of ours in Quartz's store. What it leaves out is said by its rules, the same that previews use. Beside them stand Quartz's own
/// calendars as a chain, and spans: what builds before 0.2.0 read, and all that is left of one which they stored.
/// </summary>
internal sealed class BlackoutCalendar(ICalendar? calendarBase, IReadOnlyList<(DateTimeOffset From, DateTimeOffset To)> spans)
    : BaseCalendar(calendarBase)
{
    // Quartz's hours end with a millisecond, and its own calendar with this year.
    private static readonly TimeOnly DayLast = new(23, 59, 59, 999);

    /// <summary>What is left out by nodes that do not know the rules; the second instant of each is not part of it.</summary>
    public IReadOnlyList<(DateTimeOffset From, DateTimeOffset To)> Spans { get; set; } = spans;

    /// <summary>What is left out; null when a build before 0.2.0 stored the calendar.</summary>
    public CalendarRules? Rules { get; set; }

    /// <summary>What Quartz is to store of a calendar; its description is the hash.</summary>
    public static BlackoutCalendar Of(NamedCalendar named)
    {
        var rules = named.Rules;
        ICalendar? chain = null;
        if (rules.Holidays.Any())
        {
            var days = new HolidayCalendar { TimeZone = rules.TimeZone };
            foreach (var day in rules.Holidays) { days.AddExcludedDay(day); }
            chain = days;
        }
        if (rules.Weekdays.Any())
        {
            // Quartz's own leaves out Saturday and Sunday from the start.
            var week = chain is null ? new WeeklyCalendar { TimeZone = rules.TimeZone } : new WeeklyCalendar(chain) { TimeZone = rules.TimeZone };
            foreach (var day in Enum.GetValues<DayOfWeek>())
            {
                if (rules.Weekdays.Contains(day)) { week.AddExcludedDay(day); }
                else { week.RemoveExcludedDay(day); }
            }
            chain = week;
        }
        foreach (var (from, until) in rules.Hours)
        {
            // From a day's evening to the next one's morning are two pieces.
            if (until <= from) { chain = new DailyCalendar(TimeOnly.MinValue, Last(until), chain) { TimeZone = rules.TimeZone }; }
            chain = new DailyCalendar(Time(from), until <= from ? DayLast : Last(until), chain) { TimeZone = rules.TimeZone };
        }
        foreach (var cron in CalendarRules.Entries(rules.Blackouts).Select(e => e.Cron).OfType<string>())
        {
            // What Quartz cannot read those builds refuse anyway.
            if (QuartzCron(cron) is { } known) { chain = new CronCalendar(chain, known, rules.TimeZone); }
        }
        var spans = rules.Spans.Select(s => (DateTimeOffset.FromUnixTimeSeconds(s.From), DateTimeOffset.FromUnixTimeSeconds(s.Until)));
        return new(chain, [.. spans]) { Rules = rules, Description = named.Hash };
    }

    /// <inheritdoc />
    public override bool IsTimeIncluded(DateTimeOffset timeUtc) => Rules is { } rules
        ? rules.Includes(timeUtc)
        : base.IsTimeIncluded(timeUtc) && !Spans.Any(s => s.From <= timeUtc && timeUtc < s.To);

    /// <summary>An instant up to which nothing is included after one that is left out; the same instant where only trying tells.</summary>
    public override DateTimeOffset GetNextIncludedTimeUtc(DateTimeOffset timeUtc) => Rules?.NextIncluded(timeUtc) ?? timeUtc;

    /// <inheritdoc />
    public override ICalendar Clone() => CloneFields(new BlackoutCalendar(null, [.. Spans]) { Rules = Rules });

    private static TimeOnly Time(int second) => new(second * TimeSpan.TicksPerSecond);

    private static TimeOnly Last(int until) => until == CalendarRules.DaySeconds ? DayLast : Time(until).Add(TimeSpan.FromMilliseconds(-1));

    private static string? QuartzCron(string text)
    {
        var words = SchedulePart.WordsOf(text);
        var format = words.Length == 5 ? CronFormat.Unix : CronFormat.Quartz;
        if (!CronExpression.TryParse(string.Join(' ', words), format, out var cron)) { return null; }
        // Five fields name minutes: all their seconds are left out.
        var fields = cron.CronExpressionString;
        return words.Length == 5 ? "*" + fields[fields.IndexOf(' ', StringComparison.Ordinal)..] : fields;
    }
}

/// <summary>Writes a <see cref="BlackoutCalendar"/> to Quartz's store.</summary>
internal sealed class BlackoutSerializer : CalendarSerializer<BlackoutCalendar>
{
    private const string DayForm = "yyyy-MM-dd";

    /// <inheritdoc />
    public override string CalendarTypeName => "SchedulerBlackout";

    /// <inheritdoc />
    protected override BlackoutCalendar Create(JsonElement jsonElement, JsonSerializerOptions options) => new(null, []);

    /// <inheritdoc />
    protected override void SerializeFields(Utf8JsonWriter writer, BlackoutCalendar calendar, JsonSerializerOptions options)
    {
        writer.WriteStartArray("Spans");
        foreach (var (from, to) in calendar.Spans)
        {
            writer.WriteNumberValue(from.UtcTicks);
            writer.WriteNumberValue(to.UtcTicks);
        }
        writer.WriteEndArray();
        if (calendar.Rules is not { } rules) { return; }
        writer.WriteStartObject("Rules");
        writer.WriteString("TimeZone", rules.TimeZone.Id);
        writer.WriteStartArray("Holidays");
        foreach (var day in rules.Holidays) { writer.WriteStringValue(day.ToString(DayForm, CultureInfo.InvariantCulture)); }
        writer.WriteEndArray();
        writer.WriteStartArray("Weekdays");
        foreach (var day in rules.Weekdays) { writer.WriteStringValue(CalendarRules.NameOf(day)); }
        writer.WriteEndArray();
        writer.WriteString("Blackouts", rules.Blackouts);
        writer.WriteEndObject();
    }

    /// <inheritdoc />
    protected override void DeserializeFields(BlackoutCalendar calendar, JsonElement jsonElement, JsonSerializerOptions options)
    {
        calendar.Spans = [.. jsonElement.GetProperty("Spans").EnumerateArray().Select(e => new DateTimeOffset(e.GetInt64(), TimeSpan.Zero))
            .Chunk(2).Select(pair => (pair[0], pair[1]))];
        if (!jsonElement.TryGetProperty("Rules", out var rules)) { return; }
        calendar.Rules = CalendarRules.Of(
            rules.GetProperty("TimeZone").GetString()!,
            rules.GetProperty("Holidays").EnumerateArray().Select(d => DateOnly.ParseExact(d.GetString()!, DayForm, CultureInfo.InvariantCulture)),
            rules.GetProperty("Weekdays").EnumerateArray().Select(d => d.GetString()!), rules.GetProperty("Blackouts").GetString()!);
    }
}
