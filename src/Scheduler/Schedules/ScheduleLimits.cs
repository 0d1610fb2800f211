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
    /// <summary>No limits.</summary>
    public static ScheduleLimits None { get; } = new(null, null, TimeSpan.Zero, null);

    /// <summary>Those of a job. Throws <see cref="ScheduleException"/> when it starts after its end.</summary>
    /// <param name="job">Its name, which decides its place in the spread.</param>
    /// <param name="starts">Not due before this instant, null for no limit.</param>
    /// <param name="ends">Not due after this instant, null for no limit.</param>
    /// <param name="spread">Length of its spread, null for none.</param>
    /// <param name="calendar">Its calendar, null for none.</param>
    internal static ScheduleLimits Of(string job, DateTimeOffset? starts, DateTimeOffset? ends, TimeSpan? spread, NamedCalendar? calendar)
    {
        if (starts > ends)
        {
            throw new ScheduleException(
                $"starts is {starts:yyyy-MM-dd'T'HH:mm:ss'Z'}, after ends {ends:yyyy-MM-dd'T'HH:mm:ss'Z'}; expected it before");
        }
        return starts is null && ends is null && spread is null && calendar is null ? None
            : new(starts?.ToUniversalTime(), ends?.ToUniversalTime(), OffsetOf(job, spread ?? TimeSpan.Zero), calendar);
    }

    /// <summary>A job's place in its spread: whole seconds from 0 to before its end, the same on every node and for ever.</summary>
    public static TimeSpan OffsetOf(string job, TimeSpan spread)
    {
        var seconds = (ulong)Math.Max(0, spread.Ticks / TimeSpan.TicksPerSecond);
        if (seconds <= 1) { return TimeSpan.Zero; }
        return TimeSpan.FromSeconds((long)(BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(job))) % seconds));
    }

    /// <summary>The next due instant of a part within these limits, strictly after one; null when there is none.</summary>
    internal DateTimeOffset? Next(SchedulePart part, DateTimeOffset after) => Instants.Next(part, Starts, Ends, Offset, Calendar?.Rules, after);

    /// <summary>Whatever of this changes the stored trigger of a part, as text; empty when nothing does.</summary>
    internal string Canonical => this == None ? "" : string.Create(CultureInfo.InvariantCulture,
        $"|{Starts?.UtcTicks}|{Ends?.UtcTicks}|{Offset.Ticks}|{Calendar?.Name}|{Calendar?.Hash}");
}
