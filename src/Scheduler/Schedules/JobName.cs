using System.Text.RegularExpressions;

namespace Scheduler.Schedules;

/// <summary>Names of jobs, calendars and channels: 1 to 200 lower-case letters, digits and <c>. _ - /</c>.</summary>
internal static partial class JobName
{
    /// <summary>True for a name that may be used.</summary>
    public static bool IsAllowed(string name) => Pattern().IsMatch(name);

    [GeneratedRegex(@"^[a-z0-9._/-]{1,200}\z")]
    private static partial Regex Pattern();
}
