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

    /// <summary>Names every kind knows.</summary>
    public static IReadOnlyList<string> BuiltIns { get; } = ["run.key", "run.due_at", "run.token", "run.attempt", "job.name", "node.name"];

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
            if (!BuiltIns.Contains(name) && !IsSecret(name))
            {
                return $"'{key}' names ${{{name}}}; known are {string.Join(", ", BuiltIns.Select(b => $"${{{b}}}"))}"
                    + (secrets ? " and ${secret:NAME}" : "") + Spelling.DidYouMean(name, BuiltIns);
            }
        }
        return null;
    }

    /// <summary>True when the text has any placeholder.</summary>
    public static bool Any(string text) => Names(text).Any();

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

    private static bool Begins(string text, int at, string with) => string.CompareOrdinal(text, at, with, 0, with.Length) == 0;
}
