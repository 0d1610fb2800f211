using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Scheduler.Server.Dev;

namespace Scheduler.TestKit;

/// <summary>A mail that arrived.</summary>
/// <param name="From">Envelope sender.</param>
/// <param name="To">Envelope recipients.</param>
/// <param name="Tls">True: over STARTTLS.</param>
/// <param name="User">Who had logged in.</param>
/// <param name="Data">Headers and body as sent.</param>
public sealed record ReceivedMail(string From, string[] To, bool Tls, string? User, string Data);

/// <summary>
/// A real mail server, aiosmtpd, a process of its own on the loopback address: takes mail only over STARTTLS from who logs in as
/// <c>scheduler</c> with the password <c>s3cret-mail</c>. Skips the test when aiosmtpd is not installed.
/// </summary>
public sealed class MailReceiver : IAsyncDisposable
{
    private const string Module = "/usr/lib/python3/dist-packages/aiosmtpd/__init__.py";

    // The server's own words on stdout: "ready", then a line of JSON a mail.
    private const string Script = """
        import asyncio, json, ssl, sys
        from aiosmtpd.smtp import SMTP, AuthResult
        class Take:
            async def handle_DATA(self, server, session, envelope):
                print(json.dumps({"From": envelope.mail_from, "To": envelope.rcpt_tos, "Tls": session.ssl is not None,
                    "User": session.auth_data.login.decode() if session.auth_data else None,
                    "Data": envelope.content.decode("utf8", "replace")}), flush=True)
                return "250 taken"
        class Server(SMTP):
            # RFC 4954 does not distinguish letters' case there; aiosmtpd does, and .NET writes "AUTH login".
            async def smtp_AUTH(self, arg):
                word, _, rest = (arg or "").partition(" ")
                return await super().smtp_AUTH((word.upper() + " " + rest).strip())
        def login(server, session, envelope, mechanism, data):
            return AuthResult(success=data.login == b"scheduler" and data.password == b"s3cret-mail", auth_data=data)
        async def main():
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(sys.argv[2], sys.argv[3])
            loop = asyncio.get_running_loop()
            await loop.create_server(lambda: Server(Take(), tls_context=context, require_starttls=True, auth_required=True, authenticator=login),
                "127.0.0.1", int(sys.argv[1]))
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
    public static async Task<MailReceiver> Start()
    {
        if (!File.Exists(Module)) { throw Parts.Missing("aiosmtpd is not installed: apt-get install python3-aiosmtpd"); }
        var folder = Directory.CreateTempSubdirectory("scheduler-mail-").FullName;
        WriteCertificate(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "smtp.py"), Script);
        var port = Ports.Free();
        var start = new ProcessStartInfo("/usr/bin/python3",
            ["-W", "ignore", Path.Combine(folder, "smtp.py"), $"{port}", Path.Combine(folder, "cert.pem"), Path.Combine(folder, "key.pem")])
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
