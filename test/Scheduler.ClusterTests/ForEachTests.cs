using Npgsql;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>One job for each row of a relation.</summary>
[TestFixture]
public sealed class ForEachTests
{
    private const string Site = """
        create table public.site (id int primary key, name text not null, every text not null, enabled boolean not null default true);
        grant select on public.site to scheduler_node;
        insert into public.site values (1, 'berlin', 'every 1s', true), (2, 'oslo', 'every 1s', true), (3, 'rome', 'every 1s', false);
        """;
    private const string Template = """
        insert into scheduler.job (name, kind, schedule, overlap, settings, params, for_each) values ('visit-{name}', 'sql', '{every}', 'allow',
            '{"statement": "insert into public.visit values (${job.name}, ${run.due_at})"}', '{"id": "{id}", "text": "site {id}"}',
            '{"relation": "public.site", "where": "enabled"}')
        """;

    [Test]
    public async Task Rows_added_changed_and_removed_make_change_and_remove_jobs_within_seconds()
    {
        await using var cluster = await Start(nodes: 2);
        await cluster.Until("two jobs run", async () => await cluster.Database.Value<string>(
            "select string_agg(distinct job, ',' order by job) from public.visit") == "visit-berlin,visit-oslo");
        Assert.That(await cluster.Database.Value<string>("select params::text from scheduler.job where name = 'visit-oslo'"),
            Is.EqualTo("""{"id": 2, "text": "site 2"}"""));
        var versions = await Versions(cluster);

        await cluster.Database.Execute("insert into public.site values (4, 'paris', 'every 1s'); update public.site set enabled = true where id = 3;"
            + " delete from public.site where id = 1; update public.site set every = 'every 2s' where id = 2");
        var changed = await cluster.Now();
        await cluster.Until("the jobs follow", async () => await cluster.Database.Value<string>(
            "select string_agg(name || ' ' || schedule, ', ' order by name) from scheduler.job where made_by is not null")
            == "visit-oslo every 2s, visit-paris every 1s, visit-rome every 1s");
        Assert.That(await cluster.Now() - changed, Is.LessThan(TimeSpan.FromSeconds(5)));
        await cluster.Until("the new ones run", async () => await cluster.Database.Value<long>(
            "select count(distinct job) from public.visit where job in ('visit-paris', 'visit-rome')") == 2);
        Assert.That(await cluster.Count("job = 'visit-{name}'"), Is.Zero, "the job itself has no runs");
        Assert.That(await cluster.Database.Value<string>("select problem from scheduler.job where name = 'visit-{name}'"), Is.Null);
        Assert.That(versions, Is.EqualTo("visit-berlin 1, visit-oslo 1"), "made once");

        await cluster.Database.Execute("delete from scheduler.job where name = 'visit-{name}'");
        await cluster.Until("its children go with it", async () => await cluster.Database.Value<long>("select count(*) from scheduler.job") == 0);
    }

    [Test]
    public async Task A_bad_row_is_named_and_stops_no_other_and_nothing_of_a_row_becomes_SQL()
    {
        await using var cluster = await Start(nodes: 1);
        await cluster.Until("two jobs are there", () => Children(cluster, 2));

        await cluster.Database.Execute("""
            insert into public.site values (5, 'Not Plain', 'every 1s'), (6, 'x''); drop table public.site; --', 'every 1s'), (7, 'bonn', 'whenever'),
                (8, 'kiel', 'every 1s')
            """);

        await cluster.Until("the good one is there", () => Children(cluster, 3));
        var problem = await cluster.Database.Value<string>("select problem from scheduler.job where name = 'visit-{name}'");
        Assert.That(problem, Does.StartWith("3 of 6 rows make no job: ").And.Contain("job name 'visit-Not Plain' is not allowed")
            .And.Contain("schedule 'whenever'"));
        Assert.That(await cluster.Database.Value<long>("select count(*) from public.site"), Is.EqualTo(7));

        await cluster.Database.Execute("""
            update scheduler.job set for_each = '{"relation": "public.site", "where": "true) limit 1; delete from public.site; --"}'
            where for_each is not null
            """);
        await cluster.Until("that is a problem", async () => (await cluster.Database.Value<string>(
            "select problem from scheduler.job where for_each is not null"))!.StartsWith("for_each: ", StringComparison.Ordinal));
        Assert.That(await cluster.Database.Value<long>("select count(*) from public.site"), Is.EqualTo(7));
        Assert.That(await Children(cluster, 3), Is.True, "the children stay");
    }

    [Test]
    public async Task A_child_is_edited_where_it_comes_from()
    {
        await using var cluster = await Start(nodes: 1);
        await cluster.Until("two jobs are there", () => Children(cluster, 2));

        var refused = await Assert.ThrowsAsync<PostgresException>(() =>
            cluster.Database.Execute("update scheduler.job set schedule = 'every 5s' where name = 'visit-oslo'"));
        Assert.That(refused!.MessageText, Is.EqualTo("job 'visit-oslo' is made from a row by 'visit-{name}'"));
        await Assert.ThrowsAsync<PostgresException>(() => cluster.Database.Execute("delete from scheduler.job where name = 'visit-oslo'"));
        await Assert.ThrowsAsync<PostgresException>(() => cluster.Database.Execute(
            "insert into scheduler.job (name, kind, made_by) values ('mine', 'sql', 'visit-{name}')"));
        await Assert.ThrowsAsync<PostgresException>(() => cluster.Database.Execute("select scheduler.run_now('visit-{name}')"));
        await cluster.Database.Execute("update scheduler.job set paused_at = now() where name = 'visit-oslo'");

        await cluster.Database.Execute("update scheduler.job set timeout = '5 min' where name = 'visit-{name}'");
        await cluster.Until("its children follow", async () => await cluster.Database.Value<long>(
            "select count(*) from scheduler.job where made_by is not null and timeout = '5 min'") == 2);
        Assert.That(await cluster.Database.Value<bool>("select paused_at is not null from scheduler.job where name = 'visit-oslo'"), Is.True);
    }

    private static async Task<TestCluster> Start(int nodes)
    {
        var cluster = await TestCluster.Start(new() { Nodes = nodes });
        await cluster.Database.Execute("create table public.visit (job text, due_at timestamptz);" + Site);
        await cluster.Database.Execute(Template);
        return cluster;
    }

    private static async Task<bool> Children(TestCluster cluster, int count) =>
        await cluster.Database.Value<long>("select count(*) from scheduler.job where made_by = 'visit-{name}'") == count;

    private static Task<string?> Versions(TestCluster cluster) => cluster.Database.Value<string>(
        "select string_agg(name || ' ' || version, ', ' order by name) from scheduler.job where made_by is not null");
}
