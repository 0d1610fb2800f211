using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>Uploads with a real rclone, a real S3 server and a real Ethereum node; each part killed alone in the middle.</summary>
[TestFixture, Platform("Linux")]
public sealed class SnapshotTests
{
    private const int Megabyte = 1024 * 1024;

    // As config/jobs/snapshots.yaml has them, with a monitor that looks each second.
    private const string Jobs = """
        jobs:
          snapshot-upload/{name}:
            kind: snapshot.upload
            schedule: "{schedule}"
            for_each: { relation: snapshot.node, where: "enabled" }
            with: { node: "{name}" }
            timeout: 1m
            retry: { attempts: 5, delay: 1s }
            on_lost: rerun
          snapshot-monitor:
            kind: snapshot.monitor
            schedule: "every 1s"
            with: { look_every: 1s, look_for: 0s }
            timeout: 1m
            retry: { attempts: 3, delay: 1s }
            on_lost: rerun
        """;

    [Test]
    public async Task A_snapshot_arrives_whole_under_its_limit_and_its_progress_is_watched()
    {
        await using var scene = await SnapshotScene.Start();
        var rclone = await scene.AddRclone();
        await using var cluster = await Start(scene);
        var source = scene.MakeSource("n5", 20, 10 * Megabyte);

        await AddNode(cluster, scene, "n5", source, $"s3:{SnapshotScene.Bucket}/n5", rclone.Agent("RCLONE_0"), """{"bandwidth": "24M"}""");
        await cluster.Until("its row is a job", async () =>
            await cluster.Database.Value<bool>("select exists (select from scheduler.job where name = 'snapshot-upload/n5')"));
        var key = await cluster.RunNow("snapshot-upload/n5");
        var run = await cluster.UntilFinished(key);
        Assert.That(run.Verdict, Is.EqualTo("succeeded"), run.ToString());
        var id = await cluster.Database.Value<long>("select id from scheduler.upload where run_key = @key", new { key });

        var again = await cluster.UntilFinished(await cluster.RunNow("snapshot-upload/n5"));
        Assert.That((again.Verdict, again.Reason), Is.EqualTo(("skipped", $"upload running #{id}")));
        var seen = await Watch(cluster, id);

        Assert.That(seen.Select(u => u.GetProperty("percent").GetDecimal()), Is.Ordered.Ascending);
        Assert.That(seen.Select(u => u.GetProperty("percent").GetDecimal()).Distinct().Count(), Is.GreaterThan(3));
        Assert.That(seen.Count(u => u.GetProperty("eta").ValueKind == JsonValueKind.String), Is.GreaterThan(2));
        var last = seen[^1];
        Assert.That(last.GetProperty("state").GetString(), Is.EqualTo("completed"));
        Assert.That(last.GetProperty("verified_at").ValueKind, Is.EqualTo(JsonValueKind.String));
        Assert.That((last.GetProperty("bytes").GetInt64(), last.GetProperty("files").GetInt64()), Is.EqualTo((200L * Megabyte, 20L)));
        var rate = await cluster.Database.Value<double>("select bytes / extract(epoch from ended_at - started_at) from snapshot.upload");
        Assert.That(rate, Is.LessThan(24 * 1.3 * Megabyte), "bytes a second, the first burst of each file included");
        await ExpectWhole(scene, rclone, source, last.GetProperty("target").GetString()!);

        Assert.That(await cluster.Database.Value<long?>("select height from snapshot.node_metric where node = 'n5' limit 1"),
            Is.GreaterThanOrEqualTo(0));
        Assert.That(await cluster.Database.Value<string>("select missing ->> 'net_peerCount' from snapshot.node_metric limit 1"),
            Does.StartWith("net_peerCount: -32601"), "a method the node does not have is null with a reason");
        Assert.That(await cluster.Database.Value<string>("select sentence from snapshot.completeness"), Is.EqualTo("1 of 1 uploaded"));
    }

    [TestCase("scheduler node", 1, null)]
    [TestCase("PostgreSQL", 1, null)]
    [TestCase("chain node", 1, null)]
    [TestCase("rclone", 2, "lost: the agent was restarted")]
    [TestCase("S3 server", 2, "failed: the agent gave up")]
    public async Task One_part_killed_in_the_middle_ends_in_the_right_verdict_and_disturbs_nobody(string part, int attempts, string? verdict)
    {
        await using var scene = await SnapshotScene.Start();
        var (rclone, other) = (await scene.AddRclone(), await scene.AddRclone());
        await using var server = part == "PostgreSQL" ? await TestServer.Start() : null;
        await using var cluster = await Start(scene, server);
        var source = scene.MakeSource("n5", 12, 5 * Megabyte);
        await AddNode(cluster, scene, "n5", source, $"s3:{SnapshotScene.Bucket}/n5", rclone.Agent("RCLONE_0"),
            """{"bandwidth": "6M", "transfers": 2, "resume_after": "1s", "resumes": 20, "lost_after": "1m"}""");
        await AddNode(cluster, scene, "n6", scene.MakeSource("n6", 12, 5 * Megabyte), Path.Combine(scene.Folder, "n6"), other.Agent("RCLONE_1"),
            """{"bandwidth": "6M", "transfers": 2}""");
        await cluster.Until("their rows are jobs", async () => await cluster.Database.Value<long>(
            "select count(*) from scheduler.job where name in ('snapshot-upload/n5', 'snapshot-upload/n6')") == 2);
        var keys = new[] { await cluster.RunNow("snapshot-upload/n5"), await cluster.RunNow("snapshot-upload/n6") };
        await cluster.Until("both are in the middle", async () => await cluster.Database.Value<long>(
            "select count(*) from snapshot.upload where state = 'running' and fraction > 0.15") == 2, TimeSpan.FromSeconds(40));

        await KillAndStartAgain(part, scene, cluster, rclone);
        await cluster.Until("both are complete", async () => await cluster.Database.Value<long>(
            "select count(*) from snapshot.upload where state = 'completed' and verified_at is not null") == 2, TimeSpan.FromSeconds(90));

        Assert.That(await cluster.Database.Value<long>("select count(*) from snapshot.upload"), Is.EqualTo(2), "one upload for each run");
        Assert.That(await cluster.Count("run_key = any (@keys) and verdict = 'succeeded'", new { keys }), Is.EqualTo(2));
        // While the S3 server is away each attempt fails; how many there are is the machine's affair.
        Assert.That(await cluster.Database.Value<int>("select attempt from snapshot.upload where node = 'n5'"),
            part == "S3 server" ? Is.GreaterThanOrEqualTo(attempts) : Is.EqualTo(attempts));
        var past = await cluster.Database.Value<string>("""
            select string_agg(p ->> 'state' || ': ' || (p ->> 'reason'), '; ') from snapshot.upload u, jsonb_array_elements(u.past) p
            where u.node = 'n5' and p ? 'reason'
            """);
        if (verdict is null) { Assert.That(past, Is.Null); }
        else { Assert.That(past, Does.StartWith(verdict)); }
        Assert.That(await cluster.Database.Value<string>(
            "select string_agg(p ->> 'state', ',') || ' ' || u.attempt from snapshot.upload u, jsonb_array_elements(u.past) p"
            + " where u.node = 'n6' group by u.id"),
            Is.EqualTo("starting,running 1"), "nobody touched it");
        await ExpectWhole(scene, rclone, source, (await cluster.Database.Value<string>("select target from snapshot.upload where node = 'n5'"))!);
        if (part != "chain node") { return; }
        var next = await cluster.UntilFinished(await cluster.RunNow("snapshot-upload/n5"));
        Assert.That($"{next.Verdict}: {next.Reason}", Does.StartWith("skipped: the node does not answer"));
    }

    private static async Task KillAndStartAgain(string part, SnapshotScene scene, TestCluster cluster, RcloneDaemon rclone)
    {
        switch (part)
        {
            case "scheduler node":
                var node = await cluster.Database.Value<string>(
                    "select node from scheduler.run where job = 'snapshot-monitor' order by due_at desc limit 1");
                await cluster[node!].Kill();
                break;
            case "PostgreSQL":
                await cluster.Database.Server.StopImmediately();
                await cluster.Database.Server.StartAgain();
                break;
            case "chain node":
                await scene.Chain.Kill();
                break;
            case "S3 server":
                await scene.S3.Kill();
                await cluster.Until("its upload has failed", async () => await cluster.Database.Value<bool>(
                    "select exists (select from snapshot.upload u, jsonb_array_elements(u.past) p where u.node = 'n5' and p ->> 'state' = 'failed')"
                    + " or exists (select from snapshot.upload where node = 'n5' and state = 'failed')"), TimeSpan.FromSeconds(40));
                await scene.S3.Start();
                break;
            case "rclone":
                var job = long.Parse((await cluster.Database.Value<string>("select agent_job from snapshot.upload where node = 'n5'"))!,
                    CultureInfo.InvariantCulture);
                await rclone.Process.Kill();
                await rclone.Process.Start();
                // Its numbers begin anew: the upload's is soon another job's.
                var stranger = scene.MakeSource("stranger", 1, 1);
                long reused;
                do
                {
                    var copy = new { srcFs = stranger, dstFs = stranger + "-copy", _async = true, _group = "stranger" };
                    reused = (await rclone.Post("sync/copy", copy)).GetProperty("jobid").GetInt64();
                }
                while (reused < job);
                break;
            default:
                throw new ArgumentException(part, nameof(part));
        }
    }

    private static Task<TestCluster> Start(SnapshotScene scene, TestServer? server = null) =>
        TestCluster.Start(new()
        {
            Nodes = 2,
            Server = server,
            Jobs = Jobs,
            Setup = new() { Lease = TimeSpan.FromSeconds(4), Environment = scene.Environment() },
        });

    private static Task AddNode(
        TestCluster cluster, SnapshotScene scene, string name, string source, string destination, string agent, string limits) =>
        cluster.Database.Execute("""
            insert into snapshot.node (name, protocol, endpoints, schedule, source, destination, agent, limits)
            values (@name, 'ethereum', jsonb_build_object('rpc', @Url), 'manual', @source, @destination, @agent::jsonb, @limits::jsonb)
            """, new { name, scene.Chain.Url, source, destination, agent, limits });

    // What 'upload watch' says until it ends, a row a line.
    private static async Task<List<JsonElement>> Watch(TestCluster cluster, long id)
    {
        using var process = Process.Start(new ProcessStartInfo(SchedulerProgram.Path,
            ["upload", "watch", $"{id}", "--json", "--connection", cluster.Database.ConnectionString])
        { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() })!;
        var error = process.StandardError.ReadToEndAsync();
        var rows = new List<JsonElement>();
        while (await process.StandardOutput.ReadLineAsync() is { } line) { rows.Add(JsonSerializer.Deserialize<JsonElement>(line)); }
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, await error + await Until.Dump(cluster.Database));
        return rows;
    }

    // Every file with the very bytes of its source, fetched back from where it was copied to.
    private static async Task ExpectWhole(SnapshotScene scene, RcloneDaemon rclone, string source, string target)
    {
        var back = Path.Combine(scene.Folder, "back");
        await rclone.Post("sync/copy", new { srcFs = target, dstFs = back });
        var files = Directory.GetFiles(source);
        Assert.That(Directory.GetFiles(back), Has.Length.EqualTo(files.Length));
        foreach (var file in files)
        {
            Assert.That(File.ReadAllBytes(Path.Combine(back, Path.GetFileName(file))).AsSpan().SequenceEqual(File.ReadAllBytes(file)), Is.True, file);
        }
    }
}
