using System.Security.Cryptography;
using System.Text;

namespace Scheduler.Schedules;

/// <summary>A calendar that jobs name.</summary>
public sealed class NamedCalendar
{
    private NamedCalendar(string name, DateTimeOffset updatedAt, CalendarRules rules)
    {
        (Name, UpdatedAt, Rules) = (name, updatedAt, rules);
        // The leading number is raised when what Quartz stores of a calendar changes.
        Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"2|{rules}")))[..16];
    }

    /// <summary>Its name.</summary>
    public string Name { get; }
    /// <summary>When it got its present version, by the database's clock.</summary>
    public DateTimeOffset UpdatedAt { get; }
    /// <summary>Changes with what it leaves out.</summary>
    public string Hash { get; }
    /// <summary>What it leaves out.</summary>
    internal CalendarRules Rules { get; }

    /// <summary>True when jobs may be due at that instant.</summary>
    public bool Includes(DateTimeOffset instant) => Rules.Includes(instant);

    /// <summary>A calendar. Throws <see cref="ScheduleException"/> that names the value.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="updatedAt">When it got its present version.</param>
    /// <param name="timeZone">IANA name of the zone that its days and hours are of.</param>
    /// <param name="holidays">Whole days that are left out.</param>
    /// <param name="weekdays">Weekdays that are left out, mon to sun.</param>
    /// <param name="blackouts">Spans that are left out, as JSON.</param>
    public static NamedCalendar Of(
        string name, DateTimeOffset updatedAt, string timeZone, IEnumerable<DateOnly> holidays, IEnumerable<string> weekdays, string blackouts) =>
        new(name, updatedAt, CalendarRules.Of(timeZone, holidays, weekdays, blackouts));
}
