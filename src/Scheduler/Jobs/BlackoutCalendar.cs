using System.Text.Json;
using Quartz;
using Quartz.Impl.Calendar;
using Quartz.Serialization.SystemTextJson.Calendars;

namespace Scheduler.Jobs;

/// <summary>Leaves out spans between two instants, which no calendar of Quartz's own can say. Goes into a chain as these do.</summary>
internal sealed class BlackoutCalendar(ICalendar? calendarBase, IReadOnlyList<(DateTimeOffset From, DateTimeOffset To)> spans)
    : BaseCalendar(calendarBase)
{
    /// <summary>Nothing is looked for beyond this year, where Quartz's own calendar ends.</summary>
    public const int YearMax = 2299;

    /// <summary>What is left out; the second instant of each is not part of it.</summary>
    public IReadOnlyList<(DateTimeOffset From, DateTimeOffset To)> Spans { get; set; } = spans;

    /// <inheritdoc />
    public override bool IsTimeIncluded(DateTimeOffset timeUtc) =>
        base.IsTimeIncluded(timeUtc) && !Spans.Any(s => s.From <= timeUtc && timeUtc < s.To);

    /// <summary>An instant up to which nothing is included after one that is left out: the end of a span, or of a whole day; else the same
    /// instant, where only trying tells.</summary>
    public override DateTimeOffset GetNextIncludedTimeUtc(DateTimeOffset timeUtc)
    {
        var next = timeUtc;
        foreach (var (from, to) in Spans.OrderBy(s => s.From)) { if (from <= next && next < to) { next = to; } }
        for (var link = CalendarBase; link is not null; link = link.CalendarBase)
        {
            var zone = (link as BaseCalendar)?.TimeZone ?? TimeZoneInfo.Utc;
            var local = TimeZoneInfo.ConvertTime(timeUtc, zone);
            if (local.Year >= YearMax || link switch
            {
                HolidayCalendar days => !days.IsDayExcluded(DateOnly.FromDateTime(local.Date)),
                WeeklyCalendar week => !week.IsDayExcluded(local.DayOfWeek),
                _ => true,
            }) { continue; }
            var midnight = local.Date.AddDays(1);
            // Where the clocks leave midnight out, its offset is the one before: the day begins when they are changed.
            var offset = zone.IsAmbiguousTime(midnight) ? zone.GetAmbiguousTimeOffsets(midnight).Max() : zone.GetUtcOffset(midnight);
            var begins = new DateTimeOffset(midnight, offset);
            if (begins > next) { next = begins; }
        }
        return next;
    }

    /// <inheritdoc />
    public override ICalendar Clone() => CloneFields(new BlackoutCalendar(null, [.. Spans]));
}

/// <summary>Writes a <see cref="BlackoutCalendar"/> to Quartz's store.</summary>
internal sealed class BlackoutSerializer : CalendarSerializer<BlackoutCalendar>
{
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
    }

    /// <inheritdoc />
    protected override void DeserializeFields(BlackoutCalendar calendar, JsonElement jsonElement, JsonSerializerOptions options) =>
        calendar.Spans = [.. jsonElement.GetProperty("Spans").EnumerateArray().Select(e => new DateTimeOffset(e.GetInt64(), TimeSpan.Zero))
            .Chunk(2).Select(pair => (pair[0], pair[1]))];
}
