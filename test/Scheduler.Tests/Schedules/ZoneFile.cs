using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Scheduler.Tests.Schedules;

/// <summary>A zone of the machine's zone data, read from its file (TZif, RFC 8536) without <see cref="TimeZoneInfo"/>: changes as they are listed,
/// and behind the last one the rule at the file's end.</summary>
internal sealed partial class ZoneFile
{
    /// <summary>The folder <see cref="TimeZoneInfo"/> reads.</summary>
    public static string Folder => Environment.GetEnvironmentVariable("TZDIR") ?? "/usr/share/zoneinfo";

    /// <summary>A stretch of one offset, in seconds since 1970.</summary>
    public sealed record Stretch(long From, long Until, int Offset);

    private const int HeaderLength = 44;
    private readonly List<(long At, int Offset)> changes = [];

    private ZoneFile(string path, int yearLast)
    {
        var bytes = File.ReadAllBytes(path);
        if (Encoding.ASCII.GetString(bytes, 0, 4) != "TZif") { throw new FormatException($"{path} is no zone file"); }
        // The first block has 32 bits and is passed over.
        var (times, types, chars, leaps, isStandard, isUtc) = Counts(bytes, 0);
        var at = HeaderLength + (times * 5) + (types * 6) + chars + (leaps * 8) + isStandard + isUtc;
        (times, types, chars, leaps, isStandard, isUtc) = Counts(bytes, at);
        at += HeaderLength;
        int OffsetOf(int type) => BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at + (times * 9) + (type * 6)));
        changes.Add((long.MinValue / 4, OffsetOf(0)));
        for (var i = 0; i < times; i++)
        {
            changes.Add((BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(at + (i * 8))), OffsetOf(bytes[at + (times * 8) + i])));
        }
        var footer = at + (times * 9) + (types * 6) + chars + (leaps * 12) + isStandard + isUtc;
        AddRule(Encoding.ASCII.GetString(bytes, footer, bytes.Length - footer).Trim('\n'), yearLast);
    }

    /// <summary>Read a zone; its rule is worked out up to a year.</summary>
    public static ZoneFile Of(string zone, int yearLast) => new(Path.Combine(Folder, zone), yearLast);

    /// <summary>Names of all zones of the folder.</summary>
    public static IEnumerable<string> Names() => Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(Folder, f).Replace('\\', '/')).Where(n => char.IsUpper(n[0])).Order(StringComparer.Ordinal);

    /// <summary>Instants at which the offset changes, after one and before another.</summary>
    public IEnumerable<long> Changes(long from, long until) => changes.Zip(changes.Skip(1))
        .Where(p => p.First.Offset != p.Second.Offset && p.Second.At > from && p.Second.At < until).Select(p => p.Second.At);

    /// <summary>The stretches between two instants.</summary>
    public IReadOnlyList<Stretch> Between(long from, long until)
    {
        var ends = Changes(from, until).Append(until).ToList();
        return [.. ends.Select((end, i) => new Stretch(i == 0 ? from : ends[i - 1], end, At(end - 1)))];
    }

    private int At(long instant) => changes.Last(c => c.At <= instant).Offset;

    private static (int Times, int Types, int Chars, int Leaps, int IsStandard, int IsUtc) Counts(byte[] bytes, int at)
    {
        int Count(int place) => BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at + 20 + (place * 4)));
        return (Count(3), Count(4), Count(5), Count(2), Count(1), Count(0));
    }

    private void AddRule(string rule, int yearLast)
    {
        if (Rule().Match(rule) is not { Success: true } match) { return; }
        // POSIX counts west; summer is an hour more where nothing is said.
        var standard = -Seconds(match.Groups[1].Value);
        var summer = match.Groups[2].Success ? -Seconds(match.Groups[2].Value) : standard + 3600;
        var last = changes[^1].At;
        for (var year = Math.Max(1970, DateTime.UnixEpoch.AddSeconds(Math.Max(0, last)).Year); year <= yearLast; year++)
        {
            (long At, int Offset)[] both =
            [
                (Instant(year, match.Groups[3].Value, match.Groups[4].Value) - standard, summer),
                (Instant(year, match.Groups[5].Value, match.Groups[6].Value) - summer, standard),
            ];
            changes.AddRange(both.Where(c => c.At > last).OrderBy(c => c.At));
        }
    }

    // M10.5.0: the last Sunday of October.
    private static long Instant(int year, string day, string time)
    {
        var parts = day[1..].Split('.').Select(p => int.Parse(p, CultureInfo.InvariantCulture)).ToArray();
        var first = new DateTime(year, parts[0], 1, 0, 0, 0, DateTimeKind.Utc);
        var date = first.AddDays((parts[2] - (int)first.DayOfWeek + 7) % 7 + ((parts[1] - 1) * 7));
        while (date.Month != parts[0]) { date = date.AddDays(-7); }
        return (long)(date - DateTime.UnixEpoch).TotalSeconds + (time.Length == 0 ? 7200 : Seconds(time));
    }

    private static int Seconds(string time)
    {
        var parts = time.TrimStart('+', '-').Split(':').Select(p => int.Parse(p, CultureInfo.InvariantCulture)).Append(0).Append(0).ToArray();
        return ((parts[0] * 3600) + (parts[1] * 60) + parts[2]) * (time[0] == '-' ? -1 : 1);
    }

    [GeneratedRegex(@"^(?:[A-Za-z]+|<[^>]+>)([+-]?[0-9:]+)(?:[A-Za-z]+|<[^>]+>)([+-]?[0-9:]+)?"
        + @",(M[0-9.]+)(?:/([+-]?[0-9:]+))?,(M[0-9.]+)(?:/([+-]?[0-9:]+))?$")]
    private static partial Regex Rule();
}
