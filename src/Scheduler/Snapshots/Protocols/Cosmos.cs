namespace Scheduler.Snapshots.Protocols;

/// <summary>Protocol <c>cosmos</c>: <c>/status</c> and <c>/net_info</c> of CometBFT.</summary>
internal sealed class Cosmos : INodeProtocol
{
    public async Task<NodeMetrics> Collect(NodeEndpoints endpoints, SnapshotCalls calls, CancellationToken token)
    {
        var metrics = new NodeMetrics();
        var rpc = endpoints.Rpc!.TrimEnd('/');
        await metrics.Ask("status", () => calls.Json(HttpMethod.Get, rpc + "/status", endpoints, null, token), answer =>
        {
            // Behind some gateways without the envelope.
            var status = answer.At("result") ?? answer;
            metrics.Height = status.Number("sync_info.latest_block_height");
            metrics.HeadAt = status.Instant("sync_info.latest_block_time");
            metrics.Syncing = status.Flag("sync_info.catching_up");
            metrics.Chain = status.Text("node_info.network");
            metrics.ClientVersion = status.Text("node_info.version");
        });
        if (metrics.Answered == 0) { return metrics; }
        await metrics.Ask("net_info", () => calls.Json(HttpMethod.Get, rpc + "/net_info", endpoints, null, token), answer =>
            metrics.Peers = (int?)(answer.At("result") ?? answer).Number("n_peers"));
        return metrics;
    }
}
