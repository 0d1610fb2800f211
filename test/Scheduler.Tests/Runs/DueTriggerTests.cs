using NUnit.Framework;
using Quartz;
using Scheduler.Jobs;
using Scheduler.Runs;
using Scheduler.Schedules;

namespace Scheduler.Tests.Runs;

/// <summary>The engine's next due instants, held against those of Quartz's own trigger classes, step by step over a year.</summary>
[TestFixture]
public sealed class DueTriggerTests
{
    private static readonly DateTimeOffset Start = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] Zones =
    [
        "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu",
        "America/Santiago",
    ];
    private static readonly string[] Schedules =
    [
        "*/15 * * * *", "30 2 * * *", "0 0 * * *", "0 */20 1-3 * * ?", "0 0/30 * ? * SUN", "59 59 23 L * ?", "0 15 2 ? * 1L", "17 45 1 * * ?",
        "@hourly", "every 1h30m", "every 7m",
    ];

    [Test]
    public void A_year_of_due_instants_is_Quartzs(
        [ValueSource(nameof(Zones))] string zone, [ValueSource(nameof(Schedules))] string schedule)
    {
        var trigger = Schedule.Parse(schedule, zone).Triggers("job", Start)[0];
        Assert.That(Walk(RowOf(trigger), Start.AddYears(1)), Is.EqualTo(DueTimes(trigger, Start.AddYears(1))));
    }

    // Where summer time is the standard time, Quartz's next instant in the night it begins lies before the instant asked about: such a trigger
    // would fire one hour again and again and never come out of it. Of all zones these three.
    [Test]
    public void A_cron_never_goes_back_in_time(
        [Values("Europe/Dublin", "Africa/Casablanca", "Africa/El_Aaiun")] string zone,
        [Values("*/15 * * * *", "@hourly", "45 1 * * *")] string schedule)
    {
        var trigger = Schedule.Parse(schedule, zone).Triggers("job", Start)[0];
        Assert.That(Walk(RowOf(trigger), Start.AddYears(1)), Has.Count.GreaterThanOrEqualTo(364));
    }

    // The last due instant is Quartz's to fire: the engine hands over there or, where the end is a due instant itself, one before.
    [TestCase("2025-01-01T10:00:00Z")]
    [TestCase("2025-01-01T10:00:00.001Z")]
    [TestCase("2025-01-01T09:59:59.999Z")]
    [TestCase("2025-01-01T10:07:00Z")]
    [TestCase("2025-01-01T00:00:01Z")]
    public void An_end_hands_the_last_fire_over(string end)
    {
        var builder = TriggerBuilder.Create().WithIdentity("t").ForJob("j").StartAt(Start).EndAt(DateTimeOffset.Parse(end, null));
        ITrigger[] triggers =
        [
            builder.WithSchedule(CronScheduleBuilder.Create("0 */20 * * * ?").InTimeZone(TimeZoneInfo.Utc)).Build(),
            builder.WithSchedule(SimpleScheduleBuilder.Create().WithInterval(TimeSpan.FromMinutes(20)).RepeatForever()).Build(),
        ];
        foreach (var trigger in triggers)
        {
            var due = DueTimes(trigger, Start.AddYears(1));
            var walked = Walk(RowOf(trigger), Start.AddYears(1));
            Assert.That(walked, Is.EqualTo(due.Take(walked.Count)), trigger.GetType().Name);
            Assert.That(walked, Has.Count.InRange(due.Count - 1, due.Count), trigger.GetType().Name);
        }
    }

    [TestCase(0.35, 1.0)]
    [TestCase(0.0, 0.5)]
    [TestCase(0.123, 1.7)]
    [TestCase(59.999, 86400.0)]
    public void An_interval_counts_from_its_start_whatever_fraction_that_has(double start, double interval)
    {
        var trigger = TriggerBuilder.Create().WithIdentity("t").ForJob("j").StartAt(Start.AddSeconds(start))
            .WithSchedule(SimpleScheduleBuilder.Create().WithInterval(TimeSpan.FromSeconds(interval)).RepeatForever()).Build();
        var until = Start.AddSeconds(interval * 500);
        Assert.That(Walk(RowOf(trigger), until), Is.EqualTo(DueTimes(trigger, until)));
    }

    [Test]
    public void What_the_engine_does_not_know_it_leaves_to_Quartz()
    {
        var cron = RowOf(Schedule.Parse("* * * * * ?", "UTC").Triggers("job", Start)[0]);
        var interval = RowOf(Schedule.Parse("every 1s", "UTC").Triggers("job", Start)[0]);
        Assert.Multiple(() =>
        {
            Assert.That(cron.Next(), Is.Not.Null);
            Assert.That(interval.Next(), Is.Not.Null);
            Assert.That((cron with { IsSpecial = true }).Next(), Is.Null, "a calendar");
            Assert.That((cron with { Zone = null }).Next(), Is.Null, "the zone of the node that made it");
            Assert.That((cron with { Cron = null }).Next(), Is.Null, "a row without its expression");
            Assert.That((cron with { Cron = "0 0 0 1 1 ? 2024-2025", DueAt = Start.UtcDateTime }).Next(), Is.Null, "never again");
            Assert.That((interval with { RepeatCount = 5 }).Next(), Is.Null, "a count");
            Assert.That((interval with { RepeatCount = 0 }).Next(), Is.Null, "once");
            Assert.That((interval with { RepeatCount = null }).Next(), Is.Null, "a row without its count");
            Assert.That((interval with { Interval = TimeSpan.Zero }).Next(), Is.Null, "no interval");
            Assert.That((interval with { Interval = null }).Next(), Is.Null, "a row without its interval");
            foreach (var type in (string[])["CAL_INT", "DAILY_I", "RRULE", "BLOB", ""])
            {
                Assert.That((cron with { Type = type }).Next(), Is.Null, type);
            }
        });
    }

    // Poison in quartz.qrtz_cron_triggers, written by hand: whatever is thrown takes this one trigger out of service; nothing thrown would fire it.
    [TestCase("this is no cron", "UTC")]
    [TestCase("", "UTC")]
    [TestCase("* * * * *", "UTC")]
    [TestCase("61 * * * * ?", "UTC")]
    [TestCase("a b c d e f", "UTC")]
    [TestCase("0 0 0 ? * 9#9", "UTC")]
    [TestCase("0 0 0 99L * ?", "UTC")]
    [TestCase("0 0 0 W * ?", "UTC")]
    [TestCase("0 0 0 1 1 ? 99999999999999999999", "UTC")]
    [TestCase("* * * * * ?", "Nowhere/Nope")]
    [TestCase("* * * * * ?", "")]
    [TestCase("* * * * * ?", "../../etc/passwd")]
    public void An_expression_or_zone_that_cannot_be_read_is_refused(string cron, string zone)
    {
        var row = RowOf(Schedule.Parse("* * * * * ?", "UTC").Triggers("job", Start)[0]) with { Cron = cron, Zone = zone, Type = "CRON" };
        Assert.That(row.Next, Throws.Exception);
        // In a row of ours, five fields are Unix cron.
        if (cron != "* * * * *") { Assert.That((row with { Type = "PART" }).Next, Throws.Exception); }
    }

    [Test]
    public void A_fire_is_named_by_its_whole_second()
    {
        var due = Start.AddSeconds(7).AddMilliseconds(999).UtcDateTime;
        var row = RowOf(Schedule.Parse("every 1s", "UTC").Triggers("job", Start)[0]) with { DueAt = due };
        var fire = row.Fire(Start.AddSeconds(8).UtcDateTime);
        Assert.That((fire.RunKey, fire.DueAt), Is.EqualTo(("job@2025-01-01T00:00:07Z", Start.AddSeconds(7).UtcDateTime)));
    }

    private static DueTrigger RowOf(ITrigger trigger)
    {
        var cron = trigger as ICronTrigger;
        var simple = trigger as ISimpleTrigger;
        var part = (trigger as PartTrigger)?.Rule;
        return new DueTrigger(
            trigger.Key.Name, trigger.JobKey.Name, First(trigger), trigger.StartTimeUtc.UtcDateTime, trigger.EndTimeUtc?.UtcDateTime,
            part is not null ? "PART" : cron is null ? "SIMPLE" : "CRON", part?.Text ?? cron?.CronExpressionString, part?.Zone ?? cron?.TimeZone.Id,
            simple?.RepeatInterval, simple?.RepeatCount, "1", IsSpecial: false, IsOwn: true, part?.Offset ?? TimeSpan.Zero, part?.Anchor);
    }

    // Not ComputeFirstFireTimeUtc: a cron trigger of Quartz begins at the present, whatever its start.
    private static DateTime First(ITrigger trigger) => trigger.GetFireTimeAfter(trigger.StartTimeUtc.AddTicks(-1))!.Value.UtcDateTime;

    // What the engine fires, and last what it hands over.
    private static List<DateTime> Walk(DueTrigger row, DateTimeOffset until)
    {
        var due = new List<DateTime>();
        for (DateTime? next = row.DueAt; next <= until.UtcDateTime; next = (row with { DueAt = next.Value }).Next())
        {
            Assert.That(due.LastOrDefault(), Is.LessThan(next), "each is later than the one before");
            due.Add(next.Value);
        }
        return due;
    }

    private static List<DateTime> DueTimes(ITrigger trigger, DateTimeOffset until)
    {
        var due = new List<DateTime>();
        for (var next = trigger.GetFireTimeAfter(trigger.StartTimeUtc.AddTicks(-1)); next <= until; next = trigger.GetFireTimeAfter(next))
        {
            Assert.That(due.LastOrDefault(), Is.LessThan(next.Value.UtcDateTime), "Quartz's own is later than the one before");
            due.Add(next.Value.UtcDateTime);
        }
        Assert.That(due, Is.Not.Empty);
        return due;
    }
}
