using NUnit.Framework;
using Scheduler.Jobs;

namespace Scheduler.Tests.Jobs;

public sealed class JobValuesTests
{
    [TestCase("""{"statement": "select ${params.dya}"}""", """{"day": "x", "limit": 1}""", "manual",
        "'statement' names ${params.dya}, which is none of the job's params; did you mean 'day'?")]
    [TestCase("""{"argv": ["/bin/x", "${params.a}"]}""", "{}", "manual", "'argv[1]' names ${params.a}, but the job has no params")]
    [TestCase("""{"env": {"A": "${params.nope}"}}""", """{"b": 1}""", "manual", "'env.A' names ${params.nope}, which is none")]
    [TestCase("""{"url": "https://x/${parent.verdict}"}""", "{}", "@daily", "'url' names ${parent.verdict}, but the job follows none")]
    public void Mistakes_name_the_place_and_what_is_near(string settings, string @params, string schedule, string expected) =>
        Assert.That(JobValues.Problems(settings, @params, schedule).Select(p => p.Message), Has.One.StartsWith(expected));

    [TestCase("""{"statement": "select ${params.day}, ${run.key}"}""", """{"day": null}""", "manual")]
    [TestCase("""{"url": "https://x/$${params.day}"}""", "{}", "manual")]
    [TestCase("""{"url": "https://x/${parent.result.rows}"}""", "{}", "@daily; after load on any")]
    public void What_the_job_has_may_be_named(string settings, string @params, string schedule) =>
        Assert.That(JobValues.Problems(settings, @params, schedule), Is.Empty);
}
