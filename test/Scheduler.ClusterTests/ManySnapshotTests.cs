using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NUnit.Framework;
using Scheduler.Server.Dev;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>One monitor for many uploads, of which some have agents that are dead or hang.</summary>
[TestFixture, Platform("Linux")]
public sealed class ManySnapshotTests
{
    private const int Healthy = 80;
    private const int Dead = 10;
    private const int Hanging = 10;

    [Test]
    public async Task A_pass_over_a_hundred_uploads_with_dead_and_hanging_agents_ends_within_its_minute_and_reports_each()
    {
        await using var scene = await SnapshotScene.Start();
        var rclone = await scene.AddRclone();
        using var hanging = new HangingEndpoints(Hanging);
        await using var cluster = await TestCluster.Start(new()
        {
            Nodes = 1,
            Jobs = "jobs:\n  snapshot-monitor:\n    kind: snapshot.monitor\n    schedule: manual\n    timeout: 2m\n    with: { look_for: 0s }\n",
            Setup = new() { Environment = scene.Environment() },
        });
        await Begin(scene, rclone, cluster);
        string[] agents =
        [
            .. Enumerable.Repeat(rclone.Agent("RCLONE_0"), Healthy),
            .. Enumerable.Range(0, Dead).Select(_ => Agent(Ports.Free())), .. hanging.Ports.Select(Agent),
        ];
        await cluster.Database.Execute("""
            update snapshot.upload u set definition = jsonb_set(u.definition, '{agent}', a.agent::jsonb)
            from unnest(@agents) with ordinality as a (agent, place) where u.node = 'n' || a.place
            """, new { agents });

        var row = await cluster.UntilFinished(await cluster.RunNow("snapshot-monitor"), TimeSpan.FromSeconds(90));

        Assert.That(row.Verdict, Is.EqualTo("succeeded"), row.ToString());
        Assert.That(await cluster.Database.Value<double>("select extract(epoch from ended_at - started_at)::float8 from scheduler.run"),
            Is.LessThan(60), "seconds");
        Assert.That(await cluster.Database.Value<string>(
            "select (result ->> 'running') || ' running, ' || jsonb_array_length(result -> 'unreachable') || ' unreachable' from scheduler.run"),
            Is.EqualTo($"{Healthy} running, {Dead + Hanging} unreachable"));
        Assert.That(await cluster.Database.Value<long>("""
            select count(*) from scheduler.run r, jsonb_array_elements(r.result -> 'unreachable') u
            join snapshot.upload s on s.id = (u ->> 'upload')::bigint
            where u ->> 'node' = s.node and s.problem = u ->> 'why'
            """), Is.EqualTo(Dead + Hanging), "each with its reason, in the result and in its row");
        Assert.That(await cluster.Database.Value<string>("select string_agg(distinct state, ',') from snapshot.upload"), Is.EqualTo("running"));
        Assert.That(await cluster.Database.Value<long>(
            "select count(*) from snapshot.upload where seen_at is not null and problem is null and bytes_total > 0"),
            Is.EqualTo(Healthy), "none of the others was delayed");
    }

    // As upload runs leave them: each a job of the one rclone, too slow to end.
    private static async Task Begin(SnapshotScene scene, RcloneDaemon rclone, TestCluster cluster)
    {
        var source = scene.MakeSource("all", 1, 4 * 1024 * 1024);
        var pid = (await rclone.Post("core/pid", new { })).GetProperty("pid").GetInt64().ToString(CultureInfo.InvariantCulture);
        for (var i = 1; i <= Healthy + Dead + Hanging; i++)
        {
            var (target, group) = (Path.Combine(scene.Folder, "all", $"n{i}"), $"snapshot-{i:000000000000}-1-1");
            var (job, started) = ("1", "");
            if (i <= Healthy)
            {
                var begun = await rclone.Post("sync/copy", new Dictionary<string, object>
                {
                    ["srcFs"] = source,
                    ["dstFs"] = target,
                    ["_async"] = true,
                    ["_group"] = group,
                    ["_config"] = new { BwLimitFile = "10k" },
                });
                var id = begun.GetProperty("jobid").GetInt64();
                started = (await rclone.Post("job/status", new { jobid = id })).GetProperty("startTime").GetString()!;
                job = id.ToString(CultureInfo.InvariantCulture);
            }
            await cluster.Database.Execute("""
                insert into snapshot.upload (run_key, node, state, definition, target, token, agent_group, agent_job, agent_process,
                    agent_started, started_at)
                values ('snapshot-upload/' || @node || '@2026-11-21T00:00:00Z', @node, 'running', jsonb_build_object('name', @node, 'protocol',
                    'ethereum', 'source', @source, 'destination', @target, 'limits', '{}'::jsonb), @target, 1, @group, @job, @pid, @started, now())
                """, new { node = $"n{i}", source, target, group, job, pid, started });
        }
    }

    private static string Agent(int port) => $$"""{"kind": "rclone", "url": "http://127.0.0.1:{{port}}", "timeout": "3s"}""";

    /// <summary>Ports that take connections and never answer.</summary>
    private sealed class HangingEndpoints : IDisposable
    {
        private readonly List<TcpListener> listeners = [];

        public HangingEndpoints(int count)
        {
            for (var i = 0; i < count; i++)
            {
                // The system accepts for it; nobody reads.
                var listener = new TcpListener(IPAddress.Loopback, 0);
                listener.Start();
                listeners.Add(listener);
            }
        }

        public IEnumerable<int> Ports => listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port);

        public void Dispose() => listeners.ForEach(l => l.Dispose());
    }
}
