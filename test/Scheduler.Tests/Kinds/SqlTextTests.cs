using System.Text.Json;
using CsCheck;
using NUnit.Framework;
using Scheduler.Kinds.Sql;

namespace Scheduler.Tests.Kinds;

/// <summary>Where the text of a <c>sql</c> job is split: at semicolons, but at none that PostgreSQL's lexical rules (chapter 4.1) make part of
/// something.</summary>
public sealed class SqlTextTests
{
    // Each with what it becomes; a semicolon in any of them ends nothing.
    private static readonly Gen<string> Pieces = Gen.OneOf("a", "1.5", "(b + c)", "'x;y'", "'it''s;'", "''", "E'a\\';b'", "e'\\\\'", "U&'d\\0061;'",
        "\"q;i\"", "\"q\"\"i;\"", "$$ ; ' $$", "$t$ ;$$; $t$", "$Über_1$ ; $Über_1$", "-- c; ' $$\n", "/* ; ' */", "/* /* ; */ ; */", "a$b",
        "x::text", "-", "/", "*", "'$'", "'a\\'", "name_e'x;'", "${run.key}", "${run.due_at}", "${params.day}");
    private static readonly Gen<string> Statements = Pieces.Array[0, 8].Select(pieces => "select " + string.Join(' ', pieces));

    [Test]
    public void Statements_put_together_come_apart_again() => Statements.Array[1, 5].Sample(statements =>
    {
        var parsed = SqlText.Parse(string.Join(" ;\n", statements));
        return parsed.Select(s => s.Text).SequenceEqual(statements.Select(s => Bound(s).Text.Trim()))
            && parsed.Zip(statements).All(p => p.First.Parameters.SequenceEqual(Bound(p.Second).Names));
    }, iter: 5000, print: statements => JsonSerializer.Serialize(statements));

    [Test]
    public void Whatever_the_text_it_is_split_or_refused_with_a_reason() => Gen.OneOf("a", " ", ";", "'", "\"", "$", "$$", "$t$", "{", "}", "${",
        "-", "--", "/*", "*/", "\n", "\\", "E'", "${run.key}", "(", ")", "ü", "\0").Array[0, 12].Select(string.Concat).Sample(text =>
    {
        try { return SqlText.Parse(text).All(s => s.Text.Length > 0 && s.Text == s.Text.Trim()); }
        catch (FormatException e) { return e.Message.Length > 0; }
    }, iter: 20_000, print: text => JsonSerializer.Serialize(text));

    [TestCase("select 1; -- done", "select 1")]
    [TestCase(";;select 1;;", "select 1")]
    [TestCase("select 'a;b'; select 2", "select 'a;b'|select 2")]
    [TestCase("select $q$;$q$", "select $q$;$q$")]
    public void Of_a_text_each_statement_is_one(string text, string statements) =>
        Assert.That(string.Join('|', SqlText.Parse(text).Select(s => s.Text)), Is.EqualTo(statements));

    [TestCase("select 'a", "a ' is opened and never closed")]
    [TestCase("select $t$ a $$", "a $t$ is opened and never closed")]
    [TestCase("/* /* */ select 1", "a /* is opened and never closed")]
    [TestCase(" -- nothing\n;", "holds no statement")]
    [TestCase("select '${run.key}'", "stands inside quotes")]
    [TestCase("select ${run.kye}", "is not a built-in")]
    public void What_cannot_be_split_is_refused(string text, string expected) =>
        Assert.That(() => SqlText.Parse(text), Throws.TypeOf<FormatException>().With.Message.Contains(expected));

    // The numbers of a statement's values: each name once, in the order of their first mention.
    private static (string Text, IReadOnlyList<string> Names) Bound(string statement)
    {
        string[] all = ["run.key", "run.due_at", "params.day"];
        var names = all.Where(n => statement.Contains($"${{{n}}}", StringComparison.Ordinal))
            .OrderBy(n => statement.IndexOf($"${{{n}}}", StringComparison.Ordinal)).ToList();
        foreach (var (index, name) in names.Index())
        {
            statement = statement.Replace($"${{{name}}}", $"${index + 1}", StringComparison.Ordinal);
        }
        return (statement, names);
    }
}
