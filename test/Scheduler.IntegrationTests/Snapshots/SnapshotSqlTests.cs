using Npgsql;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Snapshots;

/// <summary>What holds in schema snapshot whoever writes: rows of nodes, states of uploads, requests, completeness.</summary>
[TestFixture]
public sealed class SnapshotSqlTests
{
    [TestCase("agent", """{"kind": "rclone", "urll": "x"}""", "node 'n5': agent has the unknown key 'urll'", "url")]
    [TestCase("agent", """{"kind": "rclon"}""", "node 'n5': agent.kind is 'rclon'; expected one of rclone, command", "rclone")]
    [TestCase("agent", """{"kind": "rclone"}""", "agent has no url", null)]
    [TestCase("agent", """{"kind": "command", "start": ["/x"]}""", "agent needs start, status and stop", null)]
    [TestCase("agent", """{"kind": "rclone", "url": "http://a", "password": "hunter2"}""",
        "agent.password stands in the open; expected ${secret:NAME}", null)]
    [TestCase("limits", """{"bandwidth": "fast"}""", "limits.bandwidth is 'fast'", null)]
    [TestCase("limits", """{"stalled_after": "90"}""", "limits.stalled_after is '90'", null)]
    [TestCase("limits", """{"resumes": -1}""", "limits.resumes is -1", null)]
    [TestCase("endpoints", """{}""", "endpoints has no rpc", null)]
    [TestCase("endpoints", """{"rcp": "http://a"}""", "endpoints has the unknown key 'rcp'", "rpc")]
    [TestCase("schedule", "every day", "every day", null)]
    public async Task A_row_that_could_make_no_upload_is_refused_in_its_statement(string column, string value, string message, string? meant)
    {
        await using var database = await TestDatabase.Create();
        var refused = await Assert.ThrowsAsync<PostgresException>(() => column switch
        {
            "agent" => database.AddNode("n5", agent: value),
            "limits" => database.AddNode("n5", limits: value),
            "endpoints" => database.AddNode("n5", endpoints: value),
            _ => database.AddNode("n5", schedule: value),
        });
        Assert.That(refused!.MessageText, Does.Contain(message));
        if (meant is not null) { Assert.That(refused.Hint, Does.Contain(meant)); }
    }

    [Test]
    public async Task An_upload_goes_only_the_ways_of_its_states()
    {
        await using var database = await TestDatabase.Create();
        await database.AddNode("n5");
        string[] states = ["starting", "running", "completed", "failed", "cancelled", "lost"];
        string[] allowed =
        [
            "starting running", "starting failed", "starting cancelled", "starting lost", "running completed", "running failed", "running cancelled",
            "running lost", "failed starting", "cancelled starting", "lost starting",
        ];
        foreach (var (from, to) in states.SelectMany(f => states.Where(t => t != f).Select(t => (f, t))))
        {
            var id = await database.AddUpload("n5", from);
            Task Move() => database.Execute("""
                update snapshot.upload set state = @to, reason = 'x', agent_job = coalesce(agent_job, '1'), started_at = now(),
                    attempt = attempt + case when @to = 'starting' then 1 else 0 end,
                    ended_at = case when @to in ('starting', 'running') then null else now() end where id = @id
                """, new { id, to });
            if (allowed.Contains($"{from} {to}")) { await Move(); }
            else
            {
                Assert.That((await Assert.ThrowsAsync<PostgresException>(Move))!.MessageText,
                    Is.EqualTo($"upload {id} cannot go from {from} to {to}"));
            }
            await database.Execute("delete from snapshot.upload");
        }
    }

    [Test]
    public async Task Progress_never_goes_back_and_former_states_are_kept()
    {
        await using var database = await TestDatabase.Create();
        await database.AddNode("n5");
        var id = await database.AddUpload("n5");
        await database.Execute("update snapshot.upload set bytes = 500, bytes_total = 1000, files = 5, fraction = 0.5");
        await database.Execute("update snapshot.upload set bytes = 100, bytes_total = 900, files = 1, fraction = 0.1");
        Assert.That(await database.Value<string>("select bytes || ' ' || bytes_total || ' ' || files || ' ' || fraction from snapshot.upload"),
            Is.EqualTo("500 1000 5 0.5"));
        await database.Execute("update snapshot.upload set state = 'failed', reason = 'x', ended_at = now()");
        await database.Execute("update snapshot.upload set state = 'starting', attempt = 2, ended_at = null");
        Assert.That(await database.Value<string>("select string_agg(p ->> 'state', ',') from scheduler.upload u, jsonb_array_elements(u.past) p"),
            Is.EqualTo("starting,running,failed"));
        var second = await Assert.ThrowsAsync<PostgresException>(() => database.AddUpload("n5", "starting", "2026-11-22T00:00:00Z"));
        Assert.That(second!.ConstraintName, Is.EqualTo("upload_live"), "one at a time of a node");
        Assert.That(id, Is.GreaterThan(0));
    }

    [Test]
    public async Task Requests_are_answered_by_what_the_upload_is()
    {
        await using var database = await TestDatabase.Create();
        await database.AddNode("n5");
        await database.AddNode("n6");
        var running = await database.AddUpload("n5");
        var failed = await database.AddUpload("n6", "failed");

        Assert.That(await database.Value<string>("select snapshot.cancel_upload(@running, 'enough')", new { running }), Is.EqualTo("requested"));
        Assert.That(await database.Value<string>("select request ->> 'reason' from scheduler.upload where id = @running", new { running }),
            Is.EqualTo("enough"));
        Assert.That(await database.Value<string>("select snapshot.cancel_upload(@failed)", new { failed }), Is.EqualTo("failed"));
        Assert.That(await database.Value<string>("select snapshot.retry_upload(@failed)", new { failed }), Is.EqualTo("requested"));
        Assert.That(await database.Value<bool>("select resume_at <= now() from scheduler.upload where id = @failed", new { failed }), Is.True);
        await database.AddUpload("n6", due: "2026-11-22T00:00:00Z");
        var late = await Assert.ThrowsAsync<PostgresException>(() => database.Execute("select snapshot.retry_upload(@failed)", new { failed }));
        Assert.That((late!.SqlState, late.MessageText),
            Is.EqualTo(("55000", $"upload {failed} cannot be retried: upload {failed + 1} of n6 is running")));
        var none = await Assert.ThrowsAsync<PostgresException>(() => database.Execute("select snapshot.cancel_upload(999)"));
        Assert.That(none!.SqlState, Is.EqualTo("P0002"));
    }

    [Test]
    public async Task An_operator_writes_nodes_and_asks_and_writes_no_upload()
    {
        await using var database = await TestDatabase.Create();
        await database.Execute("set role scheduler_operator; insert into snapshot.node (name, protocol, endpoints, source, destination, agent)"
            + $" values ('n5', 'ethereum', '{{\"rpc\": \"http://a\"}}', '/s', 'd:', '{SnapshotRows.Rclone}'); reset role");
        Assert.That(await database.Value<string>("select name || ' ' || schedule from snapshot.node"), Is.EqualTo("n5 0 */6 * * *"));
        var id = await database.AddUpload("n5");
        await database.Execute("set role scheduler_operator; select snapshot.cancel_upload(@id); reset role", new { id });
        foreach (var (role, statement) in new[]
        {
            ("scheduler_operator", "update snapshot.upload set bytes = 1"), ("scheduler_viewer", "update snapshot.node set enabled = false"),
            ("scheduler_viewer", "select snapshot.cancel_upload(1)"),
        })
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => database.Execute($"set role {role}; {statement}; reset role"));
            Assert.That(refused!.SqlState, Is.EqualTo("42501"), statement);
        }
    }

    [Test]
    public async Task Completeness_says_who_is_missing_since_when()
    {
        await using var database = await TestDatabase.Create();
        for (var i = 1; i <= 4; i++)
        {
            await database.AddNode($"n{i}", schedule: "0 */6 * * *");
            await database.Execute($$"""
                insert into scheduler.job (name, kind, schedule, settings)
                values ('snapshot-upload/n{{i}}', 'snapshot.upload', '0 */6 * * *', '{"node": "n{{i}}"}')
                """);
        }
        // Due an hour and two hours ago; n4 is new.
        await database.Execute("""
            insert into scheduler_private.run (run_key, job, due_at, state, version, priority, attempts, token, verdict, reason, created_at, ended_at)
            select j || '@' || to_char(d at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), j, d, 'finished', 1, 5, 1, 1, 'succeeded', null, d, d
            from unnest(array['snapshot-upload/n1', 'snapshot-upload/n2', 'snapshot-upload/n3']) j,
                (select date_trunc('second', now()) - h * interval '1 hour' - interval '5 minutes' as d from generate_series(1, 2) h) x
            """);
        async Task Upload(string node, int hours, string state)
        {
            var due = await database.Value<string>("""
                select to_char((date_trunc('second', now()) - @hours * interval '1 hour' - interval '5 minutes') at time zone 'UTC',
                    'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                """, new { hours });
            await database.AddUpload(node, state, due!);
        }
        await Upload("n1", 2, "completed");
        await Upload("n1", 1, "completed");
        await Upload("n2", 2, "completed");
        await Upload("n2", 1, "running");
        await Upload("n3", 2, "failed");

        Assert.That(await database.Value<string>("select sentence from snapshot.completeness"),
            Is.EqualTo("1 of 3 uploaded, 1 running, n3 missing for 2 h"));
        Assert.That(await database.Value<string>("select string_agg(name || ' ' || state, ', ' order by name) from snapshot.by_node"),
            Is.EqualTo("n1 uploaded, n2 running, n3 missing, n4 not due yet"));
    }
}
