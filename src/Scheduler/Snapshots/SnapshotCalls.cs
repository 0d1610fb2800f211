using System.Net;
using System.Text;
using System.Text.Json;
using Polly;
using Polly.Retry;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Kinds.Commands;
using Scheduler.Kinds.Http;
using Scheduler.Runs;

namespace Scheduler.Snapshots;

/// <summary>A node or an agent could not be asked, or what it said is no answer. Says nothing of what it does.</summary>
internal sealed class NoAnswerException(string message) : Exception(message);

/// <summary>A call that an agent understood and refused.</summary>
internal sealed class RefusedException(string message) : Exception(message);

/// <summary>
/// The calls of one run to nodes and agents: a time-out each, repeated with jitter where that is harmless and may help, a circuit breaker for each
/// endpoint (<see cref="HttpCaller"/>, shared by all runs of this scheduler node), and only to addresses and programs its settings allow.
/// </summary>
internal sealed class SnapshotCalls(RunScope run, HttpCaller http, NodeState state, NodeOptions options, TimeProvider time)
{
    // Three tries within a second: a connection that was closed under us, an endpoint that is restarted. A hanging one is not asked again: that costs
    // its time-out once more, and the next look is seconds away.
    private const int RetriesMax = 2;
    private const int CommandOutputMax = 4 * 1024 * 1024;
    private const int WordsMax = 300;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    private readonly ResiliencePipeline<HttpAnswer> repeated = new ResiliencePipelineBuilder<HttpAnswer> { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions<HttpAnswer>
        {
            MaxRetryAttempts = RetriesMax,
            Delay = RetryDelay,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            ShouldHandle = new PredicateBuilder<HttpAnswer>()
                .Handle<HttpRequestException>().Handle<IOException>()
                .HandleResult(a => a.Status is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout),
        })
        .Build();

    /// <summary>Fill in <c>${secret:NAME}</c> and the other built-ins.</summary>
    public string Fill(string text) => run.Fill(text);

    /// <summary>Send a request. Throws <see cref="NoAnswerException"/> when there is no answer, whatever the cause.</summary>
    /// <param name="request">The request.</param>
    /// <param name="timeout">Longest time for one try.</param>
    /// <param name="again">True where sending it twice does no harm.</param>
    /// <param name="token">Ends it.</param>
    public async Task<HttpAnswer> Send(HttpRequest request, TimeSpan timeout, bool again, CancellationToken token)
    {
        var where = request.Address.GetLeftPart(UriPartial.Authority);
        try
        {
            return again ? await repeated.ExecuteAsync(async t => await http.Send(request, redirects: 0, timeout, t), token)
                : await http.Send(request, redirects: 0, timeout, token);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            throw new NoAnswerException($"{where}: no answer within {Duration.Format(timeout)}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException) { throw new NoAnswerException($"{where}: {e.Message}"); }
        catch (Exception e) when (e is TryAgainException or OperatorException) { throw new NoAnswerException(e.Message); }
    }

    /// <summary>Ask for JSON. Throws <see cref="NoAnswerException"/> for anything but a JSON answer of 200.</summary>
    public async Task<JsonElement> Json(HttpMethod method, string address, NodeEndpoints endpoints, string? body, CancellationToken token)
    {
        var headers = endpoints.Headers.ToDictionary(h => h.Key, h => Fill(h.Value));
        var request = new HttpRequest(method, Address(address), OwnHeaders, headers, body, body is null ? null : "application/json");
        var answer = await Send(request, endpoints.Timeout, again: true, token);
        // JSON-RPC says errors in the body, some nodes with a status of their own.
        if (answer.Status != HttpStatusCode.OK && !(body is not null && answer.Body.StartsWith('{')))
        {
            throw new NoAnswerException($"{request.Address.GetLeftPart(UriPartial.Path)}: answered {(int)answer.Status}{Said(answer.Body)}");
        }
        return Parse(answer.Body, request.Address.GetLeftPart(UriPartial.Path));
    }

    /// <summary>Run a program and read the JSON it writes. Throws <see cref="NoAnswerException"/> when it ends otherwise than with 0, cannot be run
    /// here, or writes no JSON.</summary>
    /// <param name="argv">The program and its arguments.</param>
    /// <param name="values">Variables it gets; placeholders in them are text.</param>
    /// <param name="token">Ends it.</param>
    public async Task<JsonElement> Command(IReadOnlyList<string> argv, IReadOnlyDictionary<string, string> values, CancellationToken token)
    {
        var settings = new CommandSettings
        {
            Argv = argv,
            Env = values.ToDictionary(v => v.Key, v => v.Value.Replace("${", "$${", StringComparison.Ordinal)),
            KillAfter = TimeSpan.FromSeconds(1),
        };
        try
        {
            var (code, output, error) = await new CommandJob(settings, run, state, options, time).Answer(CommandOutputMax, token);
            if (code != 0) { throw new NoAnswerException($"'{argv[0]}' ended with {code}{Said(error)}"); }
            return output.Trim().Length == 0 ? default : Parse(output, $"'{argv[0]}'");
        }
        catch (Exception e) when (e is OperatorException or RunFailedException) { throw new NoAnswerException(e.Message); }
    }

    /// <summary>The address of a setting. Throws <see cref="NoAnswerException"/> when it is none.</summary>
    public static Uri Address(string text) => HttpAddress.Parse(text)
        ?? throw new NoAnswerException($"'{text}' is no address; expected http or https, without user and password");

    /// <summary>Headers of our own.</summary>
    public static IReadOnlyDictionary<string, string> OwnHeaders { get; } = new Dictionary<string, string> { ["User-Agent"] = "scheduler" };

    /// <summary>What stands in a message of somebody else's words.</summary>
    public static string Said(string words) => words.Length == 0 ? ""
        : ": " + PlainText.Cut(PlainText.Clean(words.ReplaceLineEndings(" ")), WordsMax);

    /// <summary>A user and a password as a header has them.</summary>
    public static string Basic(string user, string password) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));

    private static JsonElement Parse(string text, string where)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException) { throw new NoAnswerException($"{where}: its answer is no JSON{Said(text)}"); }
    }
}

/// <summary>Values of JSON that others made, by their path; whatever is not there, or not of that form, is null.</summary>
internal static class JsonPath
{
    /// <summary>The value at a path such as <c>result.peers[0].id</c>, or null.</summary>
    public static JsonElement? At(this JsonElement json, string path)
    {
        foreach (var part in path.Replace("[", ".[", StringComparison.Ordinal).Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.StartsWith('['))
            {
                if (json.ValueKind != JsonValueKind.Array || !int.TryParse(part.Trim('[', ']'), out var i) || i < 0 || i >= json.GetArrayLength())
                {
                    return null;
                }
                json = json[i];
            }
            else if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(part, out json)) { return null; }
        }
        return json.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined ? null : json;
    }

    /// <summary>A whole number, also written as text, in decimal or as 0x….</summary>
    public static long? Number(this JsonElement json, string path)
    {
        if (json.At(path) is not { } value) { return null; }
        if (value.ValueKind == JsonValueKind.Number)
        {
            return value.TryGetInt64(out var whole) ? whole : value.TryGetDouble(out var d) && Math.Abs(d) < 9e18 ? (long)d : null;
        }
        if (value.ValueKind != JsonValueKind.String) { return null; }
        var text = value.GetString()!;
        var culture = System.Globalization.CultureInfo.InvariantCulture;
        return text.StartsWith("0x", StringComparison.Ordinal)
            ? ulong.TryParse(text.AsSpan(2), System.Globalization.NumberStyles.AllowHexSpecifier, culture, out var hex) && hex <= long.MaxValue
                ? (long)hex : null
            : long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, culture, out var number) ? number : null;
    }

    /// <summary>Any number.</summary>
    public static double? Real(this JsonElement json, string path) =>
        json.At(path) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number) ? number : null;

    /// <summary>A text.</summary>
    public static string? Text(this JsonElement json, string path) =>
        json.At(path) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>A truth.</summary>
    public static bool? Flag(this JsonElement json, string path) => json.At(path)?.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary>An instant: text as ISO 8601 has it, or seconds since 1970.</summary>
    public static DateTimeOffset? Instant(this JsonElement json, string path)
    {
        if (json.Text(path) is { } text && DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture,
            System.Globalization.DateTimeStyles.AssumeUniversal | System.Globalization.DateTimeStyles.AdjustToUniversal, out var at))
        {
            return at;
        }
        return json.Number(path) is >= 0 and < 253_402_300_800 and var seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
    }
}
