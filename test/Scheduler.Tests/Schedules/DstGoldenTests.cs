using System.Globalization;
using System.Text;
using NUnit.Framework;
using Scheduler.Jobs;
using Scheduler.Schedules;

namespace Scheduler.Tests.Schedules;

/// <summary>What every form of schedule does in the nights the clocks change, zone by zone, as a table that is compared as a whole.</summary>
public sealed class DstGoldenTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Around = TimeSpan.FromHours(2);

    private static readonly string[] Zones =
    [
        "Europe/Berlin", "Europe/London", "Europe/Dublin", "America/New_York", "America/Los_Angeles", "America/Santiago", "America/Havana",
        "Australia/Lord_Howe", "Australia/Sydney", "Pacific/Auckland", "Pacific/Chatham", "Africa/Casablanca", "Africa/El_Aaiun", "Africa/Cairo",
        "Asia/Beirut", "Asia/Jerusalem", "Atlantic/Azores", "America/St_Johns",
    ];

    private static readonly string[] Schedules =
    [
        "30 2 * * *", "0 2 * * *", "0 0 * * *", "30 0 * * *", "15,45 1-2 * * *", "*/30 2 * * *", "0 * * * *", "0 15 1,2,3 * * ?",
        "@daily", "every 1h",
        "rrule FREQ=DAILY;BYHOUR=2;BYMINUTE=30", "rrule FREQ=MINUTELY;INTERVAL=30",
    ];

    [Test]
    public void The_nights_of_all_zones_are_as_written()
    {
        var golden = Path.Combine(TestContext.CurrentContext.TestDirectory, "../../../../test/Scheduler.Tests/Schedules/dst.txt");
        var made = Table();
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") { File.WriteAllText(golden, made); }
        Assert.That(made, Is.EqualTo(File.ReadAllText(golden)), "dst.txt is old; run ./dev schema and read the difference");
    }

    // Quartz's own classes compute both; this is what must hold of them whatever the table says.
    [Test]
    public void Lint_names_each_night_in_which_a_written_time_is_left_out_or_comes_twice([ValueSource(nameof(Zones))] string zone)
    {
        var info = TimeZoneInfo.FindSystemTimeZoneById(zone);
        foreach (var change in ZoneChange.Between(info, Start, Start.AddMonths(24)))
        {
            var at = (change.IsGap ? change.Shown : change.Set).AddMinutes(10);
            var schedule = string.Create(CultureInfo.InvariantCulture, $"{at.Minute} {at.Hour} * * *");
            var notes = Lint.Of(Schedule.Parse(schedule, zone), Start);
            Assert.That(notes, Has.Some.Contains($"on {change.Shown:yyyy-MM-dd} in {zone}"), schedule);
        }
    }

    [Test]
    public void No_schedule_goes_back_or_stands_still([ValueSource(nameof(Zones))] string zone, [ValueSource(nameof(Schedules))] string schedule)
    {
        var trigger = Schedule.Parse(schedule, zone).Triggers("j", Start)[0];
        foreach (var change in ZoneChange.Between(TimeZoneInfo.FindSystemTimeZoneById(zone), Start.AddDays(3), Start.AddMonths(24)))
        {
            var (last, end) = (change.At.AddHours(-26), change.At.AddHours(52));
            for (var next = trigger.GetFireTimeAfter(last); next < end; next = trigger.GetFireTimeAfter(next))
            {
                Assert.That(next, Is.GreaterThan(last));
                Assert.That(next, Is.LessThanOrEqualTo(last.AddHours(26)));
                last = next.Value;
            }
            Assert.That(last, Is.GreaterThan(end.AddHours(-26)));
        }
    }

    private static string Table()
    {
        var text = new StringBuilder();
        foreach (var zone in Zones)
        {
            var info = TimeZoneInfo.FindSystemTimeZoneById(zone);
            // The first gap and the first overlap: later years repeat them.
            var changes = ZoneChange.Between(info, Start, Start.AddMonths(14));
            foreach (var change in changes.GroupBy(c => c.IsGap).Select(g => g.First()).OrderBy(c => c.At))
            {
                text.Append(CultureInfo.InvariantCulture,
                    $"{zone}  {change.At.UtcDateTime:yyyy-MM-dd'T'HH:mm'Z'}  {change.Shown:HH:mm} -> {change.Set:HH:mm}\n");
                foreach (var schedule in Schedules) { Row(text, schedule, zone, info, change); }
                text.Append('\n');
            }
        }
        return text.ToString();
    }

    private static void Row(StringBuilder text, string schedule, string zone, TimeZoneInfo info, ZoneChange change)
    {
        var parsed = Schedule.Parse(schedule, zone);
        var due = parsed.Next(change.At - change.Length - Around - TimeSpan.FromTicks(1), 40).Where(d => d < change.At + change.Length + Around)
            .Select(d => TimeZoneInfo.ConvertTime(d, info).ToString("HH:mmzzz", CultureInfo.InvariantCulture)).ToList();
        text.Append("    ").Append(schedule.PadRight(40)).Append(due.Count == 0 ? "-" : string.Join(' ', due)).Append('\n');
        if (parsed.Parts[0] is EveryPart || Lint.Night(parsed.Parts[0], change, info) is not { } note) { return; }
        text.Append("        ").Append(note).Append('\n');
    }
}
