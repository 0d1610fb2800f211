using NUnit.Framework;
using Scheduler.Database;

namespace Scheduler.Tests.Database;

public sealed class SpellingTests
{
    private static readonly string[] Keys = ["kind", "schedule", "time_zone", "timeout", "retry", "missed"];

    [TestCase("retyr", "retry")]
    [TestCase("shedule", "schedule")]
    [TestCase("timezone", "time_zone")]
    [TestCase("Kind", "kind")]
    [TestCase("time_out", "timeout")]
    public void Finds_the_name_that_was_meant(string written, string meant) =>
        Assert.That(Spelling.Nearest(written, Keys), Is.EqualTo(meant));

    [TestCase("command")]
    [TestCase("x")]
    [TestCase("")]
    public void Finds_none_when_all_are_far(string written) => Assert.That(Spelling.Nearest(written, Keys), Is.Null);

    [Test]
    public void A_very_long_text_is_no_misspelt_name() =>
        Assert.That(Spelling.Nearest(new string('a', 100_000), [new string('a', 100_001)]), Is.Null);

    [Test]
    public void A_name_of_which_no_letter_was_written_is_not_meant() => Assert.That(Spelling.Nearest("x", ["a"]), Is.Null);

    [Test]
    public void Of_names_equally_near_the_first_is_meant() => Assert.That(Spelling.Nearest("jobs-1", ["jobs-3", "jobs-2"]), Is.EqualTo("jobs-3"));

    [TestCase("retyr", "; did you mean 'retry'?", "; did you mean 'retry'?")]
    [TestCase("command", "", "; expected one of kind, schedule, time_zone, timeout, retry, missed")]
    public void Ends_an_error_with_what_was_meant(string written, string didYouMean, string hint)
    {
        Assert.That(Spelling.DidYouMean(written, Keys), Is.EqualTo(didYouMean));
        Assert.That(Spelling.Hint(written, Keys), Is.EqualTo(hint));
        Assert.That(Spelling.Hint(written, []), Is.EqualTo("; expected none"));
    }
}
