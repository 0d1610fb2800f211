using System.Globalization;
using NUnit.Framework;
using Scheduler.Jobs;
using Scheduler.Schedules;

namespace Scheduler.Tests.Schedules;

public sealed class CalendarTests
{
    private static readonly DateTimeOffset Start = new(2026, 12, 22, 12, 0, 0, TimeSpan.Zero);

    private static readonly CalendarDefinition Berlin = new()
    {
        Name = "berlin",
        TimeZone = "Europe/Berlin",
        Holidays = [new DateOnly(2026, 12, 25)],
        Weekdays = ["sat", "sun"],
        Blackouts = """[{"from": "2026-12-28T00:00", "to": "2026-12-29T12:00"}, {"daily": ["22:00", "06:00"]}, {"cron": "* 12 * * *"}]""",
    };

    [TestCase("0 3 * * *", "")]
    [TestCase("0 6 * * *", "23T05 24T05 30T05 31T05")]
    [TestCase("30 12 * * *", "")]
    [TestCase("0 13 * * *", "23T12 24T12 29T12 30T12 31T12")]
    [TestCase("0 22 * * *", "")]
    [TestCase("59 21 * * *", "22T20 23T20 24T20 29T20 30T20 31T20")]
    public void Leaves_out_days_hours_and_spans(string text, string due)
    {
        var schedule = Schedule.Parse(text, "Europe/Berlin", new ScheduleLimits(null, null, TimeSpan.Zero, Berlin.Read()));
        var times = schedule.Next(Start, 20).Where(t => t < new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.That(string.Join(' ', times.Select(t => t.UtcDateTime.ToString("dd'T'HH", CultureInfo.InvariantCulture))), Is.EqualTo(due));
    }

    // The jump over what is left out must come to the very instant that trying one after the other does, as Quartz's triggers do.
    [Test]
    public void Jumps_to_where_trying_each_instant_comes([Values("Europe/Berlin", "America/Havana", "Asia/Beirut", "Pacific/Apia")] string zone)
    {
        var calendar = (Berlin with { TimeZone = zone }).Read();
        var trigger = Schedule.Parse("*/17 * * * *", zone).Triggers("j", Start)[0];
        var schedule = Schedule.Parse("*/17 * * * *", zone, new ScheduleLimits(null, null, TimeSpan.Zero, calendar));
        var tried = new List<DateTimeOffset>();
        for (var next = trigger.GetFireTimeAfter(Start); tried.Count < 500; next = trigger.GetFireTimeAfter(next))
        {
            if (calendar.Includes(next!.Value)) { tried.Add(next.Value); }
        }
        Assert.That(schedule.Next(Start, 500), Is.EqualTo(tried));
    }

    [Test]
    public void A_calendar_without_gaps_makes_no_schedule_wait_for_ever()
    {
        var all = new CalendarDefinition { Name = "all", Weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] }.Read();
        var schedule = Schedule.Parse("every 1s", "UTC", new ScheduleLimits(null, null, TimeSpan.Zero, all));
        Assert.That(schedule.Next(Start, 1), Is.Empty);
    }

    [TestCase("""[{"from": "2026-12-29T00:00", "to": "2026-12-28T00:00"}]""", "is over before it begins")]
    [TestCase("""[{"from": "noon", "to": "2026-12-28T00:00"}]""",
        "blackout instant 'noon' cannot be read; expected local time such as 2026-12-24T18:00")]
    [TestCase("""[{"daily": ["22", "06:00"]}]""", "blackout time '22' cannot be read; expected a time of day such as 22:00")]
    [TestCase("""[{"cron": "* 25 * * *"}]""", "hour '25' cannot be read")]
    [TestCase("""[{"from": "2026-12-28T00:00"}]""", "a blackout has no form that is known; expected from and to, daily, or cron")]
    public void Refuses_what_cannot_be_meant(string blackouts, string message) =>
        Assert.That(() => (Berlin with { Blackouts = blackouts }).Read(), Throws.TypeOf<ScheduleException>().With.Message.Contains(message));

    [Test]
    public void The_hash_of_a_trigger_changes_with_its_calendar()
    {
        static string? Hash(CalendarDefinition calendar) => Schedule.Parse("0 13 * * *", "UTC",
            new ScheduleLimits(null, null, TimeSpan.Zero, calendar.Read())).Triggers("j", Start)[0].Description;
        Assert.That(Hash(Berlin with { Description = "other" }), Is.EqualTo(Hash(Berlin)));
        Assert.That(Hash(Berlin with { Weekdays = ["sun"] }), Is.Not.EqualTo(Hash(Berlin)));
    }
}
