using NUnit.Framework;
using Scheduler.Telemetry;

namespace Scheduler.Tests.Telemetry;

public sealed class RunTraceTests
{
    [Test]
    public void A_runs_trace_is_the_beginning_of_its_keys_hash() =>
        // printf 'a@2026-11-21T04:00:00Z' | sha256sum
        Assert.That(RunTrace.TraceOf("a@2026-11-21T04:00:00Z").ToString(), Is.EqualTo("0948bc65a87997c882ab4b21d387f54a"));

    [TestCase("cleanup@2026-11-21T04:00:00Z", "cleanup", "schedule")]
    [TestCase("cleanup!2026-11-21T04:00:00.5Z", "cleanup", "manual")]
    [TestCase("cleanup!backfill@2026-11-21T04:00:00Z", "cleanup", "manual")]
    [TestCase("cleanup!2026-11-21T04:00:00Z~abc", "cleanup", "event")]
    public void What_made_a_run_due_is_in_the_form_of_its_key(string key, string job, string trigger) =>
        Assert.That(SchedulerMeter.TriggerOf(key, job), Is.EqualTo(trigger));
}
