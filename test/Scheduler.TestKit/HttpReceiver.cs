using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Scheduler.TestKit.Checking;

namespace Scheduler.TestKit;

/// <summary>A request that arrived. <c>Target</c> is its path and query as they came, nothing unescaped.</summary>
public sealed record ReceivedRequest(
    string Method, string Path, string Target, string Key, long Token, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>
/// A receiver of HTTP requests that honours <c>Idempotency-Key</c>: for one key its effect happens once, whoever asks and however often. Real
/// sockets on the loopback address.
/// </summary>
public sealed class HttpReceiver : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentDictionary<string, int> effects = new(StringComparer.Ordinal);
    private volatile TaskCompletionSource? gate;

    private HttpReceiver(WebApplication app) => this.app = app;

    /// <summary>What arrived, in order.</summary>
    public ConcurrentQueue<ReceivedRequest> Requests { get; } = new();
    /// <summary>How often the effect of a key happened.</summary>
    public IReadOnlyDictionary<string, int> Effects => effects;
    /// <summary>The effects whose requests said in X-Due and X-Node whose they are, for the checker.</summary>
    public ConcurrentQueue<Effect> EffectLog { get; } = new();
    /// <summary>Where it is, e.g. <c>http://127.0.0.1:43210</c>.</summary>
    public string Url => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
    /// <summary>Its port.</summary>
    public int Port => new Uri(Url).Port;

    /// <summary>Start one. Paths: <c>/effect</c> has an effect, <c>/status/503</c> answers so, <c>/later/2</c> answers 503 with Retry-After: 2 the
    /// first time, <c>/to?URL</c> redirects, <c>/big</c> sends 10 MB, <c>/echo</c> sends back what came.</summary>
    public static async Task<HttpReceiver> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var receiver = new HttpReceiver(app);
        app.Run(receiver.Answer);
        await app.StartAsync();
        return receiver;
    }

    /// <summary>From now on an effect that has happened is not answered until <see cref="Release"/>.</summary>
    public void Hold() => gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Answer all that waits, and whatever comes.</summary>
    public void Release()
    {
        gate?.TrySetResult();
        gate = null;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Release();
        await app.DisposeAsync();
    }

    private async Task Answer(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        var headers = context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var key = headers.GetValueOrDefault("Idempotency-Key", "");
        var token = long.TryParse(headers.GetValueOrDefault("X-Run-Token"), NumberStyles.None, CultureInfo.InvariantCulture, out var t) ? t : 0;
        var path = context.Request.Path.Value!;
        Requests.Enqueue(new(context.Request.Method, path + context.Request.QueryString,
            context.Features.Get<IHttpRequestFeature>()!.RawTarget, key, token, headers, body));
        switch (path.Split('/')[1])
        {
            case "effect":
                if (effects.TryAdd(key, 1)) { Log(key, token, headers); }
                if (gate is { } wait) { await wait.Task.WaitAsync(context.RequestAborted); }
                await context.Response.WriteAsync("done");
                break;
            case "effect-of-each":     // honours nothing
                effects.AddOrUpdate(key, 1, (_, n) => n + 1);
                Log(key, token, headers);
                if (gate is { } waitToo) { await waitToo.Task.WaitAsync(context.RequestAborted); }
                break;
            case "status":
                context.Response.StatusCode = int.Parse(path.Split('/')[2], CultureInfo.InvariantCulture);
                break;
            case "later" when Requests.Count(r => r.Key == key) == 1:
                context.Response.StatusCode = 503;
                context.Response.Headers.RetryAfter = path.Split('/')[2];
                break;
            case "to":
                context.Response.StatusCode = 307;
                context.Response.Headers.Location = Uri.UnescapeDataString(context.Request.QueryString.Value![1..]);
                break;
            case "big":
                await context.Response.WriteAsync(new string('b', 10_000_000));
                break;
            case "echo":
                await context.Response.WriteAsync($"{string.Join('\n', headers.Select(h => $"{h.Key}: {h.Value}"))}\n{body}");
                break;
        }
    }

    private void Log(string key, long token, Dictionary<string, string> headers)
    {
        if (!headers.TryGetValue("X-Due", out var due) || !headers.TryGetValue("X-Node", out var node)) { return; }
        var dueAt = DateTime.Parse(due, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal);
        EffectLog.Enqueue(new(key, dueAt, token, node, TimeProvider.System.GetUtcNow().UtcDateTime));
    }
}
