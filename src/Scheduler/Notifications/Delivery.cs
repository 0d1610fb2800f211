using System.Text.Json;

namespace Scheduler.Notifications;

/// <summary>A message this node has in hand.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Attempt">Number of this try, from 1.</param>
/// <param name="DedupeKey">The same in every try: who gets it twice sees so.</param>
/// <param name="What"><c>alerts</c>, <c>digest</c>, <c>test</c> or <c>heartbeat</c>.</param>
/// <param name="Payload">What it says, see <see cref="Message"/>.</param>
/// <param name="Channel">Name of the channel.</param>
/// <param name="Kind"><c>webhook</c>, <c>slack</c>, <c>pagerduty</c>, <c>email</c> or <c>ping</c>.</param>
/// <param name="Settings">The channel's settings, secrets still by reference.</param>
internal sealed record Delivery(long Id, int Attempt, string DedupeKey, string What, string Payload, string Channel, string Kind, string Settings)
{
    private static readonly JsonSerializerOptions Names = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The payload, read.</summary>
    public Message Message { get; } = JsonSerializer.Deserialize<Message>(Payload, Names)!;
}

/// <summary>What a message says: <c>scheduler_private.message</c> makes it.</summary>
internal sealed record Message
{
    public string Channel { get; init; } = "";
    public DateTimeOffset At { get; init; }
    /// <summary>Things it is about; <see cref="Alerts"/> lists the first twenty.</summary>
    public int Total { get; init; }
    public int Open { get; init; }
    public int Resolved { get; init; }
    /// <summary>How often they happened since the channel was last told.</summary>
    public long Happened { get; init; }
    /// <summary>Of a digest: how many of its things are still open.</summary>
    public int Firing { get; init; }
    /// <summary>Of a test: who asked for it.</summary>
    public string? By { get; init; }
    public IReadOnlyList<MessageAlert> Alerts { get; init; } = [];
}

/// <summary>One thing a message is about.</summary>
internal sealed record MessageAlert
{
    public string Key { get; init; } = "";
    /// <summary><c>start</c>, <c>failure</c>, <c>recovery</c>, <c>success</c>, <c>missed</c>, <c>skip</c>, <c>lost</c>, <c>guard</c> or
    /// <c>incident</c>.</summary>
    public string Event { get; init; } = "";
    /// <summary><c>open</c>, <c>resolved</c>, or <c>happened</c> for what has no end.</summary>
    public string Status { get; init; } = "";
    /// <summary><c>page</c>, <c>warning</c> or <c>info</c>.</summary>
    public string Severity { get; init; } = "";
    public string? Job { get; init; }
    public string? Title { get; init; }
    public string? Detail { get; init; }
    public DateTimeOffset Since { get; init; }
    public DateTimeOffset At { get; init; }
    public long Happened { get; init; }
    public bool Reminder { get; init; }
    public bool Flapping { get; init; }
    public string? RunKey { get; init; }
    public string? Verdict { get; init; }
    public string? Node { get; init; }
    public string? Owner { get; init; }
}
