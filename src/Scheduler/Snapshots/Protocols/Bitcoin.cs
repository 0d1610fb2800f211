namespace Scheduler.Snapshots.Protocols;

/// <summary>Protocol <c>bitcoin</c>: <c>getblockchaininfo</c> and <c>getnetworkinfo</c>. User and password go into <c>headers</c>
/// (<c>Authorization: ${secret:NAME}</c>).</summary>
internal sealed class Bitcoin : INodeProtocol
{
    public async Task<NodeMetrics> Collect(NodeEndpoints endpoints, SnapshotCalls calls, CancellationToken token)
    {
        var metrics = new NodeMetrics();
        await metrics.Ask("getblockchaininfo", () => JsonRpc.Call(calls, endpoints, "getblockchaininfo", [], token), info =>
        {
            metrics.Height = info.Number("blocks");
            metrics.HeadAt = info.Instant("time") ?? info.Instant("mediantime");
            metrics.Syncing = info.Flag("initialblockdownload");
            metrics.SyncDistance = info.Number("headers") - metrics.Height;
            metrics.Chain = info.Text("chain");
        });
        if (metrics.Answered == 0) { return metrics; }
        await metrics.Ask("getnetworkinfo", () => JsonRpc.Call(calls, endpoints, "getnetworkinfo", [], token), info =>
        {
            metrics.Peers = (int?)info.Number("connections");
            metrics.ClientVersion = info.Text("subversion");
        });
        return metrics;
    }
}
