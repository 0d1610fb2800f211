using System.Text.Json;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Cli;

/// <summary>Editing jobs and looking back, on the command line.</summary>
public sealed class JobEditCommandTests
{
    [Test]
    public async Task Verbs_print_the_jobs_they_changed_and_the_audit_names_the_cli()
    {
        await using var db = await Jobs("db-a", "db-b", "other");
        var paused = await Ask(db, "job", "pause", "db-*", "--reason", "@upgrade", "--until", "2h");
        var resumed = await Ask(db, "job", "resume", "*", "--json");
        var disabled = await Ask(db, "job", "disable", "other");
        var enabled = await Ask(db, "job", "enable", "other");
        var again = await Ask(db, "job", "enable", "other");
        Assert.That((paused.ExitCode, paused.Out.ReplaceLineEndings("\n")), Is.EqualTo((0, "db-a\ndb-b\n")), paused.Error);
        Assert.That(JsonSerializer.Deserialize<string[]>(resumed.Out), Is.EqualTo(new[] { "db-a", "db-b" }));
        Assert.That((disabled.Out.Trim(), enabled.Out.Trim(), again.Out, again.ExitCode), Is.EqualTo(("other", "other", "", 0)));
        Assert.That(await db.Value<string>("""
            select string_agg(concat_ws(' ', job, action, source, application, reason), ', ' order by id) from scheduler.audit
            where job <> 'other' and version > 1
            """), Is.EqualTo("db-a pause cli scheduler cli @upgrade, db-b pause cli scheduler cli @upgrade, "
            + "db-a resume cli scheduler cli, db-b resume cli scheduler cli"));
    }

    [Test]
    public async Task History_diff_and_undo_lead_back()
    {
        await using var db = await Jobs("a");
        await db.Execute("update scheduler.job set schedule = '@daily', priority = 7");
        var history = JsonDocument.Parse((await Ask(db, "job", "history", "a", "--json")).Out).RootElement;
        var diff = await Ask(db, "job", "diff", "a");
        var undone = await Ask(db, "job", "undo", "a", "--reason", "oops");
        var whole = JsonDocument.Parse((await Ask(db, "job", "diff", "a", "1", "3", "--json")).Out).RootElement;
        var deleted = await Ask(db, "job", "delete", "a");
        var back = await Ask(db, "job", "undo", "a", "--to", "2", "--json");
        Assert.That(history.EnumerateArray().Select(v => v.GetProperty("action").GetString()), Is.EqualTo(new[] { "update", "insert" }));
        Assert.That(diff.Out.ReplaceLineEndings("\n"),
            Is.EqualTo("column    version_1  version_2\npriority  5          7\nschedule  manual     @daily\n"));
        Assert.That((undone.ExitCode, undone.Out.Trim(), whole.GetArrayLength(), deleted.ExitCode), Is.EqualTo((0, "3", 0, 0)), undone.Error);
        Assert.That(JsonDocument.Parse(back.Out).RootElement.GetProperty("version").GetInt32(), Is.EqualTo(5));
        Assert.That(await db.Value<string>("select schedule from scheduler.job"), Is.EqualTo("@daily"));
    }

    [Test]
    public async Task What_is_not_there_ends_with_3_and_what_cannot_be_read_with_2()
    {
        await using var db = await Jobs("cleanup");
        foreach (var verb in new[] { "pause", "resume", "enable", "disable", "delete", "history", "diff", "undo" })
        {
            var asked = await Ask(db, "job", verb, "clenup");
            Assert.That(asked.ExitCode, Is.EqualTo(3), $"{verb}: {asked.Error}");
            Assert.That(asked.Error, Does.Contain("did you mean 'cleanup'?"), verb);
        }
        Assert.That((await Ask(db, "job", "diff", "cleanup", "1", "9")).ExitCode, Is.EqualTo(3));
        Assert.That((await Ask(db, "job", "undo", "cleanup", "--to", "9")).ExitCode, Is.EqualTo(3));
        Assert.That((await Ask(db, "job", "pause", "cleanup", "--until", "tomorrow")).ExitCode, Is.EqualTo(2));
    }

    private static async Task<TestDatabase> Jobs(params string[] names)
    {
        var db = await TestDatabase.Create();
        await db.Execute("insert into scheduler.job (name, kind) select n, 'sql' from unnest(@names) n", new { names });
        return db;
    }

    private static Task<Ended> Ask(TestDatabase db, params string[] arguments) =>
        Binary.RunWith(new Dictionary<string, string> { ["SCHEDULER__CONNECTION"] = db.ConnectionString }, arguments);
}
