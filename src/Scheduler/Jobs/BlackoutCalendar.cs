using System.Text.Json;
using Quartz;
using Quartz.Impl.Calendar;
using Quartz.Serialization.SystemTextJson.Calendars;

namespace Scheduler.Jobs;

/// <summary>Leaves out spans between two instants, which no calendar of Quartz's own can say. Goes into a chain as these do.</summary>
internal sealed class BlackoutCalendar(ICalendar? calendarBase, IReadOnlyList<(DateTimeOffset From, DateTimeOffset To)> spans)
    : BaseCalendar(calendarBase)
{
    /// <summary>What is left out; the second instant of each is not part of it.</summary>
    public IReadOnlyList<(DateTimeOffset From, DateTimeOffset To)> Spans { get; set; } = spans;

    /// <inheritdoc />
    public override bool IsTimeIncluded(DateTimeOffset timeUtc) =>
        base.IsTimeIncluded(timeUtc) && !Spans.Any(s => s.From <= timeUtc && timeUtc < s.To);

    /// <inheritdoc />
    public override DateTimeOffset GetNextIncludedTimeUtc(DateTimeOffset timeUtc)
    {
        var next = timeUtc;
        foreach (var (from, to) in Spans.OrderBy(s => s.From)) { if (from <= next && next < to) { next = to; } }
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
