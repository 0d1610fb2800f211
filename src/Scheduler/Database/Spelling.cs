using System.Text;

namespace Scheduler.Database;

/// <summary>Finds what a mistyped name was meant to be.</summary>
public static class Spelling
{
    // Names are at most 200 characters, run keys a few more; a longer text is not a misspelt one, and the table grows with its square.
    private const int LengthMax = 256;

    /// <summary>
    /// The valid name with the fewest edits (insert, delete, replace, swap of neighbours; the case of a to z is ignored) from the given one, the first of
    /// equals; null when more than a third of the letters would have to change, or all of the valid name's.
    /// </summary>
    public static string? Nearest(string name, IEnumerable<string> valid)
    {
        var letters = Letters(name);
        if (letters.Length is 0 or > LengthMax) { return null; }
        var (best, bestEdits) = (default(string), Math.Max(1, letters.Length / 3) + 1);
        foreach (var candidate in valid)
        {
            var others = Letters(candidate);
            if (Math.Abs(others.Length - letters.Length) >= bestEdits) { continue; }
            var edits = Edits(letters, others);
            if (edits < bestEdits && edits < others.Length) { (best, bestEdits) = (candidate, edits); }
        }
        return best;
    }

    /// <summary>Words to put behind an error: <c>; did you mean 'x'?</c>, or nothing when no valid name is near.</summary>
    public static string DidYouMean(string name, IEnumerable<string> valid) =>
        Nearest(name, valid) is { } near ? $"; did you mean '{near}'?" : "";

    /// <summary>Words to put behind an error: <c>; did you mean 'x'?</c>, or all that is valid when nothing is near.</summary>
    public static string Hint(string name, IReadOnlyCollection<string> valid) => DidYouMean(name, valid) is { Length: > 0 } meant
        ? meant
        : valid.Count == 0 ? "; expected none" : "; expected one of " + string.Join(", ", valid);

    // Optimal string alignment: a swap of neighbours counts as one, it is the commonest slip.
    private static int Edits(Rune[] a, Rune[] b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) { rows[i, 0] = i; }
        for (var j = 0; j <= b.Length; j++) { rows[0, j] = j; }
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var change = a[i - 1] == b[j - 1] ? 0 : 1;
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }
        return rows[a.Length, b.Length];
    }

    private static Rune[] Letters(string text) => [.. PlainText.Lower(text).EnumerateRunes()];
}
