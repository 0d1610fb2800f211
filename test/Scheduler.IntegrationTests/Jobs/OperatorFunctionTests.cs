using Npgsql;
using NUnit.Framework;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Jobs;

/// <summary>The functions operators call in psql.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class OperatorFunctionTests
{
    private TestDatabase database = null!;

    [SetUp]
    public async Task SetUp()
    {
        database = await TestDatabase.Create();
        await KindCatalog.Publish(database.Source, new KindRegistry(SchedulerServices.BuiltInKinds), "test", 0, default);
    }

    [TearDown]
    public async Task TearDown() => await database.DisposeAsync();

    [Test]
    public async Task Schedule_makes_a_job_and_again_changes_it_as_in_pg_cron()
    {
        var name = await database.Value<string>("select scheduler.schedule('nightly', '0 3 * * *', $$delete from events where old$$)");
        Assert.That(name, Is.EqualTo("nightly"));
        await database.Execute("select scheduler.schedule('nightly', '0 4 * * *', 'vacuum events', 'Europe/Berlin', description => 'tidy')");
        await database.Execute("select scheduler.schedule('nightly', '0 5 * * *', 'vacuum events', 'Europe/Berlin')");
        Assert.That(
            await database.Value<string>("select concat_ws('|', schedule, time_zone, kind, settings, description, version) from scheduler.job"),
            Is.EqualTo("""0 5 * * *|Europe/Berlin|sql|{"statement": "vacuum events"}|tidy|3"""));
        Assert.That(await database.Value<bool>("select scheduler.unschedule('nightly')"), Is.True);
        Assert.That(async () => await database.Execute("select scheduler.unschedule('nightly')"),
            Throws.TypeOf<PostgresException>().With.Message.Contains("there is no job 'nightly'"));
    }

    [Test]
    public async Task Schedule_without_a_name_makes_one_up_and_the_same_call_changes_nothing()
    {
        var first = await database.Value<string>("select scheduler.schedule('@daily', 'vacuum')");
        var second = await database.Value<string>("select scheduler.schedule('@daily', 'vacuum')");
        Assert.That(second, Is.EqualTo(first).And.Match("^sql-[0-9a-f]{12}$"));
        Assert.That(await database.Value<int>("select version from scheduler.job"), Is.EqualTo(1));
    }

    [Test]
    public async Task Schedule_of_another_kind_takes_its_settings()
    {
        await database.Execute("select scheduler.schedule('tidy', '@hourly', '{\"batch\": 10}', kind => 'fleet.cleanup')");
        Assert.That(await database.Value<string>("select settings::text from scheduler.job"), Is.EqualTo("""{"batch": 10}"""));
    }

    [Test]
    public async Task An_insert_without_on_lost_has_what_the_kind_says()
    {
        await database.Execute("update scheduler_private.kind set defaults = '{\"on_lost\": \"fail\"}' where name = 'fleet.offline'");
        await database.Execute("insert into scheduler.job (name, kind) values ('a', 'fleet.offline'), ('b', 'fleet.reclaim')");
        Assert.That(await database.Value<string>("select string_agg(on_lost, ' ' order by name) from scheduler.job"), Is.EqualTo("fail rerun"));
    }

    [Test]
    public async Task Kinds_are_published_once_and_none_is_taken_away()
    {
        await database.Execute("insert into scheduler_private.kind (name, schema, published_by) values ('other', '{}', 'n9')");
        var before = await database.Value<string>("select string_agg(k::text, ' ' order by k.name) from scheduler_private.kind k");
        await KindCatalog.Publish(database.Source, new KindRegistry(SchedulerServices.BuiltInKinds), "n2", 0, default);
        Assert.That(await database.Value<string>("select string_agg(k::text, ' ' order by k.name) from scheduler_private.kind k"),
            Is.EqualTo(before));
    }

    [Test]
    public async Task A_kind_no_live_node_knows_is_the_jobs_problem_until_one_does()
    {
        await database.Execute("insert into scheduler_private.kind (name, schema, published_by) values ('other', '{}', 'n9')");
        await database.Execute("insert into scheduler.job (name, kind) values ('a', 'other'), ('b', 'fleet.offline')");
        await database.Execute("""
            insert into scheduler_private.node (name, lease_id, state, slots, version, host, pid, lease_until)
            values ('n1', 1, 'live', 2, '1', 'h', 1, now() + interval '1 hour')
            """);
        await KindCatalog.Publish(database.Source, new KindRegistry(SchedulerServices.BuiltInKinds), "n1", 1, default);
        Assert.That(await Problems(), Is.EqualTo("a: kind 'other' is known to no live node; runs of the job wait for one"));
        await database.Execute("update scheduler_private.node set kinds = kinds || '{other}'::text[]");
        await KindCatalog.Publish(database.Source, new KindRegistry([.. SchedulerServices.BuiltInKinds,
            new Kind("other", typeof(object), typeof(object), OnLost.Fail, "for the test")]), "n1", 1, default);
        Assert.That(await Problems(), Is.Null);
    }

    [Test]
    public async Task Verbs_take_patterns_return_what_they_changed_and_say_why()
    {
        await database.Execute("insert into scheduler.job (name, kind) select n, 'fleet.offline' from unnest('{db.a,db.b,dbxa,other}'::text[]) n");
        Assert.That(await Names("select scheduler.pause('db.*', 'upgrade')"), Is.EqualTo(new[] { "db.a", "db.b" }));
        Assert.That(await Names("select scheduler.pause('db.?', 'upgrade')"), Is.Empty, "they are so already");
        Assert.That(await Names("select scheduler.resume('*')"), Is.EqualTo(new[] { "db.a", "db.b" }));
        Assert.That(await Names("select scheduler.disable('other')"), Is.EqualTo(new[] { "other" }));
        Assert.That(await Names("select scheduler.enable('*', 'done')"), Is.EqualTo(new[] { "other" }));
        Assert.That(await database.Value<string>(
            "select string_agg(concat_ws(' ', job, action, reason), ', ' order by id) from scheduler.audit where version > 1"),
            Is.EqualTo("db.a pause upgrade, db.b pause upgrade, db.a resume, db.b resume, other disable, other enable done"));
        Assert.That(await database.Value<string>("select current_setting('scheduler.reason', true)"), Is.Null.Or.Empty, "a reason is for one call");
    }

    [Test]
    public async Task A_plain_edit_pauses_and_resumes_whole()
    {
        await database.Execute("insert into scheduler.job (name, kind) values ('a', 'fleet.offline')");
        await database.Execute("update scheduler.job set paused_until = now() + interval '1 hour', pause_reason = 'x'");
        Assert.That(await database.Value<bool>("select paused_at is not null and paused_by = session_user from scheduler.job"));
        await database.Execute("update scheduler.job set paused_at = null");
        Assert.That(await database.Value<bool>("select num_nulls(paused_until, paused_by, pause_reason) = 3 from scheduler.job"), Is.True);
    }

    [Test]
    public async Task A_pause_that_is_over_is_cleared_away_and_said_to_have_ended_by_itself()
    {
        await database.Execute("insert into scheduler.job (name, kind) values ('a', 'fleet.offline'), ('b', 'fleet.offline')");
        await database.Execute("select scheduler.pause('a', until => now() + interval '1 hour'), scheduler.pause('b')");
        await database.Execute("update scheduler.job set paused_until = now() where name = 'a'");
        var ended = await database.Value<int>(SqlFiles.Read("queries/upkeep_end_pauses.sql"));
        Assert.That(ended, Is.EqualTo(1));
        Assert.That(await database.Value<string>("select string_agg(name, ' ') from scheduler.job where paused_at is not null"),
            Is.EqualTo("b"));
        Assert.That(
            await database.Value<string>("select concat_ws(' ', job, action, source, reason) from scheduler.audit order by id desc limit 1"),
            Is.EqualTo("a resume node the pause ended by itself"));
    }

    private Task<string?> Problems() => database.Value<string>(
        "select string_agg(name || ': ' || problem, ', ') from scheduler.job where problem is not null");

    private async Task<string[]> Names(string sql) => [.. await database.Rows<string>(sql)];
}
