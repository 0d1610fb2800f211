using NUnit.Framework;
using Scheduler.TestKit;
using Scheduler.TestKit.Checking;

namespace Scheduler.ClusterTests;

/// <summary>Concurrency groups on real nodes, under load, while nodes die.</summary>
[TestFixture]
public sealed class GroupTests
{
    private const int Jobs = 12;
    private const int Limit = 3;

    // Of every attempt, those of dead nodes included: how many of the group ran when it began. A dead node's attempt lasts until it is taken from it.
    private const string MostAtOnce = """
        with attempt as (
            select r.run_key || '#' || r.token as id, r.started_at, r.ended_at from scheduler.run r
            where r.concurrency_group = 'shared' and r.started_at is not null
            union all
            select r.run_key || '#' || (p ->> 'token'), (p ->> 'started_at')::timestamptz, (p ->> 'ended_at')::timestamptz
            from scheduler.run r, jsonb_array_elements(r.past_attempts) p where r.concurrency_group = 'shared'
        )
        select max(n) from (
            select (select count(*) from attempt o where o.started_at <= a.started_at and coalesce(o.ended_at, 'infinity') > a.started_at) as n
            from attempt a) x
        """;

    [Test]
    public async Task No_more_than_the_limit_run_at_once_while_nodes_die_and_all_of_it_is_used([Values(Engines.Set, Engines.Mixed)] Engines engines)
    {
        var file = "jobs:\n" + string.Concat(Enumerable.Range(1, Jobs).Select(i => $$"""
              shared-{{i}}:
                kind: sql
                schedule: every 1s
                overlap: {{(i % 2 == 0 ? "allow" : "queue")}}
                missed: all
                concurrency: { group: shared, limit: {{Limit}} }
                with: { statement: "select pg_sleep(0.2); {{HistoryReader.EffectStatement}}" }
              free-{{i}}:
                kind: sql
                schedule: every 1s
                overlap: allow
                with: { statement: "{{HistoryReader.EffectStatement}}" }

            """));
        await using var cluster = await TestCluster.Start(new() { Engines = engines, Jobs = file, Weight = 5 });
        for (var round = 0; round < 3; round++)
        {
            var victim = cluster.Nodes[round % 3];
            await cluster.Until("the victim runs one of the group", async () =>
                await cluster.Count("state = 'running' and concurrency_group = 'shared' and node = @Name", new { victim.Name }) > 0);
            await victim.Kill();
            await cluster.UntilState(victim, "dead");
            victim.Start();
            await cluster.UntilState(victim, "live");
        }
        await cluster.Until("many have run", async () => await cluster.Count("concurrency_group = 'shared' and verdict = 'succeeded'") >= 200,
            TimeSpan.FromSeconds(90));

        Assert.That(await cluster.Database.Value<long>(MostAtOnce), Is.EqualTo(Limit), await Until.Dump(cluster.Database));
        await cluster.Until("one that may not begin says why", async () =>
            await cluster.Count("state = 'queued' and waiting_for = 'a place in group shared (3 of 3 run)'") > 0);
        Assert.That(await cluster.Database.Value<long>("select max(n) from (select count(*) as n from public.effect group by run_key) x"),
            Is.EqualTo(1));
        Assert.That(await cluster.Count("job like 'free-%' and verdict = 'succeeded'"), Is.GreaterThan(200), "others are not held up");
    }
}
