using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Scheduler.Cluster;
using Scheduler.Database;

namespace Scheduler.Notifications;

/// <summary>A mail that did not go: its message says which server, at which stage, and what that answered.</summary>
/// <param name="message">What happened.</param>
/// <param name="permanent">True when the same mail can never be delivered.</param>
internal sealed class MailException(string message, bool permanent) : Exception(message)
{
    /// <summary>True when the same mail can never be delivered.</summary>
    public bool Permanent { get; } = permanent;
}

/// <summary>Sends messages by mail, through the server of the node's settings (<c>mail.*</c>).</summary>
public sealed class MailSender(NodeOptions options)
{
    // A mail server that looks names up takes a good deal longer than a receiver of HTTP.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(45);

    /// <summary>Who judges the server's certificate; null: the machine's own trust, as always but in tests.</summary>
    internal RemoteCertificateValidationCallback? Trust { get; init; }

    /// <summary>Send one mail to all of the channel's addresses. Throws <see cref="OperatorException"/> when the node's or the channel's settings
    /// cannot be used, <see cref="MailException"/> for what the server or the way to it refuses.</summary>
    /// <param name="delivery">The message.</param>
    /// <param name="settings">The channel's settings, secrets filled in.</param>
    /// <param name="redactor">Learns the secrets that are sent, for a server may quote them.</param>
    /// <param name="token">Ends the attempt.</param>
    internal async Task Send(Delivery delivery, JsonElement settings, Redactor redactor, CancellationToken token)
    {
        var mail = options.Mail;
        if (mail.Server is null || mail.From is null)
        {
            throw new OperatorException($"node {options.Name} has no mail server; set mail.server and mail.from in its settings");
        }
        using var message = Mail(delivery, settings, mail.From);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(Limit);
        // Revocation is not asked for, as by the client of kind http: many a machine with a mail server cannot reach its issuer.
        using var client = new Client { ServerCertificateValidationCallback = Trust, CheckCertificateRevocation = false };
        var stage = "connect";
        try
        {
            await client.ConnectAsync(mail.Server, mail.Port, mail.Tls switch
            {
                MailTls.Implicit => SecureSocketOptions.SslOnConnect,
                MailTls.StartTls => SecureSocketOptions.StartTls,
                _ => SecureSocketOptions.None,
            }, limit.Token);
            stage = "login";
            if (mail.User is not null) { await Login(client, mail, redactor, limit.Token); }
            stage = "mail";
            await client.SendAsync(message, limit.Token);
        }
        catch (Exception e) when (!token.IsCancellationRequested && e is not OperatorException)
        {
            var (where, answer) = e is OperationCanceledException
                ? (stage, $"no answer within {Limit.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s") : Told(stage, e);
            throw Failure(mail, where, answer, IsPermanent(e));
        }
        // The server has the mail: a failed goodbye, whatever its cause, does not make it undelivered, and a second try would send it twice.
        try { await client.DisconnectAsync(quit: true, limit.Token); }
        catch (Exception) { }
        if (client.Refused.Count > 0)
        {
            throw Failure(mail, "recipients", $"{Words(client.Refused)}; the other addresses have it",
                client.Refused.TrueForAll(r => IsFinal((int)r.Answer.StatusCode)));
        }
    }

    /// <summary>The mail: plain text and HTML of the same words, the same in every try.</summary>
    internal static MimeMessage Mail(Delivery delivery, JsonElement settings, string from)
    {
        var prefix = settings.TryGetProperty("subject_prefix", out var given) ? given.GetString() : "[scheduler]";
        var text = MessageText.Body(delivery);
        var sender = Address(from, "mail.from");
        var mail = new MimeMessage
        {
            Subject = OneLine($"{prefix} {MessageText.Headline(delivery)}".Trim()),
            Date = delivery.Message.At,
            MessageId = $"{delivery.DedupeKey}@{sender.Domain}",
            Body = new BodyBuilder
            {
                TextBody = text,
                HtmlBody = $"<pre style=\"font-family:inherit;white-space:pre-wrap\">{WebUtility.HtmlEncode(text)}</pre>",
            }.ToMessageBody(),
        };
        mail.From.Add(sender);
        mail.To.AddRange(settings.GetProperty("to").EnumerateArray().Select(to => Address(to.GetString()!, $"channel {delivery.Channel}: 'to'")));
        // Mails about one thing stand together.
        if (delivery.Message.Alerts is [var only])
        {
            var thread = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(only.Key)))[..32];
            mail.References.Add($"{thread}@{sender.Domain}");
        }
        mail.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        mail.Headers.Add("X-Scheduler-Notification", delivery.DedupeKey);
        return mail;
    }

    private static async Task Login(SmtpClient client, MailOptions mail, Redactor redactor, CancellationToken token)
    {
        if (mail.OAuth2Secret is { } name)
        {
            var access = SecretSource.Find(name, out var looked) ?? throw new OperatorException($"mail.oauth2_token: {looked}");
            redactor.Add(name, access);
            await client.AuthenticateAsync(new SaslMechanismOAuth2(mail.User!, access), token);
            return;
        }
        redactor.Add("mail.password", mail.Password ?? "");
        await client.AuthenticateAsync(Encoding.UTF8, mail.User!, mail.Password ?? "", token);
    }

    // Stage and answer of what failed, more exactly than which call it was.
    private static (string Stage, string Answer) Told(string stage, Exception failure) => failure switch
    {
        SmtpCommandException { ErrorCode: SmtpErrorCode.RecipientNotAccepted } e => ("recipients", e.Message),
        SmtpCommandException { ErrorCode: SmtpErrorCode.SenderNotAccepted } e => ("sender", $"{e.Mailbox?.Address}: {Answered(e)}"),
        SmtpCommandException { ErrorCode: SmtpErrorCode.MessageNotAccepted } e => ("mail", Answered(e)),
        SmtpCommandException e => (stage == "connect" ? "greeting" : stage, Answered(e)),
        AuthenticationException { InnerException: SmtpCommandException e } => ("login", Answered(e)),
        // Of a mechanism of several steps MailKit gives the answer as "535: text".
        AuthenticationException { Message: [>= '4' and <= '5', _, _, ':', ..] text } => ("login", $"answered {text[..3]}{text[4..]}"),
        // Of a certificate MailKit's text says what is wrong; else it is paragraphs of advice, and what was found is in the exception within.
        SslHandshakeException { ServerCertificate: null, InnerException: { } cause } => ("TLS", cause.Message),
        SslHandshakeException e => ("TLS", e.Message),
        // Connected, but STARTTLS is not offered.
        NotSupportedException e when stage == "connect" => ("TLS", e.Message),
        SocketException e => (stage, e.Message),
        _ => (stage, failure.InnerException is { } cause ? $"{failure.Message} {cause.Message}" : failure.Message),
    };

    private static string Answered(SmtpCommandException e) => Answered((int)e.StatusCode, e.Message);

    private static string Answered(int code, string text) => string.Create(CultureInfo.InvariantCulture, $"answered {code} {text}").TrimEnd();

    private static string Words(IEnumerable<(string Address, SmtpResponse Answer)> refused) =>
        string.Join("; ", refused.Select(r => $"{r.Address}: {Answered((int)r.Answer.StatusCode, r.Answer.Response)}"));

    private static MailException Failure(MailOptions mail, string stage, string answer, bool permanent) =>
        new(string.Create(CultureInfo.InvariantCulture, $"mail server {mail.Server}:{mail.Port}, {stage}: {OneLine(answer)}"), permanent);

    // Of a mailbox or of the mail; a server that wants another login, another sender or no TLS may be another tomorrow.
    private static bool IsPermanent(Exception failure) => failure is SmtpCommandException
    {
        ErrorCode: SmtpErrorCode.RecipientNotAccepted or SmtpErrorCode.MessageNotAccepted, StatusCode: var code,
    } && IsFinal((int)code);

    // RFC 5321, 4.2.1: after an answer of 5yz the same is not to be sent again.
    private static bool IsFinal(int code) => code >= 500;

    private static MailboxAddress Address(string text, string where) =>
        MailOptions.Address(text) ?? throw new OperatorException($"{where} is '{text}'; expected a mail address, e.g. ops@example.com");

    private static string OneLine(string text) => string.Concat(text.ReplaceLineEndings(" ").Select(c => char.IsControl(c) ? ' ' : c));

    // Who is refused does not keep the mail from the others.
    private sealed class Client : SmtpClient
    {
        public List<(string Address, SmtpResponse Answer)> Refused { get; } = [];

        protected override void OnRecipientNotAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response) =>
            Refused.Add((mailbox.Address, response));

        protected override void OnNoRecipientsAccepted(MimeMessage message) => throw new SmtpCommandException(SmtpErrorCode.RecipientNotAccepted,
            Refused.MinBy(r => (int)r.Answer.StatusCode).Answer.StatusCode, Words(Refused));
    }
}
