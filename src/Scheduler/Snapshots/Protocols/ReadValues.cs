using System.Text.Json;
using Scheduler.Database;

namespace Scheduler.Snapshots.Protocols;

/// <summary>Protocol <c>http</c>: one JSON answer, of which <c>values</c> says what is what.</summary>
internal sealed class HttpValues : INodeProtocol
{
    public async Task<NodeMetrics> Collect(NodeEndpoints endpoints, SnapshotCalls calls, CancellationToken token)
    {
        var metrics = new NodeMetrics();
        await metrics.Ask("url", () => calls.Json(HttpMethod.Get, endpoints.Url!, endpoints, null, token),
            answer => ValueColumns.Read(metrics, answer, endpoints.Values));
        return metrics;
    }
}

/// <summary>Protocol <c>command</c>: a program that writes one JSON object with the columns by their names.</summary>
internal sealed class CommandValues : INodeProtocol
{
    public async Task<NodeMetrics> Collect(NodeEndpoints endpoints, SnapshotCalls calls, CancellationToken token)
    {
        var metrics = new NodeMetrics();
        await metrics.Ask("argv", () => calls.Command(endpoints.Argv, new Dictionary<string, string>(), token), answer =>
            ValueColumns.Read(metrics, answer, ValueColumns.Names.Where(n => answer.At(n) is not null).ToDictionary(n => n)));
        return metrics;
    }
}

/// <summary>Columns of <c>snapshot.node_metric</c> as others name them.</summary>
internal static class ValueColumns
{
    public static IReadOnlyList<string> Names { get; } =
        ["height", "head_at", "syncing", "sync_distance", "peers", "chain", "client_version", "disk_free_bytes"];

    /// <summary>Read the values at these paths, column to path.</summary>
    public static void Read(NodeMetrics metrics, JsonElement answer, IReadOnlyDictionary<string, string> paths)
    {
        foreach (var (column, path) in paths)
        {
            var found = column switch
            {
                "height" => (metrics.Height = answer.Number(path)) is not null,
                "head_at" => (metrics.HeadAt = answer.Instant(path)) is not null,
                "syncing" => (metrics.Syncing = answer.Flag(path)) is not null,
                "sync_distance" => (metrics.SyncDistance = answer.Number(path)) is not null,
                "peers" => (metrics.Peers = (int?)answer.Number(path)) is not null,
                "chain" => (metrics.Chain = answer.At(path)?.ToString()) is not null,
                "client_version" => (metrics.ClientVersion = answer.At(path)?.ToString()) is not null,
                "disk_free_bytes" => (metrics.DiskFreeBytes = answer.Number(path)) is not null,
                _ => throw new NoAnswerException(
                    $"endpoints.values names '{column}'; expected {string.Join(", ", Names)}{Spelling.Hint(column, Names)}"),
            };
            if (!found) { metrics.Missing[column] = $"there is nothing of its form at '{path}' of the answer"; }
        }
    }
}
