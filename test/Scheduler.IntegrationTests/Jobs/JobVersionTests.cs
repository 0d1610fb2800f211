using System.Text.Json;
using Dapper;
using Npgsql;
using NUnit.Framework;
using Scheduler.Database;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Jobs;

/// <summary>Every change of a job is kept, with who made it and why, in a chain that shows what was tampered with.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class JobVersionTests
{
    private TestDatabase database = null!;

    [SetUp]
    public async Task SetUp() => database = await TestDatabase.Create();

    [TearDown]
    public async Task TearDown() => await database.DisposeAsync();

    [Test]
    public async Task A_change_is_audited_with_role_application_source_reason_and_what_changed()
    {
        await Job("a");
        await database.Execute("""
            begin;
            set local scheduler.reason = 'too often';
            update scheduler.job set schedule = 'every 5m', priority = 7 where name = 'a';
            commit
            """);

        var audit = await database.Rows<string>("""
            select concat_ws(' ', job, version, action, role = session_user, application, source, reason, changes) from scheduler.audit
            where version > 1
            """);

        Assert.That(audit, Is.EqualTo(new[]
        {
            """a 2 update t test sql too often {"priority": [5, 7], "schedule": ["manual", "every 5m"]}""",
        }));
        Assert.That(await database.Value<string>("""
            select string_agg(concat_ws(' ', version, action, valid_until is null), ', ' order by version) from scheduler.job_version
            """), Is.EqualTo("1 insert f, 2 update t"));
    }

    [Test]
    public async Task What_nodes_note_in_a_row_makes_no_version()
    {
        await Job("a");
        await database.Execute("update scheduler.job set problem = 'x', next_fire_at = now()");
        await database.Execute("update scheduler.job set description = description");
        Assert.That(await database.Value<long>("select count(*) from scheduler.job_version"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_transaction_sees_its_own_versions_and_a_rollback_leaves_none()
    {
        await using var connection = await database.Source.OpenConnectionAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await connection.ExecuteAsync("insert into scheduler.job (name, kind) values ('a', 'sql')");
            Assert.That(await connection.ExecuteScalarAsync<long>("select count(*) from scheduler.audit"), Is.EqualTo(1));
            await transaction.RollbackAsync();
        }
        Assert.That(await connection.ExecuteScalarAsync<long>("select count(*) from scheduler.audit"), Is.Zero);
        await Job("a");
        Assert.That(await Problem(), Is.Null);
    }

    [Test]
    public async Task A_name_that_comes_back_goes_on_counting_its_versions()
    {
        await Job("a");
        await database.Execute("delete from scheduler.job where name = 'a'");
        await Job("a");
        Assert.That(
            await database.Value<string>("select string_agg(version || ' ' || action, ', ' order by version) from scheduler.job_version"),
            Is.EqualTo("1 insert, 2 delete, 3 insert"));
        Assert.That(await database.Value<int>("select version from scheduler.job"), Is.EqualTo(3));
    }

    [Test]
    public async Task Versions_cannot_be_changed_or_deleted_even_by_their_owner()
    {
        await Job("a");
        foreach (var edit in new[]
        {
            "update scheduler_private.job_version set reason = 'x'", "delete from scheduler_private.job_version",
            "truncate scheduler_private.job_version cascade", "update scheduler_private.job_chain set hash = ''",
            "delete from scheduler_private.job_chain",
        })
        {
            Assert.That(async () => await database.Execute(edit), Throws.TypeOf<PostgresException>().With.Property("SqlState").EqualTo("42501"));
        }
    }

    [TestCase("update scheduler_private.job_version set role = 'somebody' where job = 'b' and version = 1", "version 1 of job 'b' was changed")]
    [TestCase("update scheduler_private.job_version set changes = '{}' where job = 'b' and version = 2", "version 2 of job 'b' was changed")]
    [TestCase("delete from scheduler_private.job_chain where place = 2", "link 2 of the chain of versions is missing")]
    [TestCase("delete from scheduler_private.job_chain where place = 4", "ends at link 3; expected link 4")]
    [TestCase("delete from scheduler_private.job_chain where place = 4; delete from scheduler_private.job_version where id = 4",
        "ends at link 3; expected link 4")]
    [TestCase("update scheduler.job set schedule = '@daily' where name = 'a'", "job 'a' is not what its version 1 says")]
    public async Task A_check_finds_what_was_tampered_with(string tampering, string problem)
    {
        await Job("a");
        await Job("b");
        await database.Execute("update scheduler.job set priority = 1 where name = 'b'");
        await database.Execute("update scheduler.job set priority = 2 where name = 'b'");
        Assert.That(await Problem(), Is.Null);
        // A superuser can switch triggers off; that is whom the chain is for.
        await database.Execute($"begin; set local session_replication_role = replica; {tampering}; commit");
        Assert.That(await Problem(), Does.Contain(problem));
        Assert.That((await Migrator.Check(database.ConnectionString, default)).Problems, Has.One.Contains(problem));
    }

    [Test]
    public async Task Undo_takes_back_the_last_change_and_itself()
    {
        await Job("a");
        await database.Execute("""
            update scheduler.job set schedule = 'every 5m', tags = '{x}', timeout = '2 minutes', settings = '{"statement": "y"}'
            """);
        Assert.That(await database.Value<int>("select scheduler.undo('a', reason => 'it was worse')"), Is.EqualTo(3));
        Assert.That(await Row(), Is.EqualTo("manual {} 01:00:00 {}"));
        Assert.That(await database.Value<int>("select scheduler.undo('a', 2)"), Is.EqualTo(4));
        Assert.That(await Row(), Is.EqualTo("""every 5m {x} 00:02:00 {"statement": "y"}"""));
        Assert.That(
            await database.Value<string>("select string_agg(concat_ws(' ', action, reason), ', ' order by version) from scheduler.job_version"),
            Is.EqualTo("insert, update, undo it was worse, undo"));
        Assert.That(await Problem(), Is.Null);
    }

    [Test]
    public async Task Undo_brings_a_deleted_job_back_as_it_was()
    {
        await Job("a");
        await database.Execute("update scheduler.job set schedule = 'every 5m', retry = '{\"attempts\": 5}', starts = '2026-12-01Z'");
        await database.Execute("select scheduler.unschedule('a', 'not needed')");
        Assert.That(await database.Value<int>("select scheduler.undo('a')"), Is.EqualTo(4));
        Assert.That(await database.Value<string>("select schedule || retry::text || (starts = '2026-12-01Z') from scheduler.job"),
            Is.EqualTo("""every 5m{"attempts": 5}true"""));
    }

    [Test]
    public async Task Undo_of_a_pause_resumes_and_a_restored_version_leaves_a_pause_in_force()
    {
        await Job("a");
        await database.Execute("update scheduler.job set priority = 1");
        await database.Execute("select scheduler.pause('a')");
        await database.Execute("select scheduler.undo('a', 1)");
        Assert.That(await database.Value<string>("select priority || ' ' || (paused_at is not null) from scheduler.job"),
            Is.EqualTo("5 true"));
        await database.Execute("select scheduler.resume('a'), scheduler.pause('a', 'again')");
        await database.Execute("select scheduler.undo('a')");
        Assert.That(await database.Value<bool>("select paused_at is null and pause_reason is null from scheduler.job"), Is.True);
    }

    [Test]
    public async Task A_thousand_edits_from_eight_connections_make_one_chain()
    {
        const int Editors = 8;
        const int EditsEach = 125;
        await database.Execute("insert into scheduler.job (name, kind) select 'job-' || i, 'sql' from generate_series(0, 3) i");
        await Task.WhenAll(Enumerable.Range(0, Editors).Select(async editor =>
        {
            await using var connection = await database.Source.OpenConnectionAsync();
            for (var i = 0; i < EditsEach; i++)
            {
                await connection.ExecuteAsync("update scheduler.job set description = @text where name = @name",
                    new { text = $"{editor} {i}", name = $"job-{(editor + i) % 4}" });
            }
        }));
        Assert.That(await database.Value<long>("select count(*) from scheduler_private.job_chain"), Is.EqualTo(4 + (Editors * EditsEach)));
        Assert.That(await Problem(), Is.Null);
    }

    [Test]
    public async Task An_edit_that_waits_for_its_commit_holds_up_no_other()
    {
        await Job("a");
        await Job("b");
        await using var slow = await database.Source.OpenConnectionAsync();
        await using var transaction = await slow.BeginTransactionAsync();
        await slow.ExecuteAsync("update scheduler.job set priority = 1 where name = 'a'");
        await database.Execute("begin; set local lock_timeout = '1s'; update scheduler.job set priority = 1 where name = 'b'; commit");
        await transaction.CommitAsync();
        Assert.That(await Problem(), Is.Null);
    }

    [Test]
    public async Task Ten_thousand_jobs_in_one_statement_have_their_versions()
    {
        await Job("first");
        await database.Execute("""
            insert into scheduler.job (name, kind, schedule, settings)
            select 'job-' || i, 'sql', '*/5 * * * *', jsonb_build_object('statement', 'select ' || i) from generate_series(1, 10000) i
            """);
        await database.Execute("update scheduler.job set priority = 6");
        Assert.That(await database.Value<long>("select count(*) from scheduler_private.job_chain"), Is.EqualTo(20_002));
        Assert.That(await Problem(), Is.Null);
    }

    [Test]
    public async Task Definitions_of_versions_are_json_with_all_that_was_declared()
    {
        await Job("a");
        var definition = JsonDocument.Parse((await database.Value<string>("select definition::text from scheduler.job_version"))!).RootElement;
        var columns = await database.Rows<string>("""
            select attname::text from pg_attribute where attrelid = 'scheduler.job'::regclass and attnum > 0 and not attisdropped
                and attname not in ('version', 'problem', 'next_fire_at', 'created_at', 'updated_at', 'source')
            """);
        Assert.That(definition.EnumerateObject().Select(p => p.Name), Is.EquivalentTo(columns));
    }

    private Task<int> Job(string name) => database.Execute("insert into scheduler.job (name, kind) values (@name, 'sql')", new { name });

    private Task<string?> Row() => database.Value<string>("select concat_ws(' ', schedule, tags, timeout, settings) from scheduler.job");

    private Task<string?> Problem() => database.Value<string>("select scheduler_private.chain_problem()");
}
