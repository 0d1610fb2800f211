using System.Globalization;
using NUnit.Framework;
using Scheduler.Schedules;

namespace Scheduler.Tests.Schedules;

/// <summary>Every line of cases.txt.</summary>
public sealed class ScheduleCasesTests
{
    private static readonly string Path = System.IO.Path.Combine(
        AppContext.BaseDirectory, "../../../../test/Scheduler.Tests/Schedules/cases.txt");

    [TestCaseSource(nameof(Due))]
    public void Is_due(string schedule, string zone, string after, string due)
    {
        var times = due.Split(' ');
        var next = Schedule.Parse(schedule, zone).Next(DateTimeOffset.Parse(after, CultureInfo.InvariantCulture), times.Length);
        Assert.That(next.Select(t => t.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)), Is.EqualTo(times));
    }

    [TestCaseSource(nameof(Refused))]
    public void Is_refused_with_words_that_teach(string schedule, string message) => Assert.That(
        () => Schedule.Parse(schedule, "UTC"), Throws.TypeOf<ScheduleException>().With.Message.EqualTo(message));

    // What a text is said to have meant can be read.
    [TestCaseSource(nameof(Refused))]
    public void What_was_meant_is_a_schedule(string schedule, string message)
    {
        Assert.That(schedule, Is.Not.Empty);
        if (message.Split("did you mean '") is [_, var meant]) { Assert.That(Schedule.Parse(meant[..^2], "UTC").Parts, Is.Not.Empty); }
    }

    private static IEnumerable<TestCaseData> Due() => Lines().Where(l => !l.Contains(" => ", StringComparison.Ordinal))
        .Select(l => new TestCaseData([.. l.Split('|', StringSplitOptions.TrimEntries)]));

    private static IEnumerable<TestCaseData> Refused() => Lines().Where(l => l.Contains(" => ", StringComparison.Ordinal))
        .Select(l => new TestCaseData([.. l.Split(" => ")]));

    private static IEnumerable<string> Lines() => File.ReadLines(Path).Where(l => l.Length > 0 && l[0] != '#');
}
