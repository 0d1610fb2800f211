using System.Net;
using NUnit.Framework;
using Scheduler.IntegrationTests.Jobs;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Cli;

/// <summary>A node whose job files were refused at its start: it serves the jobs that are there, is not ready, and says
/// why.</summary>
[Parallelizable(ParallelScope.Children), FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RefusedFilesTests : IDisposable
{
    private readonly HttpClient client = new(new SocketsHttpHandler { UseProxy = false });
    private TestDatabase db = null!;
    private FolderOfJobs files = null!;

    [SetUp]
    public async Task Create()
    {
        db = await TestDatabase.Create();
        files = new FolderOfJobs(db);
        files.Jobs("a.yaml", [.. Enumerable.Range(0, 7).Select(i => ($"j{i}", ""))]);
        await files.Apply();
    }

    [TearDown]
    public async Task Remove()
    {
        files.Dispose();
        await db.DisposeAsync();
    }

    public void Dispose() => client.Dispose();

    [Test]
    public async Task It_works_is_not_ready_and_says_why_until_config_apply_brings_its_files_into_force()
    {
        files.Jobs("a.yaml", ("j0", "priority: 9"));
        await using var node = NodeProcess.Start(db, null, "--name", "n1", "--lease", "3s", "--jobs", files.Path);
        var url = (await node.Listening()).Url;
        const string Why = "its job files were refused: 6 jobs would be deleted; expected at most 5, or --max-deletes 6";

        var (status, text) = await Ready(url);
        Assert.That(status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(text, Does.Contain(Why).And.Contain("config plan").And.Contain("\"live\""));
        using (var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, new Uri(url, "/health/ready"))))
        {
            Assert.That(head.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        }
        await db.Until("the check says that it runs", async () => (await Ask("health", "--url", $"{url}")).ExitCode == 0);
        await db.Until("the check says that it is not ready", async () => (await Ask("health", "--ready", "--url", $"{url}")).ExitCode == 1);
        Assert.That(await db.Value<string>("select state || ': ' || reason from scheduler.node"), Does.StartWith("live: " + Why));
        Assert.That((await Ask("status")).Out, Does.Contain("- node n1 is not ready: " + Why));
        Assert.That(await client.GetStringAsync(new Uri(url, "/metrics")), Does.Contain("\nscheduler_config_refused 1\n"));
        Assert.That((await Ask("job", "run", "j6", "--wait", "--timeout", "30s")).Out, Is.EqualTo("succeeded\n"), "it takes work");

        var applied = await Ask("config", "apply", files.Path, "--max-deletes", "6", "--yes");
        Assert.That(applied.ExitCode, Is.Zero, applied.Error);
        await db.Until("the node is ready", async () => (await Ready(url)).Status == HttpStatusCode.OK);
        await db.Until("its row says so", async () => await db.Value<long>("select count(*) from scheduler.node where reason is null") == 1);
        Assert.That(await client.GetStringAsync(new Uri(url, "/metrics")), Does.Contain("\nscheduler_config_refused 0\n"));
        Assert.That((await Ask("status")).Out, Does.Not.Contain("not ready"));
        Assert.That((await node.Stop()).Errors, Does.Contain("were not applied").And.Contain("is in force now"));
    }

    [Test]
    public async Task Files_that_were_refused_are_never_applied_over_what_was_applied_since()
    {
        files.Jobs("a.yaml", ("j0", "priority: 9"));
        await using var node = NodeProcess.Start(db, null, "--name", "n1", "--lease", "3s", "--jobs", files.Path);
        var url = (await node.Listening()).Url;
        // Another release is rolled out meanwhile. Over it the node's files could be applied: they delete four jobs.
        using var others = new FolderOfJobs(db);
        others.Jobs("a.yaml", [.. Enumerable.Range(0, 5).Select(i => ($"j{i}", "priority: 3"))]);
        await others.Apply();

        await db.Until("the node has looked", async () => (await Ready(url)).Text.Contains("they are not in force", StringComparison.Ordinal));
        Assert.That(await db.Rows<string>("select name || ' ' || priority from scheduler.job order by 1"),
            Is.EqualTo(Enumerable.Range(0, 5).Select(i => $"j{i} 3")));
        Assert.That((await Ready(url)).Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
    }

    [Test]
    public async Task Mistakes_in_files_do_not_stop_a_node_and_files_put_right_are_applied_by_it()
    {
        files.Write("b.yaml", "jobs:\n  new-one: { kind: sqll, with: { statement: select 1 } }\n  other: { kind: sql }\n");
        await using var node = NodeProcess.Start(db, null, "--name", "n1", "--lease", "3s", "--jobs", files.Path);
        var url = (await node.Listening()).Url;
        var (status, text) = await Ready(url);
        Assert.That(status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(text, Does.Contain("b.yaml:2:20: ").And.Contain("sqll").And.Contain("(and 1 more)"));
        Assert.That(await db.Value<long>("select count(*) from scheduler.job"), Is.EqualTo(7));

        files.Write("b.yaml", "jobs:\n  new-one: { kind: sql, with: { statement: select 1 } }\n");
        await db.Until("the node is ready", async () => (await Ready(url)).Status == HttpStatusCode.OK, TimeSpan.FromSeconds(60));
        Assert.That(await db.Value<long>("select count(*) from scheduler.job where name = 'new-one'"), Is.EqualTo(1));
    }

    private async Task<(HttpStatusCode Status, string Text)> Ready(Uri url)
    {
        using var answer = await client.GetAsync(new Uri(url, "/health/ready"));
        return (answer.StatusCode, (await answer.Content.ReadAsStringAsync()).Replace("\\u0027", "'", StringComparison.Ordinal));
    }

    private Task<Ended> Ask(params string[] arguments) =>
        Binary.RunWith(new Dictionary<string, string> { ["SCHEDULER__CONNECTION"] = db.ConnectionString }, arguments);
}
