using System.Text;

namespace Scheduler.Database;

/// <summary>Makes text of unknown origin fit to store and to show: no NUL, no half characters, nothing that moves a terminal's cursor.</summary>
public static class PlainText
{
    private const char Escape = '\u001b';
    private const char Bell = '\u0007';
    private const char Replacement = '\ufffd';

    /// <summary>
    /// The text without ANSI escape sequences, its other control characters and half surrogate pairs replaced by U+FFFD; tabs stay. A line break is
    /// a control character here: split first.
    /// </summary>
    public static string Clean(string text)
    {
        var at = 0;
        while (at < text.Length && IsPlain(text[at])) { at++; }
        if (at == text.Length) { return text; }
        var clean = new StringBuilder(text, 0, at, text.Length);
        while (at < text.Length)
        {
            var c = text[at];
            if (c is Escape or '\u009b') { at = AfterSequence(text, at); }
            else if (char.IsSurrogate(c))
            {
                var whole = char.IsHighSurrogate(c) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]);
                if (whole) { clean.Append(c).Append(text[at + 1]); }
                else { clean.Append(Replacement); }
                at += whole ? 2 : 1;
            }
            else
            {
                clean.Append(IsPlain(c) ? c : Replacement);
                at++;
            }
        }
        return clean.ToString();
    }

    /// <summary>How many characters a text has, as PostgreSQL counts them: one beyond the first 65,536 is one.</summary>
    public static int Length(string text)
    {
        var length = text.Length;
        foreach (var c in text) { if (char.IsLowSurrogate(c)) { length--; } }
        return length;
    }

    /// <summary>The text with its ASCII letters in lower case; all others stay, so that the answer is the same in every program and locale.</summary>
    public static string Lower(string text) => string.Create(text.Length, text, static (lower, from) =>
    {
        for (var i = 0; i < lower.Length; i++) { lower[i] = char.IsAsciiLetterUpper(from[i]) ? (char)(from[i] | 0x20) : from[i]; }
    });

    /// <summary>At most this many characters, not cut inside one.</summary>
    public static string Cut(string text, int max) =>
        text.Length <= max ? text : text[..(char.IsHighSurrogate(text[max - 1]) ? max - 1 : max)];

    private static bool IsPlain(char c) => c == '\t' || (!char.IsControl(c) && !char.IsSurrogate(c));

    // ECMA-48: "ESC [" up to a final byte; "ESC ]" and its like up to BEL or "ESC \"; any other is ESC, intermediates, one character.
    private static int AfterSequence(string text, int at)
    {
        var kind = text[at] == Escape ? at + 1 < text.Length ? text[at + 1] : '\0' : '[';
        at += text[at] == Escape ? 2 : 1;
        switch (kind)
        {
            case '\0':
                return text.Length;
            case '[':
                while (at < text.Length && text[at] is >= ' ' and <= '?') { at++; }
                return Math.Min(text.Length, at + 1);
            case ']' or 'P' or 'X' or '^' or '_':
                while (at < text.Length && text[at] != Bell && text[at] != Escape) { at++; }
                return Math.Min(text.Length, at < text.Length && text[at] == Escape ? at + 2 : at + 1);
            default:
                while (kind is >= ' ' and <= '/' && at < text.Length) { kind = text[at++]; }
                return Math.Min(text.Length, at);
        }
    }
}
