using NUnit.Framework;
using Scheduler.Jobs;

namespace Scheduler.Tests.Jobs;

public sealed class PlaceholdersTests
{
    [TestCase("a ${run.key} b", ExpectedResult = "a <run.key> b")]
    [TestCase("${secret:API_KEY}${job.name}", ExpectedResult = "<secret:API_KEY><job.name>")]
    [TestCase("$${HOME} $5 {x}", ExpectedResult = "${HOME} $5 {x}")]
    [TestCase("", ExpectedResult = "")]
    public string They_are_filled_in(string text) => Placeholders.Fill(text, name => $"<{name}>");

    [Test]
    public void What_is_filled_in_is_not_looked_at_again() =>
        Assert.That(Placeholders.Fill("${job.name}", _ => "${secret:X}"), Is.EqualTo("${secret:X}"));

    [TestCase("${run.kye}", "did you mean 'run.key'?")]
    [TestCase("${run.key", "never closed")]
    [TestCase("${secret:../../etc/passwd}", "known are")]
    [TestCase("${secret:.hidden}", "known are")]
    [TestCase("${secret:}", "known are")]
    [TestCase("${params.}", "known are")]
    [TestCase("${prev.due_ta}", "did you mean 'prev.due_at'?")]
    [TestCase("${parent.verdit}", "did you mean 'parent.verdict'?")]
    public void Mistakes_are_named(string text, string expected) => Assert.That(Placeholders.Problem("url", text), Does.Contain(expected));

    [TestCase("${params.day} ${prev.due_at} ${prev.succeeded_at} ${parent.run_key} ${parent.verdict} ${parent.result} ${parent.result.rows}")]
    public void Values_of_params_and_of_runs_before_are_known(string text) => Assert.That(Placeholders.Problem("url", text), Is.Null);

    [Test]
    public void A_secret_is_refused_where_others_see_it() =>
        Assert.That(Placeholders.Problem("argv[1]", "${secret:A}", secrets: false), Does.Contain("cannot stand there"));
}
