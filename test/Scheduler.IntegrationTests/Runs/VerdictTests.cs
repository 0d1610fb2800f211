using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Runs;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Runs;

/// <summary>Two statements write a success: one of many runs at a time, one of a single run in the transaction of its work. They must say the
/// same.</summary>
[TestFixture]
public sealed class VerdictTests
{
    private static readonly DateTime Due = new(2026, 11, 21, 4, 0, 0, DateTimeKind.Utc);

    [Test]
    public async Task A_success_written_with_the_work_leaves_what_one_written_alone_does([Values("allow", "queue")] string overlap)
    {
        await using var database = await TestDatabase.Create();
        await using var pools = new Databases(database.ConnectionString, "n1", 10);
        var ledger = new Ledger(pools, NullLogger<Ledger>.Instance);
        var node = new NodeIdentity("n1", await database.Value<long>("""
            insert into scheduler_private.node (name, lease_id, state, labels, slots, version, host, pid, lease_until)
            values ('n1', nextval('scheduler_private.lease_id'), 'live', '{}', 10, '0', 'test', 1, now() + interval '1 hour') returning lease_id
            """), []);
        await database.Execute($$"""
            insert into scheduler.job (name, kind, schedule, overlap, settings, missed)
            select n, 'sql', s, '{{overlap}}', '{"statement": "select 1"}', 'all'
            from (values ('alone', 'every 1h'), ('inside', 'every 1h'), ('child-alone', 'after alone'), ('child-inside', 'after inside')) x (n, s);
            update scheduler_private.job_gate set failures_in_row = 2, finished_count = 7, success_count = 5
            """);
        await ledger.Enter([FireOf("alone"), FireOf("inside")], 0, node, default);
        var runs = (await ledger.Claim(2, node, default)).ToDictionary(r => r.Job);

        var refused = await ledger.Finish([new(runs["alone"], "succeeded", null, """{"rows": 1}""")], node.LeaseId, default);
        await Inside(pools, ledger, runs["inside"], """{"rows": 1}""");

        Assert.That(refused, Is.Empty);
        foreach (var what in (string[])[
            "select to_jsonb(g) - '{job,last_ended_at,last_success_at}'::text[] || jsonb_build_object('ended', last_ended_at is not null,"
                + " 'success', last_success_at is not null) from scheduler_private.job_gate g where job = @job",
            "select to_jsonb(r) - '{job,created_at,started_at,ended_at}'::text[] || jsonb_build_object('ended', ended_at is not null)"
                + " from scheduler_private.run r where job = @job",
            "select jsonb_agg(jsonb_build_object('job', e.job, 'cause', e.cause)) from scheduler_private.event e where e.job = 'child-' || @job",
        ])
        {
            var (alone, inside) = (await Read(database, what, "alone"), await Read(database, what, "inside"));
            Assert.That(inside, Is.EqualTo(alone).And.Not.Empty, what);
        }
        await Assert.ThrowsAsync<RunLostException>(() => Inside(pools, ledger, runs["inside"] with { Token = 9 }, null));
    }

    private static async Task Inside(Databases pools, Ledger ledger, RunRow run, string? result)
    {
        await using var connection = await pools.Jobs.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await ledger.Commit(connection, run, result, default);
    }

    private static async Task<string> Read(TestDatabase database, string sql, string job) =>
        (await database.Value<string?>($"select ({sql})::text", new { job }) ?? "").Replace(job, "JOB", StringComparison.Ordinal);

    private static Fire FireOf(string job) => new(Fire.KeyOf(job, Due), job, Due, null);
}
