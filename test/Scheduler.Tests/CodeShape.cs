using System.Text.RegularExpressions;

namespace Scheduler.Tests;

/// <summary>
/// Finds the functions of a C# file by their layout: a member begins with a modifier at its indentation and ends where its brackets close.
/// </summary>
internal static partial class CodeShape
{
    /// <summary>A function: line of its signature from 1, and lines from there to its end.</summary>
    public sealed record Function(int Line, int LineCount);

    /// <summary>Every member with parameters, in the order of the file.</summary>
    public static IEnumerable<Function> Functions(string[] lines)
    {
        var bare = Bare(lines);
        for (var start = 0; start < lines.Length; start++)
        {
            if (!Signature().IsMatch(bare[start])) { continue; }
            var end = End(bare, start);
            yield return new(start + 1, end - start + 1);
        }
    }

    private static int End(string[] bare, int start)
    {
        var depth = 0;
        for (var line = start; line < bare.Length; line++)
        {
            depth += bare[line].Count(c => c is '(' or '[' or '{') - bare[line].Count(c => c is ')' or ']' or '}');
            if (depth <= 0 && bare[line].TrimEnd() is var text && (text.EndsWith(';') || text.EndsWith('}'))) { return line; }
        }
        return bare.Length - 1;
    }

    // The lines without comments and without what stands between quotes.
    private static string[] Bare(string[] lines)
    {
        var (bare, raw) = (new string[lines.Length], false);
        for (var i = 0; i < lines.Length; i++)
        {
            var fences = RawFence().Count(lines[i]);
            if (raw || fences > 0)
            {
                // Inside raw text nothing counts; on its last line what follows the quotes does.
                var at = lines[i].LastIndexOf("\"\"\"", StringComparison.Ordinal);
                bare[i] = fences == 0 ? ""
                    : raw ? lines[i][(at + 3)..]
                    : fences % 2 == 0 ? Quoted().Replace(lines[i], "")
                    : lines[i][..lines[i].IndexOf("\"\"\"", StringComparison.Ordinal)];
                raw ^= fences % 2 == 1;
                continue;
            }
            bare[i] = Comment().Replace(Quoted().Replace(lines[i], ""), "");
        }
        return bare;
    }

    [GeneratedRegex(@"^(?: {4}| {8})(?:public|private|internal|protected)\b(?!.*\b(?:class|record|struct|interface|enum|const)\b).*\(")]
    private static partial Regex Signature();

    [GeneratedRegex("\"{3,}")]
    private static partial Regex RawFence();

    [GeneratedRegex(@"""""""(?:[^""]|""(?!""""))*""""""|@""(?:""""|[^""])*""|""(?:\\.|[^""\\])*""|'(?:\\.[^']*|[^'\\])'")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"//.*$")]
    private static partial Regex Comment();
}
