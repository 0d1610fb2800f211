using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Notifications;
using Scheduler.Server.Dev;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Notifications;

/// <summary>Mail to a real server: each way to it, each way to log in, and what is told when it refuses. STARTTLS with a certificate the machine
/// trusts is what the cluster's tests use.</summary>
public sealed class MailTests
{
    private const string Payload = """
        {"channel": "ops", "at": "2026-11-21T04:00:00Z", "total": 1, "open": 1, "happened": 1, "alerts": [{"key": "job:backup:failing",
         "event": "failure", "status": "open", "severity": "warning", "job": "backup", "happened": 1, "at": "2026-11-21T04:00:00Z"}]}
        """;

    [Test]
    public async Task A_mail_goes_over_implicit_TLS_with_a_token_that_is_read_anew_for_each()
    {
        await using var server = await MailReceiver.Start(MailTls.Implicit);
        const string Secret = "SCHEDULER_TESTS_MAIL_ACCESS";
        var mail = new MailOptions { Tls = MailTls.Implicit, User = "scheduler@example.com", OAuth2Secret = Secret };
        foreach (var access in (string[])["good-1", "good-2"])
        {
            Environment.SetEnvironmentVariable(Secret, access);
            await Send(server, mail);
        }
        await Until.Holds("both mails arrived", () => Task.FromResult(server.Mails.Count == 2));
        Assert.That(server.Mails.Select(m => (m.Tls, m.User)), Is.EqualTo(
            new[] { (true, "scheduler@example.com good-1"), (true, "scheduler@example.com good-2") }));
        Assert.That(server.Mails.First().Data, Does.Contain("Message-Id: <n-1@example.com>").And.Contain("Date: Sat, 21 Nov 2026 04:00:00 +0000")
            .And.Contain("multipart/alternative").And.Contain("X-Scheduler-Notification: n-1").And.Contain("Auto-Submitted: auto-generated"));

        Environment.SetEnvironmentVariable(Secret, "old-3");
        Assert.That(await Problem(server, mail), Is.EqualTo(
            ($"mail server 127.0.0.1:{server.Port}, login: answered 535 5.7.8 the token [secret {Secret}] is not accepted", false)));
        Environment.SetEnvironmentVariable(Secret, null);
        Assert.That(await Assert.ThrowsAsync<OperatorException>(() => Send(server, mail)),
            Has.Message.StartsWith($"mail.oauth2_token: secret '{Secret}' is missing"));
    }

    [Test]
    public async Task A_certificate_the_machine_does_not_trust_is_refused_before_anything_is_said(
        [Values(MailTls.Implicit, MailTls.StartTls)] MailTls tls)
    {
        await using var server = await MailReceiver.Start(tls);
        var (problem, permanent) = await Problem(server, Login with { Tls = tls }, trusted: false);
        Assert.That(problem, Does.StartWith($"mail server 127.0.0.1:{server.Port}, TLS: ").And.Contain("certificate"));
        Assert.That(permanent, Is.False);
        Assert.That(server.Mails, Is.Empty);
    }

    [TestCase("scheduler@example.com", "ops@example.com", "[554]", "mail: answered 554 refused for a test", true)]
    [TestCase("scheduler@example.com", "ops@example.com", "[451]", "mail: answered 451 refused for a test", false)]
    [TestCase("553@example.com", "ops@example.com", "[x]", "sender: 553@example.com: answered 553 refused for a test", false)]
    [TestCase("scheduler@example.com", "550@example.com", "[x]", "recipients: 550@example.com: answered 550 refused for a test", true)]
    [TestCase("scheduler@example.com", "450@example.com", "[x]", "recipients: 450@example.com: answered 450 refused for a test", false)]
    [TestCase("scheduler@example.com", "550@example.com 451@example.com", "[x]",
        "recipients: 550@example.com: answered 550 refused for a test; 451@example.com: answered 451 refused for a test", false)]
    [TestCase("scheduler@example.com", "ops@example.com 550@example.com", "[x]",
        "recipients: 550@example.com: answered 550 refused for a test; the other addresses have it", true)]
    public async Task A_refusal_names_the_server_the_stage_and_the_answer(string from, string to, string subject, string told, bool permanent)
    {
        await using var server = await MailReceiver.Start(MailTls.None);
        var problem = await Problem(server, Login with { From = from }, to, subject);
        Assert.That(problem, Is.EqualTo(($"mail server 127.0.0.1:{server.Port}, {told}", permanent)));
        var others = told.EndsWith("have it", StringComparison.Ordinal) ? 1 : 0;
        await Until.Holds("the others have it", () => Task.FromResult(server.Mails.Count == others));
    }

    [Test]
    public async Task A_way_that_is_not_there_and_a_login_that_is_wrong_are_told_as_such()
    {
        await using var server = await MailReceiver.Start(MailTls.None);
        var place = $"mail server 127.0.0.1:{server.Port}, ";
        Assert.That((await Problem(server, Login with { Tls = MailTls.StartTls })).Problem,
            Is.EqualTo(place + "TLS: The SMTP server does not support the STARTTLS extension."));
        Assert.That((await Problem(server, Login with { Tls = MailTls.Implicit })).Problem, Does.StartWith(place + "TLS: "));
        Assert.That(await Problem(server, Login with { Password = "wr0ng-mail" }),
            Is.EqualTo((place + "login: answered 535 5.7.8 Authentication credentials invalid", false)));
        var port = Ports.Free();
        var sender = new MailSender(Node(Login with { Server = "127.0.0.1", Port = port }));
        Assert.That(await Assert.ThrowsAsync<MailException>(() => sender.Send(Delivery(), Settings(), new(), default)),
            Has.Message.EqualTo($"mail server 127.0.0.1:{port}, connect: Connection refused"));
    }

    [Test]
    public void An_address_that_is_none_is_named() => Assert.That(() => MailSender.Mail(Delivery(), Settings("ops"), "scheduler@example.com"),
        Throws.TypeOf<OperatorException>().With.Message.EqualTo("channel ops: 'to' is 'ops'; expected a mail address, e.g. ops@example.com"));

    private static MailOptions Login => new() { From = "scheduler@example.com", Tls = MailTls.None, User = "scheduler", Password = "s3cret-mail" };

    private static Task Send(MailReceiver server, MailOptions mail) => Sender(server, mail).Send(Delivery(), Settings(), new(), default);

    // As it stands in the log of deliveries: without the secrets that were sent.
    private static async Task<(string Problem, bool Permanent)> Problem(
        MailReceiver server, MailOptions mail, string to = "ops@example.com", string subject = "[x]", bool trusted = true)
    {
        var redactor = new Redactor();
        var refused = await Assert.ThrowsAsync<MailException>(() =>
            Sender(server, mail, trusted).Send(Delivery(), Settings(to, subject), redactor, default));
        return (redactor.Clean(refused!.Message), refused.Permanent);
    }

    // Trust in this one certificate, for this host; nothing else about it may be wrong.
    private static MailSender Sender(MailReceiver server, MailOptions mail, bool trusted = true)
    {
        var known = X509CertificateLoader.LoadCertificateFromFile(server.Certificate).Thumbprint;
        return new(Node(mail with { Server = "127.0.0.1", Port = server.Port, From = mail.From ?? "scheduler@example.com" }))
        {
            Trust = !trusted ? null : (_, certificate, _, errors) =>
                errors == SslPolicyErrors.RemoteCertificateChainErrors && certificate!.GetCertHashString() == known,
        };
    }

    private static NodeOptions Node(MailOptions mail) => new() { Name = "n1", ConnectionString = "", Mail = mail };

    private static Delivery Delivery() => new(1, 1, "n-1", "alerts", Payload, "ops", "email", "{}");

    private static JsonElement Settings(string to = "ops@example.com", string subject = "[x]") =>
        JsonSerializer.SerializeToElement(new { to = to.Split(' '), subject_prefix = subject });
}
