using System.Globalization;
using NUnit.Framework;
using Scheduler.Schedules;

namespace Scheduler.Tests.Schedules;

/// <summary>
/// For all a before b, <c>Next(b)</c> is the first of the due set later than b: whatever instant is asked about, it is one and the same set, and
/// that which the rule says (<see cref="CronJudge"/>). Around changes of the clocks, in steps of a second, a minute and an hour. A sample by
/// default, whose seed is printed; all changes of all zones from 2026 to 2030 where SCHEDULER_STRESS is 1 (<c>./dev stress schedules</c>).
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class InstantsTests
{
    private const int ChangesSampled = 40;
    private const int ExpressionsSampled = 12;
    private const int TextsFuzzed = 20_000;
    private const int TextsFuzzedWhole = 1_000_000;
    private const int Day = 86400;
    private static readonly bool Whole = Environment.GetEnvironmentVariable("SCHEDULER_STRESS") == "1";
    private static readonly int Seed = Environment.GetEnvironmentVariable("SCHEDULER_SEED") is { } seed
        ? int.Parse(seed, CultureInfo.InvariantCulture) : Random.Shared.Next();
    private static readonly long From = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();
    private static readonly long Until = new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();

    // Every form a field has, fixed times and intervals, around the hours at which clocks are changed.
    private static readonly string[] Expressions =
    [
        "30 2 * * *", "0 0 * * *", "30 0 * * *", "59 23 * * *", "0 1,2,3 * * *", "*/5 * * * *", "0 * * * *", "*/30 2 * * *", "15,45 1-2 * * *",
        "7-59/20 * * * *", "10 */2 * * *", "45 22-4 * * *", "5/15 1 * * *", "*/30 30 2 * * ?", "* 0 3 * * ?", "15 30 1,2,3 * * ?", "0 */7 0-3 * * ?",
        "59 59 23 L * ?", "0 15 2 ? * 1L", "0 30 2 ? * SUN#1", "0 0 0 LW * ?", "0 30 1 L-3,15W * ?", "0 0 2 1-7,25-31 * ? 2026-2030/2",
        "0 30 2 28-3 MAR,OCT-NOV ?", "30 2 * * 0", "30 1 * * 2/1",
        "0 0 16 * 0-6", "0 0 1 JAN-DEC/3 *", "30 2 13 * FRI", "0 3 * * FRI-MON", "0 0 29 2 *",
    ];

    private static readonly string[] Items =
    [
        "*", "*", "*/5", "*/15", "*/59", "0", "30", "2", "1,2,3", "0-3", "22-4", "50-10/7", "5/20", "MON-FRI", "SAT,SUN", "FRI-MON", "JAN,MAR",
        "OCT-MAR/2", "L",
        "LW", "15W", "L-2", "L-3W", "FRI#2", "SUNL", "7", "0-7/2", "31", "28-3", "2027-2029", "2026/2", "?",
    ];

    private static readonly string[] Scraps =
    [
        .. Items, "every", "at", "rrule", "after", "on", "manual", "@daily", "@every", "5m", "1h30m", "2026-12-01T02:00", "Z", "+01:00", "H/15",
        "-", "--5", "98/22", "1-5-7", "JANX", "99-3", "20-0", "FREQ=DAILY", ";", "TZ=UTC", "Europe/Berlin", "$", "#", "*/90", "999999999999", "ſUN",
        "٣", "\0", "1/", "/", ",", "1,,2", "L-99", "W", "?", "mon..fri", "rate(5", "minutes)", "9999-12-31T23:59:59", "notify", "100000d", "0", "7",
        "3-1", "15W",
    ];

    [Test]
    public void Next_is_the_first_of_one_set_whatever_instant_is_asked_about()
    {
        TestContext.Out.WriteLine($"SCHEDULER_SEED={Seed}");
        var random = new Random(Seed);
        var changes = ZoneFile.Names().Where(IsZone).SelectMany(zone =>
        {
            var file = ZoneFile.Of(zone, 2032);
            return file.Changes(From, Until).Select(at => (Zone: zone, File: file, At: at));
        }).ToList();
        Assert.That(changes, Has.Count.GreaterThan(1000), "zones that change");
        if (!Whole) { changes = [.. Enumerable.Range(0, ChangesSampled).Select(_ => changes[random.Next(changes.Count)])]; }
        var work = changes.ConvertAll(c => (c.Zone, c.File, c.At, Texts: Whole
            ? [.. Expressions, .. Generated(random, 10)] : Sample(random).Concat(Generated(random, 5)).ToArray()));
        var asked = 0L;
        var wrong = new System.Collections.Concurrent.ConcurrentBag<string>();
        Parallel.ForEach(work, change => Interlocked.Add(ref asked, Check(change.Zone, change.File, change.At, change.Texts, wrong)));
        TestContext.Out.WriteLine($"{changes.Count} changes, {asked} instants asked about");
        Assert.That(wrong.Order(StringComparer.Ordinal).Take(20), Is.Empty);
    }

    [Test]
    public void A_zone_that_left_out_a_whole_day_is_due_at_the_end_of_it()
    {
        var wrong = new System.Collections.Concurrent.ConcurrentBag<string>();
        (string Zone, string At)[] skips = [("Pacific/Apia", "2011-12-30T10:00:00Z"), ("Pacific/Kwajalein", "1993-08-21T12:00:00Z")];
        foreach (var (zone, at) in skips)
        {
            var change = DateTimeOffset.Parse(at, CultureInfo.InvariantCulture).ToUnixTimeSeconds();
            Check(zone, ZoneFile.Of(zone, 2020), change, Expressions, wrong);
        }
        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void Offsets_are_those_of_the_zone_files()
    {
        foreach (var zone in ZoneFile.Names().Where(IsZone))
        {
            var (file, clock) = (ZoneFile.Of(zone, 2040), ZoneClock.Of(TimeZoneInfo.FindSystemTimeZoneById(zone)));
            foreach (var stretch in file.Between(From, Until))
            {
                Assert.That(clock.At(stretch.From).Offset, Is.EqualTo(stretch.Offset), $"{zone} from {stretch.From}");
                Assert.That(clock.At(stretch.Until - 1).Offset, Is.EqualTo(stretch.Offset), $"{zone} until {stretch.Until}");
            }
        }
    }

    [Test]
    public void No_text_throws_anything_but_what_is_wrong_with_it()
    {
        TestContext.Out.WriteLine($"SCHEDULER_SEED={Seed}");
        var random = new Random(Seed);
        var (slowest, which, good) = (TimeSpan.Zero, "", 0);
        for (var i = 0; i < (Whole ? TextsFuzzedWhole : TextsFuzzed); i++)
        {
            var text = Fuzz(random);
            var zone = i % 2 == 0 ? "Europe/Dublin" : "America/Santiago";
            var took = Time(text, zone, out var read);
            good += read ? 1 : 0;
            // What the runtime compiles at first, and what others do on the machine, is no text's doing.
            if (i < TextsFuzzed / 2) { continue; }
            for (var again = 0; again < 2 && took > slowest; again++)
            {
                took = TimeSpan.FromTicks(Math.Min(took.Ticks, Time(text, zone, out _).Ticks));
            }
            if (took > slowest) { (slowest, which) = (took, text); }
        }
        TestContext.Out.WriteLine($"{good} could be read; slowest {slowest.TotalMilliseconds:0.0} ms: {which}");
        Assert.That(good, Is.GreaterThan(1000));
    }

    private static TimeSpan Time(string text, string zone, out bool read)
    {
        var begun = TimeProvider.System.GetTimestamp();
        try
        {
            Schedule.Parse(text, zone).Next(DateTimeOffset.UnixEpoch, 3);
            read = true;
        }
        catch (ScheduleException e)
        {
            read = false;
            Assert.That(e.Message, Has.Length.GreaterThan(20), text);
        }
        return TimeProvider.System.GetElapsedTime(begun);
    }

    private static bool IsZone(string name) => name.IndexOf('.', StringComparison.Ordinal) < 0 && char.IsUpper(name[0])
        && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId;

    private static string[] Sample(Random random) =>
        [.. Enumerable.Range(0, ExpressionsSampled).Select(_ => Expressions[random.Next(Expressions.Length)])];

    private static List<string> Generated(Random random, int count)
    {
        var texts = new List<string>();
        while (texts.Count < count)
        {
            var text = string.Join(' ', Enumerable.Range(0, random.Next(5, 8)).Select(_ => Items[random.Next(Items.Length)]));
            try { Schedule.Parse(text, "UTC"); }
            catch (ScheduleException) { continue; }
            texts.Add(text);
        }
        return texts;
    }

    private static long Check(
        string zone, ZoneFile file, long at, string[] texts, System.Collections.Concurrent.ConcurrentBag<string> wrong)
    {
        var stretches = file.Between(at - (6 * Day), at + (6 * Day));
        var asked = 0L;
        foreach (var text in texts)
        {
            var due = new CronJudge(text).Due(stretches).ToArray();
            var part = Schedule.Parse(text, zone).Parts[0];
            foreach (var probe in Probes(at))
            {
                asked++;
                var next = Array.BinarySearch(due, probe + 1) is var place && place >= 0 ? place : ~place;
                var said = part.Next(DateTimeOffset.FromUnixTimeSeconds(probe))?.ToUnixTimeSeconds();
                if (next < due.Length ? said == due[next] : !(said <= at + (4 * Day))) { continue; }
                wrong.Add(string.Create(CultureInfo.InvariantCulture,
                    $"{text} in {zone} after {Utc(probe)}: {Utc(said)}, expected {(next < due.Length ? Utc(due[next]) : "later")}"));
                break;
            }
        }
        return asked;
    }

    // Two minutes around the change and around an hour from it by the second, four hours by the minute, three days by the hour.
    private static IEnumerable<long> Probes(long at)
    {
        foreach (var hour in (int[])[-3600, 0, 3600]) { for (var s = -120; s <= 120; s++) { yield return at + hour + s; } }
        for (var m = -240; m <= 240; m++) { yield return at + (m * 60); yield return at + (m * 60) - 1; }
        for (var h = -72; h <= 72; h++) { yield return at + (h * 3600); }
    }

    private static string Utc(long? second) =>
        second is { } s ? DateTimeOffset.FromUnixTimeSeconds(s).ToString("u", CultureInfo.InvariantCulture) : "never";

    private static string Fuzz(Random random)
    {
        // Half of them are nearly cron: mostly stars, so that many can be read.
        var words = random.Next(2) == 0
            ? Enumerable.Range(0, random.Next(5, 8)).Select(_ => random.Next(3) > 0 ? "*" : Items[random.Next(Items.Length)]).ToArray()
            : Enumerable.Range(0, random.Next(1, 9)).Select(_ => Scraps[random.Next(Scraps.Length)]).ToArray();
        var text = string.Join(random.Next(30) == 0 ? "  " : " ", words);
        // And a character that does not belong there.
        return random.Next(3) > 0 || text.Length == 0 ? text : text.Insert(random.Next(text.Length), ((char)random.Next(32, 127)).ToString());
    }
}
