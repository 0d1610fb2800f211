using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Scheduler.IntegrationTests.Snapshots;

/// <summary>A chain node that says what a test wants it to: states that no real one can be brought to here (syncing, peers, an old head).</summary>
internal sealed class JsonStub : IAsyncDisposable
{
    private readonly WebApplication app;

    private JsonStub(WebApplication app) => this.app = app;

    /// <summary>Results of JSON-RPC methods, and whole answers of paths, by their names; what is not there is an error, or 404.</summary>
    public Dictionary<string, string> Answers { get; } = new(StringComparer.Ordinal);
    /// <summary>Headers of the last request.</summary>
    public Dictionary<string, string> LastHeaders { get; private set; } = [];
    public string Url => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public static async Task<JsonStub> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var stub = new JsonStub(app);
        app.Run(stub.Answer);
        await app.StartAsync();
        return stub;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task Answer(HttpContext context)
    {
        LastHeaders = context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        if (context.Request.Method == "POST")
        {
            var method = (string)JsonNode.Parse(await new StreamReader(context.Request.Body).ReadToEndAsync())!["method"]!;
            await context.Response.WriteAsync(Answers.TryGetValue(method, out var result)
                ? $$"""{"jsonrpc": "2.0", "id": 1, "result": {{result}}}"""
                : """{"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "Method not found"}}""");
        }
        else if (Answers.TryGetValue(context.Request.Path.Value!, out var answer)) { await context.Response.WriteAsync(answer); }
        else { context.Response.StatusCode = 404; }
    }
}
