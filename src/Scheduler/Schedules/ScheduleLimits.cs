using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Scheduler.Schedules;

/// <summary>What a job's other columns do to the due times of its schedule. All are left out by default.</summary>
/// <param name="Starts">Not due before this instant.</param>
/// <param name="Ends">Not due after this instant.</param>
/// <param name="Offset">Every due time is this much later: the job's place in its spread. Whole seconds.</param>
/// <param name="Calendar">Not due where this calendar leaves out.</param>
public sealed record ScheduleLimits(DateTimeOffset? Starts, DateTimeOffset? Ends, TimeSpan Offset, NamedCalendar? Calendar)
{
    // Two days of a job that is due every second and falls into hours that are left out; whole days and spans take one try each.
    internal const int TriesMax = 200_000;

    /// <summary>No limits.</summary>
    public static ScheduleLimits None { get; } = new(null, null, TimeSpan.Zero, null);

    /// <summary>Those of a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="calendars">Calendars by name. Throws <see cref="ScheduleException"/> when the job's is not among them.</param>
    public static ScheduleLimits Of(JobDefinition job, IReadOnlyDictionary<string, NamedCalendar> calendars)
    {
        NamedCalendar? calendar = null;
        if (job.Calendar is { } name && !calendars.TryGetValue(name, out calendar))
        {
            throw new ScheduleException($"calendar '{name}' is not known" + Database.Spelling.Hint(name, [.. calendars.Keys]));
        }
        if (job.Starts > job.Ends)
        {
            throw new ScheduleException(
                $"starts is {job.Starts:yyyy-MM-dd'T'HH:mm:ss'Z'}, after ends {job.Ends:yyyy-MM-dd'T'HH:mm:ss'Z'}; expected it before");
        }
        return job is { Starts: null, Ends: null, Spread: null } && calendar is null ? None
            : new(job.Starts?.ToUniversalTime(), job.Ends?.ToUniversalTime(), OffsetOf(job.Name, job.Spread ?? TimeSpan.Zero), calendar);
    }

    /// <summary>A job's place in its spread: whole seconds from 0 to before its end, the same on every node and for ever.</summary>
    public static TimeSpan OffsetOf(string job, TimeSpan spread)
    {
        var seconds = (ulong)Math.Max(0, spread.Ticks / TimeSpan.TicksPerSecond);
        if (seconds <= 1) { return TimeSpan.Zero; }
        return TimeSpan.FromSeconds((long)(BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(job))) % seconds));
    }

    /// <summary>The next due instant of a part within these limits, strictly after one; null when there is none.</summary>
    internal DateTimeOffset? Next(SchedulePart part, DateTimeOffset after)
    {
        var tries = 0;
        var from = Starts is { } starts && after < starts ? starts.AddTicks(-1) : after;
        for (var next = part.Next(from - Offset) + Offset; next is { } due && !(due > Ends); next = part.Next(from - Offset) + Offset)
        {
            if (Calendar is null || Calendar.Includes(due)) { return due; }
            // What is left out may be a year of seconds: go on where the calendar does.
            if (++tries > TriesMax || Calendar.NextIncluded(due) is not { } included) { return null; }
            from = included.AddTicks(-1) > due ? included.AddTicks(-1) : due;
        }
        return null;
    }

    /// <summary>Whatever of this changes the stored trigger of a part, as text; empty when nothing does.</summary>
    internal string Canonical => this == None ? "" : string.Create(CultureInfo.InvariantCulture,
        $"|{Starts?.UtcTicks}|{Ends?.UtcTicks}|{Offset.Ticks}|{Calendar?.Name}|{Calendar?.Hash}");
}
