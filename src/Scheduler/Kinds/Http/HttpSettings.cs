using System.ComponentModel.DataAnnotations;
using Scheduler.Jobs;

namespace Scheduler.Kinds.Http;

/// <summary>Settings of the kind <c>http</c>.</summary>
public sealed record HttpSettings : IValidatableObject
{
    /// <summary>
    /// Where to, http or https. May name built-ins such as <c>${run.key}</c>, <c>${params.NAME}</c> and <c>${secret:NAME}</c>, which are escaped;
    /// only a secret may be the whole address or its beginning. No default.
    /// </summary>
    [Required, MaxLength(4000)]
    public string Url { get; init; } = "";

    /// <summary>Method. Default GET, or POST when there is a body.</summary>
    [RegularExpression("^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$", ErrorMessage = "expected GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS")]
    public string? Method { get; init; }

    /// <summary>Headers beside our own (Idempotency-Key, X-Run-Token, User-Agent); may name built-ins and secrets. Default none.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Body; may name built-ins and secrets, which in JSON are escaped as the inside of a text. Default none.</summary>
    public string? Body { get; init; }

    /// <summary>Type of the body. Default application/json when the body begins as JSON does, else text/plain.</summary>
    public string? ContentType { get; init; }

    /// <summary>Statuses that mean success. Default any from 200 to 299.</summary>
    public IReadOnlyList<int> Expect { get; init; } = [];

    /// <summary>Longest time for one attempt, the answer's body included. Default 30s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Redirects to follow at most; each address is checked anew, and headers of your own go to the same host only. Default 0.</summary>
    [Range(0, 10)]
    public int Redirects { get; init; }

    /// <summary>
    /// The receiver does nothing twice for one Idempotency-Key: an attempt whose outcome is not known may be repeated. Default: true for GET, HEAD,
    /// PUT, DELETE and OPTIONS, false for POST and PATCH.
    /// </summary>
    public bool? Idempotent { get; init; }

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Problems().Select(p => new ValidationResult(p));

    private IEnumerable<string> Problems()
    {
        foreach (var problem in HttpAddress.Problems("url", Url)) { yield return problem; }
        if (Body is not null && Placeholders.Problem("body", Body) is { } inBody) { yield return inBody; }
        foreach (var problem in HttpHeaders.Problems(Headers)) { yield return problem; }
        if (HttpHeaders.TypeProblem(ContentType) is { } ofType) { yield return ofType; }
        if (Expect.Any(s => s is < 100 or > 599)) { yield return $"'expect' is {string.Join(", ", Expect)}; expected statuses from 100 to 599"; }
        if (Body is not null && Method is "GET" or "HEAD") { yield return $"'method' is {Method}, which has no 'body'"; }
    }
}

/// <summary>What may stand as an address, and how it is made from its text.</summary>
internal static class HttpAddress
{
    public static IEnumerable<string> Problems(string key, string url)
    {
        if (Placeholders.Problem(key, url) is { } problem) { yield return problem; }
        else if (!url.StartsWith("${secret:", StringComparison.Ordinal) && Parse(Placeholders.Fill(url, _ => "x")) is null)
        {
            yield return $"'{key}' is '{url}'; expected an address such as https://example.com/path, http or https, without user and password";
        }
    }

    /// <summary>The address, or null when it is none that jobs may call.</summary>
    public static Uri? Parse(string url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
        && uri.Host.Length > 0 && uri.UserInfo.Length == 0 ? uri : null;
}
