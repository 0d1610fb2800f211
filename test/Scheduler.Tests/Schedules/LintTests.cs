using NUnit.Framework;
using Scheduler.Jobs;
using Scheduler.Schedules;

namespace Scheduler.Tests.Schedules;

public sealed class LintTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [TestCase("30 2 * * *", "Europe/Berlin",
        "'30 2 * * *' on 2027-03-28 in Europe/Berlin: the clocks go from 02:00 to 03:00, there is no 02:30; due at 03:00 instead")]
    [TestCase("30 2 * * *", "Europe/Berlin",
        "'30 2 * * *' on 2028-10-29 in Europe/Berlin: the clocks go from 03:00 back to 02:00, 02:30 comes twice; due the first time only")]
    [TestCase("0 1-4 * * *", "Europe/Berlin",
        "'0 1-4 * * *' on 2027-10-31 in Europe/Berlin: the clocks go from 03:00 back to 02:00, 02:00 comes twice; due both times")]
    [TestCase("0 0 31 * *", "UTC",
        "'0 0 31 * *' skips February, April, June, September, November: not every month has that day; L means the last one")]
    [TestCase("0 0 30 * *", "Europe/Berlin", "'0 0 30 * *' skips February: not every month has that day; L means the last one")]
    [TestCase("rrule FREQ=MONTHLY;BYMONTHDAY=31", "UTC",
        "'rrule FREQ=MONTHLY;BYMONTHDAY=31' skips February, April, June, September, November: not every month has that day; L means the last one")]
    [TestCase("0 0 13 * FRI", "UTC", "'0 0 13 * FRI' names day 13 and weekday FRI: due on either, not only where both meet")]
    [TestCase("0 0 9 * * 1-5", "UTC", "'0 0 9 * * 1-5' counts weekdays from Sunday as 1, as Quartz does: 1-5 is SUN-THU here; "
        + "names mean the same everywhere")]
    [TestCase("0 0 9 ? * 6#3", "UTC", "'0 0 9 ? * 6#3' counts weekdays from Sunday as 1, as Quartz does: 6#3 is FRI#3 here; "
        + "names mean the same everywhere")]
    [TestCase("at 2020-01-01T00:00Z", "UTC", "'at 2020-01-01T00:00Z' is never due again")]
    public void Notes_what_is_worth_knowing(string schedule, string zone, string note) =>
        Assert.That(Lint.Of(Schedule.Parse(schedule, zone), Now), Has.Member(note));

    [TestCase("*/5 * * * *", "Europe/Berlin")]
    [TestCase("@hourly", "Europe/Berlin")]
    [TestCase("0 12 * * *", "Europe/Berlin")]
    [TestCase("30 2 * * *", "UTC")]
    [TestCase("0 0 9 ? * MON-FRI", "UTC")]
    [TestCase("0 0 L * *", "UTC")]
    [TestCase("0 0 29 2 *", "UTC")]
    [TestCase("0 0 31 12 *", "UTC")]
    [TestCase("every 1s", "Europe/Berlin")]
    [TestCase("manual", "UTC")]
    [TestCase("after a; on startup", "Europe/Berlin")]
    public void Says_nothing_of_what_is_plain(string schedule, string zone) => Assert.That(Lint.Of(Schedule.Parse(schedule, zone), Now), Is.Empty);

    [Test]
    public void Compares_the_time_between_two_fires_with_what_a_run_takes()
    {
        var schedule = Schedule.Parse("every 30s", "UTC");
        Assert.That(Lint.Of(schedule, Now, TimeSpan.FromSeconds(45)),
            Is.EqualTo(new[] { "due every 30s at its closest, but a run takes 45s as a rule" }));
        Assert.That(Lint.Of(schedule, Now, TimeSpan.FromSeconds(20)), Is.Empty);
    }

    [Test]
    public void Notes_a_crowd_on_one_second_and_tells_those_without_a_spread()
    {
        var midnight = Enumerable.Range(0, 25).Select(i => ($"job-{i}", Schedule.Parse("@daily", "UTC")));
        var often = Enumerable.Range(0, 50).Select(i => ($"often-{i}", Schedule.Parse("every 1m", "UTC")));
        var herds = Lint.Herds([.. midnight, .. often], Now);
        Assert.That(herds, Has.Count.EqualTo(25));
        Assert.That(herds["job-0"], Is.EqualTo("25 jobs are due at 2026-11-22T00:00:00Z in one second; give them a spread, such as 10m"));
    }

    [Test]
    public void Jobs_that_wait_for_each_other_are_found_with_the_way_round()
    {
        static JobDefinition Job(string name, string schedule) => new() { Name = name, Kind = "sql", Schedule = schedule };
        var cycles = AfterCycles.Find(
            [Job("a", "after c"), Job("b", "after a; @daily"), Job("c", "after b on any"), Job("d", "after c"), Job("e", "@daily")]);
        Assert.That(cycles.Select(c => c.Problem), Is.EqualTo(new[]
        {
            "job 'a' comes after itself: a after c after b after a; expected a chain with a beginning",
            "job 'b' comes after itself: b after a after c after b; expected a chain with a beginning",
            "job 'c' comes after itself: c after b after a after c; expected a chain with a beginning",
        }));
    }
}
