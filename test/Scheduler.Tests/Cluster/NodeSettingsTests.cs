using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.Database;

namespace Scheduler.Tests.Cluster;

/// <summary>The way to a mail server as it is written in a node's settings.</summary>
public sealed class NodeSettingsTests
{
    // RFC 8314: 465 is TLS from the first byte on; RFC 6409: 587 is STARTTLS.
    [TestCase("mail.example", null, 587, MailTls.StartTls)]
    [TestCase("mail.example", "true", 587, MailTls.StartTls)]
    [TestCase("mail.example", "starttls", 587, MailTls.StartTls)]
    [TestCase("mail.example", "implicit", 465, MailTls.Implicit)]
    [TestCase("mail.example", "false", 587, MailTls.None)]
    [TestCase("mail.example:465", null, 465, MailTls.Implicit)]
    [TestCase("mail.example:465", "true", 465, MailTls.Implicit)]
    [TestCase("mail.example:465", "starttls", 465, MailTls.StartTls)]
    [TestCase("mail.example:2465", "implicit", 2465, MailTls.Implicit)]
    [TestCase("127.0.0.1:25", "false", 25, MailTls.None)]
    public void Port_and_protection_of_a_mail_server_follow_from_each_other(string server, string? tls, int port, MailTls expected)
    {
        var mail = Read(("mail.server", server), ("mail.tls", tls), ("mail.from", "Scheduler <scheduler@example.com>"));
        Assert.That((mail.Server, mail.Port, mail.Tls), Is.EqualTo((server.Split(':')[0], port, expected)));
    }

    [TestCase("mail.tls", "ssl", "mail.tls is 'ssl'; expected true, starttls, implicit or false")]
    [TestCase("mail.server", "mail.example:70000", "mail.server is 'mail.example:70000'; expected a host, with a port or without")]
    [TestCase("mail.from", "scheduler", "mail.from is 'scheduler'; expected a mail address")]
    [TestCase("mail.from", "a@b.example, c@d.example", "expected a mail address")]
    [TestCase("mail.user", "u", "mail.user has neither mail.password nor mail.oauth2_token; expected one of them")]
    [TestCase("mail.password", "p", "mail.password has no mail.user; expected both")]
    [TestCase("mail.oauth2_token", "ya29.raw", "mail.oauth2_token is no reference; expected ${secret:NAME}, which is read anew for every mail")]
    [TestCase("mail.oauth2_token", "${secret:NO_SUCH_TOKEN}", "secret 'NO_SUCH_TOKEN' is missing")]
    public void A_setting_of_mail_that_cannot_be_used_says_what_was_expected(string key, string value, string expected)
    {
        var refused = Assert.Throws<OperatorException>(() => Read((key, value)))!.Message;
        Assert.That(refused, Does.Contain(expected).And.Not.Contain("ya29"));
    }

    [Test]
    public void A_token_beside_a_password_is_refused_and_one_alone_is_kept_by_its_name()
    {
        const string Secret = "SCHEDULER_TESTS_MAIL_TOKEN";
        Environment.SetEnvironmentVariable(Secret, "ya29.first");
        var mail = Read(("mail.user", "u"), ("mail.oauth2_token", $"${{secret:{Secret}}}"));
        Assert.That((mail.User, mail.Password, mail.OAuth2Secret), Is.EqualTo(("u", (string?)null, Secret)));
        Assert.That(() => Read(("mail.user", "u"), ("mail.password", "p"), ("mail.oauth2_token", $"${{secret:{Secret}}}")),
            Throws.TypeOf<OperatorException>().With.Message.Contains("mail.oauth2_token stands beside mail.password; expected one of them"));
    }

    private static MailOptions Read(params (string Key, string? Value)[] given)
    {
        var settings = new NodeSettings();
        settings.AddFlag("node.name", "n1", "test");
        foreach (var (key, value) in given) { settings.AddFlag(key, value, "test"); }
        return settings.Options(null).Mail;
    }
}
