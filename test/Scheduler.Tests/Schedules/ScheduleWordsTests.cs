using NUnit.Framework;
using Scheduler.Schedules;

namespace Scheduler.Tests.Schedules;

/// <summary>Schedules as English sentences. What is expected is what the schedule means, see docs/schedules.md.</summary>
[TestFixture]
public sealed class ScheduleWordsTests
{
    private const string Berlin = "Europe/Berlin";
    private static readonly DateTimeOffset Now = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [TestCase("30 2 * * 1-5", Berlin, "At 02:30 on weekdays, Europe/Berlin")]
    [TestCase("30 2 * * *", Berlin, "At 02:30 every day, Europe/Berlin; on 2027-03-28 at 03:00 instead")]
    [TestCase("*/30 2 * * *", Berlin, "At 02:00 and 02:30 every day, Europe/Berlin; on 2027-03-28 at 03:00 instead")]
    [TestCase("rrule FREQ=DAILY;BYHOUR=2;BYMINUTE=30", Berlin, "Every day at 02:30, Europe/Berlin; on 2027-03-28 at 03:30 instead")]
    [TestCase("0 2 * * *; 0 12 * * *", Berlin, "At 02:00 every day; at 12:00 every day, Europe/Berlin; on 2027-03-28 at 03:00 instead of 02:00")]
    [TestCase("0 2,3 * * *", Berlin, "At 02:00 and 03:00 every day, Europe/Berlin; on 2027-03-28 not at 02:00")]
    [TestCase("*/5 * * * *", Berlin, "Every 5 minutes, Europe/Berlin")]
    [TestCase("* * * * *", "UTC", "Every minute, UTC")]
    [TestCase("* * * * * ?", "UTC", "Every second, UTC")]
    [TestCase("*/10 * * * * ?", "UTC", "Every 10 seconds, UTC")]
    [TestCase("15 * * * * ?", "UTC", "At second 15 of every minute, UTC")]
    [TestCase("* 30 2 * * ?", "UTC", "Every second of minute 30 of hour 02, UTC")]
    [TestCase("0 * * * *", "UTC", "Every hour, UTC")]
    [TestCase("15 * * * *", "UTC", "Every hour at minute 15, UTC")]
    [TestCase("0 */2 * * *", "UTC", "Every 2 hours, UTC")]
    [TestCase("5/15 * * * *", "UTC", "Every 15 minutes from minute 5 of each hour, UTC")]
    [TestCase("*/7 * * * *", "UTC", "Every 7 minutes from minute 0 to minute 56 of each hour, UTC")]
    [TestCase("1,2,40 * * * *", "UTC", "At minutes 1, 2 and 40 of every hour, UTC")]
    [TestCase("*/10 9-17 * * MON-FRI", "UTC", "Every 10 minutes from 09:00 to 17:59 on weekdays, UTC")]
    [TestCase("0 9-17 * * 1-5", "UTC", "Every hour from 09:00 to 17:00 on weekdays, UTC")]
    [TestCase("0 6,18 * * SAT,SUN", "UTC", "At 06:00 and 18:00 at weekends, UTC")]
    [TestCase("0 0 * * MON-THU", "UTC", "At 00:00 from Monday to Thursday, UTC")]
    [TestCase("0 0 * * 6,1", "UTC", "At 00:00 on Mondays and Saturdays, UTC")]
    [TestCase("@weekly", "UTC", "At 00:00 on Sundays, UTC")]
    [TestCase("@monthly", "UTC", "At 00:00 on the 1st of the month, UTC")]
    [TestCase("0 0 1 JAN/3 *", "UTC", "At 00:00 on the 1st of January, April, July and October, UTC")]
    [TestCase("0 0 1-7,22 3-5 *", "UTC", "At 00:00 on the 1st to 7th and 22nd of March to May, UTC")]
    [TestCase("0 0 * 3 *", "UTC", "At 00:00 every day in March, UTC")]
    [TestCase("0 0 * 3 MON", "UTC", "At 00:00 on Mondays in March, UTC")]
    [TestCase("0 0 13 * FRI", "UTC", "At 00:00 on the 13th of the month and on Fridays, UTC")]
    [TestCase("0 0 16 * 0-6", "UTC", "At 00:00 every day, UTC")]
    [TestCase("0 0 12 ? * FRI#2", "UTC", "At 12:00 on the second Friday of the month, UTC")]
    [TestCase("0 0 12 ? * FRIL", "UTC", "At 12:00 on the last Friday of the month, UTC")]
    [TestCase("0 0 L * *", "UTC", "At 00:00 on the last day of the month, UTC")]
    [TestCase("0 0 L-3 * *", "UTC", "At 00:00 on the 3rd day before the last of the month, UTC")]
    [TestCase("0 0 LW * *", "UTC", "At 00:00 on the last weekday of the month, UTC")]
    [TestCase("0 0 15W * *", "UTC", "At 00:00 on the weekday nearest to the 15th of the month, UTC")]
    [TestCase("0 0 0 1 1 ? 2030", "UTC", "At 00:00 on the 1st of January in 2030, UTC")]
    [TestCase("every 5m", Berlin, "Every 5 minutes, UTC")]
    [TestCase("every 90s", "UTC", "Every 90 seconds, UTC")]
    [TestCase("every 7m", "UTC", "Every 7 minutes, counted from 1970-01-01 00:00, UTC")]
    [TestCase("every 1d", Berlin, "Every day at 00:00, UTC")]
    [TestCase("every 2d", "UTC", "Every 2 days at 00:00, counted from 1970-01-01 00:00, UTC")]
    [TestCase("at 2026-12-01T02:00:00Z", Berlin, "Once at 2026-12-01 03:00, Europe/Berlin")]
    [TestCase("rrule FREQ=MONTHLY;BYDAY=2MO;BYHOUR=9", "UTC", "Every month on the second Monday of the month at 09:00, UTC")]
    [TestCase("rrule FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;BYHOUR=8;BYMINUTE=30", "UTC",
        "Every 2 weeks on Mondays and Fridays at 08:30, counted from 2001-01-01, UTC")]
    [TestCase("rrule FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "UTC", "Every year on the last Sunday of March at 00:00, UTC")]
    [TestCase("rrule FREQ=YEARLY;BYDAY=20MO", "UTC", "Every year on the 20th Monday of the year at 00:00, UTC")]
    [TestCase("rrule FREQ=YEARLY", "UTC", "Every year on 1 January at 00:00, UTC")]
    [TestCase("rrule FREQ=MONTHLY;BYMONTHDAY=1,-1", "UTC", "Every month on the 1st and last day of the month at 00:00, UTC")]
    [TestCase("rrule FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "UTC",
        "Every month on weekdays at 00:00 (of these the last of each month), UTC")]
    [TestCase("rrule FREQ=YEARLY;BYWEEKNO=20", "UTC", "Every year on Mondays in week 20 of the year at 00:00, UTC")]
    [TestCase("rrule FREQ=HOURLY;BYHOUR=9,10,11;BYMINUTE=30", "UTC", "Every hour at minute 30 in the hours 9 to 11, UTC")]
    [TestCase("rrule FREQ=DAILY;UNTIL=20301231T235959Z", "UTC", "Every day at 00:00, until 2030-12-31 23:59:59 UTC, UTC")]
    [TestCase("30 2,14 * * *", Berlin, "At 02:30 and 14:30 every day, Europe/Berlin; on 2027-03-28 at 03:00 instead of 02:30")]
    [TestCase("30 23 * * *", "America/Nuuk", "At 23:30 every day, America/Nuuk; on 2027-03-28 at 00:00 instead of 2027-03-27 at 23:30")]
    [TestCase("*/20 0 * * * ?", "UTC", "Every 20 seconds of minute 0 of every hour, UTC")]
    [TestCase("* 0 9 * * ?", "UTC", "Every second of minute 0 of hour 09, UTC")]
    [TestCase("manual", "UTC", "Only on request")]
    [TestCase("after backup", "UTC", "After backup has succeeded")]
    [TestCase("after a and b on any + 5m", "UTC", "After a and b have ended, 5m later")]
    [TestCase("after a on failure from startup", "UTC", "After a has failed since the cluster started and because it did")]
    [TestCase("on startup + 15m; on node start", "UTC", "When the cluster starts, 15m later; when a node starts, on that node")]
    [TestCase("every 5m after end", "UTC", "5m after the end of its last run")]
    [TestCase("0 0 L * * with mode=full; on release with mode=new", "UTC",
        "At 00:00 on the last day of the month with mode=full, UTC; once for each new version of the job with mode=new")]
    [TestCase("0 6 * * MON-FRI; 0 10 * * SAT; after import", "UTC", "At 06:00 on weekdays; at 10:00 on Saturdays, UTC; after import has succeeded")]
    public void Says_what_it_means(string schedule, string zone, string words) =>
        Assert.That(ScheduleWords.Of(Schedule.Parse(schedule, zone), Now), Is.EqualTo(words));

    [Test]
    public void Says_how_often_a_rule_that_counts_is_due()
    {
        var limits = new ScheduleLimits(new DateTimeOffset(2027, 2, 3, 9, 30, 0, TimeSpan.Zero), null, TimeSpan.Zero, null);
        Assert.That(ScheduleWords.Of(Schedule.Parse("rrule FREQ=WEEKLY;COUNT=4", "UTC", limits), Now),
            Is.EqualTo("Every week on Wednesdays at 09:30, 4 times, UTC"));
    }
}
