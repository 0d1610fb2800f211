using System.Text.RegularExpressions;
using Scheduler.Database;

namespace Scheduler.Schedules;

/// <summary>Time zones by their IANA names, as the machine's zone data knows them.</summary>
internal static partial class Zones
{
    /// <summary>The zone of that name. Throws <see cref="ScheduleException"/> with the nearest valid name.</summary>
    public static TimeZoneInfo Find(string name)
    {
        // Lower-case names in the zone folder are not zones for people: localtime, posixrules, right/… (which counts leap seconds).
        if (Plain().IsMatch(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId)
        {
            return zone;
        }
        throw new ScheduleException($"time zone '{name}' is not known" + (Near(name) is { } near
            ? $"; did you mean '{near}'?"
            : "; expected an IANA name such as UTC or Europe/Berlin"));
    }

    private static string? Near(string name)
    {
        var known = TimeZoneInfo.GetSystemTimeZones().Where(z => z.HasIanaId).Select(z => z.Id).Append("UTC").Order(StringComparer.Ordinal).ToList();
        // A windows name has one IANA name; a bare city is the end of one.
        return TimeZoneInfo.TryConvertWindowsIdToIanaId(name, out var iana) ? iana
            : known.Find(k => k.EndsWith("/" + name.Replace(' ', '_'), StringComparison.OrdinalIgnoreCase)) ?? Spelling.Nearest(name, known);
    }

    [GeneratedRegex("^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$")]
    private static partial Regex Plain();
}
