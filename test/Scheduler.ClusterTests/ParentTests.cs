using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>Jobs that follow others know what they follow; requests give params.</summary>
[TestFixture]
public sealed class ParentTests
{
    private const string Jobs = """
        jobs:
          load:
            kind: sql
            schedule: manual
            params: { day: today, many: 1 }
            with: { statement: "insert into public.got select 'load', ${params.day}, null, null from generate_series(1, ${params.many})" }
          broken: { kind: sql, schedule: manual, with: { statement: "select 1 / 0" } }
          report:
            kind: sql
            schedule: after load; after broken on failure
            overlap: allow
            with:
              statement: >-
                insert into public.got values (${parent.run_key}, ${parent.verdict}, ${parent.result.rows}, ${parent.result})
        """;

    [Test]
    public async Task A_child_has_its_parents_key_verdict_and_result()
    {
        await using var cluster = await TestCluster.Start(
            new() { Jobs = Jobs, Prepare = "create table public.got (a text, b text, c text, d text)" });
        var load = (await cluster.Database.Value<string>("select scheduler.run_now('load', '{\"day\": \"yesterday\", \"many\": 3}')"))!;
        var broken = await cluster.RunNow("broken");
        await cluster.Until("both were reported", async () => await cluster.Count("job = 'report' and verdict = 'succeeded'") == 2);
        var alone = await cluster.RunNow("report");
        await cluster.UntilFinished(alone);

        Assert.That(await cluster.Database.Rows<string>("select concat_ws('|', a, b, c, d) from public.got order by a nulls last, b"),
            Is.EqualTo(new[]
        {
            $"{broken}|failed", "load|yesterday", "load|yesterday", "load|yesterday", load + "|succeeded|3|{\"rows\": 3}", "",
        }).AsCollection.Using<string>((x, y) => string.CompareOrdinal(x, y)));
    }
}
