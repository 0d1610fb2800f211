using System.Text;
using System.Text.Json;
using CsCheck;
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
        new TestCaseData((Func<string, string>)(s => JsonSerializer.Serialize(new { s }))).SetArgDisplayNames("json"),
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
        var inner = JsonSerializer.Serialize(new { c = canary });
        var json = JsonSerializer.Serialize(new Dictionary<string, object?>
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

    // No letters of the marks "[secret TOKEN]", so that what is left of a secret can be told from them.
    private static readonly Gen<string> Secrets = Gen.OneOf([.. "AbBdDgG0123456789 !\"#$%&'()*+,-./:;<=>?@\\^_`{|}~äß日🐘".EnumerateRunes()
        .Select(r => r.ToString())]).Array[8, 40].Select(string.Concat).Where(s => s.Trim() == s);
    private static readonly Gen<byte[]> Neighbours = Gen.Byte.Array[0, 5];

    [Test]
    public void No_secret_passes_in_any_of_the_texts_it_may_be_written_as() => Secrets.Sample(secret =>
    {
        var redactor = new Redactor();
        redactor.Add("TOKEN", secret);
        string[] written =
        [
            secret, Uri.EscapeDataString(secret), System.Net.WebUtility.UrlEncode(secret), EncodeUriComponent(secret),
            Uri.EscapeDataString(secret).Replace("~", "%7E", StringComparison.Ordinal), System.Net.WebUtility.HtmlEncode(secret),
            JsonSerializer.Serialize(secret)[1..^1], Convert.ToHexString(Encoding.UTF8.GetBytes(secret)),
            Convert.ToHexStringLower(Encoding.UTF8.GetBytes(secret)),
        ];
        return written.All(w => redactor.Clean($"Z{w}\nZ") == "Z[secret TOKEN]\nZ");
    }, iter: 2000);

    // RFC 4648: a character of base64 holds six bits, so those from the first whole one to the last whole one are the secret's alone.
    [Test]
    public void No_secret_passes_in_base64_whatever_stands_beside_it() => Gen.Select(Secrets, Neighbours, Neighbours).Sample(
        (secret, before, after) =>
    {
        var redactor = new Redactor();
        redactor.Add("TOKEN", secret);
        var bytes = Encoding.UTF8.GetBytes(secret);
        var text = Convert.ToBase64String([.. before, .. bytes, .. after]);
        var (first, end) = (((before.Length * 8) + 5) / 6, (before.Length + bytes.Length) * 8 / 6);
        var url = text.Replace('+', '-').Replace('/', '_');
        return redactor.Clean(text) == text[..first] + "[secret TOKEN]" + text[end..]
            && redactor.Clean(url) == url[..first] + "[secret TOKEN]" + url[end..];
    }, iter: 5000);

    [Test]
    public void No_secret_passes_in_JSON_within_JSON() => Gen.Select(Secrets, Gen.Int[0, 1]).Sample((secret, depth) =>
    {
        var redactor = new Redactor();
        redactor.Add("TOKEN", secret);
        var json = JsonSerializer.Serialize(secret);
        for (var i = 0; i < depth; i++) { json = JsonSerializer.Serialize(new[] { json }); }
        var clean = redactor.CleanJson(json);
        for (var i = 0; i < depth; i++) { clean = JsonSerializer.Deserialize<string[]>(clean)![0]; }
        return JsonSerializer.Deserialize<string>(clean) == "[secret TOKEN]";
    }, iter: 2000);

    // As browsers do (ECMA-262, 19.2.6.4): these stay as they are.
    private static string EncodeUriComponent(string text) => "!'()*".Aggregate(Uri.EscapeDataString(text), (url, c) =>
        url.Replace(Uri.HexEscape(c), c.ToString(), StringComparison.Ordinal));
}
