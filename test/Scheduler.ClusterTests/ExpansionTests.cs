using System.Globalization;
using NUnit.Framework;
using Quartz;
using Scheduler.TestKit.Checking;

namespace Scheduler.ClusterTests;

/// <summary>The checker's own reckoning of due times, held against the calendar and, where both know a language, against Quartz's.</summary>
[TestFixture]
public sealed class ExpansionTests
{
    private static readonly DateTime Start = new(2026, 11, 21, 4, 0, 0, DateTimeKind.Utc);   // a Saturday

    [TestCase("every 7s", "04:00:01 04:00:08 04:00:15 04:00:22")]
    [TestCase("every 1m30s", "04:00:00 04:01:30 04:03:00 04:04:30")]
    [TestCase("*/2 * * * *", "04:00:00 04:02:00 04:04:00 04:06:00")]
    [TestCase("5-7,9 4 * * *", "04:05:00 04:06:00 04:07:00 04:09:00")]
    [TestCase("*/20 * * * * ?", "04:00:00 04:00:20 04:00:40 04:01:00")]
    [TestCase("50/3 0 4 * * ?", "04:00:50 04:00:53 04:00:56 04:00:59")]
    [TestCase("0 30 4 ? * 7", "04:30:00")]
    [TestCase("0 30 4 ? * 1", "")]
    [TestCase("30 4 1 * 6", "04:30:00")]
    [TestCase("30 4 1 * 0", "")]
    [TestCase("every 1h; 59 59 4 * * ?", "04:00:00 04:59:59")]
    public void A_schedule_is_due_when_the_calendar_says_so(string schedule, string expected)
    {
        var targets = Expansion.Targets(schedule, "UTC", Start, Start.AddHours(1)).Take(4).Select(t =>
            t.ToString("HH:mm:ss", CultureInfo.InvariantCulture));
        Assert.That(string.Join(' ', targets), Is.EqualTo(expected));
    }

    [TestCase("*/7 * * * * ?")]
    [TestCase("3/11 */5 4,5 * * ?")]
    [TestCase("0 0-30/7 4 ? 11,12 1-5")]
    [TestCase("15 30 6 21-23 * ?")]
    public void Quartz_agrees(string schedule)
    {
        var quartz = new CronExpression(schedule, TimeZoneInfo.Utc);
        var theirs = new List<DateTime>();
        for (var next = quartz.GetNextValidTimeAfter(Start.AddTicks(-1)); next < Start.AddDays(4); next = quartz.GetNextValidTimeAfter(next.Value))
        {
            theirs.Add(next.Value.UtcDateTime);
        }
        Assert.That(Expansion.Targets(schedule, "UTC", Start, Start.AddDays(4)), Is.EqualTo(theirs));
    }

    [TestCase("0 0 * * MON")]
    [TestCase("0 0 L * ?")]
    [TestCase("61 * * * *")]
    [TestCase("5/15 * * * *")]
    [TestCase("* * * * * *")]
    [TestCase("@daily")]
    [TestCase("every")]
    [TestCase("every 5")]
    [TestCase("0 0 12 * * ? 2027")]
    public void What_it_does_not_understand_it_refuses(string schedule) =>
        Assert.Throws<NotSupportedException>(() => Expansion.Targets(schedule, "UTC", Start, Start.AddHours(1)));

    [Test]
    public void Other_time_zones_are_refused() =>
        Assert.Throws<NotSupportedException>(() => Expansion.Targets("every 1s", "Europe/Berlin", Start, Start.AddHours(1)));
}
