using System.Text;
using NUnit.Framework;
using Scheduler.Database;

namespace Scheduler.Tests.Database;

public sealed class RedactorTests
{
    private const string Secret = "c4n&ry \"Täschen\"/=+";

    private static readonly TestCaseData[] Hidings =
    [
        new TestCaseData((Func<string, string>)(s => s)).SetArgDisplayNames("plain"),
        new TestCaseData((Func<string, string>)(s => Convert.ToBase64String(Encoding.UTF8.GetBytes(s)))).SetArgDisplayNames("base64"),
        new TestCaseData((Func<string, string>)(s => Convert.ToBase64String(Encoding.UTF8.GetBytes("u:" + s + "\n")))).SetArgDisplayNames("at 2"),
        new TestCaseData((Func<string, string>)(s => Convert.ToBase64String(Encoding.UTF8.GetBytes("user:12" + s + "x")))).SetArgDisplayNames("at 7"),
        new TestCaseData((Func<string, string>)(s => Convert.ToBase64String(Encoding.UTF8.GetBytes("a" + s)).Replace('+', '-').Replace('/', '_')))
            .SetArgDisplayNames("base64url"),
        new TestCaseData((Func<string, string>)Uri.EscapeDataString).SetArgDisplayNames("url"),
        new TestCaseData((Func<string, string>)(s => Uri.EscapeDataString(s).Replace("%20", "+", StringComparison.Ordinal)))
            .SetArgDisplayNames("form"),
        new TestCaseData((Func<string, string>)(s => System.Text.Json.JsonSerializer.Serialize(new { s }))).SetArgDisplayNames("json"),
        new TestCaseData((Func<string, string>)(s => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(s)))).SetArgDisplayNames("hex"),
    ];

    [TestCaseSource(nameof(Hidings))]
    public void A_secret_is_found_however_it_is_written(Func<string, string> hide)
    {
        var redactor = new Redactor();
        redactor.Add("TOKEN", Secret);
        var hidden = hide(Secret);
        var clean = redactor.Clean($"before {hidden} after");
        Assert.That(clean, Does.Contain("[secret TOKEN]").And.StartsWith("before ").And.EndsWith(" after"));
        // At most the characters at the ends of an encoded one may stay: they carry a few of its bits.
        Assert.That(clean, Does.Not.Contain(hidden[4..^4]));
    }

    [Test]
    public void Each_line_of_a_secret_of_several_lines_is_found_alone()
    {
        var redactor = new Redactor();
        redactor.Add("KEY", "-----BEGIN-----\nabcdefgh\nijklmnop\n");
        Assert.That(redactor.Clean("it is abcdefgh, then ijklmnop"), Is.EqualTo("it is [secret KEY], then [secret KEY]"));
    }

    [Test]
    public void A_text_without_secrets_stays_as_it_is()
    {
        var redactor = new Redactor();
        redactor.Add("SHORT", "abc");
        redactor.Add("TOKEN", Secret);
        Assert.That(redactor.Clean("abc and nothing else"), Is.EqualTo("abc and nothing else"));
    }

    [TestCase("plain\ttext", ExpectedResult = "plain\ttext")]
    [TestCase("\u001b[1;31mred\u001b[0m", ExpectedResult = "red")]
    [TestCase("\u001b]0;title\u0007after", ExpectedResult = "after")]
    [TestCase("\u001b]8;;http://x\u001b\\link", ExpectedResult = "link")]
    [TestCase("a\0b\u0008c", ExpectedResult = "a\ufffdb\ufffdc")]
    [TestCase("\u009b2Jgone", ExpectedResult = "gone")]
    [TestCase("whole \ud83d\ude00", ExpectedResult = "whole \ud83d\ude00")]
    [TestCase("cut \u001b", ExpectedResult = "cut ")]
    [TestCase("cut \u001b[12", ExpectedResult = "cut ")]
    public string Text_of_programs_is_made_fit_to_store(string text) => PlainText.Clean(text);

    [Test]
    public void Json_is_cleaned_in_its_texts_and_names_however_deep_it_is_escaped()
    {
        const string canary = "cAnaRy/7f3+e&91 \"\u00e4";
        var redactor = new Redactor();
        redactor.Add("C", canary);
        var inner = System.Text.Json.JsonSerializer.Serialize(new { c = canary });
        var json = System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, object?>
        {
            ["body"] = inner,
            [canary] = 1,
            ["list"] = new object?[] { true, null, 1.50m, canary },
        });
        Assert.That(redactor.CleanJson(json),
            Is.EqualTo("""{"body":"{\"c\":\"[secret C]\"}","[secret C]":1,"list":[true,null,1.50,"[secret C]"]}"""));
        Assert.That(new Redactor().CleanJson(json), Is.EqualTo(json));
    }

    // Not a case of the test above: an attribute's text cannot hold half a character.
    [Test]
    public void Half_a_character_is_replaced() => Assert.That(PlainText.Clean("half \ud83d end \udd25"), Is.EqualTo("half \ufffd end \ufffd"));
}
