using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using NpgsqlTypes;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>Tells the database which kinds this node knows and what their settings look like, so that an edit in SQL is judged in its
/// statement.</summary>
public static class KindCatalog
{
    private static readonly string PublishSql = SqlFiles.Read("queries/kind_publish.sql");
    private static readonly string ProblemsSql = SqlFiles.Read("queries/kind_problems.sql");

    /// <summary>Publish every kind, and take back notes on jobs that no node could run until now. Rows that are equal are not touched. Safe to
    /// repeat and on several nodes at once.</summary>
    /// <param name="source">Pool of the scheduler's own database.</param>
    /// <param name="kinds">The kinds this process can run.</param>
    /// <param name="node">This node's name.</param>
    /// <param name="leaseId">Its lease; its row says which kinds it knows.</param>
    /// <param name="token">Ends the attempt.</param>
    public static async Task Publish(NpgsqlDataSource source, KindRegistry kinds, string node, long leaseId, CancellationToken token)
    {
        await using var command = source.CreateCommand(PublishSql);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. kinds.All.Select(k => k.Name)] });
        command.Parameters.Add(Json(kinds, StoreSchema.Of));
        command.Parameters.Add(Json(kinds, k => new() { ["on_lost"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(k.OnLost.ToString()) }));
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. kinds.All.Select(k => k.Summary)] });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = node });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = leaseId });
        await command.ExecuteNonQueryAsync(token);
        await using var notes = source.CreateCommand(ProblemsSql);
        await notes.ExecuteNonQueryAsync(token);
    }

    private static NpgsqlParameter Json(KindRegistry kinds, Func<Kind, JsonObject> of) => new()
    {
        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb,
        Value = kinds.All.Select(k => of(k).ToJsonString()).ToArray(),
    };
}
