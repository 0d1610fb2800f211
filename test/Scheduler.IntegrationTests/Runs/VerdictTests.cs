using NUnit.Framework;
using Scheduler.Runs;

namespace Scheduler.IntegrationTests.Runs;

/// <summary>Two statements write a success: one of many runs at a time, one of a single run in the transaction of its work. They must say the
/// same.</summary>
[TestFixture, FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class VerdictTests : LedgerFixture
{
    [Test]
    public async Task A_success_written_with_the_work_leaves_what_one_written_alone_does(
        [Values("allow", "queue")] string overlap, [Values("", "\"success\", \"recovery\"", "\"recovery\"", "\"failure\"")] string told)
    {
        var node = await Node("n1");
        await Database.Execute($$"""
            insert into scheduler.job (name, kind, schedule, overlap, settings, missed)
            select n, 'sql', s, '{{overlap}}', '{"statement": "select 1"}', 'all'
            from (values ('alone', 'every 1h'), ('inside', 'every 1h'), ('child-alone', 'after alone'), ('child-inside', 'after inside')) x (n, s);
            update scheduler_private.job_gate set failures_in_row = 2, finished_count = 7, success_count = 5;
            insert into scheduler.channel (name, kind, settings) values ('ops', 'webhook', '{"url": "http://127.0.0.1:1/"}');
            update scheduler.job set notify = case when '{{told}}' = '' then '{}' else '{"on": [{{told}}], "to": ["ops"]}'::jsonb end
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
            "select coalesce(jsonb_agg(to_jsonb(o) - '{id,at}'::text[] order by o.event), '\"nobody is told\"') from scheduler_private.outbox o"
                + " where o.job = @job",
            "select jsonb_agg(jsonb_build_object('job', e.job, 'cause', e.cause)) from scheduler_private.event e where e.job = 'child-' || @job",
        ])
        {
            var (alone, inside) = (await Read(what, "alone"), await Read(what, "inside"));
            Assert.That(inside, Is.EqualTo(alone).And.Not.Empty, what);
        }
        var events = await Database.Value<string>("select string_agg(event, ' ' order by event) from scheduler_private.outbox where job = 'alone'");
        Assert.That(events ?? "", Is.EqualTo(told switch
        {
            "\"success\", \"recovery\"" => "recovery success",
            "\"failure\"" => "over",
            _ => told.Trim('"'),
        }));
        await Assert.ThrowsAsync<RunLostException>(() => Inside(runs["inside"] with { Token = 9 }, null));
    }

    [Test]
    public async Task Who_wants_to_be_told_of_a_verdict_is_by_the_statement_that_writes_it()
    {
        var node = await Node("n1");
        await Database.Execute("""
            insert into scheduler.channel (name, kind, settings) values ('ops', 'webhook', '{"url": "http://127.0.0.1:1/"}');
            insert into scheduler.job (name, kind, schedule, overlap, settings, missed, start_within, notify)
            select n, 'sql', 'every 1h', 'allow', '{"statement": "select 1"}', 'all', case n when 'late' then interval '1 second' end,
                case when n = 'silent' then '{}' else jsonb_build_object('to', '["ops"]'::jsonb, 'on', o::jsonb) end
            from (values ('silent', ''), ('fails', '["failure", "guard"]'), ('guarded', '["guard"]'), ('mends', '["recovery"]'),
                ('late', '["missed"]'), ('off', '["skip"]'), ('lost', '["lost", "failure"]'), ('begins', '["start"]'),
                ('ends', '["failure"]')) x (n, o);
            update scheduler.job set enabled = false where name = 'off';
            update scheduler.job set on_lost = 'fail' where name = 'lost';
            """);
        string[] jobs = ["silent", "fails", "guarded", "mends", "late", "off", "lost", "begins", "ends"];
        await Ledger.Enter([.. jobs.Select(FireOf)], 0, node, default);
        var runs = (await Ledger.Claim(20, node, default)).ToDictionary(r => r.Job);
        await Ledger.Finish([
            new(runs["silent"], "failed"), new(runs["fails"], "failed", "guard"), new(runs["guarded"], "failed", "guard"),
            new(runs["mends"], "failed"), new(runs["ends"], "failed"),
        ], node.LeaseId, default);
        // By the fire itself, not from the queue.
        await Ledger.Enter([FireOf("begins", second: 3600)], 1, node, default);
        await Ledger.Enter([.. ((string[])["mends", "fails", "ends"]).Select(j => FireOf(j, second: 3600))], 0, node, default);
        runs = (await Ledger.Claim(20, node, default)).ToDictionary(r => r.Job);
        await Ledger.Finish(
            [new(runs["mends"], "succeeded"), new(runs["fails"], "cancelled"), new(runs["ends"], "succeeded")], node.LeaseId, default);
        await Database.Execute("update scheduler_private.node set lease_until = now()");
        await Ledger.RequeueLost(default);

        var told = await Database.Rows<string>("select job || ' ' || event || ' ' || channels[1] from scheduler_private.outbox order by 1");
        Assert.That(told, Is.EqualTo((string[])["begins start ops", "begins start ops", "ends failure ops", "ends over ops", "fails guard ops",
            "guarded guard ops", "late missed ops", "lost failure ops", "lost lost ops", "mends recovery ops", "off skip ops"]));
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
