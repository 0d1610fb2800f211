using System.Globalization;
using NUnit.Framework;
using Quartz;
using Quartz.Impl.Calendar;
using Scheduler.TestKit;
using Scheduler.TestKit.Checking;
using static Scheduler.TestKit.QuartzClient;

namespace Scheduler.ClusterTests;

/// <summary>
/// Every kind of trigger Quartz's store can hold, fired by every engine: each is due exactly when Quartz's own class says. Nights of the past
/// are owed as if the cluster had been down since, so that no test waits for them.
/// </summary>
[TestFixture]
public sealed class DueSetTests
{
    private static readonly (string Zone, string Night)[] Nights =
    [
        ("Europe/Berlin", "2025-03-30"), ("Europe/Berlin", "2025-10-26"), ("America/New_York", "2025-03-09"), ("America/New_York", "2025-11-02"),
        ("Australia/Lord_Howe", "2025-10-05"), ("Australia/Lord_Howe", "2025-04-06"),
    ];
    // Around the clock, a fixed hour that may not exist or come twice, and every ten minutes of such hours.
    private static readonly string[] Crons = ["0 */30 * * * ?", "0 15 2 * * ?", "30 */10 1-2 * * ?", "0 0 0 ? * SUN"];
    // Excludes the second half of each minute.
    private static readonly CronCalendar Halves = new("30-59 * * * * ?");

    [Test]
    public async Task Every_kind_of_trigger_is_due_when_Quartzs_own_class_says_and_ends_then([Values] Engines engines)
    {
        await using var cluster = await TestCluster.Start(new()
        {
            Engines = engines,
            Prepare = HistoryReader.EffectTable + TestCluster.NoSweep,      // what this test puts into Quartz's tables is drift
            Jobs = SqlJobText.File(Triggers(Second()).Select(t => new SqlJobText(t.JobKey.Name, "every 36500d") { Overlap = "allow" })),
        });
        await using var quartz = await QuartzClient.Of(cluster.Database);
        await quartz.Scheduler.AddCalendar("halves", Halves, new AddCalendarOptions { Replace = true });

        var triggers = Triggers(Second()).ToList();
        var expected = new Dictionary<string, string>();
        foreach (var trigger in triggers)
        {
            var calendar = trigger.CalendarName is null ? null : Halves;
            expected[trigger.JobKey.Name] = Text(DueTimes(trigger, calendar));
            await quartz.Replace(trigger, calendar);
        }
        Assert.That(expected.Values, Has.None.Empty, "each is due at least once");

        var end = triggers.Max(t => t.EndTimeUtc!.Value.UtcTicks);
        await cluster.Until("every trigger has fired its last", async () => await cluster.Database.Value<long>(
            "select (select count(*) from quartz.qrtz_triggers where next_fire_time <= @end)"
            + " + (select count(*) from quartz.qrtz_fired_triggers)", new { end }) == 0      // fired is not yet entered
            && await cluster.Count("state <> 'finished'") == 0, TimeSpan.FromSeconds(60));
        var rows = await cluster.Database.Rows<(string Job, DateTime DueAt)>("select job, due_at from scheduler.run order by due_at");
        var fired = rows.GroupBy(r => r.Job, r => r.DueAt).ToDictionary(g => g.Key, Text);

        Assert.Multiple(() =>
        {
            foreach (var (job, due) in expected) { Assert.That(fired.GetValueOrDefault(job), Is.EqualTo(due), job); }
            Assert.That(fired.Keys, Is.SubsetOf(expected.Keys));
        });
        Assert.That(await cluster.Database.Value<long>("select count(*) - count(distinct run_key) from public.effect"), Is.Zero, "effects once");
        Assert.That(await cluster.Count("started_at < due_at"), Is.Zero, "nothing is early");
    }

    private static IEnumerable<ITrigger> Triggers(DateTimeOffset now)
    {
        foreach (var (zone, night) in Nights)
        {
            var sunday = DateTimeOffset.Parse(night + "T00:00:00Z", CultureInfo.InvariantCulture);
            for (var i = 0; i < Crons.Length; i++)
            {
                yield return For($"dst/{zone}/{night}/{i}".ToLowerInvariant(), sunday.AddDays(-2), sunday.AddDays(2), Cron(Crons[i], zone));
            }
        }
        var live = now.AddSeconds(4);      // after they are all stored, on most machines; owed on others
        yield return For("cron/ends-on-a-fire", live, live.AddSeconds(6), Cron("* * * * * ?"));
        yield return For("cron/ends-between-fires", live, live.AddSeconds(5.5), Cron("*/2 * * * * ?"));
        yield return For("every/ends-on-a-fire", live, live.AddSeconds(6), Every(1));
        yield return For("every/ends-between-fires", live, live.AddSeconds(5.5), Every(2));
        yield return For("every/starts-within-a-second", live.AddSeconds(0.35), live.AddSeconds(6), Every(1.5));
        yield return For("every/half-a-second", live, live.AddSeconds(4), Every(0.5));
        yield return For("every/counts", live, live.AddSeconds(60), Every(1).WithRepeatCount(4));
        yield return For("every/counts-beyond-its-end", live, live.AddSeconds(3.5), Every(1).WithRepeatCount(40));
        yield return For("every/once", live, live.AddSeconds(60), Every(1).WithRepeatCount(0));
        yield return For("calendar/cron", now.AddSeconds(-90), now.AddSeconds(12), Cron("*/5 * * * * ?"), "halves");
        yield return For("calendar/every", now.AddSeconds(-90), now.AddSeconds(12), Every(7), "halves");
        var spring = new DateTimeOffset(2025, 3, 27, 1, 30, 0, TimeSpan.Zero);
        yield return For("other/calendar-interval", spring, spring.AddDays(6), CalendarIntervalScheduleBuilder.Create()
            .WithInterval(1, IntervalUnit.Day).InTimeZone(Zone("Europe/Berlin")).PreserveHourOfDayAcrossDaylightSavings(true)
            .WithMisfireInstruction(CalendarIntervalTriggerMisfireInstruction.IgnoreMisfires));
        yield return For("other/calendar-interval-months", spring, spring.AddMonths(9), CalendarIntervalScheduleBuilder.Create()
            .WithInterval(1, IntervalUnit.Month).InTimeZone(Zone("Europe/Berlin"))
            .WithMisfireInstruction(CalendarIntervalTriggerMisfireInstruction.IgnoreMisfires));
        yield return For("other/daily-interval", spring, spring.AddDays(6), DailyTimeIntervalScheduleBuilder.Create()
            .WithInterval(20, IntervalUnit.Minute).StartingDailyAt(new(1, 30)).EndingDailyAt(new(3, 30)).InTimeZone(Zone("Europe/Berlin"))
            .WithMisfireInstruction(DailyTimeIntervalTriggerMisfireInstruction.IgnoreMisfires));
        yield return For("other/rrule", spring, spring.AddDays(9), RecurrenceScheduleBuilder
            .Create("FREQ=DAILY;INTERVAL=2;BYHOUR=2;BYMINUTE=30;BYSECOND=0")
            .InTimeZone(Zone("Europe/Berlin")).WithMisfireInstruction(RecurrenceTriggerMisfireInstruction.IgnoreMisfires));
    }

    private static CronScheduleBuilder Cron(string cron, string zone = "UTC") =>
        CronScheduleBuilder.Create(cron).InTimeZone(Zone(zone)).WithMisfireInstruction(CronTriggerMisfireInstruction.IgnoreMisfires);

    private static SimpleScheduleBuilder Every(double seconds) => SimpleScheduleBuilder.Create().WithInterval(TimeSpan.FromSeconds(seconds))
        .RepeatForever().WithMisfireInstruction(SimpleTriggerMisfireInstruction.IgnoreMisfires);

    private static DateTimeOffset Second() =>
        new(TimeProvider.System.GetUtcNow().Ticks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero);

    private static TimeZoneInfo Zone(string id) => TimeZoneInfo.FindSystemTimeZoneById(id);

    // Whole seconds: two due instants of one second are one fire.
    private static string Text(IEnumerable<DateTime> due) =>
        string.Join('\n', due.Select(d => d.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)).Distinct());
}
