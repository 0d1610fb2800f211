using NUnit.Framework;
using Scheduler.Database;
using Scheduler.Jobs;

namespace Scheduler.Tests.Jobs;

public sealed class KindSettingsTests
{
    [Test]
    public void Reads_the_record_of_the_kind()
    {
        var settings = (CleanupSettings)KindSettings.Read(SampleKinds.Cleanup,
            """{"offline_older_than": "7d", "pause": {"between": "2s", "share": 0.5}}""");
        Assert.That(settings, Is.EqualTo(new CleanupSettings
        {
            OfflineOlderThan = TimeSpan.FromDays(7),
            Pause = new() { Between = TimeSpan.FromSeconds(2), Share = 0.5 },
        }));
    }

    [Test]
    public void Reads_lists_maps_and_choices()
    {
        var process = (ProcessSettings)KindSettings.Read(SampleKinds.Process,
            """{"argv": ["ls", "-l"], "env": {"A.B": "1"}, "exit_codes": [0, 2]}""");
        Assert.That(process.Argv, Is.EqualTo(new[] { "ls", "-l" }));
        Assert.That(process.Env["A.B"], Is.EqualTo("1"));
        Assert.That(process.ExitCodes, Is.EqualTo(new[] { 0, 2 }));
        var query = (QuerySettings)KindSettings.Read(SampleKinds.Query, """{"statement": "select 1", "transaction": "each", "database": null}""");
        Assert.That(query.Transaction, Is.EqualTo(TransactionMode.Each));
    }

    [TestCase("sql", "{}", "'statement' is missing")]
    [TestCase("sql", """{"statement": null}""", "'statement' is empty; expected text")]
    [TestCase("sql", """{"statement": 1}""", "'statement' is 1; expected text")]
    [TestCase("sql", """{"statement": "x", "statment": "y"}""", "unknown key 'statment'; did you mean 'statement'?")]
    [TestCase("sql", """{"statement": "x", "foo": "y"}""", "unknown key 'foo'; expected one of statement, database, transaction")]
    [TestCase("sql", """{"statement": "x", "Database": "y"}""", "unknown key 'Database'; did you mean 'database'?")]
    [TestCase("sql", """{"statement": "x", "statement": "y"}""", "'statement' is there twice")]
    [TestCase("sql", """{"statement": "x", "transaction": "eahc"}""",
        "'transaction' is 'eahc'; expected one of one, each, none; did you mean 'each'?")]
    [TestCase("sql", """{"statement": "x", "transaction": 1}""", "'transaction' is 1; expected one of one, each, none")]
    [TestCase("command", """{"argv": []}""", "'argv' is a list of 0; expected at least 1 entries")]
    [TestCase("command", """{"argv": ["a", 5]}""", "'argv[1]' is 5; expected text")]
    [TestCase("command", """{"argv": ["a"], "env": {"PORT": 80}}""", "'env.PORT' is 80; expected text")]
    [TestCase("command", """{"argv": ["a"], "shell": "yes"}""", "'shell' is 'yes'; expected true or false")]
    [TestCase("command", """{"argv": ["a"], "exit_codes": [99999999999]}""", "'exit_codes[0]' is 99999999999; expected a whole number")]
    [TestCase("command", """{"argv": ["a", "b"], "shell": true}""", "'argv' has several entries; expected one when 'shell' is true")]
    [TestCase("fleet.cleanup", """{"batch": 0}""", "'batch' is 0; expected 1 to 100000")]
    [TestCase("fleet.cleanup", """{"batch": 1.5}""", "'batch' is 1.5; expected a whole number")]
    [TestCase("fleet.cleanup", """{"offline_older_than": 30}""", "'offline_older_than' is 30; expected a duration such as 30s, 5m, 1h30m or 30d")]
    [TestCase("fleet.cleanup", """{"offline_older_than": "1s"}""", "'offline_older_than' is 1s; expected 10s to 365d")]
    [TestCase("fleet.cleanup", """{"pause": {"share": 0}}""", "'pause.share' is 0; expected more than 0 to 1")]
    [TestCase("fleet.cleanup", """{"pause": {"betwen": "1s"}}""", "unknown key 'pause.betwen'; did you mean 'between'?")]
    [TestCase("fleet.cleanup", """{"pause": []}""", "'pause' is a list; expected a map of keys to values")]
    [TestCase("fleet.cleanup", "[]", "the settings are a list; expected a map of keys to values")]
    [TestCase("fleet.cleanup", """{"batch": 0, "pause": {"share": 2}}""",
        "'batch' is 0; expected 1 to 100000; 'pause.share' is 2; expected more than 0 to 1")]
    public void Names_key_value_and_what_was_expected(string kind, string json, string message) =>
        Assert.That(() => KindSettings.Read(SampleKinds.All.Find(kind)!, json),
            Throws.TypeOf<OperatorException>().With.Message.EqualTo($"settings of kind '{kind}': {message}").And.Property("ExitCode").EqualTo(2));

    [Test]
    public void Text_that_is_no_JSON_is_refused() =>
        Assert.That(() => KindSettings.Read(SampleKinds.Cleanup, "{batch}"),
            Throws.TypeOf<OperatorException>().With.Message.StartsWith("settings of kind 'fleet.cleanup': the settings cannot be read: "));

    [Test]
    public void Lists_the_keys_of_a_record() =>
        Assert.That(KindSettings.Keys(typeof(CleanupSettings)).Select(k => k.Name), Is.EqualTo(new[] { "offline_older_than", "batch", "pause" }));
}
