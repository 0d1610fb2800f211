using System.Globalization;
using NUnit.Framework;
using Quartz;
using Scheduler.Jobs;
using Scheduler.Schedules;

namespace Scheduler.Tests.Schedules;

public sealed class ScheduleTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [TestCase("*/5 * * * *", "2026-11-21T12:05:00Z 2026-11-21T12:10:00Z")]
    [TestCase("0 0 2 * * ?", "2026-11-22T02:00:00Z 2026-11-23T02:00:00Z")]
    [TestCase("0 0 2 1 1 ? 2027-2030", "2027-01-01T02:00:00Z 2028-01-01T02:00:00Z")]
    [TestCase("30 4 * * 1", "2026-11-23T04:30:00Z 2026-11-30T04:30:00Z")]
    [TestCase("0 0 13 * FRI", "2026-11-27T00:00:00Z 2026-12-04T00:00:00Z")]
    [TestCase("@hourly", "2026-11-21T13:00:00Z 2026-11-21T14:00:00Z")]
    [TestCase("@daily", "2026-11-22T00:00:00Z 2026-11-23T00:00:00Z")]
    [TestCase("@midnight", "2026-11-22T00:00:00Z 2026-11-23T00:00:00Z")]
    [TestCase("@weekly", "2026-11-22T00:00:00Z 2026-11-29T00:00:00Z")]
    [TestCase("@monthly", "2026-12-01T00:00:00Z 2027-01-01T00:00:00Z")]
    [TestCase("@yearly", "2027-01-01T00:00:00Z 2028-01-01T00:00:00Z")]
    [TestCase("@annually", "2027-01-01T00:00:00Z 2028-01-01T00:00:00Z")]
    [TestCase("every 30s", "2026-11-21T12:00:30Z 2026-11-21T12:01:00Z")]
    [TestCase("every 1h30m", "2026-11-21T13:30:00Z 2026-11-21T15:00:00Z")]
    [TestCase("every 2d", "2026-11-23T00:00:00Z 2026-11-25T00:00:00Z")]
    [TestCase("@daily; 0 12 * * *", "2026-11-22T00:00:00Z 2026-11-22T12:00:00Z")]
    [TestCase("0 * * * *;every 1h", "2026-11-21T13:00:00Z 2026-11-21T14:00:00Z")]
    [TestCase("manual", "")]
    public void Says_when_it_is_due(string text, string due) => Assert.That(Utc(Schedule.Parse(text, "UTC").Next(Noon, 2)), Is.EqualTo(due));

    [Test]
    public void A_schedule_that_ends_has_fewer_due_times() =>
        Assert.That(Utc(Schedule.Parse("0 0 0 1 1 ? 2027", "UTC").Next(Noon, 5)), Is.EqualTo("2027-01-01T00:00:00Z"));

    // Berlin 2027: 28 March 02:00 does not exist until 03:00, 31 October 03:00 becomes 02:00 again (quartz.md §3).
    [TestCase("30 2 * * *", "2027-03-28", "03:00+02")]
    [TestCase("0 2 * * *", "2027-03-28", "03:00+02")]
    [TestCase("*/30 2 * * *", "2027-03-28", "03:00+02")]
    [TestCase("30 2,3 * * *", "2027-03-28", "03:00+02 03:30+02")]
    [TestCase("30 2 * * *", "2027-10-31", "02:30+02")]
    [TestCase("0,30 2 * * *", "2027-10-31", "02:00+02 02:30+02")]
    [TestCase("0 2,3,4 * * *", "2027-10-31", "02:00+02 03:00+01 04:00+01")]
    [TestCase("*/30 2 * * *", "2027-10-31", "02:00+02 02:30+02 02:00+01 02:30+01")]
    [TestCase("0 1-4 * * *", "2027-10-31", "01:00+02 02:00+02 02:00+01 03:00+01 04:00+01")]
    public void Follows_summer_time_in_Berlin(string text, string day, string due)
    {
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var midnight = DateTime.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture);
        var start = new DateTimeOffset(midnight, berlin.GetUtcOffset(midnight));
        var times = Schedule.Parse(text, "Europe/Berlin").Next(start.AddSeconds(-1), 40)
            .Select(t => TimeZoneInfo.ConvertTime(t, berlin)).Where(t => t.Date == midnight);
        Assert.That(string.Join(' ', times.Select(t => t.ToString("HH:mmzz", CultureInfo.InvariantCulture))), Is.EqualTo(due));
    }

    [TestCase("0 0 0 31 2 ?", "schedule '0 0 0 31 2 ?' is never due up to 2299: no such day exists")]
    [TestCase("0 0 30 2 *", "schedule '0 0 30 2 *' is never due up to 2299: no such day exists")]
    [TestCase("", "a schedule is empty; expected 5 cron fields (minute hour day month weekday), 6 or 7 Quartz fields, "
        + "a macro such as @daily, 'every 5m', 'every 5m after end', 'at 2026-12-01T02:00:00Z', 'rrule FREQ=…', 'after JOB', 'on startup', "
        + "'on release', 'on node start', 'on notify CHANNEL', or 'manual'")]
    [TestCase("@daily;", "a schedule is empty; expected 5 cron fields (minute hour day month weekday), 6 or 7 Quartz fields, "
        + "a macro such as @daily, 'every 5m', 'every 5m after end', 'at 2026-12-01T02:00:00Z', 'rrule FREQ=…', 'after JOB', 'on startup', "
        + "'on release', 'on node start', 'on notify CHANNEL', or 'manual'")]
    [TestCase("manual; @daily", "schedule 'manual' stands beside others; expected it alone")]
    [TestCase("* * * *", "schedule '* * * *' has 4 fields; expected 5 cron fields (minute hour day month weekday), 6 or 7 Quartz fields, "
        + "a macro such as @daily, 'every 5m', 'every 5m after end', 'at 2026-12-01T02:00:00Z', 'rrule FREQ=…', 'after JOB', 'on startup', "
        + "'on release', 'on node start', 'on notify CHANNEL', or 'manual'")]
    [TestCase("dayly", "schedule 'dayly' is not known; did you mean '@daily'?")]
    [TestCase("manuel", "schedule 'manuel' is not known; did you mean 'manual'?")]
    [TestCase("@dayly", "schedule '@dayly' is not known; did you mean '@daily'?")]
    [TestCase("@every 5m", "schedule '@every 5m' is not known; did you mean 'every 5m'?")]
    [TestCase("every 5", "schedule 'every 5' cannot be read; "
        + "expected 'every' and a duration of at least 1s and at most 36500d, such as 'every 30s' or 'every 1h30m'")]
    [TestCase("every 0s", "schedule 'every 0s' cannot be read; expected 'every' and a duration of at least 1s, such as 'every 30s' or 'every 1h30m'")]
    [TestCase("every 1.5h", "schedule 'every 1.5h' cannot be read; did you mean 'every 1h30m'?")]
    [TestCase("a b c d e", "schedule 'a b c d e': minute 'a' cannot be read; expected 0-59, *, a list, a range or a step")]
    [TestCase("* 25 * * *", "schedule '* 25 * * *': hour '25' cannot be read; expected 0-23")]
    [TestCase("1,,2 * * * *", "schedule '1,,2 * * * *': minute '1,,2' has an empty place in its list; did you mean '1,2 * * * *'?")]
    [TestCase("0 0 */2 * 1", "schedule '0 0 */2 * 1': crons disagree on what day '*/2' together with weekday '1' means; "
        + "expected one of the two as *, or days listed without a leading *")]
    public void Refuses_with_one_clear_message(string text, string message) =>
        Assert.That(() => Schedule.Parse(text, "UTC"), Throws.TypeOf<ScheduleException>().With.Message.EqualTo(message));

    [TestCase("rrule FREQ=DAILY;COUNT=3", "schedule 'rrule FREQ=DAILY;COUNT=3': COUNT counts from the job's 'starts', and it has none; "
        + "expected 'starts', or UNTIL instead")]
    [TestCase("rrule FREQ=DAILY;BYHOURS=3", "schedule 'rrule FREQ=DAILY;BYHOURS=3': 'BYHOURS' is no part of a rule; did you mean 'BYHOUR'?")]
    [TestCase("rrule FREQ=NEVER", "schedule 'rrule FREQ=NEVER': FREQ is 'NEVER'; "
        + "expected one of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY, SECONDLY")]
    [TestCase("rrule FREQ=MONTHLY;BYMONTHDAY=30;BYMONTH=2", "schedule 'rrule FREQ=MONTHLY;BYMONTHDAY=30;BYMONTH=2' is never due: "
        + "no such time exists up to the year 9999")]
    [TestCase("at noon", "schedule 'at noon' cannot be read; expected 'at' and an instant such as 2026-12-01T02:00:00Z, 2026-12-01T02:00:00+01:00, "
        + "or 2026-12-01T02:00 in the job's time zone")]
    [TestCase("at 2026-02-30T02:00", "schedule 'at 2026-02-30T02:00': there is no instant 2026-02-30T02:00; expected 'at' and an instant such as "
        + "2026-12-01T02:00:00Z, 2026-12-01T02:00:00+01:00, or 2026-12-01T02:00 in the job's time zone")]
    [TestCase("after A", "schedule 'after A': 'A' is no job name; expected lower-case letters, digits and . _ - /")]
    [TestCase("on notify Orders", "schedule 'on notify Orders': 'Orders' is no channel; "
        + "expected at most 63 lower-case letters, digits and _, not beginning with a digit")]
    [TestCase("on notify a;drop", "schedule 'drop' has 1 field; expected 5 cron fields (minute hour day month weekday), 6 or 7 Quartz fields, "
        + "a macro such as @daily, 'every 5m', 'every 5m after end', 'at 2026-12-01T02:00:00Z', 'rrule FREQ=…', 'after JOB', 'on startup', "
        + "'on release', 'on node start', 'on notify CHANNEL', or 'manual'")]
    [TestCase("on notify scheduler_jobs", "schedule 'on notify scheduler_jobs': channels named scheduler_… are the scheduler's own; "
        + "expected another name")]
    [TestCase("@reboot", "schedule '@reboot' is not known; did you mean 'on startup'?")]
    [TestCase("evry 5m", "schedule 'evry 5m' is not known; did you mean 'every 5m'?")]
    public void Refuses_other_forms_too(string text, string message) => Refuses_with_one_clear_message(text, message);

    [Test]
    public void A_local_instant_that_the_clocks_leave_out_is_refused() =>
        Assert.That(() => Schedule.Parse("at 2027-03-28T02:30", "Europe/Berlin"), Throws.TypeOf<ScheduleException>().With.Message.EqualTo(
            "schedule 'at 2027-03-28T02:30': there is no 02:30:00 on 2027-03-28 in Europe/Berlin, where the clocks go forward; "
            + "expected a time outside that hour, or an instant such as 2027-03-28T01:30:00Z"));

    [TestCase("at 2026-12-01T02:00:00Z", "UTC", "2026-12-01T02:00:00Z")]
    [TestCase("at 2026-12-01 02:00", "Europe/Berlin", "2026-12-01T01:00:00Z")]
    [TestCase("at 2026-12-01T02:00+05:30", "Europe/Berlin", "2026-11-30T20:30:00Z")]
    [TestCase("at 2027-10-31T02:30", "Europe/Berlin", "2027-10-31T00:30:00Z")]
    [TestCase("at 2020-01-01T00:00Z", "UTC", "")]
    [TestCase("at 2026-12-02T00:00Z; at 2026-12-01T00:00Z", "UTC", "2026-12-01T00:00:00Z 2026-12-02T00:00:00Z")]
    [TestCase("rrule FREQ=MONTHLY;BYDAY=2MO;BYHOUR=9", "Europe/Berlin", "2026-12-14T08:00:00Z 2027-01-11T08:00:00Z")]
    [TestCase("rrule freq=weekly;interval=2", "UTC", "2026-11-30T00:00:00Z 2026-12-14T00:00:00Z")]
    [TestCase("rrule RRULE:FREQ=MONTHLY;BYMONTHDAY=-1; 0 12 22 11 *", "UTC", "2026-11-22T12:00:00Z 2026-11-30T00:00:00Z")]
    [TestCase("rrule FREQ=DAILY;UNTIL=20261122T000000Z", "UTC", "2026-11-22T00:00:00Z")]
    [TestCase("after a; on startup; on release; on notify orders", "UTC", "")]
    public void Says_when_the_newer_forms_are_due(string text, string zone, string due) =>
        Assert.That(Utc(Schedule.Parse(text, zone).Next(Noon, 2)), Is.EqualTo(due));

    // Counted over all parts from 'starts' on, whatever is asked first; a schedule with fewer stays as it is.
    [TestCase("0 0 * * *; 0 12 * * *", 3, "2026-11-22T00:00:00Z 2026-11-22T12:00:00Z 2026-11-23T00:00:00Z")]
    [TestCase("0 0 * * *; 0 0 * * SUN", 2, "2026-11-22T00:00:00Z 2026-11-23T00:00:00Z")]
    [TestCase("at 2026-11-22T00:00Z", 2, "2026-11-22T00:00:00Z")]
    [TestCase("rrule FREQ=DAILY;COUNT=5", 2, "2026-11-21T18:00:00Z 2026-11-22T18:00:00Z")]
    public void Is_due_so_many_times_and_then_done(string text, int count, string due)
    {
        var starts = new DateTimeOffset(2026, 11, 21, 18, 0, 0, TimeSpan.Zero);
        var schedule = Schedule.Parse(text, "UTC", ScheduleLimits.None with { Starts = starts }).First(count);
        Assert.That(Utc(schedule.Next(starts.AddYears(-1), 9)), Is.EqualTo(due));
        Assert.That(Utc(schedule.Next(schedule.Next(starts.AddTicks(-1), 1)[0], 9)), Is.EqualTo(string.Join(' ', due.Split(' ')[1..])));
    }

    [Test]
    public void Begins_ends_and_is_spread()
    {
        var limits = new ScheduleLimits(Noon.AddHours(2), Noon.AddHours(4).AddSeconds(90), TimeSpan.FromSeconds(90), null);
        foreach (var text in (string[])["0 * * * *", "every 1h", "rrule FREQ=HOURLY"])
        {
            // Each is due on the hour and spread by 90 s; the rule counts from where the job starts. The end is part of it.
            var schedule = Schedule.Parse(text, "UTC", limits);
            Assert.That(Utc(schedule.Next(Noon, 5)), Is.EqualTo("2026-11-21T14:01:30Z 2026-11-21T15:01:30Z 2026-11-21T16:01:30Z"), text);
            var trigger = schedule.Triggers("j", Noon)[0];
            Assert.That(trigger.GetFireTimeAfter(Noon.AddHours(3)), Is.EqualTo(Noon.AddHours(3).AddSeconds(90)), text);
            Assert.That(trigger.GetFireTimeAfter(Noon.AddHours(4)), Is.EqualTo(Noon.AddHours(4).AddSeconds(90)), text);
            Assert.That(trigger.GetFireTimeAfter(Noon.AddHours(5)), Is.Null, text);
        }
    }

    [Test]
    public void A_spread_is_the_same_for_a_job_for_ever_and_another_for_the_next()
    {
        var hour = TimeSpan.FromHours(1);
        Assert.That(ScheduleLimits.OffsetOf("a", hour), Is.EqualTo(TimeSpan.FromSeconds(250)));
        var offsets = Enumerable.Range(0, 1000).Select(i => ScheduleLimits.OffsetOf($"job-{i}", hour)).ToList();
        Assert.That(offsets, Is.All.InRange(TimeSpan.Zero, TimeSpan.FromSeconds(3599)));
        Assert.That(offsets.Distinct().Count(), Is.GreaterThan(800));
        Assert.That(ScheduleLimits.OffsetOf("a", TimeSpan.FromSeconds(1)), Is.EqualTo(TimeSpan.Zero));
    }

    [TestCase("Europe/Dublin")]
    [TestCase("Africa/Casablanca")]
    [TestCase("Africa/El_Aaiun")]
    public void Triggers_never_go_back_in_time(string zone)
    {
        var trigger = Schedule.Parse("*/30 * * * *", zone).Triggers("j", Noon)[0];
        for (DateTimeOffset? at = Noon; at < Noon.AddYears(1);)
        {
            var next = trigger.GetFireTimeAfter(at);
            Assert.That(next, Is.GreaterThan(at).And.LessThanOrEqualTo(at!.Value.AddMinutes(90)));
            at = next;
        }
    }

    [TestCase("Europe/Berln", "time zone 'Europe/Berln' is not known; did you mean 'Europe/Berlin'?")]
    [TestCase("europe/berlin", "time zone 'europe/berlin' is not known; did you mean 'Europe/Berlin'?")]
    [TestCase("Berlin", "time zone 'Berlin' is not known; did you mean 'Europe/Berlin'?")]
    [TestCase("New York", "time zone 'New York' is not known; did you mean 'America/New_York'?")]
    [TestCase("W. Europe Standard Time", "time zone 'W. Europe Standard Time' is not known; did you mean 'Europe/Berlin'?")]
    [TestCase("../../etc/passwd", "time zone '../../etc/passwd' is not known; expected an IANA name such as UTC or Europe/Berlin")]
    [TestCase("right/Europe/Berlin", "time zone 'right/Europe/Berlin' is not known; did you mean 'Europe/Berlin'?")]
    [TestCase("", "time zone '' is not known; expected an IANA name such as UTC or Europe/Berlin")]
    public void An_unknown_zone_is_refused_with_the_nearest_name(string zone, string message) =>
        Assert.That(() => Schedule.Parse("@daily", zone), Throws.TypeOf<ScheduleException>().With.Message.EqualTo(message));

    [Test]
    public void Makes_one_trigger_for_each_part()
    {
        var triggers = Schedule.Parse("0 4 * * *; every 90s", "Europe/Berlin").Triggers("a/b", Noon.AddMilliseconds(250));
        Assert.That(triggers.Select(t => (t.Key.ToString(), t.JobKey.ToString(), t.ExecutionGroup)),
            Is.EqualTo(new[] { ("jobs.a/b#0", "jobs.a/b", "fire"), ("jobs.a/b#1", "jobs.a/b", "fire") }));
        Assert.That(triggers.Select(t => t.MisfireInstructionCode), Is.All.EqualTo((int)CronTriggerMisfireInstruction.IgnoreMisfires));
        Assert.That(triggers[0].GetFireTimeAfter(Noon), Is.EqualTo(new DateTimeOffset(2026, 11, 22, 3, 0, 0, TimeSpan.Zero)));
        Assert.That(triggers[1].GetFireTimeAfter(Noon), Is.EqualTo(Noon.AddSeconds(90)));
    }

    [Test]
    public void An_interval_is_anchored_where_every_node_agrees()
    {
        var schedule = Schedule.Parse("every 7m", "UTC");
        var first = schedule.Triggers("j", Noon)[0];
        var later = schedule.Triggers("j", Noon.AddMinutes(100).AddMilliseconds(3))[0];
        Assert.That(later.Description, Is.EqualTo(first.Description));
        Assert.That((later.StartTimeUtc - first.StartTimeUtc).Ticks % TimeSpan.FromMinutes(7).Ticks, Is.Zero);
        Assert.That((first.StartTimeUtc - DateTimeOffset.UnixEpoch).Ticks % TimeSpan.FromMinutes(7).Ticks, Is.Zero);
    }

    [Test]
    public void The_hash_changes_with_what_the_due_times_depend_on_and_with_nothing_else()
    {
        static string? Hash(string text, string zone) => Schedule.Parse(text, zone).Triggers("j", Noon)[0].Description;
        Assert.That(Hash("0  4 * * *", "UTC"), Is.EqualTo(Hash("0 4 * * *", "UTC")));
        Assert.That(Hash("every 60s", "UTC"), Is.EqualTo(Hash("every 1m", "Europe/Berlin")));
        Assert.That(Hash("0 4 * * *", "Europe/Berlin"), Is.Not.EqualTo(Hash("0 4 * * *", "UTC")));
        Assert.That(Hash("0 5 * * *", "UTC"), Is.Not.EqualTo(Hash("0 4 * * *", "UTC")));
    }

    [Test]
    public void A_schedule_that_is_over_makes_no_trigger() =>
        Assert.That(() => Schedule.Parse("0 0 0 1 1 ? 2020", "UTC").Triggers("j", Noon),
            Throws.TypeOf<ScheduleException>().With.Message.EqualTo("schedule '0 0 0 1 1 ? 2020' is never due after 2026-11-21"));

    private static string Utc(IEnumerable<DateTimeOffset> times) =>
        string.Join(' ', times.Select(t => t.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)));
}
