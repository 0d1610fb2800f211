namespace Scheduler.Snapshots.Agents;

/// <summary>What an agent knows an upload by.</summary>
/// <param name="Id">Its number or name there.</param>
/// <param name="Process">The agent's process, which a restart changes; empty when it does not say.</param>
/// <param name="Started">When the agent says that it began; empty when it does not say.</param>
/// <param name="Group">The group it belongs to there.</param>
internal sealed record AgentJob(string Id, string Process, string Started, string Group);

/// <summary>What an agent says about an upload.</summary>
internal enum AgentSays
{
    /// <summary>It is at it.</summary>
    Running,
    /// <summary>It is done, and nothing went wrong.</summary>
    Succeeded,
    /// <summary>It gave up.</summary>
    Failed,
    /// <summary>It does not know it, or what it knows by its number is another one.</summary>
    Gone,
}

/// <summary>How far an upload is. What is not known is null.</summary>
/// <param name="Says">In one word.</param>
/// <param name="Why">For <see cref="AgentSays.Failed"/> and <see cref="AgentSays.Gone"/>: why, for people.</param>
/// <param name="Bytes">Bytes copied by this attempt.</param>
/// <param name="BytesTotal">Bytes there are to copy for it.</param>
/// <param name="Files">Files copied by this attempt.</param>
/// <param name="FilesTotal">Files there are to copy for it.</param>
/// <param name="Activity">Everything it counts, added up: unchanged, nothing moves.</param>
/// <param name="Rate">Bytes a second.</param>
/// <param name="SecondsLeft">Until it is done.</param>
internal sealed record AgentReport(
    AgentSays Says, string? Why = null, long Bytes = 0, long? BytesTotal = null, long Files = 0, long? FilesTotal = null,
    long Activity = 0, double? Rate = null, double? SecondsLeft = null);

/// <summary>What a destination has of its source.</summary>
/// <param name="Files">Files that are whole there.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Difference">What is missing or differs, in a few words; null when nothing does.</param>
/// <param name="Compared">False: there was nothing to compare by, and <see cref="Difference"/> says nothing.</param>
internal sealed record Comparison(long Files, long Bytes, string? Difference, bool Compared = true);

/// <summary>
/// Who copies. Every call throws <see cref="NoAnswerException"/> when the agent could not be asked, which says nothing about the copy, and
/// <see cref="RefusedException"/> when it will not do it.
/// </summary>
internal interface IUploadAgent
{
    /// <summary>Begin to copy, in a group of the upload's, its attempt's and its token's own.</summary>
    Task<AgentJob> Start(UploadRow upload, CancellationToken token);

    /// <summary>What was begun already for this upload and attempt, whoever asked for it; null when nothing was.</summary>
    Task<AgentJob?> Find(UploadRow upload, CancellationToken token);

    /// <summary>How far it is.</summary>
    Task<AgentReport> Look(UploadRow upload, CancellationToken token);

    /// <summary>Stop what is copied in a group. One that is not there is no error.</summary>
    Task Stop(UploadRow upload, string group, CancellationToken token);

    /// <summary>Stop what goes on for an upload in other groups than its row's: of an earlier attempt, or of a node that froze, asked the agent late
    /// and died.</summary>
    Task StopOthers(UploadRow upload, CancellationToken token);

    /// <summary>Compare what is there with what it was made of.</summary>
    Task<Comparison> Compare(UploadRow upload, CancellationToken token);

    /// <summary>Remove an upload's folder. One that is not there is no error. False: this agent removes nothing.</summary>
    Task<bool> Remove(UploadRow upload, CancellationToken token);
}
