using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Scheduler.Cluster;
using Scheduler.Server.Dev;

namespace Scheduler.TestKit;

/// <summary>A mail that arrived.</summary>
/// <param name="From">Envelope sender.</param>
/// <param name="To">Envelope recipients.</param>
/// <param name="Tls">True: over TLS.</param>
/// <param name="User">Who had logged in.</param>
/// <param name="Data">Headers and body as sent.</param>
public sealed record ReceivedMail(string From, string[] To, bool Tls, string? User, string Data);

/// <summary>
/// A real mail server, aiosmtpd, a process of its own on the loopback address: takes mail only from who logs in as <c>scheduler</c> with the password
/// <c>s3cret-mail</c>, or by XOAUTH2 with a token that begins with <c>good-</c>. Skips the test when aiosmtpd is not installed.
/// </summary>
/// <remarks>It refuses a sender or recipient whose name is a number with that number as answer, and a mail whose subject begins with one in brackets
/// likewise: <c>550@example.com</c>, <c>[554]</c>.</remarks>
public sealed class MailReceiver : IAsyncDisposable
{
    private const string Module = "/usr/lib/python3/dist-packages/aiosmtpd/__init__.py";

    // The server's own words on stdout: "ready", then a line of JSON a mail.
    private const string Script = """
        import asyncio, base64, json, re, ssl, sys
        from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
        mode = sys.argv[4]
        def refused(name):
            return name + " refused for a test" if re.fullmatch("[45][0-9][0-9]", name) else None
        class Take:
            async def handle_MAIL(self, server, session, envelope, address, options):
                envelope.mail_from = address
                return refused(address.split("@")[0]) or "250 OK"
            async def handle_RCPT(self, server, session, envelope, address, options):
                answer = refused(address.split("@")[0])
                if not answer: envelope.rcpt_tos.append(address)
                return answer or "250 OK"
            async def handle_DATA(self, server, session, envelope):
                text = envelope.content.decode("utf8", "replace")
                answer = refused(text.partition("Subject: [")[2][:3])
                if answer: return answer
                print(json.dumps({"From": envelope.mail_from, "To": envelope.rcpt_tos,
                    "Tls": server.transport.get_extra_info("ssl_object") is not None,
                    "User": session.auth_data.login.decode() if session.auth_data else None, "Data": text}), flush=True)
                return "250 taken"
            # developers.google.com/workspace/gmail/imap/xoauth2-protocol: an error is a challenge, answered by nothing, then the code.
            async def auth_XOAUTH2(self, server, args):
                user, token = re.fullmatch(b"user=(.*)\x01auth=Bearer (.*)\x01\x01", base64.b64decode(args[1])).groups()
                if token.startswith(b"good-"): return AuthResult(success=True, auth_data=LoginPassword(user + b" " + token, b""))
                await server.challenge_auth('{"status":"401"}')
                return AuthResult(success=False, handled=False, message="535 5.7.8 the token " + token.decode() + " is not accepted")
        def login(server, session, envelope, mechanism, data):
            return AuthResult(success=data.login == b"scheduler" and data.password == b"s3cret-mail", handled=False, auth_data=data)
        async def main():
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(sys.argv[2], sys.argv[3])
            starttls = mode == "StartTls"
            loop = asyncio.get_running_loop()
            await loop.create_server(lambda: SMTP(Take(), tls_context=context if starttls else None, require_starttls=starttls,
                auth_require_tls=starttls, auth_required=True, authenticator=login),
                "127.0.0.1", int(sys.argv[1]), ssl=context if mode == "Implicit" else None)
            print("ready", flush=True)
            # Ends with the test process, however that ends.
            await loop.run_in_executor(None, sys.stdin.read)
        asyncio.run(main())
        """;

    private readonly Process process;
    private readonly string folder;
    private Task reading = Task.CompletedTask;

    private MailReceiver(Process process, string folder, int port) => (this.process, this.folder, Port) = (process, folder, port);

    /// <summary>Its port.</summary>
    public int Port { get; }
    /// <summary>File with its certificate; name it in SSL_CERT_FILE to trust it.</summary>
    public string Certificate => Path.Combine(folder, "cert.pem");
    /// <summary>What arrived, in order.</summary>
    public ConcurrentQueue<ReceivedMail> Mails { get; } = new();

    /// <summary>Start one.</summary>
    /// <param name="tls">How mail comes to it, and only so.</param>
    public static async Task<MailReceiver> Start(MailTls tls = MailTls.StartTls)
    {
        if (!File.Exists(Module)) { throw Parts.Missing("aiosmtpd is not installed: apt-get install python3-aiosmtpd"); }
        var folder = Directory.CreateTempSubdirectory("scheduler-mail-").FullName;
        WriteCertificate(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "smtp.py"), Script);
        var port = Ports.Free();
        var start = new ProcessStartInfo("/usr/bin/python3",
            ["-W", "ignore", Path.Combine(folder, "smtp.py"), $"{port}", Path.Combine(folder, "cert.pem"), Path.Combine(folder, "key.pem"), $"{tls}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        var receiver = new MailReceiver(Process.Start(start)!, folder, port);
        var line = await receiver.process.StandardOutput.ReadLineAsync();
        if (line != "ready") { throw new InvalidOperationException($"the mail server said '{line}' instead of being ready"); }
        receiver.reading = receiver.Read();
        return receiver;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) { process.Kill(); }
        await process.WaitForExitAsync();
        await reading;
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task Read()
    {
        while (await process.StandardOutput.ReadLineAsync() is { } mail) { Mails.Enqueue(JsonSerializer.Deserialize<ReceivedMail>(mail)!); }
    }

    private static void WriteCertificate(string folder)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(Path.Combine(folder, "cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "key.pem"), key.ExportPkcs8PrivateKeyPem());
    }
}
