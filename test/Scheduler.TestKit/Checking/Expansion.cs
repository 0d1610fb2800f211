using System.Globalization;
using System.Text.RegularExpressions;

namespace Scheduler.TestKit.Checking;

/// <summary>
/// When a schedule is due, worked out by trying every second. Shares nothing with Quartz on purpose: a mistake in the product's
/// own reckoning must show. Understands <c>every 1h30m</c> (multiples since 1970-01-01T00:00:00Z), Unix cron of five fields and Quartz cron of
/// six, each made of numbers and <c>* ? / - ,</c>, in UTC, and several of them joined by <c>;</c>. Refuses everything else.
/// </summary>
public static partial class Expansion
{
    private static readonly (int Min, int Max)[] Fields = [(0, 59), (0, 59), (0, 23), (1, 31), (1, 12)];
    // Trying every second of more than this is a mistake in a test, not a plan.
    private static readonly TimeSpan SpanMax = TimeSpan.FromDays(40);

    /// <summary>All due instants from <paramref name="from"/> until before <paramref name="to"/>, in order. Throws <see
    /// cref="NotSupportedException"/> for other schedules.</summary>
    public static IReadOnlyList<DateTime> Targets(string schedule, string timeZone, DateTime from, DateTime to)
    {
        if (timeZone is not ("UTC" or "Etc/UTC")) { throw new NotSupportedException($"time zone {timeZone}: the checker expands UTC only"); }
        if (to - from > SpanMax) { throw new NotSupportedException($"{to - from} is too long to try every second of"); }
        var tests = schedule.Split(';', StringSplitOptions.TrimEntries).Select(Test).ToList();
        var targets = new List<DateTime>();
        var first = new DateTime((from.Ticks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, DateTimeKind.Utc);
        for (var second = first; second < to; second = second.AddSeconds(1))
        {
            if (tests.Any(test => test(second))) { targets.Add(second); }
        }
        return targets;
    }

    private static Func<DateTime, bool> Test(string schedule)
    {
        var words = schedule.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is ["every", var length]) { return Every(length, schedule); }
        return words.Length switch
        {
            5 => Unix(words),
            6 => Quartz(words),
            _ => throw new NotSupportedException($"schedule '{schedule}': the checker knows every …, five and six cron fields"),
        };
    }

    private static Func<DateTime, bool> Every(string length, string schedule)
    {
        var match = Length().Match(length);
        var seconds = 0L;
        foreach (var (unit, size) in new[] { ("d", 86400L), ("h", 3600L), ("m", 60L), ("s", 1L) })
        {
            if (match.Groups[unit] is { Success: true } group) { seconds += size * long.Parse(group.ValueSpan, CultureInfo.InvariantCulture); }
        }
        if (seconds == 0) { throw new NotSupportedException($"schedule '{schedule}': expected a length such as 30s or 1h30m"); }
        return instant => (instant - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond % seconds == 0;
    }

    // As Vixie cron: when both day fields are restricted (do not begin with a star), either suffices.
    private static Func<DateTime, bool> Unix(string[] words)
    {
        var sets = words.Take(4).Select((w, i) => Set(w, Fields[i + 1], quartz: false)).ToArray();
        var weekdays = Set(words[4], (0, 7), quartz: false);
        weekdays[0] |= weekdays[7];
        var either = words[2][0] != '*' && words[4][0] != '*';
        return t =>
        {
            var (day, weekday) = (sets[2][t.Day], weekdays[(int)t.DayOfWeek]);
            return t.Second == 0 && sets[0][t.Minute] && sets[1][t.Hour] && sets[3][t.Month] && (either ? day || weekday : day && weekday);
        };
    }

    private static Func<DateTime, bool> Quartz(string[] words)
    {
        if ((words[3] == "?") == (words[5] == "?")) { throw new NotSupportedException("a Quartz expression has ? in exactly one of its day fields"); }
        var sets = words.Take(5).Select((w, i) => Set(w, Fields[i], quartz: true)).ToArray();
        var weekdays = Set(words[5], (1, 7), quartz: true);   // 1 is Sunday
        return t => sets[0][t.Second] && sets[1][t.Minute] && sets[2][t.Hour] && sets[3][t.Day] && sets[4][t.Month] && weekdays[(int)t.DayOfWeek + 1];
    }

    private static bool[] Set(string word, (int Min, int Max) range, bool quartz)
    {
        var set = new bool[range.Max + 1];
        foreach (var item in word.Split(','))
        {
            var match = Item().Match(item);
            if (!match.Success || (item.Contains('?', StringComparison.Ordinal) && (!quartz || item != "?"))) { throw Unknown(item); }
            var (first, last) = range;
            if (match.Groups["a"].Success)
            {
                first = Number(match.Groups["a"]);
                // A lone number before a slash opens a range to the end in Quartz; Unix crons disagree about it.
                last = match.Groups["b"].Success ? Number(match.Groups["b"]) : match.Groups["step"].Success ? range.Max : first;
                if (!quartz && match.Groups["step"].Success && !match.Groups["b"].Success) { throw Unknown(item); }
            }
            var step = match.Groups["step"].Success ? Number(match.Groups["step"]) : 1;
            if (first < range.Min || last > range.Max || first > last || step < 1) { throw Unknown(item); }
            for (var i = first; i <= last; i += step) { set[i] = true; }
        }
        return set;
    }

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    private static NotSupportedException Unknown(string item) => new($"cron field '{item}': the checker knows numbers in range and * ? / - ,");

    [GeneratedRegex(@"^(?:(?<d>\d+)d)?(?:(?<h>\d+)h)?(?:(?<m>\d+)m)?(?:(?<s>\d+)s)?$")]
    private static partial Regex Length();

    [GeneratedRegex(@"^(?:\*|\?|(?<a>\d{1,2})(?:-(?<b>\d{1,2}))?)(?:/(?<step>\d{1,2}))?$")]
    private static partial Regex Item();
}
