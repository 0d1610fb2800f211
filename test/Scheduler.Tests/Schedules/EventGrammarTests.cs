using System.Globalization;
using NUnit.Framework;
using Scheduler.Database;
using Scheduler.Schedules;

namespace Scheduler.Tests.Schedules;

public sealed class EventGrammarTests
{
    // The whole of docs/schedules.md's events, and names that are words of the language.
    [TestCase("after a", "after a")]
    [TestCase("after  a\ton\n any", "after a on any")]
    [TestCase("after a and b", "after a, b")]
    [TestCase("after a and b and c on failure from startup + 5m", "after a, b, c on failure from startup + 5m")]
    [TestCase("after a on any from startup", "after a on any from startup")]
    [TestCase("after a + 1h30m", "after a + 1h30m")]
    [TestCase("after and", "after and")]
    [TestCase("after on on any", "after on on any")]
    [TestCase("after with", "after with")]
    [TestCase("after a and and and with", "after a, and, with")]
    [TestCase("after from from startup", "after from from startup")]
    [TestCase("on startup", "on startup")]
    [TestCase("on startup + 365d", "on startup + 365d")]
    [TestCase("on release + 1s", "on release + 1s")]
    [TestCase("on node start", "on node start")]
    [TestCase("on node start + 30s", "on node start + 30s")]
    [TestCase("on notify orders + 10s", "on notify orders + 10s")]
    [TestCase("every 5m after end", "5m after end")]
    [TestCase("every 36500d after end", "36500d after end")]
    [TestCase("on startup with mode=full n=3", "on startup with mode=full n=3")]
    [TestCase("after with with with=1", "after with with with=1")]
    [TestCase("every 5m after end with a=b=c", "5m after end with a=b=c")]
    public void Reads(string text, string meaning)
    {
        var schedule = Schedule.Parse(text, "UTC");
        Assert.That(schedule.Parts, Is.Empty);
        Assert.That(string.Join("; ", schedule.Events.Select(Words)), Is.EqualTo(meaning));
    }

    [Test]
    public void Params_stand_behind_parts_of_the_clock_too()
    {
        var schedule = Schedule.Parse(
            "0 2 * * * with mode=short; 0 2 * * SUN with mode=full; rrule FREQ=MONTHLY;BYDAY=1MO with mode=month a=2", "UTC");
        string At(string due) => string.Join(' ',
            schedule.ParamsAt(DateTimeOffset.Parse(due, CultureInfo.InvariantCulture)).Select(p => $"{p.Key}={p.Value}"));
        Assert.That(schedule.Parts.Select(p => p.Text), Is.EqualTo(["0 2 * * *", "0 2 * * SUN", "rrule FREQ=MONTHLY;BYDAY=1MO"]));
        Assert.That(At("2026-11-22T02:00:00Z"), Is.EqualTo("mode=short"), "a Sunday: the part written first counts");
        Assert.That(At("2026-12-07T00:00:00Z"), Is.EqualTo("mode=month a=2"));
        Assert.That(At("2026-12-07T00:00:01Z"), Is.Empty);
    }

    // What people write who mean one of these.
    [TestCase("on start", "on startup")]
    [TestCase("on boot", "on startup")]
    [TestCase("on statup", "on startup")]
    [TestCase("on start up + 15 min", "on startup + 15m")]
    [TestCase("on startup +15m", "on startup + 15m")]
    [TestCase("on startup+15m", "on startup + 15m")]
    [TestCase("on startup + 15 min", "on startup + 15m")]
    [TestCase("on startup + 90 minutes", "on startup + 1h30m")]
    [TestCase("on node up", "on node start")]
    [TestCase("on each node start", "on node start")]
    [TestCase("on deploy", "on release")]
    [TestCase("on relase", "on release")]
    [TestCase("after a, b", "after a and b")]
    [TestCase("after a,b, and c", "after a and b and c")]
    [TestCase("after a & b", "after a and b")]
    [TestCase("after both a and b", "after a and b")]
    [TestCase("after a adn b", "after a and b")]
    [TestCase("after a on succes", "after a on success")]
    [TestCase("after a failed", "after a on failure")]
    [TestCase("after a if it fails", "after a on failure")]
    [TestCase("after a on completion", "after a on any")]
    [TestCase("after a from startup on any", "after a on any from startup")]
    [TestCase("after a from boot", "after a from startup")]
    [TestCase("after a +5m", "after a + 5m")]
    [TestCase("after a + 5 minutes", "after a + 5m")]
    [TestCase("every 5m after finish", "every 5m after end")]
    [TestCase("every 5 minutes after the end of the last run", "every 5m after end")]
    [TestCase("every 5m after completion", "every 5m after end")]
    [TestCase("every 5m after backup", "after backup + 5m")]
    [TestCase("on startup with mode = full", "on startup with mode=full")]
    [TestCase("0 2 * * * with mode: full", "0 2 * * * with mode=full")]
    [TestCase("@daily with a=1, b='2'", "@daily with a=1 b=2")]
    public void Says_what_may_be_meant(string text, string meant)
    {
        Assert.That(() => Schedule.Parse(text, "UTC"), Throws.TypeOf<ScheduleException>().With.Message.EndsWith($"; did you mean '{meant}'?")
            .And.Message.StartsWith($"schedule '{text}'"));
        Assert.That(() => Schedule.Parse(meant, "UTC"), Throws.Nothing);
    }

    [TestCase("after", "schedule 'after' cannot be read; expected 'after JOB' or 'after JOB and JOB', behind it 'on failure' or 'on any', "
        + "'from startup', '+ 5m', each or none, in this order")]
    [TestCase("after a or b", "schedule 'after a or b' waits for one of several jobs; expected a part for each, separated by ;, "
        + "such as 'after a; after b'")]
    [TestCase("after a and a", "schedule 'after a and a' names 'a' twice; expected each job once")]
    [TestCase("after a and b and c and d and e and f and g and h and i and j and k",
        "schedule 'after a and b and c and d and e and f and g and h and i and j and k' names more than 10 jobs; expected at most 10")]
    [TestCase("after a + 0s", "schedule 'after a + 0s': '0s' is no delay; expected a duration of whole seconds from 1s to 365d, such as 15m")]
    [TestCase("on startup + 366d", "schedule 'on startup + 366d': '366d' is no delay; "
        + "expected a duration of whole seconds from 1s to 365d, such as 15m")]
    [TestCase("every 500ms after end", "schedule 'every 500ms after end': '500ms' is no interval; expected a duration of whole seconds from 1s to "
        + "36500d, such as 5m; what is to follow at once can be due 'on notify CHANNEL'")]
    [TestCase("every 5m after end + 1m", "schedule 'every 5m after end + 1m' has a delay behind an interval; expected the interval alone")]
    [TestCase("every 5m after end; every 1h after end",
        "schedule 'every 5m after end; every 1h after end' has several parts 'after end'; expected one")]
    [TestCase("on notify", "schedule 'on notify' cannot be read; expected 'on notify' and one channel")]
    [TestCase("on full moon", "schedule 'on full moon' cannot be read; expected 'on startup', 'on release', 'on node start' or 'on notify CHANNEL', "
        + "behind it '+ 5m' or nothing")]
    [TestCase("@daily with", "schedule '@daily with': what stands behind 'with' cannot be read; expected NAME=VALUE, such as mode=full, "
        + "several separated by blanks, without quotes, commas and semicolons")]
    [TestCase("0 2 * * * with full", "schedule '0 2 * * * with full': what stands behind 'with' cannot be read; expected NAME=VALUE, "
        + "such as mode=full, several separated by blanks, without quotes, commas and semicolons")]
    [TestCase("@daily with a=1 a=2", "schedule '@daily with a=1 a=2' gives 'a' twice; expected each param once")]
    [TestCase("manual with a=1", "schedule 'manual' stands beside others; expected it alone")]
    public void Refuses(string text, string message) =>
        Assert.That(() => Schedule.Parse(text, "UTC"), Throws.TypeOf<ScheduleException>().With.Message.EqualTo(message));

    private static string Words(EventPart part)
    {
        var core = part switch
        {
            AfterPart a => $"after {string.Join(", ", a.Jobs)}"
                + (a.Which == AfterWhich.Success ? "" : $" on {a.Which.ToString().ToLowerInvariant()}")
                + (a.FromStartup ? " from startup" : ""),
            StartupPart => "on startup",
            ReleasePart => "on release",
            NodeStartPart => "on node start",
            NotifyPart n => $"on notify {n.Channel}",
            AfterEndPart e => $"{Duration.Format(e.Interval)} after end",
            _ => "?",
        };
        return core + (part.Delay > TimeSpan.Zero ? $" + {Duration.Format(part.Delay)}" : "")
            + (part.Params.Count > 0 ? " with " + string.Join(' ', part.Params.Select(p => $"{p.Key}={p.Value}")) : "");
    }
}
