using NUnit.Framework;

namespace Scheduler.Tests;

public sealed class CodeShapeTests
{
    [Test]
    public void Measures_functions_whatever_stands_between_quotes()
    {
        var code = """"
            public sealed class A
            {
                private const string Text = "(";
                public int One() => 1;

                public void Two(char c)
                {
                    if (c is '{' or '"') { Say($"{c}) // ( "); }   // (
                    Say("""
                        {{{
                        """);
                }

                private static string Three(
                    string a) =>
                    a;
            }
            """";
        Assert.That(CodeShape.Functions(code.Split('\n')).Select(f => (f.Line, f.LineCount)), Is.EqualTo(new[] { (4, 1), (6, 7), (14, 3) }));
    }
}
