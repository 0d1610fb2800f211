using NUnit.Framework;
using Scheduler.Runs;

namespace Scheduler.IntegrationTests.Runs;

/// <summary>Two statements write a success: one of many runs at a time, one of a single run in the transaction of its work. They must say the
/// same.</summary>
[TestFixture, Parallelizable(ParallelScope.All), FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class VerdictTests : LedgerFixture
{
    [Test]
    public async Task A_success_written_with_the_work_leaves_what_one_written_alone_does([Values("allow", "queue")] string overlap)
    {
        var node = await Node("n1");
        await Database.Execute($$"""
            insert into scheduler.job (name, kind, schedule, overlap, settings, missed)
            select n, 'sql', s, '{{overlap}}', '{"statement": "select 1"}', 'all'
            from (values ('alone', 'every 1h'), ('inside', 'every 1h'), ('child-alone', 'after alone'), ('child-inside', 'after inside')) x (n, s);
            update scheduler_private.job_gate set failures_in_row = 2, finished_count = 7, success_count = 5
            """);
        await Ledger.Enter([FireOf("alone"), FireOf("inside")], 0, node, default);
        var runs = (await Ledger.Claim(2, node, default)).ToDictionary(r => r.Job);

        var refused = await Ledger.Finish([new(runs["alone"], "succeeded", null, """{"rows": 1}""")], node.LeaseId, default);
        await Inside(runs["inside"], """{"rows": 1}""");

        Assert.That(refused, Is.Empty);
        foreach (var what in (string[])[
            "select to_jsonb(g) - '{job,last_ended_at,last_success_at}'::text[] || jsonb_build_object('ended', last_ended_at is not null,"
                + " 'success', last_success_at is not null) from scheduler_private.job_gate g where job = @job",
            "select to_jsonb(r) - '{job,created_at,started_at,ended_at}'::text[] || jsonb_build_object('ended', ended_at is not null)"
                + " from scheduler_private.run r where job = @job",
            "select jsonb_agg(jsonb_build_object('job', e.job, 'cause', e.cause)) from scheduler_private.event e where e.job = 'child-' || @job",
        ])
        {
            var (alone, inside) = (await Read(what, "alone"), await Read(what, "inside"));
            Assert.That(inside, Is.EqualTo(alone).And.Not.Empty, what);
        }
        await Assert.ThrowsAsync<RunLostException>(() => Inside(runs["inside"] with { Token = 9 }, null));
    }

    private async Task Inside(RunRow run, string? result)
    {
        await using var connection = await Pools.Jobs.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await Ledger.Commit(connection, run, result, default);
    }

    private async Task<string> Read(string sql, string job) =>
        (await Database.Value<string?>($"select ({sql})::text", new { job }) ?? "").Replace(job, "JOB", StringComparison.Ordinal);
}
