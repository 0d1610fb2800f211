using System.Text;
using NUnit.Framework;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Kinds.Commands;
using Scheduler.Kinds.Http;
using Scheduler.Runs;

namespace Scheduler.Tests.Kinds;

/// <summary>What kinds say to settings that cannot work, and what they make of the bytes of programs.</summary>
public sealed class KindTextTests
{
    [TestCase("""{"argv": ["rm", "-rf"]}""", "'argv[0]' is 'rm'; expected the absolute path")]
    [TestCase("""{"argv": ["/bin/echo", "${secret:TOKEN}"]}""", "a secret cannot stand there")]
    [TestCase("""{"argv": ["/bin/echo", "${run.kye}"]}""", "did you mean 'run.key'?")]
    [TestCase("""{"argv": ["/bin/${job.name}"]}""", "'argv[0]' has a placeholder")]
    [TestCase("""{"argv": ["/bin/echo"], "env": {"LD_PRELOAD": "/tmp/x.so"}}""", "'env.LD_PRELOAD' is not allowed")]
    [TestCase("""{"argv": ["/bin/echo"], "env": {"SCHEDULER_RUN_KEY": "x"}}""", "'env.SCHEDULER_RUN_KEY' is not allowed")]
    [TestCase("""{"argv": ["/bin/echo"], "env": {"A B": "x"}}""", "'env.A B' is no name")]
    [TestCase("""{"argv": ["/bin/echo"], "umask": "9"}""", "octal")]
    [TestCase("""{"argv": ["/bin/echo"], "kill_after": "1m"}""", "'kill_after' is 1m; expected 0s to 4s")]
    [TestCase("""{"argv": ["/bin/echo"], "cwd": "tmp"}""", "'cwd' is 'tmp'")]
    public void Of_commands(string json, string expected) => Refused(CommandJob.Kind, json, expected);

    [TestCase("""{"url": "ftp://example.com"}""", "'url' is 'ftp://example.com'")]
    [TestCase("""{"url": "file:///etc/passwd"}""", "'url' is")]
    [TestCase("""{"url": "gopher://127.0.0.1/"}""", "'url' is")]
    [TestCase("""{"url": "https://user:pass@example.com"}""", "without user and password")]
    [TestCase("""{"url": "/path"}""", "'url' is '/path'")]
    [TestCase("""{"url": "https://x", "method": "TRACE"}""", "expected GET")]
    [TestCase("""{"url": "https://x", "headers": {"Idempotency-Key": "x"}}""", "is not yours to set")]
    [TestCase("""{"url": "https://x", "headers": {"A\nB": "x"}}""", "no name of a header")]
    [TestCase("""{"url": "https://x", "expect": [99]}""", "'expect' is 99")]
    [TestCase("""{"url": "https://x", "body": "${nope}"}""", "'body' names ${nope}")]
    public void Of_requests(string json, string expected) => Refused(HttpJob.Kind, json, expected);

    [TestCase("""{"url": "${secret:HOOK}"}""")]
    [TestCase("""{"url": "https://example.com/${run.key}?t=${secret:T}", "method": "POST", "body": "{\"k\": \"${run.key}\"}"}""")]
    public void Requests_that_can_be_sent_are_accepted(string json) => Assert.That(KindSettings.Read(HttpJob.Kind, json), Is.Not.Null);

    [Test]
    public void Of_probes() => Refused(HttpProbeJob.Kind, """{"targets": [{"url": "https://a"}, {"url": "b"}]}""", "'targets[1].url' is 'b'");

    [TestCase("one\ntwo", ExpectedResult = "one|two")]
    [TestCase("one\r\ntwo\r\n", ExpectedResult = "one|two")]
    [TestCase("10%\r20%\r30%\n", ExpectedResult = "10%|20%|30%")]
    [TestCase("a\n\nb\n", ExpectedResult = "a||b")]
    [TestCase("ä€😀\n", ExpectedResult = "ä€😀")]
    public string Bytes_become_lines_however_they_are_cut(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var answers = Enumerable.Range(1, bytes.Length).Select(size => Lines(bytes, size)).Distinct().ToList();
        Assert.That(answers, Has.Count.EqualTo(1));
        return answers[0];
    }

    private static string Lines(byte[] bytes, int size)
    {
        var run = new RunRow("a@2026-11-21T00:00:00Z", "a", default, Token: 1, Attempts: 1, Version: 1, Owner: 1);
        var output = new RunOutput(run, 1, null, new Redactor(), TimeProvider.System);
        var lines = new LineSplitter(output, OutputSource.Out);
        foreach (var piece in bytes.Chunk(size)) { lines.Add(piece); }
        lines.End();
        return string.Join('|', output.Take().Chunks[0].Lines.Split('\n').Select(l => l[(l.IndexOf(' ', StringComparison.Ordinal) + 1)..]));
    }

    private static void Refused(Kind kind, string json, string expected) =>
        Assert.That(() => KindSettings.Read(kind, json), Throws.TypeOf<OperatorException>().With.Message.Contains(expected));
}
