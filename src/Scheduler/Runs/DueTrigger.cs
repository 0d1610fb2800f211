using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;
using Scheduler.Cluster;
using Scheduler.Jobs;
using Scheduler.Schedules;

namespace Scheduler.Runs;

/// <summary>A trigger that is due soon, as its row stood when it was read: everything it takes to advance it.</summary>
internal sealed record DueTrigger(
    string Name, string Job, DateTime DueAt, DateTime StartAt, DateTime? EndAt, string Type, string? Cron, string? Zone,
    TimeSpan? Interval, long? RepeatCount, string Version, bool IsSpecial, bool IsOwn, TimeSpan Offset = default, DateTimeOffset? Anchor = null,
    string Place = "")
{
    // Schedules are few next to the triggers that use them. Should they not be, the cache is emptied and fills again.
    private const int PartsMax = 20_000;
    private static readonly ConcurrentDictionary<PartRule, SchedulePart> Parts = new();
    private static readonly ConcurrentDictionary<(string Cron, string Zone), SchedulePart> Crons = new();

    /// <summary>Reads the columns of <c>engine_read.sql</c>.</summary>
    public static DueTrigger Of(NpgsqlDataReader reader)
    {
        long? Number(int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);
        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
        static DateTime Instant(long ticks) => new(ticks, DateTimeKind.Utc);
        return new(
            reader.GetString(0), reader.GetString(1), Instant(reader.GetInt64(2)), Instant(reader.GetInt64(4)),
            Number(5) is { } end ? Instant(end) : null, reader.GetString(6), Text(7), Text(8),
            Number(9) is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null, Number(10),
            reader.GetFieldValue<uint>(11).ToString(CultureInfo.InvariantCulture),
            reader.GetBoolean(12) || !reader.IsDBNull(3), reader.GetBoolean(13),
            reader.IsDBNull(14) ? TimeSpan.Zero : TimeSpan.FromSeconds(reader.GetInt32(14)),
            Number(15) is > 0 and { } anchor ? new DateTimeOffset(anchor, TimeSpan.Zero) : null,
            reader.GetString(16));
    }

    /// <summary>The fire this trigger owes now, given when it is due next.</summary>
    public Fire Fire(DateTime next)
    {
        var due = new DateTime(DueAt.Ticks - (DueAt.Ticks % TimeSpan.TicksPerSecond), DateTimeKind.Utc);
        return new(Cluster.Fire.KeyOf(Job, due), Job, due, next);
    }

    /// <summary>
    /// When the trigger is due after this fire; null when the engine does not know: a calendar, a misfire Quartz has noted, a count, another
    /// type, or the last fire, whose end Quartz keeps. Throws <see cref="FormatException"/> for an expression that cannot be read.
    /// </summary>
    public DateTime? Next()
    {
        if (IsSpecial) { return null; }
        return Type switch
        {
            "SIMPLE" => NextOfInterval(),
            "CRON" => NextOfCron(),
            PartTrigger.TypeName => NextOfPart(),
            _ => null,
        };
    }

    // Quartz's own cron, as builds before 0.2.0 stored most of them: six or seven fields.
    private DateTime? NextOfCron()
    {
        if (Cron is null || Zone is null) { return null; }
        if (Crons.Count > PartsMax) { Crons.Clear(); }
        var part = Crons.GetOrAdd((Cron, Zone), static key => SchedulePart.WordsOf(key.Cron).Length is 6 or 7
            ? new PartRule(key.Cron, key.Zone, TimeSpan.Zero, null).Part()
            : throw new ScheduleException($"cron '{key.Cron}' cannot be read; expected six or seven fields"));
        return Instants.Next(part, null, EndAt, TimeSpan.Zero, null, new DateTimeOffset(DueAt))?.UtcDateTime;
    }

    private DateTime? NextOfPart()
    {
        // A row without a zone means the zone of the node that made it; only Quartz on that node knows.
        if (Cron is null || Zone is null) { return null; }
        if (Parts.Count > PartsMax) { Parts.Clear(); }
        var part = Parts.GetOrAdd(new PartRule(Cron, Zone, Offset, Anchor), static rule => rule.Part());
        return Instants.Next(part, null, EndAt, Offset, null, new DateTimeOffset(DueAt))?.UtcDateTime;
    }

    private DateTime? NextOfInterval()
    {
        // A trigger that counts its fires is Quartz's: it keeps the count.
        if (Interval is not { Ticks: > 0 } interval || RepeatCount is not < 0) { return null; }
        // Quartz counts whole intervals from the start.
        var next = StartAt.AddTicks((((DueAt - StartAt).Ticks / interval.Ticks) + 1) * interval.Ticks);
        return next >= EndAt ? null : next;
    }
}
