using Scheduler.Database;
using Scheduler.Jobs;

namespace Scheduler.Kinds.Http;

/// <summary>What may stand in the headers of a request, wherever they come from: settings of jobs, channels and snapshot nodes, and values filled
/// in.</summary>
internal static class HttpHeaders
{
    private static readonly string[] Ours = ["Idempotency-Key", "X-Run-Token", "Host", "Content-Length", "Transfer-Encoding", "Connection"];

    /// <summary>What is wrong with headers as they are written, a sentence each.</summary>
    /// <param name="headers">Name and value, which may have placeholders.</param>
    public static IEnumerable<string> Problems(IReadOnlyDictionary<string, string> headers)
    {
        foreach (var (name, value) in headers)
        {
            if (Placeholders.Problem($"headers.{name}", value) is { } problem) { yield return problem; }
            if (!IsName(name)) { yield return $"'headers.{name}' is no name of a header; expected letters, digits and -"; }
            if (IsOurs(name)) { yield return $"'headers.{name}' is not yours to set: the scheduler does"; }
            if (HasControl(value)) { yield return $"'headers.{name}' has a control character; expected one line of text"; }
        }
    }

    /// <summary>What is wrong with the type of a body, null for nothing.</summary>
    public static string? TypeProblem(string? type) => type is not null && HasControl(type)
        ? "'content_type' has a control character; expected one line such as application/json" : null;

    /// <summary>Throw <see cref="OperatorException"/> unless a header can be sent as it is: a line break in it would begin another one.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value, filled in.</param>
    /// <param name="own">True for one of the scheduler's.</param>
    public static void Check(string name, string value, bool own)
    {
        if (!IsName(name) || (!own && IsOurs(name))) { throw new OperatorException($"header '{PlainText.Clean(name)}' is not one that may be set"); }
        if (!HasControl(value)) { return; }
        throw new OperatorException($"header '{name}' has a control character once it is filled in; expected one line of text");
    }

    private static bool IsName(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static bool IsOurs(string name) => Ours.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static bool HasControl(string value) => value.Any(c => char.IsControl(c) && c != '\t');
}
