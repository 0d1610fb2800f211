using System.CommandLine;
using System.Net;
using Scheduler.Cluster;
using Scheduler.Database;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler health</c>: asks a node over HTTP, for containers that have no other program to ask with.</summary>
internal static class HealthCommand
{
    private const int Unreachable = 8;
    // Shorter than what the image's HEALTHCHECK gives this program (5 s), so that it is this program that says what is wrong; and no shorter than it
    // must be: a node on a crowded machine answers late, and is not dead.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private static readonly Option<string?> Url = new Option<string?>("--url")
    {
        Description = "Where the node listens (else by http.address and http.port of its settings: http://127.0.0.1:8080)",
        HelpName = "URL",
    }.Reading(text => Parse(text) is not null, "http:// or https:// with a host and perhaps a port, e.g. http://127.0.0.1:8080");
    private static readonly Option<bool> Ready = new("--ready") { Description = "Whether it takes work, not only whether it runs" };

    public static Command Create()
    {
        var command = new Command("health", "Ask a node whether it runs; exit code 0 when it does, 1 when it says no, 8 when it does not answer")
        {
            Url, Ready, Settings.ConfigFile,
        };
        command.SetAction(async (parsed, token) =>
        {
            var node = parsed.GetValue(Url) is { } given ? Parse(given)! : OfSettings(parsed);
            // The node itself is asked, never a proxy.
            using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
            try
            {
                using var answer = await client.GetAsync(new Uri(node, parsed.GetValue(Ready) ? "/health/ready" : "/health/live"), token);
                Console.Out.WriteLine(await answer.Content.ReadAsStringAsync(token));
                return answer.IsSuccessStatusCode ? ExitCode.Ok : ExitCode.Error;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !token.IsCancellationRequested)
            {
                Output.Talk($"scheduler: the node at {node} does not answer: {e.Message}");
                return Unreachable;
            }
        });
        return command;
    }

    // A path would be left out of what is asked: it is refused instead.
    private static Uri? Parse(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
        && url is { UserInfo: "", PathAndQuery: "/", Fragment: "" } ? url : null;

    // By the settings a node of this machine, or of this container, has.
    private static Uri OfSettings(ParseResult parsed)
    {
        var settings = Settings.Read(parsed);
        var (address, port) = (settings.HttpAddress() ?? IPAddress.Loopback, settings.HttpPort() ?? NodeSettings.DefaultHttpPort);
        settings.Check();
        if (port == 0) { throw new OperatorException("http.port is 0, a free one that only the node knows; expected --url", ExitCode.Usage); }
        if (address.Equals(IPAddress.Any)) { address = IPAddress.Loopback; }
        if (address.Equals(IPAddress.IPv6Any)) { address = IPAddress.IPv6Loopback; }
        return new Uri($"http://{new IPEndPoint(address, port)}");
    }
}
