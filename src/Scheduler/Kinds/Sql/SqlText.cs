using System.Text;
using Scheduler.Jobs;

namespace Scheduler.Kinds.Sql;

/// <summary>One statement, ready to send: built-ins such as <c>${run.key}</c> have become <c>$1</c>, <c>$2</c>, ….</summary>
/// <param name="Text">The statement.</param>
/// <param name="Parameters">Names of the built-ins in the order of their numbers, each once.</param>
public sealed record SqlStatement(string Text, IReadOnlyList<string> Parameters);

/// <summary>
/// Splits a job's SQL at its semicolons and binds its built-ins. Knows PostgreSQL's quotes, dollar quotes and comments, so that neither is
/// looked for inside them; PostgreSQL itself checks the rest.
/// </summary>
public static class SqlText
{
    // These end or begin transactions: the effect would be durable before the verdict is.
    private static readonly string[] Refused = ["begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release", "prepare",
        // Session state behind the driver's back: it prepares statements of its own, which later runs rely on.
        "deallocate", "discard"];

    private static readonly string[] Prefixes = [Placeholders.SecretPrefix, Placeholders.ParamPrefix, Placeholders.ResultPrefix];

    /// <summary>Split and bind. Throws <see cref="FormatException"/> saying what is wrong and where.</summary>
    public static IReadOnlyList<SqlStatement> Parse(string sql)
    {
        var statements = new List<SqlStatement>();
        var text = new StringBuilder();
        var names = new List<string>();
        var position = 0;
        while (position < sql.Length)
        {
            var length = Skippable(sql, position);
            if (length > 0)
            {
                var skipped = sql.AsSpan(position, length);
                if (skipped[0] is '\'' or '"' or '$' && skipped.Contains("${", StringComparison.Ordinal) && Misplaced(skipped.ToString()) is { } name)
                {
                    throw new FormatException($"${{{name}}} stands inside quotes; it is a bound value, write it without quotes");
                }
                text.Append(skipped);
                position += length;
            }
            else if (sql[position] == ';')
            {
                Close(statements, text, names);
                position++;
            }
            else if (sql[position] == '$' && position + 1 < sql.Length && sql[position + 1] == '{')
            {
                position = Bind(sql, position, text, names);
            }
            else { text.Append(sql[position++]); }
        }
        Close(statements, text, names);
        if (statements.Count == 0) { throw new FormatException("holds no statement"); }
        return statements;
    }

    /// <summary>True when every parenthesis outside quotes and comments has its partner: text for which this holds stays inside the parentheses it
    /// is put in. Throws <see cref="FormatException"/> for quotes and comments that never end.</summary>
    internal static bool IsBalanced(string sql)
    {
        var depth = 0;
        for (var at = 0; at < sql.Length && depth >= 0;)
        {
            var length = Skippable(sql, at);
            depth += length > 0 ? 0 : sql[at] switch { '(' => 1, ')' => -1, _ => 0 };
            at += Math.Max(1, length);
        }
        return depth == 0;
    }

    // After these something of the statement may stay in the session: settings, locks, temporary tables, LISTEN. Functions are not looked into.
    private static readonly string[] TraceWords = ["set", "reset", "listen", "load", "declare", "create", "do", "call"];
    private static readonly string[] TraceCalls = ["set_config", "advisory_lock", "dblink_connect"];

    /// <summary>True when a session may not be the same after a statement as before it.</summary>
    internal static bool LeavesTraces(string statement) => TraceWords.Contains(FirstWord(statement))
        || TraceCalls.Any(call => statement.Contains(call, StringComparison.OrdinalIgnoreCase));

    private static int Bind(string sql, int position, StringBuilder text, List<string> names)
    {
        var end = sql.IndexOf('}', position);
        var name = end < 0 ? sql[(position + 2)..] : sql[(position + 2)..end];
        if (end < 0 || !Placeholders.IsKnown(name))
        {
            throw new FormatException($"${{{name}{(end < 0 ? "" : "}")} is not a built-in; known are {Placeholders.KnownText()}");
        }
        if (!names.Contains(name)) { names.Add(name); }
        text.Append('$').Append(names.IndexOf(name) + 1);
        return end + 1;
    }

    private static void Close(List<SqlStatement> statements, StringBuilder text, List<string> names)
    {
        var statement = text.ToString().Trim();
        var word = FirstWord(statement);
        if (Refused.Contains(word))
        {
            throw new FormatException(word is "deallocate" or "discard"
                ? $"'{word}' is not allowed: the session is the node's, and other runs use it after this one"
                : $"'{word}' is not allowed: the statements, the fence and the verdict are one transaction, which the node begins and ends");
        }
        if (word.Length > 0) { statements.Add(new(statement, [.. names])); }
        text.Clear();
        names.Clear();
    }

    // The first word that is no comment, lower case; empty for a statement of comments and space alone.
    private static string FirstWord(string statement)
    {
        var position = 0;
        while (position < statement.Length)
        {
            var comment = statement[position] is '-' or '/' ? Skippable(statement, position) : 0;
            if (comment > 0) { position += comment; }
            else if (char.IsWhiteSpace(statement[position])) { position++; }
            else { break; }
        }
        var word = new string([.. statement.Skip(position).TakeWhile(c => char.IsLetter(c) || c == '_')]);
        return word.Length == 0 && position < statement.Length ? statement[position].ToString() : word.ToLowerInvariant();
    }

    private static string? Misplaced(string quoted) =>
        Placeholders.BuiltIns.FirstOrDefault(b => quoted.Contains($"${{{b}}}", StringComparison.Ordinal))
        ?? Prefixes.Where(p => quoted.Contains("${" + p, StringComparison.Ordinal)).Select(p => p + "…").FirstOrDefault();

    // Length of the quoted text or comment that begins here; 0 when none does.
    private static int Skippable(string sql, int at)
    {
        var next = at + 1 < sql.Length ? sql[at + 1] : '\0';
        return sql[at] switch
        {
            '\'' => Quoted(sql, at, '\'', at > 0 && sql[at - 1] is 'e' or 'E' && (at < 2 || !IsNamePart(sql[at - 2]))),
            '"' => Quoted(sql, at, '"', false),
            '-' when next == '-' => EndOfLine(sql, at),
            '/' when next == '*' => Comment(sql, at),
            '$' when next != '{' && (at == 0 || !IsNamePart(sql[at - 1])) => DollarQuoted(sql, at),
            _ => 0,
        };
    }

    private static int Quoted(string sql, int at, char quote, bool backslashes)
    {
        for (var i = at + 1; i < sql.Length; i++)
        {
            if (backslashes && sql[i] == '\\') { i++; }
            else if (sql[i] == quote && i + 1 < sql.Length && sql[i + 1] == quote) { i++; }
            else if (sql[i] == quote) { return i + 1 - at; }
        }
        throw new FormatException($"a {quote} is opened and never closed");
    }

    private static int EndOfLine(string sql, int at)
    {
        var end = sql.IndexOf('\n', at);
        return (end < 0 ? sql.Length : end + 1) - at;
    }

    private static int Comment(string sql, int at)
    {
        var depth = 0;
        for (var i = at; i + 1 < sql.Length; i++)
        {
            if (sql[i] == '/' && sql[i + 1] == '*') { depth++; i++; }
            else if (sql[i] == '*' && sql[i + 1] == '/')
            {
                i++;
                if (--depth == 0) { return i + 1 - at; }
            }
        }
        throw new FormatException("a /* is opened and never closed");
    }

    private static int DollarQuoted(string sql, int at)
    {
        var end = at + 1;
        while (end < sql.Length && IsNamePart(sql[end]) && !(end == at + 1 && char.IsDigit(sql[end]))) { end++; }
        if (end >= sql.Length || sql[end] != '$') { return 0; }
        var tag = sql[at..(end + 1)];
        var close = sql.IndexOf(tag, end + 1, StringComparison.Ordinal);
        return close < 0 ? throw new FormatException($"a {tag} is opened and never closed") : close + tag.Length - at;
    }

    private static bool IsNamePart(char c) => char.IsLetterOrDigit(c) || c == '_';
}
