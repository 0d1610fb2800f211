using System.Text.Json;
using Dapper;
using Scheduler.Database;

namespace Scheduler.Notifications;

/// <summary>A row of the table <c>scheduler.channel</c>, and how its messages fare.</summary>
public sealed record ChannelRow
{
    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";
    /// <summary><c>webhook</c>, <c>slack</c>, <c>pagerduty</c>, <c>email</c> or <c>ping</c>.</summary>
    public string Kind { get; init; } = "";
    /// <summary>What it is for.</summary>
    public string Description { get; init; } = "";
    /// <summary>Whether it is told of every incident.</summary>
    public bool Incidents { get; init; }
    /// <summary>Whether it is told anything.</summary>
    public bool Enabled { get; init; }
    /// <summary>Calendar of its quiet hours, or null.</summary>
    public string? Quiet { get; init; }
    /// <summary>Jobs that name it.</summary>
    public int Jobs { get; init; }
    /// <summary>Messages that wait to be delivered.</summary>
    public int Waiting { get; init; }
    /// <summary>When a message last arrived.</summary>
    public DateTime? DeliveredAt { get; init; }
    /// <summary>What went wrong with the latest message, or null.</summary>
    public string? Error { get; init; }
    /// <summary>Its settings, secrets by reference.</summary>
    public JsonElement Settings { get; init; }
}

/// <summary>A row of the view <c>scheduler.notification</c>.</summary>
public sealed record NotificationRow
{
    /// <summary>Its number.</summary>
    public long Id { get; init; }
    /// <summary>The channel.</summary>
    public string Channel { get; init; } = "";
    /// <summary><c>alerts</c>, <c>digest</c>, <c>test</c> or <c>heartbeat</c>.</summary>
    public string What { get; init; } = "";
    /// <summary><c>waiting</c>, <c>delivered</c> or <c>failed</c>.</summary>
    public string State { get; init; } = "";
    /// <summary>Tries so far.</summary>
    public int Attempts { get; init; }
    /// <summary>What went wrong in the last one, or null.</summary>
    public string? Error { get; init; }
    /// <summary>Node that tried last.</summary>
    public string? Node { get; init; }
    /// <summary>When it was made.</summary>
    public DateTime CreatedAt { get; init; }
    /// <summary>When it arrived, or was given up.</summary>
    public DateTime? EndedAt { get; init; }
    /// <summary>The same in every try.</summary>
    public string DedupeKey { get; init; } = "";
    /// <summary>What it says.</summary>
    public JsonElement Payload { get; init; }
}

/// <summary>What an operator can see of channels, and ask of them.</summary>
public static class ChannelList
{
    // A node delivers within a second or two; a mail server may take its time.
    private static readonly TimeSpan TestMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>Every channel by name.</summary>
    public static Task<IReadOnlyList<ChannelRow>> All(string connectionString, CancellationToken token) =>
        OperatorConnection.Use<IReadOnlyList<ChannelRow>>(connectionString, async c => [.. await c.QueryAsync<ChannelRow>(new CommandDefinition("""
            select c.name, c.kind, c.description, c.incidents, c.enabled, c.quiet, c.settings,
                (select count(*)::int from scheduler.job j where j.notify -> 'to' ? c.name) as jobs,
                (select count(*)::int from scheduler.notification n where n.channel = c.name and n.state = 'waiting') as waiting,
                (select max(n.ended_at) from scheduler.notification n where n.channel = c.name and n.state = 'delivered') as delivered_at,
                (select n.error from scheduler.notification n where n.channel = c.name order by n.id desc limit 1) as error
            from scheduler.channel c order by c.name
            """, cancellationToken: token))], token);

    /// <summary>Messages, the latest first. Throws <see cref="OperatorException"/> (3) with the nearest name for a channel that neither is there nor
    /// had a message.</summary>
    /// <param name="connectionString">The scheduler's database.</param>
    /// <param name="channel">Only of this channel; null: of all.</param>
    /// <param name="limit">At most this many.</param>
    /// <param name="token">Ends the wait.</param>
    public static Task<IReadOnlyList<NotificationRow>> Log(string connectionString, string? channel, int limit, CancellationToken token) =>
        OperatorConnection.Use<IReadOnlyList<NotificationRow>>(connectionString, async c =>
        {
            var rows = (await c.QueryAsync<NotificationRow>(new CommandDefinition(
                "select * from scheduler.notification where (@channel::text is null or channel = @channel) limit @limit",
                new { channel, limit }, cancellationToken: token))).AsList();
            if (rows.Count > 0 || channel is null) { return rows; }
            var names = (await c.QueryAsync<string>(new CommandDefinition(
                "select name from scheduler.channel order by name", cancellationToken: token))).AsList();
            return names.Contains(channel) ? rows
                : throw new OperatorException($"there is no channel '{channel}'" + Spelling.DidYouMean(channel, names), 3);
        }, token);

    /// <summary>Send a test message and wait until it has arrived. Throws <see cref="OperatorException"/>: 3 with the nearest name when there is no
    /// such channel, 1 with the problem when a try failed, 8 when no node delivers it within a minute.</summary>
    public static Task<NotificationRow> Test(string connectionString, string name, TimeProvider time, CancellationToken token) =>
        OperatorConnection.Use(connectionString, async c =>
        {
            var id = await c.ExecuteScalarAsync<long>(new CommandDefinition(
                "select scheduler.test_channel(@name)", new { name }, cancellationToken: token));
            var began = time.GetTimestamp();
            while (true)
            {
                var row = await c.QuerySingleAsync<NotificationRow>(new CommandDefinition(
                    "select * from scheduler.notification where id = @id", new { id }, cancellationToken: token));
                if (row.State == "delivered") { return row; }
                if (row.Error is { } problem) { throw new OperatorException($"the test of channel '{name}' did not arrive: {problem}"); }
                if (time.GetElapsedTime(began) > TestMax)
                {
                    throw new OperatorException($"no node has delivered the test of channel '{name}' within {TestMax.TotalSeconds:0} s; is one live, "
                        + "and do other messages wait before it? See 'scheduler channel log'", 8);
                }
                await Task.Delay(LookEvery, time, token);
            }
        }, token);
}
