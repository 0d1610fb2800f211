using System.Text;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>
/// Values written into settings as <c>${run.key}</c> or <c>${secret:NAME}</c>, filled in on the node when a run begins; <c>$${</c> stands for
/// <c>${</c> itself. What is filled in is never looked at again for placeholders.
/// </summary>
public static class Placeholders
{
    /// <summary>What stands before the name of a secret.</summary>
    public const string SecretPrefix = "secret:";

    /// <summary>What stands before the name of one of the job's params.</summary>
    public const string ParamPrefix = "params.";

    /// <summary>What stands before a key of the result of the run this one follows.</summary>
    public const string ResultPrefix = "parent.result.";

    /// <summary>Names every kind knows.</summary>
    public static IReadOnlyList<string> BuiltIns { get; } =
        ["run.key", "run.due_at", "run.token", "run.attempt", "job.name", "node.name", "prev.due_at", "prev.succeeded_at", "parent.run_key",
            "parent.verdict", "parent.result"];

    /// <summary>All that may stand in <c>${…}</c>, for messages.</summary>
    public static string KnownText(bool secrets = true) => string.Join(", ",
        BuiltIns.Append(ResultPrefix + "KEY").Append(ParamPrefix + "NAME").Concat(secrets ? ["secret:NAME"] : []).Select(b => $"${{{b}}}"));

    /// <summary>True for a name that may stand in <c>${…}</c>, whether the job has such a param or not.</summary>
    public static bool IsKnown(string name) => BuiltIns.Contains(name) || IsSecret(name) || IsParam(name) || HasKey(name, ResultPrefix);

    /// <summary>True for <c>params.NAME</c>.</summary>
    public static bool IsParam(string name) => HasKey(name, ParamPrefix);

    /// <summary>True for a value of the runs before this one, which is read from the ledger when a run names it.</summary>
    public static bool IsPast(string name) => name.StartsWith("prev.", StringComparison.Ordinal) || IsParent(name);

    /// <summary>True for a value of the run this one follows.</summary>
    public static bool IsParent(string name) => name.StartsWith("parent.", StringComparison.Ordinal);

    /// <summary>True for <c>secret:NAME</c> with a name of letters, digits and <c>_ - .</c>, which is looked up in a folder and must not leave it.
    /// </summary>
    public static bool IsSecret(string name) => name.StartsWith(SecretPrefix, StringComparison.Ordinal) && name.Length > SecretPrefix.Length
        && name[SecretPrefix.Length] != '.' && name.Skip(SecretPrefix.Length).All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');

    /// <summary>What is wrong with the placeholders of a setting, or null.</summary>
    /// <param name="key">The setting, for the message.</param>
    /// <param name="text">Its text.</param>
    /// <param name="secrets">False where a secret would be seen by others, e.g. in the arguments of a program.</param>
    public static string? Problem(string key, string text, bool secrets = true)
    {
        foreach (var (name, closed) in Names(text))
        {
            if (!closed) { return $"'{key}' has a ${{ that is never closed; write $${{ for ${{ itself"; }
            if (IsSecret(name) && !secrets) { return $"'{key}' names ${{{name}}}; a secret cannot stand there, where others on the machine see it"; }
            if (!IsKnown(name)) { return $"'{key}' names ${{{name}}}; known are {KnownText(secrets)}{Spelling.DidYouMean(name, BuiltIns)}"; }
        }
        return null;
    }

    /// <summary>True when the text has any placeholder.</summary>
    public static bool Any(string text) => Names(text).Any();

    /// <summary>The names in a text, in order.</summary>
    internal static IEnumerable<string> In(string text) => Names(text).Where(n => n.Closed).Select(n => n.Name);

    /// <summary>Fill the placeholders in.</summary>
    public static string Fill(string text, Func<string, string> value)
    {
        if (!text.Contains("${", StringComparison.Ordinal)) { return text; }
        var filled = new StringBuilder();
        var at = 0;
        while (at < text.Length)
        {
            if (Begins(text, at, "$${"))
            {
                filled.Append("${");
                at += 3;
            }
            else if (Begins(text, at, "${") && text.IndexOf('}', at) is > 0 and var end)
            {
                filled.Append(value(text[(at + 2)..end]));
                at = end + 1;
            }
            else { filled.Append(text[at++]); }
        }
        return filled.ToString();
    }

    private static IEnumerable<(string Name, bool Closed)> Names(string text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (Begins(text, at, "$${")) { at += 2; }
            else if (Begins(text, at, "${"))
            {
                var end = text.IndexOf('}', at);
                yield return (end < 0 ? text[(at + 2)..] : text[(at + 2)..end], end >= 0);
                at = end < 0 ? text.Length : end;
            }
        }
    }

    private static bool HasKey(string name, string prefix) =>
        name.Length > prefix.Length && name.StartsWith(prefix, StringComparison.Ordinal) && name.IndexOfAny(['$', '{', '\n', '\r']) < 0;

    private static bool Begins(string text, int at, string with) => string.CompareOrdinal(text, at, with, 0, with.Length) == 0;
}
