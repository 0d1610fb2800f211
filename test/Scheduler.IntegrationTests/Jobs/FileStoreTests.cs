using NUnit.Framework;
using Scheduler.Database;
using Scheduler.Jobs.Files;
using Scheduler.TestKit;
using Scheduler.Tests.Jobs;

namespace Scheduler.IntegrationTests.Jobs;

/// <summary>Plan and apply against a real database: what is merged, kept, removed, refused.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FileStoreTests : FilesFixture
{
    [Test]
    public async Task Jobs_are_made_and_a_second_plan_has_no_changes()
    {
        Files.Jobs("a.yaml", ("one", "schedule: every 1h"), ("two", ""));
        var plan = await Files.Plan();
        Assert.That(plan.Added.Select(a => a.Name), Is.EqualTo(new[] { "one", "two" }));
        Assert.That(plan.Consequences!.Fires.Select(f => (f.Job, f.Gained, f.Lost)), Is.EqualTo(new[] { ("one", 168, 0) }));
        Assert.That((await Files.Apply(hash: plan.Hash)).Added, Has.Count.EqualTo(2));
        var rows = await Dump();
        var again = await Files.Plan();
        Assert.That((again.HasChanges, again.Unchanged, again.Hash == plan.Hash), Is.EqualTo((false, 2, false)));
        await Files.Apply();
        Assert.That(await Dump(), Is.EqualTo(rows), "nothing changed, so versions and notes stay");
    }

    [Test]
    public async Task A_field_edited_in_sql_survives_until_the_file_changes_that_field()
    {
        Files.Jobs("a.yaml", ("one", "schedule: every 1h, timeout: 10m"));
        await Files.Apply();
        await Db.Execute("update scheduler.job set schedule = 'every 10s'");
        var drift = await Files.Plan();
        Assert.That((drift.HasChanges, Shown(drift.Drifted)), Is.EqualTo((false, "one schedule Keep 'every 10s' file 'every 1h'")));
        Assert.That((await Files.Apply()).Drifted, Has.Count.EqualTo(1));
        Assert.That(await Field("schedule"), Is.EqualTo("every 10s"));

        Files.Jobs("a.yaml", ("one", "schedule: every 1h, timeout: 20m"));
        await Files.Apply();
        Assert.That((await Field("schedule"), await Field("timeout::text")), Is.EqualTo(("every 10s", "00:20:00")), "another field changed");

        Files.Jobs("a.yaml", ("one", "schedule: every 2h, timeout: 20m"));
        var conflict = await Files.Plan();
        Assert.That(Shown(conflict.Changed), Is.EqualTo("one schedule Replace 'every 10s' file 'every 2h'"));
        await Files.Apply();
        Assert.That(await Field("schedule"), Is.EqualTo("every 2h"));
        Assert.That((await Files.Plan()).Drifted, Is.Empty);
    }

    [Test]
    public async Task Force_takes_the_file_for_the_named_jobs_only()
    {
        Files.Jobs("a.yaml", ("one", "priority: 1"), ("two", "priority: 1"));
        await Files.Apply();
        await Db.Execute("update scheduler.job set priority = 9");
        var plan = await Files.Plan(new(Force: ["two"]));
        Assert.That((Shown(plan.Changed), Shown(plan.Drifted)), Is.EqualTo(("two priority Force 9 file 1", "one priority Keep 9 file 1")));
        await Files.Apply(new(Force: ["two"]));
        Assert.That(await Db.Rows<short>("select priority from scheduler.job order by name"), Is.EqualTo(new short[] { 9, 1 }));
        await Files.Apply(new(Force: ["*"]));
        Assert.That(await Db.Rows<short>("select priority from scheduler.job order by name"), Is.EqualTo(new short[] { 1, 1 }));
        Assert.That((await Files.Plan(new(Force: ["tow"]))).Refusals.Single(),
            Is.EqualTo("--force 'tow' is no job of the files; did you mean 'two'?"));
    }

    [Test]
    public async Task Settings_are_merged_key_by_key_and_a_mixture_that_does_not_fit_is_refused()
    {
        Files.Write("a.yaml", "jobs:\n  one: { kind: fleet.cleanup, with: { batch: 100, offline_older_than: 30d } }\n");
        await Files.Apply();
        await Db.Execute("""update scheduler.job set settings = settings || '{"batch": 200}'""");
        Files.Write("a.yaml", "jobs:\n  one: { kind: fleet.cleanup, with: { batch: 100, offline_older_than: 40d } }\n");
        await Files.Apply();
        Assert.That(await Field("settings::text"), Is.EqualTo("""{"batch": 200, "offline_older_than": "40d"}"""));
    }

    [Test]
    public async Task A_plan_is_refused_when_files_or_rows_have_moved_since()
    {
        Files.Jobs("a.yaml", ("one", "priority: 1"));
        var plan = await Files.Plan();
        Files.Jobs("a.yaml", ("one", "priority: 2"));
        await Refused(() => Files.Apply(hash: plan.Hash), $"the plan {plan.Hash} is out of date");
        plan = await Files.Plan();
        await Files.Apply(hash: plan.Hash);
        Files.Jobs("a.yaml", ("one", "priority: 3"));
        plan = await Files.Plan();
        await Db.Execute("update scheduler.job set description = 'edited'");
        await Refused(() => Files.Apply(hash: plan.Hash), $"the plan {plan.Hash} is out of date");
        await Refused(() => Files.Apply(new(Force: ["one"]), hash: plan.Hash), "or --force is another");
        Assert.That(await Field("priority::text"), Is.EqualTo("2"));
    }

    [Test]
    public async Task What_nodes_note_in_a_row_does_not_move_a_plan()
    {
        Files.Jobs("a.yaml", ("one", "priority: 1"));
        await Files.Apply();
        Files.Jobs("a.yaml", ("one", "priority: 3"));
        var plan = await Files.Plan();
        await Db.Execute("update scheduler.job set problem = 'x', next_fire_at = now()");
        Assert.That((await Files.Apply(hash: plan.Hash)).Changed, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Jobs_left_out_of_the_files_are_removed_up_to_the_cap_and_their_history_stays()
    {
        Files.Jobs("a.yaml", ("keep", ""));
        Files.Jobs("b.yaml", [.. Enumerable.Range(0, 6).Select(i => ($"gone{i}", ""))]);
        await Files.Apply();
        await Db.Execute("insert into scheduler.job (name, kind, settings) values ('by-hand', 'sql', '{\"statement\": \"select 1\"}')");
        await Db.Execute("select scheduler.run_now('gone3')");
        Files.Write("b.yaml", null);
        var plan = await Files.Plan();
        Assert.That(plan.Deleted.Select(d => (d.Name, d.Runs)),
            Is.EqualTo(Enumerable.Range(0, 6).Select(i => ($"gone{i}", i == 3 ? 1L : 0L))));
        Assert.That(plan.Refusals, Is.EqualTo(new[] { "6 jobs would be deleted; expected at most 5, or --max-deletes 6" }));
        Files.Jobs("a.yaml", ("keep", "priority: 9"));
        await Refused(() => Files.Apply(), "6 jobs would be deleted; expected at most 5, or --max-deletes 6\nnothing was applied");
        Assert.That(await Db.Value<long>("select count(*) from scheduler.job where priority = 5"), Is.EqualTo(8), "nothing was applied in part");
        await Files.Apply(new(MaxDeletes: 6));
        Assert.That(await Db.Rows<string>("select name from scheduler.job order by name"), Is.EqualTo(new[] { "by-hand", "keep" }));
        Assert.That(await Db.Value<long>("select count(*) from scheduler.run where job = 'gone3'"), Is.EqualTo(1));
        Assert.That(await Db.Rows<string>("select name from scheduler.job_file"), Is.EqualTo(new[] { "keep" }));
    }

    [Test]
    public async Task Files_without_any_job_remove_none_unless_told_how_many()
    {
        Files.Jobs("a.yaml", ("one", ""));
        await Files.Apply();
        Files.Write("a.yaml", null);
        await Refused(() => Files.Apply(), "the job files declare no job, and 1 jobs in the database came from files");
        Assert.That((await Files.Apply(new(MaxDeletes: 1))).Deleted, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_job_made_in_sql_is_taken_over_when_forced_or_when_the_file_says_the_same()
    {
        await Db.Execute("insert into scheduler.job (name, kind, settings, priority) values ('one', 'sql', '{\"statement\": \"select 1\"}', 7)");
        Files.Jobs("a.yaml", ("one", ""));
        await Refused(() => Files.Apply(), "a.yaml:2: job 'one' exists already and was made in SQL, with another priority; expected another name, "
            + "or --force one to take it over");
        Files.Jobs("a.yaml", ("one", "priority: 7"));
        var plan = await Files.Plan();
        Assert.That((plan.HasChanges, plan.TakenOver.Single()), Is.EqualTo((false, "one")));
        Files.Jobs("a.yaml", ("one", "priority: 8"));
        plan = await Files.Apply(new(Force: ["one"]));
        Assert.That((plan.Changed.Single().TakenOver, await Field("priority::text")), Is.EqualTo((true, "8")));
        Assert.That(await Field("source"), Does.EndWith("a.yaml:2"));
        Assert.That((await Files.Plan()).HasChanges, Is.False);
    }

    [Test]
    public async Task A_job_deleted_in_sql_comes_back_and_the_plan_says_so()
    {
        Files.Jobs("a.yaml", ("one", ""));
        await Files.Apply();
        await Db.Execute("delete from scheduler.job");
        Assert.That((await Files.Plan()).Added.Single().DeletedInSql, Is.True);
        await Files.Apply();
        Assert.That(await Db.Value<long>("select count(*) from scheduler.job"), Is.EqualTo(1));
    }

    [Test]
    public async Task Jobs_made_by_a_for_each_job_are_neither_removed_nor_overwritten()
    {
        Files.Jobs("a.yaml", ("one", ""));
        await Files.Apply();
        await Db.Execute("""
            begin;
            set local scheduler.for_each = 'one';
            insert into scheduler.job (name, kind, settings, source, made_by) values ('child', 'sql', '{"statement": "select 1"}', 'a.yaml:2', 'one');
            commit
            """);
        Assert.That((await Files.Plan()).HasChanges, Is.False);
        Files.Jobs("a.yaml", ("one", ""), ("child", ""));
        Assert.That((await Files.Plan(new(Force: ["*"]))).Refusals.Single(), Does.Contain("made by 'one' from a row of its for_each"));
    }

    [Test]
    public async Task Many_nodes_that_apply_at_once_agree_and_make_one_version()
    {
        Files.Jobs("a.yaml", [.. Enumerable.Range(0, 50).Select(i => ($"j{i}", "priority: 1"))]);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => FileStore.Apply(Db.Source, Files.Declared(), FolderOfJobs.Kinds, default)));
        Assert.That(await Db.Rows<int>("select distinct version from scheduler.job"), Is.EqualTo(new[] { 1 }));
        Files.Jobs("a.yaml", [.. Enumerable.Range(0, 50).Select(i => ($"j{i}", "priority: 2"))]);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => FileStore.Apply(Db.Source, Files.Declared(), FolderOfJobs.Kinds, default)));
        Assert.That(await Db.Rows<int>("select distinct version from scheduler.job"), Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public async Task An_edit_committed_while_an_apply_is_under_way_is_not_lost()
    {
        Files.Jobs("a.yaml", ("one", "priority: 1"));
        await Files.Apply();
        Files.Jobs("a.yaml", ("one", "priority: 2"));
        await using var editor = await Db.Source.OpenConnectionAsync();
        await using var edit = await editor.BeginTransactionAsync();
        await using var update = new Npgsql.NpgsqlCommand("update scheduler.job set description = 'edited'", editor);
        await update.ExecuteNonQueryAsync();
        var apply = Files.Apply();
        await Db.Until("the apply waits for the row", async () => await Db.Value<bool>("""
            select exists (select from pg_stat_activity
                           where application_name = 'scheduler cli' and wait_event_type = 'Lock' and datname = current_database())
            """), TimeSpan.FromSeconds(30));
        await edit.CommitAsync();
        var plan = await apply;
        Assert.That(Shown(plan.Drifted), Is.EqualTo("one description Keep 'edited' file ''"));
        Assert.That((await Field("description"), await Field("priority::text")), Is.EqualTo(("edited", "2")));
    }

    [Test]
    public async Task A_schedule_more_frequent_than_runs_take_is_warned_of()
    {
        Files.Jobs("a.yaml", ("one", "schedule: every 1h"));
        await Files.Apply();
        for (var i = 0; i < 3; i++)
        {
            await Db.Execute("select scheduler.run_now('one')");
            await Db.Execute("""
                update scheduler_private.run set state = 'finished', verdict = 'succeeded', started_at = now() - interval '45 s', ended_at = now()
                where state = 'queued'
                """);
            await Db.Execute("update scheduler_private.job_gate set active_key = null");
        }
        Files.Jobs("a.yaml", ("one", "schedule: every 10s"));
        var consequences = (await Files.Plan()).Consequences!;
        Assert.That(consequences.Warnings, Is.EqualTo(new[]
        {
            "one would be due every 10s, and a run takes 45s (median of its last 20): fires that meet a run are skipped(overlap)",
        }));
        var fires = consequences.Fires.Single();
        Assert.That((fires.Lost, fires.After), Is.EqualTo((0, PlanConsequences.FiresMax)));
        Assert.That(fires.CountedUntil, Is.EqualTo(new DateTimeOffset(2026, 11, 23, 8, 0, 0, TimeSpan.Zero)));
    }

    [Test]
    public async Task An_operator_may_plan_apply_and_export_and_a_viewer_only_plan()
    {
        await Db.Execute("create role files_op login in role scheduler_operator; create role files_see login in role scheduler_viewer");
        try
        {
            Files.Jobs("a.yaml", ("one", ""));
            var see = $"{Db.ConnectionString};Username=files_see";
            var op = $"{Db.ConnectionString};Username=files_op";
            var seen = await FileStore.Plan(see, Files.Declared(), new(), FolderOfJobs.Kinds, default, default);
            Assert.That(seen.NotTried, Does.StartWith("only who may change jobs can have the database try them"));
            var refusal = await Assert.ThrowsAsync<OperatorException>(
                () => FileStore.Apply(see, Files.Declared(), new(), FolderOfJobs.Kinds, null, default));
            Assert.That(refusal!.Message, Does.Contain("grant scheduler_viewer to read, scheduler_operator to change"));
            await FileStore.Apply(op, Files.Declared(), new(), FolderOfJobs.Kinds, null, default);
            Assert.That(await Db.Value<string>("select applied_by from scheduler.job_file"), Is.EqualTo("files_op (scheduler cli)"));
            Assert.That((await FileStore.Live(op, default)).Jobs, Has.Count.EqualTo(1));
        }
        finally { await Db.Execute("drop role files_op; drop role files_see"); }
    }

    [Test]
    public async Task Channels_are_merged_like_jobs_and_stay_while_a_job_tells_them()
    {
        const string Job = "jobs:\n  one: { kind: sql, with: { statement: select 1 }, notify: { on: [failure], to: [ops] } }\n";
        const string Ops = "calendars:\n  night: { weekdays: [sun] }\nchannels:\n  ops: { kind: slack, with: { url: 'http://127.0.0.1:1/a' }"
            + ", quiet: night, group_wait: 0s, remind_every: null }\n";
        Files.Write("a.yaml", Ops + Job);
        Assert.That((await Files.Apply()).Channels.Single().Fate, Is.EqualTo(PartFate.Add));
        Assert.That(await Db.Value<string>("""
            select format('%s %s %s %s %s', kind, settings, quiet, group_wait, remind_every is null) from scheduler.channel
            """), Is.EqualTo("slack {\"url\": \"http://127.0.0.1:1/a\"} night 00:00:00 t"));
        Assert.That((await Files.Plan()).HasChanges, Is.False);
        await Db.Execute("update scheduler.channel set incidents = true");
        Files.Write("a.yaml", Ops.Replace("1/a", "1/b", StringComparison.Ordinal) + Job);
        var plan = await Files.Plan();
        Assert.That(plan.Channels.Select(c => (c.Fate, c.Fields.Single().Field)),
            Is.EqualTo(new[] { (PartFate.Keep, "incidents"), (PartFate.Change, "with.url") }));
        await Files.Apply(hash: plan.Hash);
        Assert.That(await Db.Value<string>("select (settings ->> 'url') || ' ' || incidents from scheduler.channel"),
            Is.EqualTo("http://127.0.0.1:1/b true"));
        var live = await FileStore.Live(Db.ConnectionString, default);
        Files.Write("a.yaml", JobExport.One(live, FolderOfJobs.Kinds));
        Assert.That(((await Files.Plan()).HasChanges, JobExport.Differences(live, JobExport.Files(live, FolderOfJobs.Kinds), FolderOfJobs.Kinds)),
            Is.EqualTo((false, Array.Empty<string>())));
        Files.Write("a.yaml", Job);
        Assert.That((await Files.Apply()).HasChanges, Is.False, "a job tells it still, and it has its calendar");
        Files.Jobs("a.yaml", ("one", "notify: { on: [failure], to: [op] }"));
        Assert.That((await Files.Plan()).Refusals.Single(), Does.Contain("channel 'op' of job 'one' is not known; did you mean 'ops'?"));
        Files.Jobs("a.yaml", ("one", ""));
        var last = await Files.Apply();
        Assert.That((last.Channels.Single().Fate, last.Calendars.Single().Fate), Is.EqualTo((PartFate.Delete, PartFate.Delete)));
        Assert.That(await Db.Value<long>("select count(*) from scheduler.channel"), Is.Zero);
    }

    [Test]
    public async Task Calendars_are_merged_like_jobs_and_move_the_fires_of_jobs_that_use_them()
    {
        const string Job = "jobs:\n  one: { kind: sql, schedule: every 6h, calendar: off, with: { statement: select 1 } }\n";
        Files.Write("a.yaml", "calendars:\n  off: { weekdays: [sun], description: first }\n" + Job);
        Assert.That((await Files.Apply()).Calendars.Single().Fate, Is.EqualTo(PartFate.Add));
        await Db.Execute("update scheduler.calendar set description = 'edited'");
        Files.Write("a.yaml", "calendars:\n  off: { weekdays: [sat, sun], description: first }\n" + Job);
        var plan = await Files.Plan();
        Assert.That(plan.Calendars.Select(c => (c.Fate, c.Fields.Single().Field)),
            Is.EqualTo(new[] { (PartFate.Keep, "description"), (PartFate.Change, "weekdays") }));
        Assert.That(plan.Consequences!.Fires.Select(f => (f.Job, f.Gained, f.Lost)), Is.EqualTo(new[] { ("one", 0, 4) }));
        await Files.Apply(hash: plan.Hash);
        Assert.That(await Db.Value<string>("select description || ' ' || weekdays::text from scheduler.calendar"), Is.EqualTo("edited {sat,sun}"));
        var live = await FileStore.Live(Db.ConnectionString, default);
        Files.Write("a.yaml", JobExport.One(live, FolderOfJobs.Kinds));
        Assert.That(((await Files.Plan()).HasChanges, JobExport.Differences(live, JobExport.Files(live, FolderOfJobs.Kinds), FolderOfJobs.Kinds)),
            Is.EqualTo((false, Array.Empty<string>())));
        Files.Write("a.yaml", Job);
        Assert.That((await Files.Apply()).Calendars, Is.Empty, "a job uses it still");
        Files.Jobs("a.yaml", ("one", "calendar: of"));
        Assert.That((await Files.Plan()).Refusals.Single(), Does.Contain("calendar 'of' of job 'one' is not known; did you mean 'off'?"));
        Files.Jobs("a.yaml", ("one", ""));
        Assert.That((await Files.Apply()).Calendars.Single().Fate, Is.EqualTo(PartFate.Delete));
        Assert.That(await Db.Value<long>("select count(*) from scheduler.calendar"), Is.Zero);
    }

    [Test]
    public async Task Bad_folders_leave_the_store_as_it_was_byte_for_byte()
    {
        Files.Jobs("z.yaml", ("one", "schedule: every 1h"), ("a", ""));
        await Files.Apply();
        await Db.Execute("update scheduler.job set priority = 9 where name = 'one'");
        var before = await Dump();
        foreach (var folder in BadFolders.All())
        {
            using var bad = new FolderOfJobs(Db);
            folder.WriteTo(bad.Path);
            await Assert.ThrowsAsync<OperatorException>(() => bad.Apply(new(MaxDeletes: 100, Force: ["*"])), folder.Name);
        }
        Assert.That(await Dump(), Is.EqualTo(before));
    }

    private async Task<string> Dump() => string.Join('\n', await Db.Rows<string>("""
        select to_jsonb(j)::text || j.xmin from scheduler.job j union all select to_jsonb(c)::text || c.xmin from scheduler.calendar c
        union all select to_jsonb(f)::text || f.xmin from scheduler_private.job_file f
        union all select to_jsonb(g)::text || g.xmin from scheduler_private.job_gate g
        order by 1
        """));

    private Task<string?> Field(string column) => Db.Value<string>($"select {column} from scheduler.job where name = 'one'");

    private static string Shown(IReadOnlyList<PlannedChange> jobs) => string.Join("; ", jobs.SelectMany(j => j.Fields.Select(f =>
        $"{j.Name} {f.Field} {f.Fate} {f.Live?.ToJsonString().Replace('"', '\'')} file {f.File?.ToJsonString().Replace('"', '\'')}")));

    private static async Task Refused(Func<Task> apply, string message)
    {
        var refusal = await Assert.ThrowsAsync<OperatorException>(() => apply());
        Assert.That((refusal!.ExitCode, refusal.Message), Is.EqualTo((5, refusal.Message)));
        Assert.That(refusal.Message, Does.Contain(message));
    }
}
