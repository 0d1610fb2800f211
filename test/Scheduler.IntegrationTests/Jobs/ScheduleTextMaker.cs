using System.Text;

namespace Scheduler.IntegrationTests.Jobs;

/// <summary>Makes texts that are schedules, nearly: by the grammar, from scraps, and by a slip of the pen in a text of the corpus.</summary>
internal sealed class ScheduleTextMaker(int seed, IEnumerable<string> corpus)
{
    private const int LongMax = 1_100;
    private static readonly string[] Items =
    [
        "*", "?", "0", "1", "5", "7", "12", "23", "24", "29", "30", "31", "59", "60", "2026", "*/5", "*/15", "*/90", "*/24", "0/10", "5/3", "1-5", "22-4",
        "1-10/2", "MON", "sun", "mon-fri", "FRI-MON", "JAN", "dec", "JAN-MAR", "JAN/3", "L", "LW", "L-3", "L-29", "L-31", "15W", "31W", "0W", "FRI#2",
        "6#3", "FRI#5", "FRIL", "5L", "9L", "1,15", "MON,WED,FRI", "1,", ",1", "H", "H/5", "H(1-5)/2", "*/0", "00", "007", "1-", "-1", "MON/2", "*,1",
        "L,15", "1W,15W", "2026-2030", "2027/2", "2030-2027", "1#6", "MON#", "W", "/5", "?/5", "1-5-7", "TUES", "SEPTEMBER", "MON-WED-FRI", "29-L", "LW-2",
        "1/20-40", "$", "7-2", "7/2", "20-0", "99-3", "29", "30,31", "2", "2,4", "2027", "2096-2104", "JANX", "12345",
    ];

    private static readonly string[] Scraps =
    [
        .. Items, "every", "at", "rrule", "after", "on", "manual", "@daily", "@dayly", "@every", "5m", "1h30m", "1.5h", "10 s", "2 weeks", "PT5M", "500ms",
        "2026-12-01T02:00", "2027-03-28T02:30", "2026-13-01T00:00", "1969-12-31T00:00Z", "Z", "+01:00", "+14:01", "+0100", "FREQ=DAILY", ";", "TZ=UTC",
        "CRON_TZ=Asia/Tokyo", "Europe/Berlin", "#", "999999999999", "mon..fri", "rate(5", "minutes)", "cron(0", "9999-12-31T23:59:59", "notify", "orders",
        "Orders", "scheduler_x", "startup", "release", "node", "start", "backup", "report", "Backup", "and", "or", "not", "from", "success", "failure",
        "failed", "any", "end", "+", "15m", "366d", "with", "a=b", "a=b", "mode = full", "c='d'", "of", "its", "run", "since", "*-*-*", "03:00", "Mon",
        "monday-friday", "weekdays", "daily", "hourly", "60000", "minute", "the", "each", "100000d", "36500d", "0s",
    ];

    private static readonly string[] Keys =
    [
        "FREQ", "INTERVAL", "COUNT", "UNTIL", "BYSECOND", "BYMINUTE", "BYHOUR", "BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS", "WKST",
        "BYHUOR", "EXDATE",
    ];

    private static readonly string[] Values =
    [
        "DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY", "DAYLY", "1", "2", "0", "-1", "+3", "31", "32", "366", "1,2,3", "MO", "MO,TU", "2MO", "-1FR", "54MO",
        "XX", "MON", "20261231", "20261231T235959Z", "20260230", "20261231T240000", "x", "", "10000", "10001", "1,,2", "SU",
    ];

    // Letters that programs take for others, blanks of other scripts, and a letter beyond the first 65,536.
    private static readonly string[] Odd = ["ſ", "\u212A", "İ", "ı", "٣", "\u00A0", "\u2003", "\v", "\f", "é", "–", "😀", "\u0001", "\t", "\n", "\r", "  ", "\\", "{1}", "%s"];

    private readonly Random random = new(seed);
    private readonly string[] corpus = [.. corpus];

    /// <summary>One more.</summary>
    public string Next() => random.Next(10) switch
    {
        0 or 1 or 2 => Cron(),
        3 => "rrule " + Rule(),
        4 or 5 => Joined(random.Next(1, 9), Scraps),
        6 => string.Join(Pick([";", "; ", " ;\n", ";;"]), Enumerable.Range(0, random.Next(2, 23)).Select(_ => Pick(corpus)).Where(t => t.Length < 60)),
        7 => Slip(Slip(Pick(corpus))),
        8 => random.Next(50) == 0 ? Long() : Slip(Cron()),
        _ => Slip(Pick(corpus)),
    };

    private string Cron()
    {
        // Mostly stars, so that many can be read.
        var count = random.Next(5, 8);
        return string.Join(' ', Enumerable.Range(0, count).Select(i => random.Next(3) > 0 ? i == count - 1 && random.Next(2) == 0 ? "?" : "*" : Pick(Items)));
    }

    private string Rule() => (random.Next(5) == 0 ? "RRULE:" : "") + "FREQ=" + Values[random.Next(6)] + string.Concat(
        Enumerable.Range(0, random.Next(4)).Select(_ => $";{Pick(Keys)}={Pick(Values)}"));

    private string Joined(int count, string[] from) => string.Join(' ', Enumerable.Range(0, count).Select(_ => Pick(from)));

    private string Long()
    {
        var text = new StringBuilder();
        while (text.Length < random.Next(400, LongMax)) { text.Append(Pick(Scraps)).Append(Pick([" ", ",", ";"])).Append(Pick(Odd)); }
        return text.ToString();
    }

    private string Slip(string text)
    {
        var at = random.Next(text.Length + 1);
        while (at > 0 && at < text.Length && char.IsLowSurrogate(text[at])) { at--; }
        var next = at + 1 < text.Length && char.IsHighSurrogate(text[at]) ? at + 2 : Math.Min(text.Length, at + 1);
        return random.Next(6) switch
        {
            0 => text[..at] + text[next..],
            1 => text[..at] + Pick(Odd) + text[at..],
            2 => text[..at] + (char)random.Next(' ', 0x7f) + text[next..],
            3 => text[..at] + (random.Next(2) == 0 ? text[at..].ToUpperInvariant() : text[at..].ToLowerInvariant()),
            4 => text[..at] + " " + Pick(Scraps) + " " + text[at..],
            _ => text[..at] + Pick(Scraps) + text[next..],
        };
    }

    private string Pick(string[] from) => from[random.Next(from.Length)];
}
