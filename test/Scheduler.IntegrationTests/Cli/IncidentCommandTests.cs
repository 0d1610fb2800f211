using System.Text.Json;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Cli;

/// <summary><c>scheduler incident</c> and <c>scheduler channel</c> against a real database.</summary>
public sealed class IncidentCommandTests
{
    [Test]
    public async Task An_operator_lists_shows_and_acknowledges_incidents()
    {
        await using var database = await TestDatabase.Create();
        await database.Execute("""
            insert into scheduler.job (name, kind, settings) select n, 'sql', '{"statement": "select 1"}' from unnest(array['a', 'b']) n;
            update scheduler_private.job_gate set failures_in_row = 1;
            select scheduler_private.watch_incidents('0', '30 days')
            """);
        var list = await Ask(database, "incident", "list", "--job", "a", "--json");
        var only = JsonDocument.Parse(list.Out).RootElement.EnumerateArray().Single();
        var id = only.GetProperty("id").GetInt64().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var ack = await Ask(database, "incident", "ack", id, "--reason", "at it");
        var again = await Ask(database, "incident", "ack", id);
        var shown = JsonDocument.Parse((await Ask(database, "incident", "show", id, "--json")).Out).RootElement.GetProperty("incident");
        var none = await Ask(database, "incident", "ack", "999");
        Assert.That((only.GetProperty("title").GetString(), only.GetProperty("state").GetString()), Is.EqualTo(("job a is failing", "open")));
        Assert.That((ack.ExitCode, ack.Error), Is.EqualTo((0, $"incident {id} is yours\n")));
        Assert.That((again.ExitCode, again.Error), Is.EqualTo((0, $"{shown.GetProperty("acked_by")} had acknowledged incident {id} before\n")));
        Assert.That(shown.GetProperty("ack_reason").GetString(), Is.EqualTo("at it"));
        Assert.That((none.ExitCode, none.Error), Is.EqualTo((3, "scheduler: there is no open incident 999; see scheduler.incident\n")));
        Assert.That((await Ask(database, "incident", "list")).Out, Does.Contain("job a is failing").And.Contain("job b is failing"));
    }

    [Test]
    public async Task A_channel_that_does_not_exist_ends_with_3_and_the_nearest_name()
    {
        await using var database = await TestDatabase.Create();
        await database.Execute("""
            insert into scheduler.channel (name, kind, settings) values ('ops', 'slack', '{"url": "http://127.0.0.1:1/"}')
            """);
        var test = await Ask(database, "channel", "test", "opps");
        var list = await Ask(database, "channel", "list");
        Assert.That((test.ExitCode, test.Error), Is.EqualTo((3, "scheduler: there is no channel 'opps'; did you mean 'ops'?\n")));
        Assert.That(list.Out, Does.Contain("ops").And.Contain("slack"));
        Assert.That((await Ask(database, "channel", "log")).Error, Is.EqualTo("there is no message yet\n"));
    }

    private static Task<Ended> Ask(TestDatabase database, params string[] arguments) =>
        Binary.Run([.. arguments, "--connection", database.ConnectionString]);
}
