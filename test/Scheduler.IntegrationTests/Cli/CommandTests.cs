using System.Text.Json;
using NUnit.Framework;
using Scheduler.IntegrationTests.Snapshots;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Cli;

/// <summary>Commands against a real database: exit codes, and what lands on stdout.</summary>
public sealed class CommandTests
{
    private const string Declare = """
        insert into scheduler.job (name, kind, schedule, settings, params)
            values ('cleanup', 'sql', 'manual', '{"statement": "select 1"}', '{"rows": 0, "who": ""}')
        """;

    // A start of the binary takes under a second; a busy machine may take many.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Test]
    public async Task An_unknown_job_or_run_ends_with_3_and_the_nearest_name()
    {
        await using var db = await TestDatabase.Create();
        await db.Execute(Declare);
        var job = await Ask(db, "job", "show", "clenup");
        var run = await Ask(db, "job", "run", "clenup");
        var list = await Ask(db, "run", "list", "--job", "clenup");
        var key = await Ask(db, "run", "show", "cleanup@2026-01-01T00:00:00Z");
        Assert.That(new[] { job.ExitCode, run.ExitCode, list.ExitCode, key.ExitCode }, Is.All.EqualTo(3));
        Assert.That(new[] { job.Error, run.Error, list.Error }, Is.All.Contains("there is no job named 'clenup'; did you mean 'cleanup'?"));
        Assert.That(key.Error, Does.Contain("there is no run 'cleanup@2026-01-01T00:00:00Z'"));
    }

    [Test]
    public async Task A_database_without_the_schema_ends_with_5_and_says_to_migrate()
    {
        await using var db = await TestDatabase.Create(migrated: false);
        var asked = await Ask(db, "job", "list");
        Assert.That(asked.ExitCode, Is.EqualTo(5), asked.Error);
        Assert.That(asked.Error, Does.Contain("scheduler db migrate"));
        Assert.That((await Ask(db, "db", "check")).ExitCode, Is.EqualTo(1));
        Assert.That((await Ask(db, "db", "migrate")).ExitCode, Is.Zero);
        Assert.That((await Ask(db, "db", "check")).ExitCode, Is.Zero);
    }

    [Test]
    public async Task A_login_without_the_right_and_a_login_that_is_none_end_with_4()
    {
        await using var db = await TestDatabase.Create();
        await db.Execute(Declare);
        var login = "reader_" + Guid.NewGuid().ToString("N")[..8];
        await db.Execute($"create role {login} login; grant scheduler_viewer to {login}");
        try
        {
            var (connection, none) = ($"{db.ConnectionString};Username={login}", $"{db.ConnectionString};Username=no-such-login");
            var read = await Binary.Run("job", "list", "--connection", connection);
            var edit = await Binary.Run("job", "disable", "cleanup", "--connection", connection);
            var refused = await Binary.Run("job", "list", "--connection", none);
            Assert.That((read.ExitCode, edit.ExitCode, refused.ExitCode), Is.EqualTo((0, 4, 4)), read.Error + edit.Error + refused.Error);
            Assert.That(edit.Error, Does.Contain("grant scheduler_viewer to read, scheduler_operator to change"));
            Assert.That(refused.Error, Does.Contain("user 'no-such-login'"));
        }
        finally { await db.Execute($"drop role {login}"); }
    }

    [TestCase("job_status", "job", "list")]
    [TestCase("run", "run", "list")]
    [TestCase("node", "node", "list")]
    public async Task Json_of_a_list_has_exactly_the_columns_of_its_view(string view, params string[] command)
    {
        await using var db = await TestDatabase.Create();
        await db.Execute(Declare);
        await db.Execute("select scheduler.run_now('cleanup')");
        await db.Execute("""
            insert into scheduler_private.node (name, lease_id, state, slots, version, host, pid, lease_until)
            values ('n1', 1, 'live', 2, '1', 'h', 1, now())
            """);
        var asked = await Ask(db, [.. command, "--json"]);
        var columns = await db.Rows<string>(
            "select column_name::text from information_schema.columns where table_schema = 'scheduler' and table_name = @view", new { view });
        var rows = JsonDocument.Parse(asked.Out).RootElement;
        Assert.That(rows.GetArrayLength(), Is.EqualTo(1), asked.Error);
        Assert.That(rows[0].EnumerateObject().Select(p => p.Name), Is.EquivalentTo(columns));
    }

    [Test]
    public async Task Run_with_wait_ends_with_0_for_succeeded_6_for_failed_and_7_when_time_is_over()
    {
        await using var db = await TestDatabase.Create();
        await db.Execute(Declare);
        var timedOut = await Ask(db, "job", "run", "cleanup", "--wait", "--timeout", "300ms");
        Assert.That((timedOut.ExitCode, timedOut.Out), Is.EqualTo((7, "")), timedOut.Error);
        foreach (var (verdict, exitCode) in new[] { ("succeeded", 0), ("failed", 6) })
        {
            await db.Execute("update scheduler_private.job_gate set active_key = null");
            await db.Execute("delete from scheduler_private.run");
            var asked = Ask(db, "job", "run", "cleanup", "--wait", "--timeout", "60s");
            await db.Until("the run is queued and has its verdict", async () => asked.IsCompleted || await db.Execute("""
                update scheduler_private.run set state = 'finished', ended_at = now(), verdict = @verdict where state = 'queued'
                """, new { verdict }) > 0, Limit);
            var ended = await asked;
            Assert.That((ended.ExitCode, ended.Out.Trim()), Is.EqualTo((exitCode, verdict)), ended.Error);
            Assert.That(ended.Error, Does.StartWith("cleanup!"));
        }
    }

    [Test]
    public async Task A_skipped_run_ends_with_6_and_one_key_gives_one_run()
    {
        await using var db = await TestDatabase.Create();
        await db.Execute(Declare);
        var first = await Ask(db, "job", "run", "cleanup", "--key", "k", "--param", "rows=3", "--param", "who=me");
        var again = await Ask(db, "job", "run", "cleanup", "--key", "k");
        var skipped = await Ask(db, "job", "run", "cleanup", "--wait");
        Assert.That(again.Out, Is.EqualTo(first.Out).And.StartWith("cleanup!"));
        Assert.That((skipped.ExitCode, skipped.Out.Trim()), Is.EqualTo((6, "skipped(overlap)")));
        Assert.That(await db.Value<string>("select params::text from scheduler.run where run_key = @key", new { key = first.Out.Trim() }),
            Is.EqualTo("""{"who": "me", "rows": 3}"""));
    }

    [Test]
    public async Task The_next_fire_shown_is_that_of_the_triggers_now_and_not_of_the_last_change()
    {
        await using var db = await TestDatabase.Create();
        await db.Execute(Declare);
        await db.Execute("""
            update scheduler.job set next_fire_at = '2026-11-20T04:00:00Z';
            insert into quartz.qrtz_job_details (sched_name, job_name, job_group, job_class_name, is_durable, is_nonconcurrent, is_update_data,
                requests_recovery) values ('scheduler', 'cleanup', 'jobs', 'x', true, false, false, true);
            insert into quartz.qrtz_triggers (sched_name, trigger_name, trigger_group, job_name, job_group, trigger_state, trigger_type, start_time,
                next_fire_time) select 'scheduler', at, 'jobs', 'cleanup', 'jobs', 'WAITING', 'CRON', 0, scheduler_private.ticks_of(at::timestamptz)
                from unnest(array['2126-11-22T04:00:00Z', '2126-11-21T04:00:00Z']) at
            """);
        var shown = await Ask(db, "job", "show", "cleanup");
        var json = await Ask(db, "job", "show", "cleanup", "--json");
        var list = await Ask(db, "job", "list");
        foreach (var asked in new[] { shown, json, list })
        {
            Assert.That(asked.Out, Does.Contain("2126-11-21T04:00:00Z").And.Not.Contain("2026-11-20"), asked.Error);
        }
        Assert.That(shown.Out.Split("next_fire_at"), Has.Length.EqualTo(2), "it is said once");
        Assert.That(JsonDocument.Parse(json.Out).RootElement.GetProperty("status").GetProperty("next_fire_at").GetDateTime(),
            Is.EqualTo(new DateTime(2126, 11, 21, 4, 0, 0, DateTimeKind.Utc)));
    }

    [TestCase("no runs match --job cleanup --state queued", "run", "list", "--job", "cleanup", "--state", "queued")]
    [TestCase("no runs match --verdict missed", "run", "list", "--verdict", "missed", "--limit", "3")]
    [TestCase("there is no run yet: 'scheduler job list' says when jobs are due", "run", "list")]
    [TestCase("no open incidents match --job cleanup", "incident", "list", "--job", "cleanup")]
    [TestCase("no incidents match --job cleanup", "incident", "list", "--all", "--job", "cleanup")]
    [TestCase("there is no open incident", "incident", "list")]
    [TestCase("no uploads match --node n5 --state failed", "upload", "list", "--node", "n5", "--state", "failed")]
    [TestCase("there is no message of channel ops yet", "channel", "log", "ops")]
    public async Task A_list_that_is_empty_names_what_it_was_asked_for(string expected, params string[] command)
    {
        await using var db = await TestDatabase.Create();
        await db.Execute(Declare + """
            ; insert into scheduler.channel (name, kind, settings) values ('ops', 'slack', '{"url": "http://127.0.0.1:1/"}')
            """);
        await db.AddNode("n5");
        var asked = await Ask(db, command);
        Assert.That((asked.ExitCode, asked.Out, asked.Error.TrimEnd()), Is.EqualTo((0, "", expected)));
        Assert.That((await Ask(db, [.. command, "--json"])).Out.Trim(), Is.EqualTo("[]"));
    }

    [TestCase("there is no job named 'clenup'; did you mean 'cleanup'?", "incident", "list", "--job", "clenup")]
    [TestCase("there is no node 'n4' in snapshot.node; did you mean 'n5'?", "upload", "list", "--node", "n4")]
    [TestCase("there is no channel 'opps'; did you mean 'ops'?", "channel", "log", "opps")]
    public async Task A_list_of_something_that_is_not_there_ends_with_3_and_the_nearest_name(string expected, params string[] command)
    {
        await using var db = await TestDatabase.Create();
        await db.Execute(Declare + """
            ; insert into scheduler.channel (name, kind, settings) values ('ops', 'slack', '{"url": "http://127.0.0.1:1/"}')
            """);
        await db.AddNode("n5");
        var asked = await Ask(db, command);
        Assert.That((asked.ExitCode, asked.Error.TrimEnd()), Is.EqualTo((3, "scheduler: " + expected)));
    }

    [Test]
    public async Task Serve_tells_where_it_listens_becomes_ready_and_stops_with_its_stdin()
    {
        await using var db = await TestDatabase.Create();
        using var node = Binary.Start(new Dictionary<string, string> { ["SCHEDULER__CONNECTION"] = db.ConnectionString },
            "serve", "--name", "n1", "--http-port", "0", "--drain", "1s", "--exit-with-stdin");
        var errors = node.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var line = await node.StandardOutput.ReadLineAsync(limit.Token);
            Assert.That(line, Does.StartWith("node n1 is listening on http://127.0.0.1:"));
            using var http = new HttpClient { BaseAddress = new Uri(line!.Split(' ')[^1]) };
            Assert.That((int)(await http.GetAsync("/health/live", limit.Token)).StatusCode, Is.EqualTo(200));
            await db.Until("the node is ready",
                async () => (int)(await http.GetAsync("/health/ready", limit.Token)).StatusCode == 200, Limit);
            Assert.That(await http.GetStringAsync("/health/ready", limit.Token), Is.EqualTo("""{"status":"live","reason":null}"""));
            Assert.That((await Ask(db, "node", "list")).Out, Does.Contain(http.BaseAddress.ToString().TrimEnd('/')));
            node.StandardInput.Close();
            await node.WaitForExitAsync(limit.Token);
            Assert.That(node.ExitCode, Is.Zero, await errors);
        }
        finally
        {
            if (!node.HasExited) { node.Kill(entireProcessTree: true); }
        }
    }

    [Test]
    public async Task A_node_that_starts_before_its_database_waits_for_it_and_says_so()
    {
        await using var db = await TestDatabase.Create();
        await using var proxy = FaultProxy.To(db.Server.Port);
        proxy.Set(FaultMode.Reset);
        using var node = Binary.Start(new Dictionary<string, string> { ["SCHEDULER__CONNECTION"] = $"{db.ConnectionString};Port={proxy.Port}" },
            "serve", "--name", "n1", "--http-port", "0", "--drain", "1s", "--exit-with-stdin");
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            string? warning;
            do { warning = await node.StandardError.ReadLineAsync(limit.Token); }
            while (warning?.Contains("does not serve this node yet", StringComparison.Ordinal) == false);
            Assert.That(warning, Does.Contain("cannot connect to PostgreSQL at 127.0.0.1").And.Contain("tried again in"));

            proxy.Heal();
            var rest = node.StandardError.ReadToEndAsync(limit.Token);
            Assert.That(await node.StandardOutput.ReadLineAsync(limit.Token), Does.StartWith("node n1 is listening on"));
            node.StandardInput.Close();
            await node.WaitForExitAsync(limit.Token);
            Assert.That(node.ExitCode, Is.Zero, await rest);
        }
        finally
        {
            if (!node.HasExited) { node.Kill(entireProcessTree: true); }
        }
    }

    [Test]
    public async Task A_node_that_waits_for_its_database_ends_with_its_stdin()
    {
        using var node = Binary.Start(new Dictionary<string, string> { ["SCHEDULER__CONNECTION"] = "Host=127.0.0.1;Port=1;Username=u;Database=d" },
            "serve", "--name", "n1", "--http-port", "0", "--exit-with-stdin");
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            Assert.That(await node.StandardError.ReadLineAsync(limit.Token), Does.Contain("does not serve this node yet"));
            node.StandardInput.Close();
            var rest = await node.StandardError.ReadToEndAsync(limit.Token);
            await node.WaitForExitAsync(limit.Token);
            Assert.That((node.ExitCode, rest), Is.EqualTo((0, rest)));
            Assert.That(rest, Does.Not.Contain("unexpected"));
        }
        finally
        {
            if (!node.HasExited) { node.Kill(entireProcessTree: true); }
        }
    }

    private static Task<Ended> Ask(TestDatabase db, params string[] arguments) =>
        Binary.RunWith(new Dictionary<string, string> { ["SCHEDULER__CONNECTION"] = db.ConnectionString }, arguments);
}
