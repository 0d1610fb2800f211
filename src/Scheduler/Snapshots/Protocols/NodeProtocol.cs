using System.Text.Json;
using System.Text.Json.Nodes;

namespace Scheduler.Snapshots.Protocols;

/// <summary>What a node said of itself. What it was not asked, or did not say, is null.</summary>
internal sealed record NodeMetrics
{
    /// <summary>Number of its newest block.</summary>
    public long? Height { get; set; }
    /// <summary>When that block was made.</summary>
    public DateTimeOffset? HeadAt { get; set; }
    /// <summary>Whether it still catches up.</summary>
    public bool? Syncing { get; set; }
    /// <summary>Blocks or slots it is behind what it knows of.</summary>
    public long? SyncDistance { get; set; }
    /// <summary>Nodes it is connected with.</summary>
    public int? Peers { get; set; }
    /// <summary>Which chain.</summary>
    public string? Chain { get; set; }
    /// <summary>Its program and version.</summary>
    public string? ClientVersion { get; set; }
    /// <summary>Bytes free on its disk.</summary>
    public long? DiskFreeBytes { get; set; }
    /// <summary>Why a value is not there, by the question that had no answer.</summary>
    public Dictionary<string, string> Missing { get; init; } = new(StringComparer.Ordinal);
    /// <summary>The answers as they came.</summary>
    public JsonObject Raw { get; init; } = [];
    /// <summary>Questions that were answered.</summary>
    public int Answered { get; private set; }

    /// <summary>Ask one question; no answer is a reason in <see cref="Missing"/> and stops no other question.</summary>
    public async Task Ask(string name, Func<Task<JsonElement>> ask, Action<JsonElement> read)
    {
        try
        {
            var answer = await ask();
            Raw[name] = JsonNode.Parse(answer.GetRawText());
            Answered++;
            read(answer);
        }
        catch (NoAnswerException e) { Missing[name] = e.Message; }
    }
}

/// <summary>How nodes of one protocol are asked about themselves.</summary>
internal interface INodeProtocol
{
    /// <summary>Ask. What has no answer is null with a reason; throws nothing for a node that is not there.</summary>
    Task<NodeMetrics> Collect(NodeEndpoints endpoints, SnapshotCalls calls, CancellationToken token);
}

/// <summary>The protocols by their names.</summary>
internal static class NodeProtocols
{
    private static readonly Dictionary<string, INodeProtocol> All = new(StringComparer.Ordinal)
    {
        ["ethereum"] = new Ethereum(),
        ["bitcoin"] = new Bitcoin(),
        ["cosmos"] = new Cosmos(),
        ["http"] = new HttpValues(),
        ["command"] = new CommandValues(),
    };

    /// <summary>The protocol of a name that the database has checked.</summary>
    public static INodeProtocol Of(string name) => All[name];
}

/// <summary>JSON-RPC, as ethereum and bitcoin speak it.</summary>
internal static class JsonRpc
{
    /// <summary>Call a method. Throws <see cref="NoAnswerException"/> for an error too, e.g. a method the node does not have.</summary>
    public static async Task<JsonElement> Call(
        SnapshotCalls calls, NodeEndpoints endpoints, string method, object?[] arguments, CancellationToken token)
    {
        var body = JsonSerializer.Serialize(new { jsonrpc = "2.0", id = 1, method, @params = arguments });
        var answer = await calls.Json(HttpMethod.Post, endpoints.Rpc!, endpoints, body, token);
        if (answer.At("error") is { } error)
        {
            throw new NoAnswerException($"{method}: {error.Number("code")} {error.Text("message")}".TrimEnd());
        }
        return answer.TryGetProperty("result", out var result) ? result : throw new NoAnswerException($"{method}: its answer has no result");
    }
}
