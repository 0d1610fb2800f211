using System.Text.Json;
using NUnit.Framework;
using Scheduler.IntegrationTests.Jobs;

namespace Scheduler.IntegrationTests.Cli;

/// <summary><c>scheduler config</c> as a pipeline sees it: exit codes and what is printed.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ConfigTests : FilesFixture
{
    [Test]
    public async Task Check_needs_no_database_and_ends_with_1_when_there_is_a_mistake()
    {
        Files.Jobs("a.yaml", ("one", ""));
        Assert.That((await Binary.Run("config", "check", Files.Path)).ExitCode, Is.Zero);
        Files.Jobs("b.yaml", ("two", "shedule: \"@daily\", priority: 12"));
        var check = await Binary.Run("config", "check", Files.Path);
        Assert.That((check.ExitCode, Bare(check.Out)), Is.EqualTo((1,
            "b.yaml:2:52: unknown key 'shedule'; did you mean 'schedule'?\nb.yaml:2:81: 'priority' is 12; expected 0 to 9\n")), check.Error);
        var json = JsonDocument.Parse((await Binary.Run("config", "check", Files.Path, "--json")).Out).RootElement;
        Assert.That((json.GetProperty("ok").GetBoolean(), json.GetProperty("problems")[0].GetProperty("line").GetInt32()), Is.EqualTo((false, 2)));
        Assert.That((await Binary.Run("config", "check", System.IO.Path.Combine(Files.Path, "a.yaml"))).ExitCode, Is.Zero, "a single file");
        Assert.That((await Binary.Run("config", "check", Files.Path + "/none")).ExitCode, Is.EqualTo(2));
    }

    [Test]
    public async Task Plan_ends_with_2_for_changes_0_for_none_and_1_for_whatever_goes_wrong()
    {
        Files.Jobs("a.yaml", ("one", "schedule: every 1h"));
        Assert.That((await Ask("plan", Files.Path)).ExitCode, Is.EqualTo(2));
        Assert.That((await Ask("apply", Files.Path)).ExitCode, Is.EqualTo(2), "nobody is there to ask");
        var applied = await Ask("apply", Files.Path, "--yes");
        Assert.That((applied.ExitCode, applied.Error), Is.EqualTo((0, applied.Error)));
        Assert.That(applied.Error, Does.Match("^applied [0-9a-f]{32}: 1 added, 0 of 1 unchanged"));
        var none = await Ask("plan", Files.Path);
        Assert.That((none.ExitCode, none.Out), Is.EqualTo((0, none.Out)));
        Assert.That(none.Out, Does.EndWith("no changes, 1 of 1 unchanged\n"));
        Assert.That((await Ask("plan", Files.Path, "--frce", "one")).ExitCode, Is.EqualTo(1));
        Assert.That((await Ask("plan", Files.Path + "/none")).ExitCode, Is.EqualTo(1));
        Assert.That((await Binary.Run("config", "plan", Files.Path)).ExitCode, Is.EqualTo(1), "no connection");
        Files.Jobs("a.yaml", ("one", "priority: 12"));
        Assert.That((await Ask("plan", Files.Path)).ExitCode, Is.EqualTo(1));
        Files.Write("a.yaml", null);
        var refused = await Ask("plan", Files.Path);
        Assert.That((refused.ExitCode, refused.Out), Is.EqualTo((1, refused.Out)), "a plan that cannot be applied is shown all the same");
        Assert.That(refused.Out, Does.StartWith("- delete one  ("));
        Assert.That(refused.Error, Does.StartWith("refused: the job files declare no job"));
        Assert.That((await Ask("apply", Files.Path, "--yes")).ExitCode, Is.EqualTo(5));
    }

    [Test]
    public async Task A_plan_reads_as_a_person_would_tell_it()
    {
        Files.Jobs("a.yaml", ("changed", "schedule: every 1h, timeout: 10m"), ("gone", ""), ("edited", "priority: 3"));
        await Files.Apply();
        await Db.Execute("update scheduler.job set priority = 9 where name = 'edited'");
        await Db.Execute("update scheduler.job set timeout = '30 min' where name = 'changed'");
        Files.Jobs("a.yaml", ("changed", "schedule: every 2h, timeout: 20m"), ("edited", "priority: 3"), ("new", "schedule: every 12h"));
        var plan = await Ask("plan", Files.Path, "--force", "none");
        Assert.That(plan.Error.Trim(), Is.EqualTo("refused: --force 'none' is no job of the files"));
        plan = await Ask("plan", Files.Path);
        var text = System.Text.RegularExpressions.Regex.Replace(Bare(plan.Out), "[0-9a-f]{32}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z", "…");
        Assert.That(text, Is.EqualTo("""
            - delete gone  (was a.yaml:3; 0 runs; history is kept)
            + add new  (a.yaml:4; sql, every 12h)
            ~ change changed  (a.yaml:2)
                schedule: 'every 1h' -> 'every 2h'  (from a.yaml:2)
                timeout: '30m' -> '20m'  (replaces what was set by scheduler (test) at …; the file had '10m')
            = keep edited  (a.yaml:3; edited in SQL, kept until the file changes it)
                priority: 9, set by scheduler (test) at …; the file says 3
            fires from … to …:
                changed: +0 -84, 84 in all
                new: +14 -0, 14 in all
            plan …: 1 deleted, 1 added, 1 changed, 1 edited in SQL and kept, 1 of 3 unchanged

            """));
        var json = JsonDocument.Parse((await Ask("plan", Files.Path, "--json")).Out).RootElement;
        Assert.That(json.GetProperty("changed")[0].GetProperty("fields")[0].GetProperty("fate").GetString(), Is.EqualTo("change"));
    }

    [Test]
    public async Task A_saved_plan_is_applied_once_and_refused_when_the_world_has_moved()
    {
        var saved = System.IO.Path.Combine(Files.Path, "plan.json");
        Files.Jobs("a.yaml", ("one", ""), ("two", ""));
        await Files.Apply();
        Files.Jobs("a.yaml", ("one", "priority: 9"));
        Assert.That((await Ask("plan", Files.Path, "--max-deletes", "0")).ExitCode, Is.EqualTo(1));
        Assert.That((await Ask("plan", Files.Path, "--force", "one", "--out", saved)).ExitCode, Is.EqualTo(2));
        var applied = await Ask("apply", Files.Path, "--plan", saved);
        Assert.That(applied.ExitCode, Is.Zero, applied.Error);
        var again = await Ask("apply", Files.Path, "--plan", saved);
        Assert.That((again.ExitCode, again.Error), Is.EqualTo((5, again.Error)));
        Assert.That(again.Error, Does.Contain("is out of date"));
        Assert.That((await Ask("apply", Files.Path, "--plan", "nonsense")).ExitCode, Is.EqualTo(2));
        Assert.That((await Ask("apply", Files.Path, "--plan", new string('0', 32))).ExitCode, Is.EqualTo(5));
    }

    [Test]
    public async Task Export_then_plan_says_no_changes_with_jobs_of_files_of_sql_and_edited_ones()
    {
        Files.Jobs("a.yaml", ("one", "schedule: every 1h, tags: [x, y]"), ("two", ""));
        Files.Write("b.yaml", "jobs:\n  three: { kind: fleet.cleanup, with: { batch: 10 }, guard: { max_rows: 5 }, retry: { attempts: 1 } }\n");
        await Files.Apply();
        await Db.Execute("update scheduler.job set timeout = '90 min', description = E'two\\nlines: \"x\"' where name = 'two'");
        await Db.Execute("""
            insert into scheduler.job (name, kind, settings, schedule, starts, params, concurrency)
            values ('by-hand', 'sql', '{"statement": "select 1;\n-- it''s: done"}', '0 0 * * 1-5', '2026-12-01T02:00:00Z',
                    '{"a": [1, {"b": null}], "ü": "yes"}', '{"group": "g", "limit": 2}')
            """);
        using var target = new FolderOfJobs(Db);
        var export = await Ask("export", "--out", target.Path);
        Assert.That(export.ExitCode, Is.Zero, export.Error);
        Assert.That(Directory.GetFiles(target.Path).Select(System.IO.Path.GetFileName),
            Is.EquivalentTo(new[] { "a.yaml", "b.yaml", "made-in-sql.yaml" }));
        var plan = await Ask("plan", target.Path);
        Assert.That((plan.ExitCode, plan.Out), Is.EqualTo((0, plan.Out)), plan.Error);
        Assert.That((await Ask("export", "--out", target.Path)).ExitCode, Is.EqualTo(2), "files are there already");
        var before = await Db.Rows<string>("select name || ' ' || version from scheduler.job order by 1");
        Assert.That((await Ask("apply", target.Path, "--yes")).ExitCode, Is.Zero);
        Assert.That(await Db.Rows<string>("select name || ' ' || version from scheduler.job order by 1"), Is.EqualTo(before), "no new version");
        Assert.That((await Ask("plan", target.Path)).Out, Does.Contain("no changes, 4 of 4 unchanged"));
        target.Write("a.yaml", null);
        target.Write("b.yaml", null);
        target.Write("made-in-sql.yaml", (await Ask("export")).Out);
        Assert.That((await Ask("plan", target.Path)).ExitCode, Is.Zero, "all in one file");
    }

    [Test]
    public async Task A_node_whose_files_cannot_be_applied_serves_the_jobs_that_are_there_and_says_so()
    {
        Files.Jobs("a.yaml", [.. Enumerable.Range(0, 7).Select(i => ($"j{i}", ""))]);
        await Files.Apply();
        Files.Jobs("a.yaml", ("j0", "priority: 9"));
        using var node = Binary.Start(new Dictionary<string, string> { ["SCHEDULER__CONNECTION"] = Db.ConnectionString },
            "serve", "--name", "n1", "--http-port", "0", "--drain", "1s", "--jobs", Files.Path, "--exit-with-stdin");
        var errors = node.StandardError.ReadToEndAsync();
        var line = await node.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
        node.StandardInput.Close();
        await node.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.That(line, Does.StartWith("node n1 is listening"));
        Assert.That(await errors,
            Does.Contain("were not applied").And.Contain("6 jobs would be deleted; expected at most 5").And.Contain("config plan"));
        Assert.That(await Db.Rows<short>("select distinct priority from scheduler.job"), Is.EqualTo(new short[] { 5 }));
    }

    // A file below the folder a command runs in is named by its relative path.
    private string Bare(string text) => text.Replace(Files.Path + "/", "", StringComparison.Ordinal)
        .Replace(System.IO.Path.GetFileName(Files.Path) + "/", "", StringComparison.Ordinal);

    private Task<Ended> Ask(params string[] arguments) => Binary.RunWith(
        new Dictionary<string, string> { ["SCHEDULER__CONNECTION"] = Db.ConnectionString }, ["config", .. arguments]);
}
