using System.Text.RegularExpressions;
using Scheduler.Database;

namespace Scheduler.Schedules;

/// <summary>Time zones by their IANA names, as the machine's zone data knows them.</summary>
internal static partial class Zones
{
    /// <summary>What a name looks like.</summary>
    internal const string Form = "^[A-Z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}";

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
        // A bare city is the end of a name.
        var city = "/" + PlainText.Lower(name.Replace(' ', '_'));
        return ZoneNames.OfWindows.GetValueOrDefault(name)
            ?? ZoneNames.All.FirstOrDefault(k => PlainText.Lower(k).EndsWith(city, StringComparison.Ordinal)) ?? Spelling.Nearest(name, ZoneNames.All);
    }

    [GeneratedRegex(Form + @"\z")]
    private static partial Regex Plain();
}
