using System.Net;
using System.Text;
using Scheduler.Cluster;
using Scheduler.Database;

namespace Scheduler.Kinds.Http;

/// <summary>One request, ready to be sent.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Address">Where it goes.</param>
/// <param name="OwnHeaders">Headers of the scheduler's: they go wherever a redirect leads.</param>
/// <param name="Headers">Headers of the job's: they go to the first host only, for they may carry secrets.</param>
/// <param name="Body">Its body, or null.</param>
/// <param name="ContentType">Type of the body.</param>
internal sealed record HttpRequest(HttpMethod Method, Uri Address, IReadOnlyDictionary<string, string> OwnHeaders,
    IReadOnlyDictionary<string, string> Headers, string? Body = null, string? ContentType = null)
{
    /// <summary>Read of the answer, in bytes; more is cut. Default 64 kB, of which kinds keep what they need.</summary>
    public int AnswerMax { get; init; } = 64 * 1024;
    /// <summary>True for a receiver that says with 500 what others say with 404: then that is no failure of its endpoint.</summary>
    public bool Says500 { get; init; }
}

/// <summary>An answer, its body cut at a limit.</summary>
internal sealed record HttpAnswer(HttpStatusCode Status, string Body, bool BodyIsCut, TimeSpan? RetryAfter, Uri Address)
{
    /// <summary>True when it says that its endpoint is in trouble.</summary>
    public bool IsFailure { get; init; } = Status >= HttpStatusCode.InternalServerError;
}

/// <summary>
/// Sends the requests of jobs: no proxy, no cookies, no redirect that is not asked for, no address that <see cref="AddressGuard"/> refuses, no more
/// of an answer than is wanted. Connections are shared by all runs of the node.
/// </summary>
public sealed class HttpCaller : IDisposable
{
    private const int PieceMax = 64 * 1024;
    private const int HeaderKilobytesMax = 64;
    // A name is looked up again at least this often, so that a service that moved is found.
    private static readonly TimeSpan ConnectionMax = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromHours(24);

    private readonly HttpMessageInvoker client;
    private readonly EndpointBreakers breakers;
    private readonly TimeProvider time;

    /// <summary>Opens no connection yet. Throws <see cref="OperatorException"/> when <c>http.allow</c> cannot be read.</summary>
    public HttpCaller(NodeOptions options, TimeProvider time)
    {
        var guard = new AddressGuard(options.HttpAllow);
        this.time = time;
        breakers = new(time);
        client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.All,
            PooledConnectionLifetime = ConnectionMax,
            MaxResponseHeadersLength = HeaderKilobytesMax,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            ConnectCallback = guard.Connect,
        });
    }

    /// <summary>
    /// Send a request and follow at most <paramref name="redirects"/> redirects, all within <paramref name="timeout"/>. Throws
    /// <see cref="OperatorException"/> for an address that is refused, also behind a redirect, <see cref="HttpRequestException"/> when there is no
    /// answer, <see cref="OperationCanceledException"/> when there is none in time, and <see cref="TryAgainException"/> at once while the endpoint
    /// is left alone because it keeps failing.
    /// </summary>
    internal async Task<HttpAnswer> Send(HttpRequest request, int redirects, TimeSpan timeout, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(timeout);
        for (var hop = 0; ; hop++)
        {
            HttpRequest? next = null;
            HttpAnswer answered;
            try
            {
                answered = await breakers.Ask(request.Address, async () =>
                {
                    using var message = Message(request);
                    using var response = await client.SendAsync(message, limit.Token);
                    next = hop < redirects ? Next(response, request) : null;
                    var (body, cut) = next is null ? await Body(response, request.AnswerMax, limit.Token) : ("", false);
                    var answer = new HttpAnswer(response.StatusCode, body, cut, RetryAfter(response), request.Address);
                    return request.Says500 && answer.Status == HttpStatusCode.InternalServerError ? answer with { IsFailure = false } : answer;
                }, token);
            }
            catch (HttpRequestException e) when (e.InnerException is OperatorException refused)
            {
                throw new OperatorException(refused.Message, 1, e);
            }
            if (next is null) { return answered; }
            request = next;
        }
    }

    /// <inheritdoc />
    public void Dispose() => client.Dispose();

    private static HttpRequestMessage Message(HttpRequest request)
    {
        // Before anything is built: what is wrong in one of them sends nothing.
        foreach (var (name, value) in request.OwnHeaders) { HttpHeaders.Check(name, value, own: true); }
        foreach (var (name, value) in request.Headers) { HttpHeaders.Check(name, value, own: false); }
        if (HttpHeaders.TypeProblem(request.ContentType) is { } problem) { throw new OperatorException(problem); }
        var message = new HttpRequestMessage(request.Method, request.Address);
        if (request.Body is not null)
        {
            message.Content = new StringContent(request.Body, Encoding.UTF8);
            message.Content.Headers.Remove("Content-Type");
            message.Content.Headers.TryAddWithoutValidation("Content-Type", request.ContentType);
        }
        foreach (var (name, value) in request.OwnHeaders.Concat(request.Headers))
        {
            if (!message.Headers.TryAddWithoutValidation(name, value)) { message.Content?.Headers.TryAddWithoutValidation(name, value); }
        }
        return message;
    }

    // Null: no redirect, or none that can be followed; then the answer itself is what there is.
    private static HttpRequest? Next(HttpResponseMessage response, HttpRequest request)
    {
        if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location) { return null; }
        var to = new Uri(request.Address, location);
        if (HttpAddress.Parse(to.AbsoluteUri) is null || (request.Address.Scheme == "https" && to.Scheme != "https"))
        {
            throw new OperatorException($"'{request.Address.Host}' answered with a redirect to '{to.GetLeftPart(UriPartial.Path)}'; "
                + "expected http or https, and https after https");
        }
        var keep = (int)response.StatusCode is 307 or 308 || request.Method == HttpMethod.Get || request.Method == HttpMethod.Head;
        return request with
        {
            Address = to,
            Method = keep ? request.Method : HttpMethod.Get,
            Body = keep ? request.Body : null,
            Headers = to.Authority == request.Address.Authority ? request.Headers : new Dictionary<string, string>(),
        };
    }

    private static async Task<(string Text, bool Cut)> Body(HttpResponseMessage response, int most, CancellationToken token)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(token);
        using var kept = new MemoryStream();
        var buffer = new byte[PieceMax];
        while (kept.Length < most)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(PieceMax, most - kept.Length)), token);
            if (read == 0) { return (Encoding.UTF8.GetString(kept.GetBuffer().AsSpan(0, (int)kept.Length)), false); }
            kept.Write(buffer, 0, read);
        }
        return (Encoding.UTF8.GetString(kept.GetBuffer().AsSpan(0, (int)kept.Length)), await stream.ReadAsync(new byte[1], token) > 0);
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var asked = response.Headers.RetryAfter is { } after ? after.Delta ?? (after.Date - time.GetUtcNow()) : null;
        return asked > TimeSpan.Zero ? (asked < RetryAfterMax ? asked : RetryAfterMax) : null;
    }
}
