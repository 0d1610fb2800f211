using System.Globalization;

namespace Scheduler.Snapshots.Protocols;

/// <summary>Protocol <c>ethereum</c>: JSON-RPC of the execution client and, where an address is given, the beacon API of the
/// consensus client.</summary>
internal sealed class Ethereum : INodeProtocol
{
    public async Task<NodeMetrics> Collect(NodeEndpoints endpoints, SnapshotCalls calls, CancellationToken token)
    {
        var metrics = new NodeMetrics();
        Task Rpc(string method, Action<System.Text.Json.JsonElement> read, params object?[] arguments) =>
            metrics.Ask(method, () => JsonRpc.Call(calls, endpoints, method, arguments, token), read);

        await Rpc("eth_getBlockByNumber", block =>
        {
            metrics.Height = block.Number("number");
            metrics.HeadAt = block.Number("timestamp") is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
        }, "latest", false);
        // What does not answer the first question hangs or is away: the others would only cost their time-outs.
        if (metrics.Answered == 0 && metrics.Missing.Values.All(why => !why.StartsWith("eth_", StringComparison.Ordinal))) { return metrics; }
        await Rpc("eth_blockNumber", number => metrics.Height = number.Number("") ?? metrics.Height);
        await Rpc("eth_syncing", syncing =>
        {
            // false, or how far it is.
            metrics.Syncing = syncing.Flag("") ?? true;
            if (syncing.Number("highestBlock") is { } highest && syncing.Number("currentBlock") is { } current)
            {
                metrics.SyncDistance = Math.Max(0, highest - current);
            }
        });
        await Rpc("net_peerCount", peers => metrics.Peers = (int?)peers.Number(""));
        await Rpc("web3_clientVersion", version => metrics.ClientVersion = version.Text(""));
        await Rpc("eth_chainId", id => metrics.Chain = id.Number("")?.ToString(CultureInfo.InvariantCulture));
        if (endpoints.Beacon is { } beacon)
        {
            var address = beacon.TrimEnd('/') + "/eth/v1/node/syncing";
            await metrics.Ask("beacon_syncing", () => calls.Json(HttpMethod.Get, address, endpoints, null, token),
                state =>
                {
                    metrics.Syncing = metrics.Syncing == true || state.Flag("data.is_syncing") == true;
                    metrics.SyncDistance = Math.Max(metrics.SyncDistance ?? 0, state.Number("data.sync_distance") ?? 0);
                });
        }
        return metrics;
    }
}
