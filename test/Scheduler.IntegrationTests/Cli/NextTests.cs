using System.Diagnostics;
using System.Text.Json;
using NUnit.Framework;

namespace Scheduler.IntegrationTests.Cli;

/// <summary><c>scheduler job next</c> without a database: about any schedule, from any instant, one or ten thousand at once.</summary>
public sealed class NextTests
{
    private const int Lines = 10_000;

    [Test]
    public async Task Due_times_are_strictly_after_from()
    {
        var ended = await Binary.Run("job", "next", "--schedule", "30 2 * * *", "--time-zone", "Europe/Berlin",
            "--from", "2027-10-30T00:30:00Z", "-n", "3", "--json");
        using var answer = JsonDocument.Parse(ended.Out);
        Assert.That(answer.RootElement.GetProperty("due").EnumerateArray().Select(d => d.GetString()),
            Is.EqualTo(["2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z", "2027-11-02T01:30:00Z"]));
        Assert.That(answer.RootElement.GetProperty("in_words").GetString(),
            Is.EqualTo("At 02:30 every day, Europe/Berlin; on 2028-03-26 at 03:00 instead"));
    }

    [TestCase("2027-10-31T00:59:59Z")]
    [TestCase("2027-10-31T01:29:59Z")]
    [TestCase("2027-10-31T03:00+02:00")]
    public async Task A_look_between_the_two_half_past_twos_answers_the_next_day(string from)
    {
        var ended = await Binary.Run("job", "next", "--schedule", "30 2 * * *", "--time-zone", "Europe/Berlin", "--from", from, "-n", "1");
        Assert.That(ended.Out, Does.StartWith("2027-11-01T01:30:00Z  "));
    }

    [Test]
    public async Task What_would_run_between_two_instants_is_answered()
    {
        var ended = await Binary.Run("job", "next", "--schedule", "0 */6 * * *", "--from", "2027-01-01", "--until", "2027-01-01T18:00Z");
        Assert.That(ended.Out.Split('\n').Where(l => l.StartsWith('2')).Select(l => l[..20]),
            Is.EqualTo(["2027-01-01T06:00:00Z", "2027-01-01T12:00:00Z", "2027-01-01T18:00:00Z"]));
    }

    [TestCase("--from", "tomorrow")]
    [TestCase("--from", "2027-02-30")]
    [TestCase("--from", "2027-01-01T00:00+0100")]
    [TestCase("--until", "10")]
    public async Task An_instant_that_cannot_be_read_is_refused(string option, string value)
    {
        var ended = await Binary.Run("job", "next", "--schedule", "@daily", option, value);
        Assert.That((ended.ExitCode, ended.Out), Is.EqualTo((2, "")));
        Assert.That(ended.Error, Does.Contain($"{option} is '{value}'; expected an instant such as 2026-12-01T02:00:00Z"));
    }

    [Test]
    public async Task Lines_are_answered_in_their_order_and_a_bad_one_fails_alone()
    {
        var answers = await Ask(1,
            """{"schedule": "0 3 * * *", "time_zone": "Europe/Berlin", "from": "2027-01-01T00:00:00Z", "count": 2}""",
            """{"schedule": "*/90 * * * *"}""",
            "nonsense",
            "",
            """{"schedule": "rrule FREQ=DAILY;COUNT=2", "starts": "2027-01-01T09:00:00Z", "from": "2026-12-01T00:00:00Z"}""",
            """{"schedule": "@daily", "zone": "UTC"}""",
            """{"schedule": "@daily", "count": 0}""",
            """{"schedule": "after a", "from": null}""",
            """{"time_zone": "UTC"}""",
            """{"schedule": "@daily", "time_zone": "Europe/Berlim"}""",
            """{"schedule": "\ud800"}""",
            """{"schedule": "@daily", "from": "9999-12-31T00:00:00Z", "count": 3}""",
            """{"schedule": "rrule FREQ=DAILY", "starts": "0001-01-01T00:00Z", "time_zone": "America/New_York"}""",
            """{"schedule": "every 1h", "from": "9998-06-01", "count": 1}""");
        Assert.That(answers.Select(a => a.GetProperty("line").GetInt32()), Is.EqualTo([1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]));
        Assert.That(Due(answers[0]), Is.EqualTo(["2027-01-01T02:00:00Z", "2027-01-02T02:00:00Z"]));
        Assert.That(answers[0].GetProperty("in_words").GetString(), Is.EqualTo("At 03:00 every day, Europe/Berlin"));
        Assert.That((Text(answers[1], "error"), Text(answers[1], "hint")), Is.EqualTo((
            "schedule '*/90 * * * *': minute '*/90' has a step of 90; expected at most 59", "did you mean 'every 90m'?")));
        Assert.That(Text(answers[2], "error"), Does.StartWith("the line is no JSON"));
        Assert.That(Due(answers[^1]), Is.EqualTo(["9998-06-01T01:00:00Z"]), "and the last is answered");
        Assert.That(Due(answers[3]), Is.EqualTo(["2027-01-01T09:00:00Z", "2027-01-02T09:00:00Z"]));
        Assert.That(Text(answers[4], "error"), Does.StartWith("key 'zone' is not known"));
        Assert.That(Text(answers[5], "error"), Does.StartWith("count is 0; expected a whole number from 1 to 1000"));
        Assert.That((Due(answers[6]), answers[6].GetProperty("events")[0].GetString()), Is.EqualTo((Array.Empty<string>(), "after a")));
        Assert.That(Text(answers[7], "error"), Is.EqualTo("key 'schedule' is missing; expected it"));
        Assert.That((Text(answers[8], "error"), Text(answers[8], "hint")),
            Is.EqualTo(("time zone 'Europe/Berlim' is not known", "did you mean 'Europe/Berlin'?")));
    }

    [Test]
    public async Task Ten_thousand_lines_are_answered_in_one_go()
    {
        string[] zones = ["UTC", "Europe/Berlin", "America/New_York", "Africa/Casablanca", "Australia/Lord_Howe"];
        var lines = Enumerable.Range(0, Lines).Select(i =>
            $$"""{"schedule": "{{i % 60}} {{i / 60 % 24}} * * {{i % 7}}", "time_zone": "{{zones[i % zones.Length]}}", """
            + """ "from": "2027-01-01T00:00Z", "count": 5}""");
        var clock = Stopwatch.StartNew();
        var answers = await Ask(0, [.. lines]);
        TestContext.Out.WriteLine($"{Lines} lines in {clock.Elapsed.TotalSeconds:0.0} s");
        Assert.That(answers, Has.Count.EqualTo(Lines));
        Assert.That(answers, Has.All.Matches<JsonElement>(a => Due(a).Length == 5));
    }

    private static async Task<List<JsonElement>> Ask(int exitCode, params string[] lines)
    {
        var file = Path.Combine(Path.GetTempPath(), $"scheduler-{Guid.NewGuid():N}.jsonl");
        await File.WriteAllLinesAsync(file, lines);
        try
        {
            var ended = await Binary.Run("job", "next", "--file", file);
            Assert.That(ended.ExitCode, Is.EqualTo(exitCode), ended.Error);
            return [.. ended.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonElement.Parse(l))];
        }
        finally { File.Delete(file); }
    }

    private static string[] Due(JsonElement answer) => [.. answer.GetProperty("due").EnumerateArray().Select(d => d.GetString()!)];

    private static string Text(JsonElement answer, string key) => answer.GetProperty(key).GetString()!;
}
