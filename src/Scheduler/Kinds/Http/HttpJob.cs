using System.Globalization;
using System.Net;
using System.Text.Json;
using Quartz;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Runs;

namespace Scheduler.Kinds.Http;

/// <summary>
/// Sends a request. Each attempt carries the run's key as <c>Idempotency-Key</c> and its token as <c>X-Run-Token</c>: a receiver that honours the key
/// does its work once, whatever happens to the node. With any other receiver the effect happens at most once: an attempt whose outcome is not known
/// is not repeated.
/// </summary>
public sealed class HttpJob(HttpSettings settings, RunScope run, HttpCaller caller, TimeProvider time) : IJob
{
    // Kept of an answer's body, in the result and in errors.
    private const int BodyKept = 4000;
    private const int BodyInError = 300;

    /// <summary>The kind's entry in the registry.</summary>
    public static Kind Kind { get; } = new("http", typeof(HttpJob), typeof(HttpSettings), OnLost.Fail,
        "Sends an HTTP request with the run's key as Idempotency-Key");

    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var request = Request();
        var began = time.GetTimestamp();
        HttpAnswer answer;
        try { answer = await caller.Send(request, settings.Redirects, settings.Timeout, cancellationToken); }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException
            && !cancellationToken.IsCancellationRequested)
        {
            throw NoAnswer(request, e);
        }
        var body = PlainText.Clean(answer.Body.ReplaceLineEndings("\t")).Replace('\t', '\n');
        var seconds = Math.Round(time.GetElapsedTime(began).TotalSeconds, 3);
        var result = new { status = (int)answer.Status, seconds, body = Cut(body, BodyKept, answer.BodyIsCut) };
        if (settings.Expect.Count > 0 ? settings.Expect.Contains((int)answer.Status) : (int)answer.Status is >= 200 and <= 299)
        {
            context.Result = result;
            return;
        }
        throw Unexpected(request, answer, Cut(body, BodyInError, answer.BodyIsCut), result);
    }

    private HttpRequest Request()
    {
        var url = Url(settings.Url, run);
        var address = HttpAddress.Parse(url)
            ?? throw new OperatorException($"'url' is '{url}' once it is filled in; expected an http or https address");
        var headers = settings.Headers.ToDictionary(
            h => h.Key, h => run.Fill(h.Value), StringComparer.OrdinalIgnoreCase);
        var type = settings.ContentType ?? (settings.Body?.TrimStart() is ['{' or '[' or '"', ..] ? "application/json" : "text/plain; charset=utf-8");
        var escape = type.Contains("json", StringComparison.OrdinalIgnoreCase) ? JsonText
            : type.Contains("urlencoded", StringComparison.OrdinalIgnoreCase) ? Uri.EscapeDataString : (Func<string, string>?)null;
        var own = new Dictionary<string, string>
        {
            ["Idempotency-Key"] = run.RunKey,
            ["X-Run-Token"] = run.RunToken.ToString(CultureInfo.InvariantCulture),
        };
        if (!headers.ContainsKey("User-Agent")) { own["User-Agent"] = "scheduler"; }
        var method = HttpMethod.Parse(settings.Method ?? (settings.Body is null ? "GET" : "POST"));
        return new(method, address, own, headers, settings.Body is null ? null : run.Fill(settings.Body, escape), type);
    }

    /// <summary>An address from its text: what is filled in is escaped, but for a secret at its very beginning.</summary>
    internal static string Url(string text, RunScope run)
    {
        var whole = text.StartsWith("${" + Placeholders.SecretPrefix, StringComparison.Ordinal) ? text.IndexOf('}') + 1 : 0;
        return run.Fill(text[..whole]) + run.Fill(text[whole..], Uri.EscapeDataString);
    }

    private bool MayRepeat(HttpRequest request) => settings.Idempotent
        ?? (request.Method != HttpMethod.Post && request.Method != HttpMethod.Patch);

    private Exception NoAnswer(HttpRequest request, Exception error)
    {
        var why = error is OperationCanceledException ? $"no answer within {Duration.Format(settings.Timeout)}" : error.Message;
        var message = $"{request.Method} {request.Address.GetLeftPart(UriPartial.Path)}: {why}";
        // Nothing was sent when no connection came about, so nothing can have happened.
        var notSent = error is HttpRequestException
        {
            HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError,
        };
        return notSent || MayRepeat(request) ? new TryAgainException(message)
            : new RunFailedException(
                message + "; whether the receiver has done its work is not known, and it is not declared to be idempotent", null, error);
    }

    private Exception Unexpected(HttpRequest request, HttpAnswer answer, string body, object result)
    {
        var expected = settings.Expect.Count > 0 ? string.Join(", ", settings.Expect) : "200 to 299";
        var message = $"{request.Method} {answer.Address.GetLeftPart(UriPartial.Path)}: "
            + $"answered {(int)answer.Status} {answer.Status}; expected {expected}"
            + (body.Length == 0 ? "" : $"; it said: {body}");
        // These say that nothing was done, so anybody may try again; of other failures that may be over soon only who repeats no effect.
        var refused = answer.Status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable;
        return refused || ((int)answer.Status >= 500 && MayRepeat(request))
            ? new AnswerException(message, answer.Status, answer.RetryAfter) : new RunFailedException(message, result);
    }

    private static string Cut(string text, int max, bool cut) => text.Length > max ? PlainText.Cut(text, max) + " …" : cut ? text + " …" : text;

    private static string JsonText(string value) => JsonSerializer.Serialize(value)[1..^1];
}
