using System.Text.Json;
using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.IntegrationTests.Kinds;
using Scheduler.Kinds.Http;
using Scheduler.Runs;
using Scheduler.Snapshots;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Snapshots;

/// <summary>The monitor's verdicts, with an agent of commands that says what the test wants it to.</summary>
[TestFixture, Platform("Linux"), System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class MonitorTests
{
    private const string Whole = """{"source": {"a": 5, "b": 7}, "target": {"a": 5, "b": 7}}""";
    private const string Half = """{"source": {"a": 5, "b": 7}, "target": {"a": 5}}""";

    [Test]
    public async Task Progress_is_written_and_what_the_agent_says_is_done_is_verified()
    {
        await using var scene = await Scene.Start();
        var id = await scene.Upload();
        scene.Says("status",
            """{"state": "running", "job": "7", "process": "p1", "started": "s1", "bytes": 5, "bytes_total": 12, "files": 1, "rate": 2.7}""");
        var result = await scene.Pass();
        Assert.That(result.GetProperty("running").GetInt32(), Is.EqualTo(1));
        Assert.That(await scene.Row("bytes || ' of ' || bytes_total || ', ' || percent || '%, ' || rate_bytes"), Is.EqualTo("5 of 12, 41.7%, 3"));

        scene.Says("status", Succeeded);
        scene.Says("list", Whole);
        result = await scene.Pass();
        Assert.That(result.GetProperty("completed")[0].GetProperty("upload").GetInt64(), Is.EqualTo(id));
        Assert.That(await scene.Row("state || ' ' || bytes || ' ' || files || ' ' || percent || ' ' || (verified_at is not null)"),
            Is.EqualTo("completed 12 2 100.0 true"));
        Assert.That(scene.Heard("status"), Does.Contain("SNAPSHOT_TARGET=d:/n/2026-11-21T000000Z").And.Contain("SNAPSHOT_JOB=7"));
    }

    [Test]
    public async Task A_copy_that_differs_from_its_source_is_no_success_and_is_begun_again()
    {
        await using var scene = await Scene.Start("""{"resumes": 1, "resume_after": "1s"}""");
        await scene.Upload();
        scene.Says("status", Succeeded);
        scene.Says("list", Half);
        var result = await scene.Pass();
        Assert.That(result.GetProperty("failed")[0].GetProperty("why").GetString(), Is.EqualTo("verification: b is missing"));
        Assert.That(await scene.Row("state || ' ' || base_bytes || ' ' || (resume_at > now())"), Is.EqualTo("failed 5 true"));

        await scene.ResumeNow();
        scene.Says("stop", "{}");
        scene.Says("start", """{"job": "8", "process": "p1", "started": "s2"}""");
        result = await scene.Pass();
        Assert.That(result.GetProperty("resumed").GetArrayLength(), Is.EqualTo(1));
        Assert.That(await scene.Row("state || ' ' || attempt || ' ' || agent_job || ' ' || agent_started"), Is.EqualTo("running 2 8 s2"));
        Assert.That(scene.Heard("stop"), Does.Match("SNAPSHOT_GROUP=snapshot-[0-9a-f]+-1-1\n"), "what the first attempt may have left was stopped");
        scene.Says("status", """{"state": "failed", "error": "disk full", "process": "p1", "started": "s2", "bytes": 1}""");

        var bad = await Assert.ThrowsAsync<RunFailedException>(scene.Pass);
        Assert.That(bad!.Message, Does.Match("^upload [0-9]+ of n5 failed: the agent gave up: disk full$"),
            "no attempt is left: the pass's verdict says so");
        Assert.That(await scene.Row("state || ' ' || reason || ' ' || error || ' ' || coalesce(resume_at::text, 'never')"),
            Is.EqualTo("failed the agent gave up disk full never"));
        Assert.That(await scene.Row("bytes::text"), Is.EqualTo("12"), "what was shown does not go back");
    }

    [TestCase("""{"state": "unknown"}""", "the agent does not know job 7")]
    [TestCase("""{"state": "running", "process": "p2", "started": "s1"}""", "job 7 of the agent is another one now (process p2, begun s1)")]
    [TestCase("""{"state": "running", "process": "p1", "started": "s9"}""", "job 7 of the agent is another one now (process p1, begun s9)")]
    public async Task What_an_agent_forgot_is_lost_unless_it_is_whole(string status, string why)
    {
        await using var scene = await Scene.Start();
        await scene.Upload();
        scene.Says("status", status);
        scene.Says("list", Half);
        var result = await scene.Pass();
        Assert.That(result.GetProperty("lost")[0].GetProperty("why").GetString(), Is.EqualTo(why));
        Assert.That(await scene.Row("state || ' ' || (resume_at is not null)"), Is.EqualTo("lost true"));

        await scene.Database.Execute("delete from snapshot.upload");
        await scene.Upload();
        scene.Says("list", Whole);
        result = await scene.Pass();
        Assert.That(result.GetProperty("completed").GetArrayLength(), Is.EqualTo(1));
    }

    [Test]
    public async Task Standing_still_is_a_verdict_and_silence_is_another()
    {
        await using var scene = await Scene.Start("""{"stalled_after": "1m", "lost_after": "1m", "resumes": 0}""");
        await scene.Upload();
        scene.Says("status", """{"state": "running", "process": "p1", "started": "s1", "bytes": 5}""");
        scene.Says("list", Half);
        scene.Says("stop", "{}");
        await scene.Pass();
        await scene.Database.Execute("update snapshot.upload set moved_at = now() - interval '2 minutes'");
        var stalled = await Assert.ThrowsAsync<RunFailedException>(scene.Pass);
        Assert.That(stalled!.Message, Does.EndWith("failed: stalled: no progress for 1m"));
        Assert.That(scene.Heard("stop"), Does.Contain("SNAPSHOT_GROUP=snapshot-"), "it was stopped first");

        await scene.Database.Execute("delete from snapshot.upload");
        await scene.Upload();
        scene.Says("status", "no JSON");
        var result = await scene.Pass();
        Assert.That(result.GetProperty("unreachable")[0].GetProperty("why").GetString(), Does.Contain("its answer is no JSON"));
        Assert.That(await scene.Row("state || ' ' || (problem is not null)"), Is.EqualTo("running true"), "no answer is no verdict");
        await scene.Database.Execute("update snapshot.upload set seen_at = now() - interval '2 minutes'");
        var lost = await Assert.ThrowsAsync<RunFailedException>(scene.Pass);
        Assert.That(lost!.Message, Does.Contain("lost: its agent has not answered for 1m"));
    }

    [Test]
    public async Task A_cancelled_upload_is_stopped_and_a_retried_one_goes_on()
    {
        await using var scene = await Scene.Start();
        var id = await scene.Upload();
        scene.Says("stop", "{}");
        await scene.Database.Execute("select snapshot.cancel_upload(@id, 'enough')", new { id });
        await scene.Pass();
        Assert.That(await scene.Row("state || ' ' || reason"), Is.EqualTo("cancelled enough"));
        Assert.That(scene.Heard("stop"), Is.Not.Empty);

        await scene.Database.Execute("select snapshot.retry_upload(@id)", new { id });
        scene.Says("start", """{"job": "8"}""");
        await scene.Pass();
        Assert.That(await scene.Row("state || ' ' || attempt"), Is.EqualTo("running 2"));
    }

    [Test]
    public async Task A_cancelled_upload_whose_agent_is_away_for_long_is_not_begun_again()
    {
        await using var scene = await Scene.Start("""{"lost_after": "1m"}""");
        var id = await scene.Upload();
        scene.Says("status", Succeeded);
        await scene.Database.Execute("select snapshot.cancel_upload(@id, 'enough')", new { id });
        await scene.Pass();
        Assert.That(await scene.Row("state || ' ' || (problem is not null)"), Is.EqualTo("running true"), "it cannot be stopped yet");
        await scene.Database.Execute("update snapshot.upload set seen_at = now() - interval '2 minutes'");
        await scene.Pass();
        Assert.That(await scene.Row("state || ' ' || reason || ' ' || coalesce(resume_at::text, 'never')"), Is.EqualTo("cancelled enough never"));
    }

    [Test]
    public async Task A_verification_that_hangs_is_given_up_and_what_the_agent_forgot_meanwhile_is_lost()
    {
        await using var scene = await Scene.Start("""{"resumes": 0}""");
        await scene.Upload();
        scene.Says("status", Succeeded);
        scene.SaysNothing("list");
        var second = TimeSpan.FromSeconds(1);
        var result = await scene.Pass(new() { LookFor = 2 * second, LookEvery = second, VerifyTimeout = 4 * second });
        const string TooLong = "to compare it with its source took longer than ";
        Assert.That(result.GetProperty("unreachable")[0].GetProperty("why").GetString(), Is.EqualTo(TooLong + "4s"));
        Assert.That(scene.Heard("status").Split("SNAPSHOT_UPLOAD=").Length - 1, Is.EqualTo(1), "not looked at while it is compared");
        Assert.That(await scene.Row("state || ' ' || problem"), Is.EqualTo("running " + TooLong + "4s"));
        scene.Says("status", """{"state": "unknown"}""");
        var lost = await Assert.ThrowsAsync<RunFailedException>(() => scene.Pass(new() { LookFor = TimeSpan.Zero, VerifyTimeout = second }));
        Assert.That(lost!.Message, Does.EndWith("lost: the agent does not know job 7: " + TooLong + "1s"));
    }

    [Test]
    public async Task A_beginning_whose_run_is_over_is_found_at_the_agent_and_not_begun_twice()
    {
        await using var scene = await Scene.Start();
        await scene.Upload("starting");
        scene.Says("status", """{"state": "running", "job": "7", "process": "p1", "started": "s1", "group": "snapshot-x-1-1"}""");
        await scene.Pass();
        Assert.That(await scene.Row("state || ' ' || agent_job || ' ' || agent_group"), Is.EqualTo("running 7 snapshot-x-1-1"));
        Assert.That(scene.Heard("start"), Is.Empty);
    }

    [Test]
    public async Task Of_two_that_resume_at_once_one_begins()
    {
        await using var scene = await Scene.Start();
        await scene.Upload("failed");
        scene.Says("stop", "{}");
        scene.Says("start", """{"job": "8"}""");
        scene.Says("status", """{"state": "running", "job": "8"}""");
        await scene.ResumeNow();
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => scene.Pass()));
        Assert.That(scene.Heard("start").Split("SNAPSHOT_UPLOAD=").Length - 1, Is.EqualTo(1));
        Assert.That(await scene.Row("state || ' ' || attempt"), Is.EqualTo("running 2"));
    }

    [Test]
    public async Task Snapshots_beyond_keep_are_removed_and_what_came_to_nothing_before_them()
    {
        await using var scene = await Scene.Start("""{"keep": 2}""");
        foreach (var (day, state) in new[] { (1, "completed"), (2, "failed"), (3, "completed"), (4, "completed"), (5, "failed") })
        {
            await scene.Upload(state, $"2026-11-0{day}T00:00:00Z");
        }
        scene.Says("remove", "{}");
        var result = await scene.Pass();
        Assert.That(result.GetProperty("removed").GetArrayLength(), Is.EqualTo(2));
        Assert.That(await scene.Database.Value<string>(
            "select string_agg(right(target, 18), ',' order by id) from snapshot.upload where removed_at is not null"),
            Is.EqualTo("2026-11-01T000000Z,2026-11-02T000000Z"));
        Assert.That(scene.Heard("remove"), Does.Contain("SNAPSHOT_TARGET=d:/n/2026-11-01T000000Z").And.Not.Contain("2026-11-03"));
        Assert.That((await scene.Pass()).GetProperty("removed").GetArrayLength(), Is.Zero, "once");
    }

    private const string Succeeded = """{"state": "succeeded", "process": "p1", "started": "s1", "bytes": 12, "bytes_total": 12, "files": 2}""";

    /// <summary>A database with node n5, whose agent's commands write what files say and note what they were asked.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private readonly LedgerRun runs;
        private readonly TempFolder folder = new();
        private readonly NodeState state = new();
        private readonly NodeOptions options;
        private readonly HttpCaller http;

        private Scene(LedgerRun runs)
        {
            this.runs = runs;
            state.BeginLease(new NodeIdentity("test", 1, []));
            state.LiveFor(TimeSpan.FromMinutes(10));
            options = KindRun.Node(new CommandOptions { Allow = [folder.Path + "/"] });
            http = new(options, TimeProvider.System);
        }

        public TestDatabase Database => runs.Database;

        public static async Task<Scene> Start(string limits = "{}")
        {
            var scene = new Scene(await LedgerRun.Create());
            var program = Path.Combine(scene.folder.Path, "agent");
            File.WriteAllText(program, "#!/bin/sh\nprintenv | grep ^SNAPSHOT_ | sort >> \"$1.heard\"\nexec cat \"$1.says\"\n");
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var agent = new Dictionary<string, object> { ["kind"] = "command", ["timeout"] = "30s" };
            foreach (var verb in new[] { "start", "status", "stop", "list", "remove" }) { agent[verb] = new[] { program, scene.File_(verb) }; }
            await scene.Database.AddNode("n5", JsonSerializer.Serialize(agent), limits, destination: "d:/n");
            return scene;
        }

        public Task<long> Upload(string upload = "running", string due = "2026-11-21T00:00:00Z") => Database.AddUpload("n5", upload, due);

        public void Says(string verb, string answer) => File.WriteAllText(File_(verb) + ".says", answer);

        public string Heard(string verb) => File.Exists(File_(verb) + ".heard") ? File.ReadAllText(File_(verb) + ".heard") : "";

        // A program that never answers.
        public void SaysNothing(string verb)
        {
            using var made = System.Diagnostics.Process.Start("mkfifo", File_(verb) + ".says");
            made.WaitForExit();
        }

        public Task<JsonElement> Pass() => Pass(new() { LookFor = TimeSpan.Zero, LookTimeout = TimeSpan.FromMinutes(1) });

        public Task<JsonElement> Pass(MonitorSettings settings) =>
            runs.Run(scope => new MonitorJob(settings, scope, http, state, options, TimeProvider.System));

        public Task<string?> Row(string what) => Database.Value<string>(
            $"select {what} from scheduler.upload u join (select id, base_bytes from snapshot.upload) s using (id)");

        public Task ResumeNow() => Database.Execute("update snapshot.upload set resume_at = now()");

        public async ValueTask DisposeAsync()
        {
            http.Dispose();
            state.Dispose();
            await runs.DisposeAsync();
            folder.Dispose();
        }

        private string File_(string verb) => Path.Combine(folder.Path, verb);
    }
}
