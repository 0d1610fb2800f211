using System.Net;
using System.Security.Cryptography;
using System.Text;
using Scheduler.Cluster;
using Scheduler.Telemetry;

namespace Scheduler.Server.Api;

/// <summary>What Prometheus asks.</summary>
internal static class Metrics
{
    /// <summary><c>/metrics</c>: OpenMetrics text, or Prometheus's older text for who accepts only that. Open on a loopback address; elsewhere it
    /// asks for <c>telemetry.token</c>, and is closed (403) without one: names of jobs and machines are for no stranger.</summary>
    public static void MapMetrics(this WebApplication app, TelemetryOptions options, IPAddress address)
    {
        if (!options.Metrics) { return; }
        // Made now: what happens before the first scrape counts.
        var text = new MetricsText(app.Services.GetRequiredService<SchedulerMeter>());
        app.Lifetime.ApplicationStopped.Register(text.Dispose);
        app.MapGet("/metrics", async (HttpContext context, ClusterReading cluster) =>
        {
            if (options.Token is null && !IPAddress.IsLoopback(address))
            {
                return Results.Text($"/metrics is closed: this node listens on {address}; give it telemetry.token, or a loopback http.address\n",
                    statusCode: StatusCodes.Status403Forbidden);
            }
            if (options.Token is { } token && !Fits(context.Request.Headers.Authorization.ToString(), "Bearer " + token))
            {
                context.Response.Headers.WWWAuthenticate = "Bearer";
                return Results.Text("/metrics asks for Authorization: Bearer, with this node's telemetry.token\n",
                    statusCode: StatusCodes.Status401Unauthorized);
            }
            await cluster.Refresh(context.RequestAborted);
            var accepted = context.Request.Headers.Accept.ToString();
            var plain = accepted.Contains("text/plain", StringComparison.OrdinalIgnoreCase)
                && !accepted.Contains("openmetrics", StringComparison.OrdinalIgnoreCase);
            return Results.Text(text.Write(plain), plain ? MetricsText.PlainContentType : MetricsText.ContentType);
        });
    }

    private static bool Fits(string given, string wanted) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(wanted)));
}
