using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NUnit.Framework;
using Quartz;
using Scheduler.Cluster;
using Scheduler.Runs;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Runs;

/// <summary>Code that does not end when it is asked to: its slot is free within 10 s, and the fence refuses what it does later.</summary>
[TestFixture]
public sealed class ForcedEndTests
{
    [TestCase("blocks", "timed_out")]
    [TestCase("waits", "timed_out")]
    [TestCase("waits", "cancelled")]
    public async Task A_job_that_ignores_its_token_is_left_behind_and_its_later_effects_are_refused(string how, string verdict)
    {
        await using var database = await TestDatabase.Create();
        await database.Execute("create table public.effect (what text)");
        var release = new Release();
        using var host = await Start(database, release);
        await database.Execute("insert into scheduler.job (name, kind, overlap, timeout, settings) values"
            + " ('stubborn', 'test.stubborn', 'allow', @timeout, jsonb_build_object('how', @how)),"
            + " ('after', 'sql', 'allow', interval '1 minute', '{\"statement\": \"insert into public.effect values (''next'')\"}')",
            new { timeout = verdict == "timed_out" ? TimeSpan.FromSeconds(1) : TimeSpan.FromMinutes(5), how });

        var key = await RunNow(database, "stubborn");
        await release.Begun.Task;
        // Holding its only slot.
        var next = await RunNow(database, "after");
        if (verdict == "cancelled") { await database.Execute("select scheduler.cancel(@key, 'enough')", new { key }); }
        await UntilFinished(database, key);
        await UntilFinished(database, next);

        Assert.That(await Value(database, "verdict", key), Is.EqualTo(verdict));
        Assert.That(await Value(database, "verdict", next), Is.EqualTo("succeeded"), "the slot is free");
        Assert.That(await database.Value<double>("select extract(epoch from ended_at - started_at)::float8 from scheduler.run where run_key = @key",
            new { key }), Is.LessThan(11.5));
        if (verdict == "timed_out") { Assert.That(await Value(database, "error", key), Does.Contain("was left behind")); }

        release.Blocked.Set();
        release.Gate.TrySetResult();
        // By its token, which has ended, or by the fence.
        Assert.That(await release.Came.Task, Is.InstanceOf<RunLostException>().Or.InstanceOf<OperationCanceledException>());
        Assert.That(await database.Value<string>("select string_agg(what, ' ') from public.effect"), Is.EqualTo("next"));
        Assert.That(await Value(database, "verdict", key), Is.EqualTo(verdict), "it keeps its verdict");
        await host.StopAsync();
    }

    [Test]
    public async Task The_session_of_a_job_that_ignores_its_token_is_ended_with_all_its_locks()
    {
        await using var database = await TestDatabase.Create();
        await database.Execute("create table public.effect (what text); insert into public.effect values ('before')");
        using var host = await Start(database, new());
        await database.Execute("insert into scheduler.job (name, kind, timeout, settings) values"
            + " ('stubborn', 'test.stubborn', interval '1 second', '{\"how\": \"holds\"}')");

        var key = await RunNow(database, "stubborn");
        await UntilFinished(database, key);

        Assert.That(await Value(database, "verdict", key), Is.EqualTo("timed_out"));
        Assert.That(await database.Value<string>("select what from public.effect"), Is.EqualTo("before"));
        await database.Execute("alter table public.effect add column free int");     // nobody holds it any more
        await host.StopAsync();
    }

    // Text that catches its own cancellation: the server ends the session.
    [TestCase("set statement_timeout = 0; select pg_sleep(600)")]
    [TestCase("do $$ begin loop begin perform pg_sleep(600); exception when query_canceled then null; end; end loop; end $$")]
    public async Task SQL_that_does_not_end_is_ended_on_the_server(string statement)
    {
        await using var database = await TestDatabase.Create();
        using var host = await Start(database, new());
        await database.Execute("insert into scheduler.job (name, kind, timeout, settings) values"
            + " ('endless', 'sql', interval '1 second', jsonb_build_object('statement', @statement))", new { statement });

        var key = await RunNow(database, "endless");
        await UntilFinished(database, key);

        Assert.That(await Value(database, "verdict", key), Is.EqualTo("timed_out"));
        await Until.Holds(database, "the server works for it no more", async () => await database.Value<long>(
            "select count(*) from pg_stat_activity where state = 'active' and query like '%pg_sleep(600)%' and pid <> pg_backend_pid()"
            + " and datname = current_database()") == 0);
        await host.StopAsync();
    }

    private static async Task<IHost> Start(TestDatabase database, Release release)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(release);
        builder.Services.AddScheduler(new NodeOptions { Name = "n1", ConnectionString = database.ConnectionString, Slots = 1 })
            .AddKind<StubbornJob, StubbornSettings>("test.stubborn");
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static async Task<string> RunNow(TestDatabase database, string job) =>
        (await database.Value<string>("select scheduler.run_now(@job)", new { job }))!;

    private static Task UntilFinished(TestDatabase database, string key) => Until.Holds(database, $"{key} is finished", async () =>
        await database.Value<long>("select count(*) from scheduler.run where run_key = @key and state = 'finished'", new { key }) == 1);

    private static Task<string?> Value(TestDatabase database, string column, string key) =>
        database.Value<string>($"select {column} from scheduler.run where run_key = @key", new { key });

    private sealed class Release
    {
        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public ManualResetEventSlim Blocked { get; } = new();
        public TaskCompletionSource<Exception?> Came { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed record StubbornSettings
    {
        public string How { get; init; } = "";
    }

    private sealed class StubbornJob(StubbornSettings settings, RunScope run, Release release) : IJob
    {
        public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
        {
            release.Begun.TrySetResult();
            if (settings.How == "holds")
            {
                await run.Commit(async (connection, _, _) =>
                {
                    await Effect(connection);
                    await release.Gate.Task;
                    return null;
                });
            }
            else if (settings.How == "blocks") { release.Blocked.Wait(CancellationToken.None); }
            else { await release.Gate.Task; }
            try
            {
                await run.Commit(async (connection, _, _) =>
                {
                    await Effect(connection);
                    return null;
                });
                release.Came.TrySetResult(null);
            }
            catch (Exception e) { release.Came.TrySetResult(e); }
        }

        private static async Task Effect(NpgsqlConnection connection)
        {
            await using var command = new NpgsqlCommand("insert into public.effect values ('late')", connection);
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }
}
