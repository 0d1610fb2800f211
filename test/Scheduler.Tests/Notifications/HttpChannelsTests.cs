using System.Text.Json;
using NUnit.Framework;
using Scheduler.Notifications;

namespace Scheduler.Tests.Notifications;

/// <summary>What channels over HTTP are sent, kind by kind.</summary>
[TestFixture]
public sealed class HttpChannelsTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1614265330);

    // The example of the Standard Webhooks specification, which the libraries of receivers are tested with.
    [Test]
    public void A_webhook_is_signed_as_the_specification_says() => Assert.That(
        HttpChannels.Signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, """{"test": 2432232314}"""),
        Is.EqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));

    [Test]
    public void A_webhook_says_who_it_is_in_every_try()
    {
        var request = Only("webhook", """{"url": "https://x.example/hook", "secret": "s3cret", "headers": {"X-Team": "ops"}}""", Failure);
        Assert.That(request.OwnHeaders["webhook-id"], Is.EqualTo("n-1"));
        Assert.That(request.OwnHeaders["webhook-signature"], Is.EqualTo(HttpChannels.Signature("s3cret", "n-1", 1614265330, request.Body!)));
        Assert.That(request.Headers["X-Team"], Is.EqualTo("ops"));
        var body = JsonDocument.Parse(request.Body!).RootElement;
        Assert.That(body.GetProperty("summary").GetString(), Is.EqualTo("job backup failed 3 times"));
        Assert.That(body.GetProperty("data").GetProperty("alerts")[0].GetProperty("key").GetString(), Is.EqualTo("job:backup:failing"));
    }

    [Test]
    public void Slack_gets_text_for_where_blocks_are_not_shown_and_no_markup_of_others()
    {
        var body = JsonDocument.Parse(Only("slack", """{"url": "https://x.example/hook"}""", Failure).Body!).RootElement;
        Assert.That(body.GetProperty("text").GetString(), Is.EqualTo("job backup failed 3 times"));
        var section = body.GetProperty("blocks")[0].GetProperty("text").GetProperty("text").GetString();
        Assert.That(section, Does.Contain("a &lt;b&gt; &amp; c").And.Not.Contain("<b>"));
    }

    [Test]
    public void PagerDuty_opens_and_closes_by_one_key()
    {
        const string Settings = """{"routing_key": "R"}""";
        var opened = JsonDocument.Parse(Only("pagerduty", Settings, Failure).Body!).RootElement;
        var closed = JsonDocument.Parse(Only("pagerduty", Settings, Failure.Replace("\"open\",", "\"resolved\",", StringComparison.Ordinal)).Body!)
            .RootElement;
        Assert.That(opened.GetProperty("event_action").GetString(), Is.EqualTo("trigger"));
        Assert.That(closed.GetProperty("event_action").GetString(), Is.EqualTo("resolve"));
        Assert.That(opened.GetProperty("dedup_key").GetString(), Is.EqualTo("scheduler:job:backup:failing"));
        Assert.That(closed.GetProperty("dedup_key").GetString(), Is.EqualTo("scheduler:job:backup:failing"));
        Assert.That(opened.GetProperty("payload").GetProperty("severity").GetString(), Is.EqualTo("error"));
    }

    [TestCase("start", "happened", "https://hc.example/KEY/etl-daily/start?create=1")]
    [TestCase("failure", "open", "https://hc.example/KEY/etl-daily/fail?create=1")]
    [TestCase("missed", "happened", "https://hc.example/KEY/etl-daily/fail?create=1")]
    [TestCase("skip", "happened", "https://hc.example/KEY/etl-daily/log?create=1")]
    [TestCase("success", "happened", "https://hc.example/KEY/etl-daily?create=1")]
    [TestCase("recovery", "resolved", "https://hc.example/KEY/etl-daily?create=1")]
    public void A_ping_has_the_shape_of_healthchecks(string what, string status, string url)
    {
        var payload = $$"""{"total": 1, "alerts": [{"key": "k", "event": "{{what}}", "status": "{{status}}", "job": "etl/daily"}]}""";
        Assert.That(Only("ping", """{"url": "https://hc.example/KEY/{job}?create=1"}""", payload).Address.AbsoluteUri, Is.EqualTo(url));
    }

    [Test]
    public void A_mail_is_one_line_of_subject_and_threads_by_what_it_is_about()
    {
        using var mail = MailSender.Mail(Delivery("email", "{}", Failure.Replace("backup", "back\\r\\nBcc: x@y.z", StringComparison.Ordinal)),
            JsonDocument.Parse("""{"to": ["ops@x.example"]}""").RootElement, "scheduler@x.example");
        Assert.That(mail.Subject, Is.EqualTo("[scheduler] job back Bcc: x@y.z failed 3 times"));
        Assert.That(mail.Headers["Message-Id"], Is.EqualTo("<n-1@x.example>"));
        Assert.That(mail.References, Has.Count.EqualTo(1));
        Assert.That(mail.To.Mailboxes.Select(t => t.Address), Is.EqualTo(["ops@x.example"]));
        Assert.That(mail.Date, Is.EqualTo(new DateTimeOffset(2026, 11, 21, 4, 0, 0, TimeSpan.Zero)), "the same in every try");
    }

    [Test]
    public void Many_things_are_a_headline_of_numbers()
    {
        const string Payload = """
            {"total": 40, "open": 30, "resolved": 8, "alerts": [{"event": "failure", "status": "open", "job": "a", "happened": 1},
             {"event": "incident", "status": "resolved", "title": "node n1 is down"}]}
            """;
        var delivery = Delivery("slack", "{}", Payload);
        Assert.That(MessageText.Headline(delivery), Is.EqualTo("30 open, 8 resolved, 2 others: job a failed, over: node n1 is down, …"));
        Assert.That(MessageText.Body(delivery), Does.Contain("and 38 more"));
    }

    private const string Failure = """
        {"channel": "c", "at": "2026-11-21T04:00:00Z", "total": 1, "open": 1, "happened": 3, "alerts": [{"key": "job:backup:failing",
         "event": "failure", "status": "open", "severity": "warning", "job": "backup", "happened": 3, "detail": "a <b> & c",
         "run_key": "backup@2026-11-21T04:00:00Z", "verdict": "failed"}]}
        """;

    private static Scheduler.Kinds.Http.HttpRequest Only(string kind, string settings, string payload) =>
        HttpChannels.Requests(Delivery(kind, settings, payload), JsonDocument.Parse(settings).RootElement, Now).Single();

    private static Delivery Delivery(string kind, string settings, string payload) => new(1, 1, "n-1", "alerts", payload, "c", kind, settings);
}
