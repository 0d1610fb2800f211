using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;
using Quartz;
using Scheduler.Cluster;
using Scheduler.Jobs;

namespace Scheduler.Runs;

/// <summary>A trigger that is due soon, as its row stood when it was read: everything it takes to advance it.</summary>
internal sealed record DueTrigger(
    string Name, string Job, DateTime DueAt, DateTime StartAt, DateTime? EndAt, string Type, string? Cron, string? Zone,
    TimeSpan? Interval, long? RepeatCount, string Version, bool IsSpecial, bool IsOwn, TimeSpan Offset = default, DateTimeOffset? Anchor = null,
    string Place = "")
{
    // Expressions are few next to the triggers that use them. Should they not be, the cache is emptied and fills again.
    private const int CronsMax = 20_000;
    private static readonly ConcurrentDictionary<(string Cron, string Zone), CronExpression> Crons = new();
    private static readonly ConcurrentDictionary<PartRule, SchedulePart> Parts = new();

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
            "CRON" => NextOfCron(),
            "SIMPLE" => NextOfInterval(),
            PartTrigger.TypeName => NextOfPart(),
            _ => null,
        };
    }

    private DateTime? NextOfCron()
    {
        if (Crons.Count > CronsMax) { Crons.Clear(); }
        // A row without a zone means the zone of the node that made it; only Quartz on that node knows.
        if (Cron is null || Zone is null) { return null; }
        var cron = Crons.GetOrAdd((Cron, Zone), static key =>
            CronExpression.Parse(key.Cron).WithTimeZone(TimeZoneInfo.FindSystemTimeZoneById(key.Zone)));
        return cron.NextAfter(new DateTimeOffset(DueAt)) is { } next && !(next.UtcDateTime > EndAt) ? next.UtcDateTime : null;
    }

    private DateTime? NextOfPart()
    {
        if (Parts.Count > CronsMax) { Parts.Clear(); }
        if (Cron is null || Zone is null) { return null; }
        var part = Parts.GetOrAdd(new PartRule(Cron, Zone, Offset, Anchor), static rule => rule.Part());
        return part.Next(new DateTimeOffset(DueAt) - Offset) + Offset is { } next && !(next.UtcDateTime > EndAt) ? next.UtcDateTime : null;
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
