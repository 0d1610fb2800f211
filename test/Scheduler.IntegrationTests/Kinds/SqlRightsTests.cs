using Npgsql;
using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Kinds.Sql;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Kinds;

/// <summary>What the text of <c>sql</c> jobs can reach. Corpora of reliability.md T12.</summary>
[TestFixture]
public sealed class SqlRightsTests
{
    [TestCase("set role postgres; delete from scheduler_private.run")]
    [TestCase("set session authorization postgres; delete from scheduler_private.run")]
    [TestCase("reset role; reset session authorization; delete from scheduler_private.run")]
    [TestCase("set search_path = scheduler_private, public; delete from run")]
    [TestCase("do $$ begin execute 'set role postgres'; execute 'delete from scheduler_private.run'; end $$")]
    [TestCase("copy (select 1) to program 'id'")]
    [TestCase("copy public.mine from '/etc/passwd'")]
    [TestCase("create extension dblink")]
    [TestCase("alter role current_user superuser")]
    [TestCase("grant scheduler_node to current_user")]
    [TestCase("update scheduler.job set settings = '{}'")]
    [TestCase("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres' and pg_terminate_backend(pid)")]
    public async Task With_a_login_of_its_own_text_reaches_nothing_of_the_nodes(string statement)
    {
        await using var jobs = await OfLogin.Create();
        var refused = await Assert.CatchAsync<PostgresException>(() => jobs.Run(statement));
        Assert.That(refused!.SqlState, Is.AnyOf("42501", "22023", "0LP01", "42P01"), refused.MessageText);
        Assert.That(await jobs.Ledger.Database.Value<long>("select count(*) from scheduler_private.run"), Is.EqualTo(1));
    }

    [TestCase("commit")]
    [TestCase("/* x */ Rollback")]
    [TestCase("select 1; end")]
    [TestCase("abort")]
    [TestCase("start transaction")]
    [TestCase("savepoint a")]
    [TestCase("prepare transaction 'a'")]
    [TestCase("deallocate all")]
    [TestCase("discard all")]
    public void Text_that_ends_the_transaction_or_the_nodes_statements_is_refused_when_it_is_saved(string statement) =>
        Assert.That(() => SqlText.Parse(statement), Throws.TypeOf<FormatException>().With.Message.Contains("is not allowed"));

    [TestCase("insert into public.mine values (1); do $$ begin commit; end $$")]
    [TestCase("insert into public.mine values (1); call public.ends()")]
    public async Task A_commit_inside_what_is_called_fails_and_nothing_of_the_run_stays(string statement)
    {
        await using var jobs = await OfLogin.Create();
        var refused = await Assert.ThrowsAsync<PostgresException>(() => jobs.Run(statement));
        Assert.That(refused!.SqlState, Is.EqualTo("2D000"), refused.MessageText);
        Assert.That(await jobs.Ledger.Database.Value<long>("select count(*) from public.mine"), Is.Zero);
        var own = await Assert.ThrowsAsync<PostgresException>(() => jobs.RunOwn(statement));
        Assert.That(own!.SqlState, Is.EqualTo("2D000"));
        Assert.That(await jobs.Ledger.Database.Value<long>("select count(*) from public.mine"), Is.Zero);
    }

    [Test]
    public async Task What_text_leaves_in_a_session_is_gone_for_the_next_run([Values] bool own)
    {
        await using var jobs = await OfLogin.Create();
        const string Leave = "set search_path = pg_temp; set statement_timeout = 0; set lock_timeout = 0;"
            + " set idle_in_transaction_session_timeout = 0;"
            + " create temp table mine_too (a int); select pg_advisory_lock(42); listen elsewhere; set application_name = 'hidden'";
        const string Look = "insert into public.mine select case when current_setting('search_path') = 'pg_temp' then 1"
            + " when current_setting('lock_timeout') <> '1min' then 2 when current_setting('idle_in_transaction_session_timeout') <> '1500ms' then 3"
            + " when to_regclass('pg_temp.mine_too') is not null then 4 when exists (select from pg_listening_channels()) then 5"
            + " when current_setting('application_name') = 'hidden' then 6"
            + " when exists (select from pg_locks where locktype = 'advisory' and objid = 42) then 7 else 0 end";
        for (var i = 0; i < 3; i++)
        {
            await (own ? jobs.RunOwn(Leave) : jobs.Run(Leave));
            await (own ? jobs.RunOwn(Look) : jobs.Run(Look));
        }
        Assert.That(await jobs.Ledger.Database.Value<string>("select string_agg(a::text, ' ') from public.mine"), Is.EqualTo("0 0 0"));
    }

    [TestCase("superuser", "is a superuser")]
    [TestCase("createrole", "can make roles")]
    [TestCase("in role pg_execute_server_program", "can run programs, or read or write files, on the server (pg_execute_server_program)")]
    [TestCase("in role scheduler_node", "reads the scheduler's own tables")]
    public async Task A_login_with_such_rights_is_refused_unless_the_node_trusts_it(string rights, string expected)
    {
        await using var jobs = await OfLogin.Create(rights);
        var refused = await Assert.ThrowsAsync<OperatorException>(() => jobs.Run("select 1"));
        Assert.That(refused!.Message, Does.Contain(expected).And.Contain("sql.trusted"));
        await jobs.Run("select 1", new() { Trusted = ["mine"] });
    }

    [Test]
    public async Task The_nodes_own_login_under_another_name_is_refused()
    {
        await using var run = await LedgerRun.Create(targets: d => new Dictionary<string, string> { ["mine"] = d.ConnectionString });
        var refused = await Assert.ThrowsAsync<OperatorException>(() =>
            run.Run(scope => new SqlJob(new() { Statement = "select 1", Database = "mine" }, scope, run.Databases, KindRun.Node())));
        Assert.That(refused!.Message, Does.Contain("is the node's own"));
    }

    [Test]
    public async Task Where_the_node_says_so_text_does_not_run_on_the_schedulers_own_database()
    {
        await using var jobs = await OfLogin.Create();
        var refused = await Assert.ThrowsAsync<OperatorException>(() => jobs.RunOwn("select 1", new() { OwnDatabase = false }));
        Assert.That(refused!.Message, Does.Contain("sql.own_database of this node is false; expected one of its databases: mine"));
    }

    /// <summary>A login of jobs in the scheduler's own database, with a table of its own.</summary>
    private sealed class OfLogin : IAsyncDisposable
    {
        private readonly string role;

        private OfLogin(LedgerRun ledger, string role) => (Ledger, this.role) = (ledger, role);

        public LedgerRun Ledger { get; }

        public static async Task<OfLogin> Create(string rights = "")
        {
            var role = "jobs_" + Guid.NewGuid().ToString("N")[..12];
            var prepare = $"""
                create role {role} login noinherit {rights};
                create table public.mine (a int);
                create procedure public.ends() language plpgsql as 'begin commit; end';
                grant insert, select on public.mine to {role};
                """;
            var ledger = await LedgerRun.Create(prepare, database => Target(database, role));
            await ledger.Database.Execute(SqlFiles.Read("queries/mark_table.sql"));
            await ledger.Database.Execute($"grant usage on schema scheduler_mark to {role}; grant insert, select on scheduler_mark.done to {role}");
            return new(ledger, role);
        }

        private static Dictionary<string, string> Target(TestDatabase database, string role) =>
            new() { ["mine"] = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = role }.ConnectionString };

        public Task Run(string statement, SqlOptions? rules = null) => Run(statement, "mine", rules);

        public Task RunOwn(string statement, SqlOptions? rules = null) => Run(statement, null, rules);

        private async Task Run(string statement, string? database, SqlOptions? rules) => await Ledger.Run(scope =>
            new SqlJob(new() { Statement = statement, Database = database }, scope, Ledger.Databases, KindRun.Node() with { Sql = rules ?? new() }));

        public async ValueTask DisposeAsync()
        {
            await Ledger.Database.Execute($"drop owned by {role}");
            await Ledger.DisposeAsync();
            await using var database = await TestDatabase.Create(migrated: false);
            await database.Execute($"drop role {role}");
        }
    }
}
