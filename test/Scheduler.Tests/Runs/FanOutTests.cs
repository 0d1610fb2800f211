using NUnit.Framework;
using Scheduler.Jobs;
using Scheduler.Runs;

namespace Scheduler.Tests.Runs;

public sealed class FanOutTests
{
    [TestCase("succeeded succeeded", "succeeded", null)]
    [TestCase("succeeded skipped", "succeeded", null)]
    [TestCase("succeeded unknown cancelled", "unknown", "n2: unknown: why 2\nn3: cancelled: why 3")]
    [TestCase("timed_out unknown", "timed_out", "n1: timed_out: why 1\nn2: unknown: why 2")]
    [TestCase("timed_out failed succeeded", "failed", "n1: timed_out: why 1\nn2: failed: why 2")]
    public void A_run_ends_with_the_worst_verdict_of_its_parts(string verdicts, string verdict, string? error)
    {
        var parts = verdicts.Split(' ').Select((v, i) => new RunPart($"n{i + 1}", v, $"why {i + 1}", null)).ToList();
        var end = FanOut.End(Run("j@2026-11-21T04:00:00Z"), parts);
        Assert.That((end.Verdict, end.Error), Is.EqualTo((verdict, error)));
    }

    [Test]
    public void A_run_without_a_node_has_failed() =>
        Assert.That(FanOut.End(Run("j@2026-11-21T04:00:00Z"), []).Error, Is.EqualTo("no live node has the labels of runs_on"));

    [TestCase("a/b@2026-11-21T04:00:00Z", true)]
    [TestCase("a!2026-11-21T04:00:00.123456Z~0123w2", true)]
    [TestCase("a/b@2026-11-21T04:00:00Z/n1", false)]
    [TestCase("a!2026-11-21T04:00:00.123456Z~0123w2/n-1.local", false)]
    public void A_part_is_made_of_no_parts(string key, bool isWhole)
    {
        var job = new JobDefinition { Name = "j", Kind = "sql", RunsOn = ["gpu", "all"] };
        Assert.That(FanOut.Is(job, Run(key)), Is.EqualTo(isWhole));
        Assert.That(FanOut.Is(job with { RunsOn = ["gpu"] }, Run(key)), Is.False);
    }

    private static RunRow Run(string key) => new(key, "j", DateTime.UnixEpoch, 1, 1, 1, 1);
}
