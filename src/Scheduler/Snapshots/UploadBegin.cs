using Scheduler.Snapshots.Agents;

namespace Scheduler.Snapshots;

/// <summary>
/// Has an agent begin an upload that is wanted, once. Two may be at it: a node that froze between the row and the call, and who took over from it.
/// Each begins in a group of its own token; only the holder of the token in the row is believed, and the other stops what it began.
/// </summary>
internal sealed class UploadBegin(UploadStore store, SnapshotCalls calls)
{
    /// <summary>Begin what was just written. Null: somebody else has it by now.</summary>
    public Task<UploadRow?> Fresh(UploadRow upload, CancellationToken token) => Begin(upload, found: null, token);

    /// <summary>Take over what somebody wanted to begin: go on with what is there, else begin. Null: somebody else has it by now.</summary>
    public async Task<UploadRow?> Taken(UploadRow seen, CancellationToken token)
    {
        // The token first: from here on its former holder is not believed any more, and what it began before this is found.
        if (await store.Take(seen) is not { } upload) { return null; }
        return await Begin(upload, await AgentOf(upload).Find(upload, token), token);
    }

    /// <summary>The agent of an upload.</summary>
    public IUploadAgent AgentOf(UploadRow upload) => upload.Definition.Agent is { Kind: AgentKind.Rclone } rclone
        ? new RcloneAgent(rclone, calls) : new CommandAgent(upload.Definition.Agent, calls);

    private async Task<UploadRow?> Begin(UploadRow upload, AgentJob? found, CancellationToken token)
    {
        var agent = AgentOf(upload);
        // Two copies at a time into one folder would be in each other's way.
        if (found is null && upload.Taken) { await agent.StopOthers(upload, token); }
        var job = found ?? await agent.Start(upload, token);
        if (await store.Began(upload, job))
        {
            return upload with
            {
                State = "running",
                AgentJob = job.Id,
                AgentProcess = job.Process,
                AgentStarted = job.Started,
                AgentGroup = job.Group,
            };
        }
        // Who took over may have found just this and gone on with it.
        var isTheirs = (await store.Now(upload))?.AgentGroup == job.Group;
        if (found is null && !isTheirs) { await agent.Stop(upload with { AgentJob = job.Id, AgentGroup = job.Group }, job.Group, token); }
        return null;
    }
}
