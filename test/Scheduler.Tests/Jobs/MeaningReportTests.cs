using NUnit.Framework;
using Scheduler.Jobs;

namespace Scheduler.Tests.Jobs;

/// <summary>What an upgrade from a build before 0.2.0 changes in when jobs are due, and what it refuses.</summary>
[TestFixture]
public sealed class MeaningReportTests
{
    private static readonly DateTimeOffset Now = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [TestCase("0 3 * * *", "Europe/Berlin")]
    [TestCase("*/5 * * * *", "UTC")]
    [TestCase("0 6 * * MON-FRI; every 5m", "America/New_York")]
    [TestCase("rrule FREQ=MONTHLY;BYDAY=2MO;BYHOUR=9", "UTC")]
    [TestCase("after backup", "UTC")]
    [TestCase("at 2027-05-01T00:00:00Z", "UTC")]
    public void Most_jobs_are_due_as_before(string schedule, string zone) => Assert.That(Of(schedule, zone), Is.Null);

    // A step on names was dropped.
    [TestCase("0 0 1 JAN-DEC/3 *", "UTC", "no longer due at 2027-02-01T00:00:00Z")]
    [TestCase("0 0 1 JAN/3 *", "UTC", "now due at 2027-04-01T00:00:00Z")]
    // Only a star alone is Vixie's.
    [TestCase("0 0 16 * 0-6", "UTC", "now due at 2027-01-02T00:00:00Z")]
    [TestCase("rrule FREQ=YEARLY;BYDAY=MO", "UTC", "now due at 2027-02-01T00:00:00Z")]
    [TestCase("30 1 28 3 *", "Europe/Dublin", "no longer due at 2027-03-28T00:30:00Z, now due at 2027-03-28T01:00:00Z")]
    public void A_job_that_is_due_at_other_instants_is_listed_with_the_first(string schedule, string zone, string expected) =>
        Assert.That(Of(schedule, zone)?.ToString(), Is.EqualTo($"changed job ('{schedule}'): {expected}"));

    [TestCase("0 0 * * MON-WED-FRI", "did you mean '0 0 * * MON,WED,FRI'?")]
    [TestCase("*/90 * * * *", "did you mean 'every 90m'?")]
    [TestCase("rrule FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY has no meaning with FREQ=WEEKLY")]
    public void A_job_that_is_refused_now_is_listed_with_the_reason(string schedule, string reason) =>
        Assert.That(Of(schedule, "UTC")?.Refused, Does.Contain(reason));

    private static ChangedMeaning? Of(string schedule, string zone) =>
        MeaningReport.Compare(new() { Name = "job", Schedule = schedule, TimeZone = zone }, Now);
}
