using Dapper;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Notifications;

/// <summary>A message a node was handed.</summary>
internal sealed record Handed
{
    public long Id { get; init; }
    public string Channel { get; init; } = "";
    public string What { get; init; } = "";
    public string DedupeKey { get; init; } = "";
    public int Total { get; init; }
    public int Open { get; init; }
    public int Resolved { get; init; }
    public long Happened { get; init; }
    public int Firing { get; init; }
    public string Keys { get; init; } = "";
    public bool Flapping { get; init; }
    public bool Reminder { get; init; }
}

/// <summary>A database with channels and jobs, on which the test itself is the node that looks after notifications.</summary>
internal sealed class ChannelState : IAsyncDisposable
{
    private ChannelState(TestDatabase database) => Database = database;

    public TestDatabase Database { get; }

    /// <summary>A webhook channel <c>ops</c> that waits for nothing; <paramref name="more"/> is executed after.</summary>
    public static async Task<ChannelState> Create(string more = "")
    {
        var database = await TestDatabase.Create();
        await database.Execute($$"""
            insert into scheduler_private.node (name, lease_id, state, labels, slots, version, host, pid, lease_until)
                values ('n1', 1, 'live', '{}', 10, '0', 'test', 1, now() + interval '1 hour');
            insert into scheduler.channel (name, kind, settings, group_wait, group_interval)
                values ('ops', 'webhook', '{"url": "http://127.0.0.1:1/"}', '0', '0');
            {{more}}
            """);
        return new(database);
    }

    /// <summary>Put an event into the outbox, as a verdict does.</summary>
    public Task Happens(string what, string job = "a", string channel = "ops") => Database.Execute("""
        insert into scheduler_private.outbox (event, job, run_key, due_at, channels)
        values (@what, @job, @job || '@2026-11-21T04:00:00Z', '2026-11-21T04:00:00Z', array[@channel])
        """, new { what, job, channel });

    /// <summary>Look once, deliver what comes, and so on until nothing comes any more.</summary>
    public async Task<IReadOnlyList<Handed>> Turn(params string[] quiet)
    {
        var all = new List<Handed>();
        while (true)
        {
            var handed = await Take(quiet);
            if (handed.Count == 0) { return all; }
            foreach (var one in handed)
            {
                await Database.Execute("update scheduler_private.notification set state = 'delivered', ended_at = now() where id = @Id",
                    new { one.Id });
            }
            all.AddRange(handed);
        }
    }

    /// <summary>Look once; what comes stays in hand.</summary>
    public async Task<IReadOnlyList<Handed>> Take(string[] quiet, string node = "n1", long lease = 1)
    {
        await using var connection = await Database.Source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<Handed>("""
            select t.id, t.channel, t.what, t.dedupe_key as DedupeKey, (t.payload ->> 'total')::int as total, (t.payload ->> 'open')::int as open,
                (t.payload ->> 'resolved')::int as resolved, (t.payload ->> 'happened')::bigint as happened, (t.payload ->> 'firing')::int as firing,
                (select string_agg(a ->> 'key', ' ') from jsonb_array_elements(t.payload -> 'alerts') a) as keys,
                coalesce((t.payload -> 'alerts' -> 0 ->> 'flapping')::boolean, false) as flapping,
                coalesce((t.payload -> 'alerts' -> 0 ->> 'reminder')::boolean, false) as reminder
            from scheduler_private.notify_turn(@node, @lease, @quiet, 100) t order by t.id
            """, new { node, lease, quiet })];
    }

    public ValueTask DisposeAsync() => Database.DisposeAsync();
}
