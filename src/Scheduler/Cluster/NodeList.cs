using Dapper;
using Scheduler.Database;

namespace Scheduler.Cluster;

/// <summary>A row of the view <c>scheduler.node</c>; the command line's JSON is this record.</summary>
public sealed record NodeRow
{
    /// <summary>The node's name.</summary>
    public string Name { get; init; } = "";
    /// <summary><c>live</c>, <c>standby</c>, <c>draining</c>, <c>dead</c> or <c>stopped</c>.</summary>
    public string State { get; init; } = "";
    /// <summary>Why it stands by; of a live one why it is not ready (its job files were refused); or null.</summary>
    public string? Reason { get; init; }
    /// <summary>Labels that jobs' <c>runs_on</c> match.</summary>
    public string[] Labels { get; init; } = [];
    /// <summary>Runs it takes at a time.</summary>
    public int Slots { get; init; }
    /// <summary>Runs it has now.</summary>
    public int Running { get; init; }
    /// <summary>Version of its binary.</summary>
    public string Version { get; init; } = "";
    /// <summary>Machine it runs on.</summary>
    public string Host { get; init; } = "";
    /// <summary>Process id on that machine.</summary>
    public int Pid { get; init; }
    /// <summary>Where its HTTP is reached, or null.</summary>
    public string? Url { get; init; }
    /// <summary>Its clock minus the database's.</summary>
    public int ClockOffsetMs { get; init; }
    /// <summary>When it took the name.</summary>
    public DateTime StartedAt { get; init; }
    /// <summary>When it last renewed its lease.</summary>
    public DateTime RenewedAt { get; init; }
    /// <summary>When its lease ends or ended.</summary>
    public DateTime LeaseUntil { get; init; }
    /// <summary>Number of its lease; runs are owned by it.</summary>
    public long LeaseId { get; init; }
}

/// <summary>What an operator can see of the nodes.</summary>
public static class NodeList
{
    /// <summary>Every node by name, dead and stopped ones included.</summary>
    public static Task<IReadOnlyList<NodeRow>> All(string connectionString, CancellationToken token) =>
        OperatorConnection.Use<IReadOnlyList<NodeRow>>(connectionString,
            async c => [.. await c.QueryAsync<NodeRow>(new CommandDefinition("select * from scheduler.node", cancellationToken: token))], token);
}
