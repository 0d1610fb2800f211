using System.Globalization;
using System.Text;
using NUnit.Framework;
using Scheduler.Schedules;

namespace Scheduler.Tests.Schedules;

/// <summary>
/// Generated rules against <see cref="RecurrenceJudge"/>, in local time and through the changes of the clocks; generated texts. Each failure
/// names its seed; RRULE_SEED runs it again, RRULE_ROUNDS runs more.
/// </summary>
public sealed class RecurrencePropertyTests
{
    private static readonly string[] Days = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
    private static readonly int Seed = Setting("RRULE_SEED") ?? Random.Shared.Next();
    private static readonly int Rounds = Setting("RRULE_ROUNDS") ?? 1;

    private static CultureInfo Invariant => CultureInfo.InvariantCulture;

    private static int? Setting(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, Invariant) : null;

    [TestCase("YEARLY", 60, 1200)]
    [TestCase("MONTHLY", 60, 400)]
    [TestCase("WEEKLY", 60, 150)]
    [TestCase("DAILY", 60, 60)]
    [TestCase("HOURLY", 60, 20)]
    [TestCase("MINUTELY", 60, 3)]
    [TestCase("SECONDLY", 60, 1)]
    public void Generated_rules_are_due_when_the_judge_says(string frequency, int count, int windowDays)
    {
        var random = new Random(HashCode.Combine(Seed, Days.Length, frequency.Length, frequency[0]));
        var hits = 0;
        for (var i = 0; i < count * Rounds; i++)
        {
            var rule = Rule(random, frequency);
            var start = new DateTime(1996 + random.Next(8), 1, 1).AddSeconds(random.NextInt64(365 * 86400L));
            // Sometimes where the rule begins, mostly far behind.
            var from = start.AddDays(random.Next(3) == 0 ? 0 : random.Next(20_000)).Date;
            var until = from.AddDays(windowDays);
            var due = new RecurrenceJudge(rule, start).Due(from, until);
            var recurrence = new Recurrence(RecurrenceGrammar.Read("rrule", rule), start);
            hits += due.Count;
            void Same(DateTime after)
            {
                var place = due.BinarySearch(after);
                place = place < 0 ? ~place : place + 1;
                var next = recurrence.Next(after);
                var said = $"seed {Seed}: {rule} from {start:s}, after {after:s}";
                if (place < due.Count) { Assert.That(next, Is.EqualTo(due[place]), said); }
                else { Assert.That(next, Is.Null.Or.GreaterThanOrEqualTo(until), said); }
            }
            Same(from.AddTicks(-1));
            foreach (var time in due.Take(300)) { Same(time); }
            for (var j = 0; j < 20; j++) { Same(from.AddTicks(random.NextInt64((until - from).Ticks))); }
        }
        Assert.That(hits, Is.GreaterThan(count), "rules that are never due prove nothing");
    }

    [Test]
    public void Through_each_change_of_a_clock_next_is_the_first_later_one()
    {
        string[] rules =
        [
            "FREQ=DAILY;BYHOUR=0,1,2,3;BYMINUTE=0,20,40", "FREQ=HOURLY;BYMINUTE=10,30", "FREQ=MINUTELY;INTERVAL=7", "FREQ=SECONDLY;INTERVAL=611",
            "FREQ=MONTHLY;BYDAY=-1SU,2SU,1SU;BYHOUR=0,1,2,3;BYMINUTE=30", "FREQ=HOURLY;INTERVAL=5;BYMINUTE=15,45",
        ];
        var random = new Random(Seed);
        var zones = TimeZoneInfo.GetSystemTimeZones().Where(z => z.HasIanaId).OrderBy(_ => random.Next()).Take(12 * Rounds)
            .Select(z => z.Id).Concat(["Europe/Dublin", "Africa/Casablanca", "Australia/Lord_Howe", "America/Scoresbysund", "Pacific/Apia"]);
        var changes = 0;
        foreach (var zone in zones.Select(TimeZoneInfo.FindSystemTimeZoneById))
        {
            var since = new DateTimeOffset(zone.Id == "Pacific/Apia" ? 2011 : 2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
            foreach (var change in ZoneChange.Between(zone, since, since.AddYears(2)))
            {
                changes++;
                foreach (var rule in rules) { Holds(rule, zone, change.At, random); }
            }
        }
        Assert.That(changes, Is.GreaterThan(10));
    }

    private static void Holds(string rule, TimeZoneInfo zone, DateTimeOffset at, Random random)
    {
        var start = new DateTime(2001, 1, 1);
        var (from, until) = (at.AddHours(-30), at.AddHours(30));
        var local = new RecurrenceJudge(rule, start).Due(from.UtcDateTime.AddDays(-2), until.UtcDateTime.AddDays(2));
        var due = local.Select(l => InstantOf(l, zone)).Distinct().Order().ToList();
        var part = RrulePart.Of("rrule", ["rrule", rule], zone, null);
        foreach (var step in (int[])[1, 60, 3600])
        {
            for (var i = -8; i <= 8; i++) { Same(at.AddSeconds(i * step)); }
        }
        for (var i = 0; i < 10; i++) { Same(at.AddSeconds(random.Next(-90_000, 90_000))); }
        void Same(DateTimeOffset after) => Assert.That(part.Next(after), Is.EqualTo(due.Cast<DateTimeOffset?>().FirstOrDefault(d => d > after)
            is { } next && next < until ? next : part.Next(until.AddTicks(-1))), $"seed {Seed}: {rule} in {zone.Id} after {after:u}");
    }

    // RFC 5545 §3.3.5, from what clocks show at instants alone: the first instant that shows it, else the offset of before.
    private static DateTimeOffset InstantOf(DateTime local, TimeZoneInfo zone)
    {
        var utc = new DateTimeOffset(local, TimeSpan.Zero);
        var offsets = Enumerable.Range(-56, 113).Select(q => zone.GetUtcOffset(utc.AddMinutes(q * 30))).Distinct().ToList();
        var shows = offsets.Select(o => utc - o).Where(i => zone.GetUtcOffset(i) == utc - i).Order().ToList();
        if (shows.Count > 0) { return shows[0]; }
        return utc - zone.GetUtcOffset(utc.AddHours(-28));
    }

    [Test]
    public void No_text_throws_anything_but_a_schedule_exception()
    {
        var random = new Random(Seed);
        string[] pieces =
        [
            "FREQ=", "DAILY", "YEARLY", "SECONDLY", "MONTHLY", "HOURLY", ";", ";", "=", ",", "BYDAY=", "BYSETPOS=", "BYWEEKNO=",
            "BYMONTH=", "BYMONTHDAY=", "BYYEARDAY=", "BYHOUR=", "BYMINUTE=", "BYSECOND=", "INTERVAL=", "COUNT=", "UNTIL=", "WKST=", "MO",
            "-1FR", "53SU", "0", "1", "-1", "366", "99999999999", "999999999", "20271231", "20271231T000000Z", "00010101",
            "99991231T235959", "+", "-", " ", "RRULE:", "é", "\0", "٣", "ı", "x", "1-5", "*",
        ];
        var starts = new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var read = 0;
        for (var i = 0; i < 100_000 * Rounds; i++)
        {
            var text = Text(random, pieces);
            try
            {
                var part = RrulePart.Of(text, ["rrule", text], TimeZoneInfo.Utc, random.Next(2) == 0 ? null : starts);
                read++;
                Assert.That(part.Next(starts), Is.Null.Or.GreaterThan(starts), text);
            }
            catch (ScheduleException) { }
            catch (Exception e) when (e is not AssertionException) { Assert.Fail($"seed {Seed}: '{text}' threw {e}"); }
        }
        Assert.That(read, Is.GreaterThan(1000), "texts that are all refused prove little");
    }

    // Half a valid rule with one place changed, half any pieces.
    private static string Text(Random random, string[] pieces)
    {
        var text = new StringBuilder();
        if (random.Next(2) == 0)
        {
            for (var i = random.Next(12); i >= 0; i--) { text.Append(pieces[random.Next(pieces.Length)]); }
            return text.ToString();
        }
        string[] frequencies = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"];
        text.Append(Rule(random, frequencies[random.Next(7)]));
        if (random.Next(3) > 0) { return text.ToString(); }
        var at = random.Next(text.Length);
        return text.Remove(at, random.Next(Math.Min(3, text.Length - at))).Insert(at, pieces[random.Next(pieces.Length)]).ToString();
    }

    private static string Rule(Random random, string frequency)
    {
        var rule = new StringBuilder("FREQ=" + frequency);
        var byTheDay = frequency is "YEARLY" or "MONTHLY" or "WEEKLY" or "DAILY";
        void Add(int oneIn, string name, int min, int max, bool fromEnd = false)
        {
            if (random.Next(oneIn) > 0) { return; }
            var numbers = Enumerable.Range(0, 1 + random.Next(4)).Select(_ => random.Next(min, max + 1) * (fromEnd && random.Next(2) == 0 ? -1 : 1));
            rule.Append(Invariant, $";{name}={string.Join(',', numbers)}");
        }
        if (random.Next(3) == 0) { rule.Append(Invariant, $";INTERVAL={1 + random.Next(byTheDay ? 5 : 100)}"); }
        Add(4, "BYMONTH", 1, 12);
        var weeks = rule.Length;
        if (frequency == "YEARLY") { Add(3, "BYWEEKNO", 1, 53, fromEnd: true); }
        var hasWeeks = rule.Length > weeks;
        if (frequency is "YEARLY" or "HOURLY" or "MINUTELY" or "SECONDLY") { Add(5, "BYYEARDAY", 1, 366, fromEnd: true); }
        if (frequency != "WEEKLY") { Add(4, "BYMONTHDAY", 1, 31, fromEnd: true); }
        if (random.Next(3) == 0)
        {
            var numbered = frequency is "YEARLY" or "MONTHLY" && !hasWeeks && random.Next(2) == 0;
            var most = frequency == "MONTHLY" || random.Next(2) == 0 ? 5 : 53;
            rule.Append(";BYDAY=").AppendJoin(',', Enumerable.Range(0, 1 + random.Next(3)).Select(_ =>
                (numbered ? (random.Next(1, most + 1) * (random.Next(2) == 0 ? -1 : 1)).ToString(Invariant) : "") + Days[random.Next(7)]));
        }
        Add(3, "BYHOUR", 0, 23);
        Add(3, "BYMINUTE", 0, 59);
        Add(3, "BYSECOND", 0, 60);
        if (random.Next(3) == 0) { rule.Append(Invariant, $";WKST={Days[random.Next(7)]}"); }
        if (rule.ToString().Contains(";BY", StringComparison.Ordinal)) { Add(3, "BYSETPOS", 1, random.Next(2) == 0 ? 3 : 20, fromEnd: true); }
        return rule.ToString();
    }
}
