using Scheduler.Cluster;

namespace Scheduler.Server.Api;

/// <summary>What a load balancer or a supervisor asks. Answers with small JSON and touches nothing but this process.</summary>
internal static class Health
{
    // Some checks ask for the head alone.
    private static readonly string[] Asked = [HttpMethods.Get, HttpMethods.Head];

    /// <summary><c>/health/live</c>: 200 while the process runs. <c>/health/ready</c>: 200 while the node takes work, its job files are in force and
    /// none of its parts fails again and again, else 503 with the reason.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/health/live", Asked, () => TypedResults.Json(new Answer("live", null)));
        routes.MapMethods("/health/ready", Asked, (NodeState node) =>
        {
            var why = node.NotReadyBecause;
            return TypedResults.Json(new Answer(node.State, node.State == "live" ? why : node.Reason),
                statusCode: node.Ready && why is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        });
    }

    private sealed record Answer(string Status, string? Reason);
}
