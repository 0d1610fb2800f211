using System.Globalization;
using NUnit.Framework;
using Scheduler.Database;
using Scheduler.Jobs;

namespace Scheduler.Tests.Jobs;

public sealed class PartParamsTests
{
    private const string Declared = """{"mode": "short", "n": 1, "share": 0.5, "dry": false, "any": null, "list": []}""";

    [TestCase("0 2 * * * with mode=full n=2", "j@2026-11-22T02:00:00Z", """{"mode":"full","n":2,"share":0.5,"dry":false,"any":null,"list":[]}""")]
    [TestCase("0 2 * * * with dry=true share=0.25 any=7", "j!backfill@2026-11-22T02:00:00Z",
        """{"mode":"short","n":1,"share":0.25,"dry":true,"any":"7","list":[]}""")]
    [TestCase("0 2 * * * with n=2; 0 3 * * *", "j@2026-11-22T03:00:00Z", null)]
    [TestCase("0 2 * * SUN with n=2; 0 2 * * * with n=3", "j@2026-11-22T02:00:00Z",
        """{"mode":"short","n":2,"share":0.5,"dry":false,"any":null,"list":[]}""")]
    [TestCase("0 2 * * *; after a; after b with n=2", "j!2026-11-22T02:00:00.123456Z~0123456789abw3",
        """{"mode":"short","n":2,"share":0.5,"dry":false,"any":null,"list":[]}""")]
    [TestCase("after a; after b with n=2", "j!2026-11-22T02:00:00.123456Z~0123456789ab", null)]
    [TestCase("0 2 * * * with n=2", "j!2026-11-22T02:00:00.000000Z", null)]
    public void A_run_gets_those_of_the_part_that_made_it_due(string schedule, string key, string? json)
    {
        var due = DateTime.Parse(key.Split('@', '!')[^1].Split('~')[0], CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);
        Assert.That(PartParams.Of(Job(schedule), key, due), Is.EqualTo(json));
    }

    [TestCase("@daily with mode=full n=-3 share=1 dry=true any=x", "")]
    [TestCase("@daily with mod=full", "its schedule gives the param 'mod', which the job does not have; did you mean 'mode'?")]
    [TestCase("after a with n=1.5", "its schedule gives the param 'n' as '1.5'; expected a whole number")]
    [TestCase("after a with share=half", "its schedule gives the param 'share' as 'half'; expected a number")]
    [TestCase("after a with dry=yes", "its schedule gives the param 'dry' as 'yes'; expected true or false")]
    [TestCase("after a with list=1", "its schedule gives the param 'list', which is a list or a map; expected text, a number, or true or false")]
    [TestCase("rrule FREQ=DAILY;COUNT=5 with n=x", "its schedule gives the param 'n' as 'x'; expected a whole number")]
    [TestCase("no schedule with list=1", "")]
    public void Says_what_a_job_does_not_take(string schedule, string problems) =>
        Assert.That(string.Join('\n', PartParams.Problems(schedule, Declared)), Is.EqualTo(problems));

    // A version that was stored before its params changed.
    [Test]
    public void A_run_that_can_have_none_of_them_says_so() => Assert.That(
        () => PartParams.Of(Job("@daily with n=x"), "j@2026-11-22T00:00:00Z", new DateTime(2026, 11, 22, 0, 0, 0, DateTimeKind.Utc)),
        Throws.TypeOf<OperatorException>().With.Message.EqualTo("job 'j': its schedule gives the param 'n' as 'x'; expected a whole number"));

    private static JobDefinition Job(string schedule) => new() { Name = "j", Kind = "sql", Schedule = schedule, Params = Declared };
}
