using NUnit.Framework;
using Scheduler.Jobs;

namespace Scheduler.Tests.Telemetry;

public sealed class AlertRulesTests
{
    private static readonly JobDefinition Job = new()
    {
        Name = "nightly",
        Kind = "sql",
        Owner = "data \"core\"",
        Expect = """{"success_within": "26h", "duration_below": "5m"}""",
    };

    [Test]
    public void Each_limit_a_job_expects_is_a_rule_with_its_owner_as_team()
    {
        var (text, jobs) = AlertRules.Of([Job, Job with { Name = "calm", Expect = "{}" }], new());
        Assert.That(jobs, Is.EqualTo(1));
        Assert.That(text, Does.Contain("alert: SchedulerJobNoRecentSuccess").And.Contain("> 93600").And.Contain("team: \"data \\\"core\\\"\""));
        Assert.That(text, Does.Contain("alert: SchedulerJobOverran").And.Contain("> 300"));
        Assert.That(text, Does.Not.Contain("SchedulerJobStartsLate").And.Not.Contain("calm").And.Not.Contain("SchedulerJobBudgetBurns"));
    }

    [Test]
    public void An_objective_adds_rules_on_the_error_budget()
    {
        var (text, _) = AlertRules.Of([Job], new() { Objective = 0.99, Runbooks = "https://wiki/" });
        Assert.That(text, Does.Contain("14.4 * 0.01").And.Contain("6 * 0.01").And.Contain("https://wiki/SchedulerJobBudgetBurns.md"));
    }

    [Test]
    public void Jobs_that_expect_nothing_give_an_empty_file_of_rules() =>
        Assert.That(AlertRules.Of([Job with { Expect = "{}" }], new()).Text, Does.EndWith("rules: []\n"));
}
