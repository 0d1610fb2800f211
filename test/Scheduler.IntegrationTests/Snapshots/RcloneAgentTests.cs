using System.Globalization;
using System.Text.Json;
using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.IntegrationTests.Kinds;
using Scheduler.Kinds.Http;
using Scheduler.Snapshots;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Snapshots;

/// <summary>What a node that died between its row and its call left at a real rclone.</summary>
[TestFixture, Platform("Linux")]
public sealed class RcloneAgentTests
{
    [Test]
    public async Task What_a_dead_node_had_begun_is_gone_on_with()
    {
        await using var scene = await Scene.Start("ADOPT");
        await scene.Database.AddUpload("n5", "starting");
        var begun = await scene.BeginAsTheDeadNode();
        await scene.Pass();
        Assert.That(await scene.Row("state || ' ' || agent_job || ' ' || right(agent_group, 4)"), Is.EqualTo($"running {begun} -1-1"));
        Assert.That(await scene.Row("(token > 1)::text"), Is.EqualTo("true"), "the dead one is not believed any more");
    }

    [Test]
    public async Task What_a_dead_node_began_after_it_was_taken_over_is_stopped()
    {
        await using var scene = await Scene.Start("STRAY");
        await scene.Database.AddUpload("n5", "starting");
        await scene.Pass();
        var ours = long.Parse((await scene.Row("agent_job"))!, CultureInfo.InvariantCulture);
        var stray = await scene.BeginAsTheDeadNode();
        await scene.Pass();
        await Until.Holds("the dead node's copy ends", async () => (await scene.Status(stray)).GetProperty("finished").GetBoolean());
        Assert.That((await scene.Status(stray)).GetProperty("error").GetString(), Is.EqualTo("context canceled"));
        Assert.That((await scene.Status(ours)).GetProperty("finished").GetBoolean(), Is.False, "the upload itself goes on");
        Assert.That(await scene.Row("state || ' ' || agent_job"), Is.EqualTo($"running {ours}"));
    }

    private sealed class Scene : IAsyncDisposable
    {
        private readonly LedgerRun runs;
        private readonly SnapshotScene parts = SnapshotScene.Empty();
        private readonly NodeState state = new();
        private readonly NodeOptions options = KindRun.Node(null, "127.0.0.1");
        private readonly HttpCaller http;
        private RcloneDaemon rclone = null!;

        private Scene(LedgerRun runs) => (this.runs, http) = (runs, new(options, TimeProvider.System));

        public TestDatabase Database => runs.Database;

        /// <summary>A node n5 whose rclone is so slow that nothing ends meanwhile.</summary>
        public static async Task<Scene> Start(string name)
        {
            var scene = new Scene(await LedgerRun.Create());
            try
            {
                scene.rclone = await scene.parts.AddRclone();
                Environment.SetEnvironmentVariable("RCLONE_" + name, scene.rclone.Password);
                // Token 1 is the dead node's.
                await scene.Database.Execute("select nextval('snapshot.upload_token')");
                await scene.Database.AddNode("n5", scene.rclone.Agent("RCLONE_" + name), """{"bandwidth": "16k"}""",
                    scene.parts.MakeSource("n5", 2, 1024 * 1024), destination: Path.Combine(scene.parts.Folder, "n5"));
                return scene;
            }
            catch
            {
                await scene.DisposeAsync();
                throw;
            }
        }

        public async Task<long> BeginAsTheDeadNode() => (await rclone.Post("sync/copy", new Dictionary<string, object>
        {
            ["srcFs"] = Path.Combine(parts.Folder, "source", "n5"),
            ["dstFs"] = (await Row("target"))!,
            ["_async"] = true,
            ["_group"] = (await Database.Value<string>("""
                select split_part(agent_group, '-', 1) || '-' || split_part(agent_group, '-', 2) || '-1-1' from snapshot.upload
                """))!,
            ["_config"] = new { BwLimitFile = "16k" },
        })).GetProperty("jobid").GetInt64();

        public Task<JsonElement> Status(long job) => rclone.Post("job/status", new { jobid = job });

        public Task<string?> Row(string what) => Database.Value<string>($"select {what} from snapshot.upload");

        public Task<JsonElement> Pass() => runs.Run(scope => new MonitorJob(
            new() { LookFor = TimeSpan.Zero, LookTimeout = TimeSpan.FromMinutes(1) }, scope, http, state, options, TimeProvider.System));

        public async ValueTask DisposeAsync()
        {
            http.Dispose();
            state.Dispose();
            await runs.DisposeAsync();
            await parts.DisposeAsync();
        }
    }
}
