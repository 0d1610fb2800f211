using System.Globalization;
using System.Text.Json;

namespace Scheduler.Snapshots;

/// <summary>A row of <c>snapshot.upload</c>, as far as it is judged by.</summary>
internal sealed record UploadRow
{
    public long Id { get; init; }
    public string RunKey { get; init; } = "";
    public string Node { get; init; } = "";
    /// <summary><c>starting</c>, <c>running</c>, <c>completed</c>, <c>failed</c>, <c>cancelled</c> or <c>lost</c>.</summary>
    public string State { get; init; } = "";
    /// <summary>The node's row as it was when the upload was wanted: whoever edits it meanwhile changes the next upload, not this one.</summary>
    public SnapshotNode Definition { get; init; } = new();
    /// <summary>The folder it fills, of no other upload.</summary>
    public string Target { get; init; } = "";
    public int Attempt { get; init; }
    /// <summary>Grows with each who asks the agent to begin.</summary>
    public long Token { get; init; }
    /// <summary>Not the first who asks: what an earlier one began may still go on at the agent.</summary>
    public bool Taken { get; init; }
    public string AgentGroup { get; init; } = "";
    public string? AgentJob { get; init; }
    public string? AgentProcess { get; init; }
    public string? AgentStarted { get; init; }
    /// <summary>What its agent had counted at the last look.</summary>
    public long Activity { get; init; }
    /// <summary>Its former states.</summary>
    public JsonElement Past { get; init; }
    /// <summary>What somebody asked of it, or null.</summary>
    public JsonElement? Request { get; init; }

    /// <summary>Seconds without progress, by the database's clock; only as the monitor reads it.</summary>
    public double Still { get; init; }
    /// <summary>Seconds without an answer of its agent.</summary>
    public double Silent { get; init; }

    /// <summary>Whether somebody has asked for its end, and why.</summary>
    public string? CancelReason => Request?.Text("what") == "cancel" ? Request.Value.Text("reason") : null;

    /// <summary>How the agent knows what belongs to this attempt, whoever began it: a beginning of the group's name.</summary>
    public string GroupOfAttempt()
    {
        var parts = AgentGroup.Split('-');
        return string.Create(CultureInfo.InvariantCulture, $"{parts[0]}-{parts[1]}-{Attempt}-");
    }

    /// <summary>How the agent knows what belongs to this upload, whatever the attempt.</summary>
    public string GroupOfUpload() => AgentGroup[..(AgentGroup.IndexOf('-', AgentGroup.IndexOf('-', StringComparison.Ordinal) + 1) + 1)];

    /// <summary>Groups that earlier attempts had.</summary>
    public IEnumerable<string> FormerGroups() => Past.ValueKind != JsonValueKind.Array ? []
        : Past.EnumerateArray().Select(p => p.Text("agent_group")).OfType<string>().Where(g => g != AgentGroup).Distinct();

    /// <summary>The group of what the holder of the token begins.</summary>
    public string GroupOfTaker() => GroupOfAttempt() + Token.ToString(CultureInfo.InvariantCulture);

    /// <summary>Its folder below the destination.</summary>
    public string Folder() => Target[(Target.LastIndexOfAny(['/', ':']) + 1)..];

    /// <summary>The folder of an upload: below the destination, by the instant its run was due; those of two runs are never the same.</summary>
    public static string TargetOf(SnapshotNode node, string runKey, DateTime dueAt)
    {
        var folder = dueAt.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        // Runs by hand may be asked for within one second, and beside a fire of the same one.
        if (runKey.Contains('!', StringComparison.Ordinal)) { folder += dueAt.ToString("'-'ffffff", CultureInfo.InvariantCulture); }
        return node.Destination + (node.Destination.EndsWith('/') || node.Destination.EndsWith(':') ? "" : "/") + folder;
    }
}
