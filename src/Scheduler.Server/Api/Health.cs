using Scheduler.Cluster;

namespace Scheduler.Server.Api;

/// <summary>What a load balancer or a supervisor asks. Answers with small JSON and touches nothing but this process.</summary>
internal static class Health
{
    /// <summary><c>/health/live</c>: 200 while the process runs. <c>/health/ready</c>: 200 while the node takes work, else 503 with the
    /// reason.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => TypedResults.Json(new Answer("live", null)));
        routes.MapGet("/health/ready", (NodeState node) => TypedResults.Json(new Answer(node.State, node.Reason),
            statusCode: node.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable));
    }

    private sealed record Answer(string Status, string? Reason);
}
