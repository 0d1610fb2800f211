using System.Net;
using System.Net.Mail;
using System.Net.Mime;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Scheduler.Cluster;
using Scheduler.Database;

namespace Scheduler.Notifications;

/// <summary>Sends messages by mail, through the server of the node's settings (<c>mail.*</c>).</summary>
/// <remarks>The framework's own client: it speaks STARTTLS and AUTH LOGIN, which is what is needed; docs/decisions/0035 says why no other.</remarks>
public sealed class MailSender(NodeOptions options)
{
    /// <summary>Send one mail to all of the channel's addresses. Throws <see cref="OperatorException"/> when this node has no mail server, else what
    /// the server or the way to it refuses.</summary>
    internal async Task Send(Delivery delivery, JsonElement settings, CancellationToken token)
    {
        var mail = options.Mail;
        if (mail.Server is null || mail.From is null)
        {
            throw new OperatorException($"node {options.Name} has no mail server; set mail.server and mail.from in its settings");
        }
        using var message = Mail(delivery, settings, mail.From);
        using var client = new SmtpClient(mail.Server, mail.Port) { EnableSsl = mail.Tls, DeliveryMethod = SmtpDeliveryMethod.Network };
        if (mail.User is not null) { client.Credentials = new NetworkCredential(mail.User, mail.Password); }
        await client.SendMailAsync(message, token);
    }

    /// <summary>The mail: plain text and HTML of the same words.</summary>
    internal static MailMessage Mail(Delivery delivery, JsonElement settings, string from)
    {
        var prefix = settings.TryGetProperty("subject_prefix", out var given) ? given.GetString() : "[scheduler]";
        var text = MessageText.Body(delivery);
        var mail = new MailMessage
        {
            From = new MailAddress(from),
            Subject = OneLine($"{prefix} {MessageText.Headline(delivery)}".Trim()),
            SubjectEncoding = Encoding.UTF8,
            Body = text,
            BodyEncoding = Encoding.UTF8,
        };
        foreach (var to in settings.GetProperty("to").EnumerateArray()) { mail.To.Add(new MailAddress(to.GetString()!)); }
        mail.AlternateViews.Add(AlternateView.CreateAlternateViewFromString(
            $"<pre style=\"font-family:inherit;white-space:pre-wrap\">{WebUtility.HtmlEncode(text)}</pre>", Encoding.UTF8, MediaTypeNames.Text.Html));
        var host = mail.From.Host;
        mail.Headers.Add("Message-ID", $"<{delivery.DedupeKey}@{host}>");
        // Mails about one thing stand together.
        if (delivery.Message.Alerts is [var only])
        {
            var thread = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(only.Key)))[..32];
            mail.Headers.Add("References", $"<{thread}@{host}>");
        }
        mail.Headers.Add("Auto-Submitted", "auto-generated");
        mail.Headers.Add("X-Scheduler-Notification", delivery.DedupeKey);
        return mail;
    }

    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}
