using Dapper;
using Npgsql;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Jobs;

/// <summary>What each role may do, with logins of their own.</summary>
[TestFixture]
public sealed class RightsTests
{
    private static readonly string[] Edits =
    [
        "insert into scheduler.job (name, kind, schedule) values ('a', 'sql', 'every 5m'), ('b', 'sql', 'after a')",
        "update scheduler.job set schedule = '@daily', time_zone = 'Europe/Berlin' where name = 'a'", "delete from scheduler.job where name = 'b'",
        "select scheduler.schedule('c', '@daily', 'select 1')", "select scheduler.pause('*', 'x', now() + interval '1 hour')",
        "select scheduler.resume('*')", "select scheduler.disable('c')", "select scheduler.enable('c')", "select scheduler.undo('c')",
        "select scheduler.unschedule('c')", "select scheduler.undo('b')", "select scheduler.run_now('a')",
        "insert into scheduler.channel (name, kind, settings) values ('ops', 'slack', '{\"url\": \"http://x/\"}')",
        "update scheduler.channel set incidents = true", "select scheduler.test_channel('ops')",
    ];
    private static readonly string[] Looks =
    [
        "select * from scheduler.job", "select * from scheduler.job_status", "select * from scheduler.job_version", "select * from scheduler.audit",
        "select * from scheduler.run", "select * from scheduler.channel", "select * from scheduler.notification", "select * from scheduler.incident",
    ];
    private static readonly string[] Private =
    [
        "delete from scheduler_private.outbox", "update scheduler_private.incident set resolved_at = now()",
        "select * from scheduler_private.run", "update scheduler_private.job_gate set paused = true", "delete from scheduler_private.run",
        "insert into scheduler_private.job_version (job, version, action, definition, role, application, source, at) "
            + "values ('x', 1, 'insert', '{}', 'x', 'x', 'x', now())",
        "select scheduler_private.chain_from(0)", "update quartz.qrtz_triggers set trigger_state = 'PAUSED'", "delete from quartz.qrtz_triggers",
        "select * from quartz.qrtz_triggers", "truncate scheduler.job", "alter table scheduler.job disable trigger all", "drop table scheduler.job",
        "create table scheduler.mine (x int)",
    ];

    [Test]
    public async Task An_operator_edits_jobs_and_touches_nothing_private()
    {
        await using var database = await TestDatabase.Create();
        await using var alice = await Login(database, "alice", "scheduler_operator");
        foreach (var edit in Edits) { Assert.That(await Try(alice, edit), Is.Null, edit); }
        foreach (var look in Looks) { Assert.That(await Try(alice, look), Is.Null, look); }
        foreach (var other in Private) { Assert.That(await Try(alice, other), Is.EqualTo("42501"), other); }
        Assert.That(await database.Value<bool>("select bool_and(role like 'alice_%') from scheduler.audit"), Is.True);
        Assert.That(await Try(alice, "update scheduler.job set schedule = 'every 10 s'"), Is.EqualTo("23514"));
    }

    [Test]
    public async Task A_viewer_only_reads()
    {
        await using var database = await TestDatabase.Create();
        await using var bob = await Login(database, "bob", "scheduler_viewer");
        foreach (var look in Looks) { Assert.That(await Try(bob, look), Is.Null, look); }
        foreach (var other in Edits.Concat(Private)) { Assert.That(await Try(bob, other), Is.EqualTo("42501"), other); }
    }

    [Test]
    public async Task An_admin_reads_what_is_private_and_changes_no_version()
    {
        await using var database = await TestDatabase.Create();
        await using var carol = await Login(database, "carol", "scheduler_admin");
        foreach (var edit in Edits) { Assert.That(await Try(carol, edit), Is.Null, edit); }
        Assert.That(await Try(carol, "select * from scheduler_private.job_version"), Is.Null);
        foreach (var other in Private.Where(p => !p.StartsWith("select *", StringComparison.Ordinal)))
        {
            Assert.That(await Try(carol, other), Is.EqualTo("42501"), other);
        }
    }

    [Test]
    public async Task A_node_writes_what_it_needs_and_no_version()
    {
        await using var database = await TestDatabase.Create();
        await using var node = await Login(database, "node", "scheduler_node");
        Assert.That(await Try(node, "insert into scheduler.job (name, kind) values ('a', 'sql')"), Is.Null);
        Assert.That(await Try(node, "update scheduler.job set problem = 'x'"), Is.Null);
        Assert.That(await Try(node, Private[5]), Is.EqualTo("42501"));
        Assert.That(await Try(node, "update scheduler_private.job_chain_end set place = 0"), Is.EqualTo("42501"));
    }

    [Test]
    public async Task Somebody_without_a_role_reads_nothing()
    {
        await using var database = await TestDatabase.Create();
        await using var eve = await Login(database, "eve", null);
        foreach (var any in Looks.Concat(Edits).Concat(Private)) { Assert.That(await Try(eve, any), Is.EqualTo("42501"), any); }
    }

    // Roles belong to the server, which tests share: each login has the database's name in its own.
    private static async Task<NpgsqlConnection> Login(TestDatabase database, string name, string? role)
    {
        var login = $"{name}_{database.Name}";
        await database.Execute($"create role {login} login password 'x'");
        if (role is not null) { await database.Execute($"grant {role} to {login}"); }
        var settings = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = login, Password = "x", Pooling = false };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static async Task<string?> Try(NpgsqlConnection connection, string sql)
    {
        try
        {
            await connection.ExecuteAsync(sql);
            return null;
        }
        catch (PostgresException e) { return e.SqlState; }
    }
}
