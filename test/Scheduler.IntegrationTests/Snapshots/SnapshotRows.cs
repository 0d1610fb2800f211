using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Snapshots;

/// <summary>Rows of schema snapshot for tests.</summary>
internal static class SnapshotRows
{
    public const string Rclone = """{"kind": "rclone", "url": "http://10.0.0.5:5572"}""";

    public static Task<int> AddNode(this TestDatabase database, string name, string agent = Rclone, string limits = "{}", string source = "/srv/snap",
        string schedule = "manual", string protocol = "ethereum", string endpoints = """{"rpc": "http://10.0.0.5:8545"}""",
        string destination = "s3:snaps/n") => database.Execute("""
            insert into snapshot.node (name, protocol, endpoints, schedule, source, destination, agent, limits)
            values (@name, @protocol, @endpoints::jsonb, @schedule, @source, @destination, @agent::jsonb, @limits::jsonb)
            """, new { name, protocol, endpoints, schedule, source, destination, agent, limits });

    /// <summary>An upload of a node that is there, as its run leaves it; returns its number.</summary>
    public static async Task<long> AddUpload(this TestDatabase database, string node, string state = "running", string due = "2026-11-21T00:00:00Z")
    {
        var id = await database.Value<long>("""
            insert into snapshot.upload (run_key, node, definition, target, token, agent_group)
            select 'snapshot-upload/' || n.name || '@' || @due, n.name, to_jsonb(n), n.destination || '/' || replace(@due, ':', ''), 1,
                'snapshot-' || left(md5(@due || n.name), 12) || '-1-1'
            from snapshot.node n where n.name = @node returning id
            """, new { node, due });
        if (state == "starting") { return id; }
        await database.Execute("""
            update snapshot.upload set state = 'running', agent_job = '7', agent_process = 'p1', agent_started = 's1', started_at = clock_timestamp(),
                seen_at = clock_timestamp(), moved_at = clock_timestamp() where id = @id
            """, new { id });
        if (state != "running")
        {
            await database.Execute(
                "update snapshot.upload set state = @state, reason = 'as the test has it', ended_at = clock_timestamp() where id = @id",
                new { id, state });
        }
        return id;
    }
}
