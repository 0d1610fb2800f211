using System.CommandLine;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler health</c>: asks a node over HTTP, for containers that have no other program to ask with.</summary>
internal static class HealthCommand
{
    private const int Unreachable = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly Option<Uri> Url = new("--url")
    {
        Description = "Where the node listens",
        HelpName = "URL",
        DefaultValueFactory = _ => new Uri("http://127.0.0.1:8080"),
    };
    private static readonly Option<bool> Ready = new("--ready") { Description = "Whether it takes work, not only whether it runs" };

    public static Command Create()
    {
        var command = new Command("health", "Ask a node whether it runs; exit code 0 when it does, 1 when it says no, 8 when it does not answer")
        {
            Url, Ready,
        };
        command.SetAction(async (parsed, token) =>
        {
            using var client = new HttpClient { Timeout = Patience };
            try
            {
                using var answer = await client.GetAsync(
                    new Uri(parsed.GetRequiredValue(Url), parsed.GetValue(Ready) ? "/health/ready" : "/health/live"), token);
                Console.Out.WriteLine(await answer.Content.ReadAsStringAsync(token));
                return answer.IsSuccessStatusCode ? ExitCode.Ok : ExitCode.Error;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !token.IsCancellationRequested)
            {
                Output.Talk($"scheduler: the node at {parsed.GetRequiredValue(Url)} does not answer: {e.Message}");
                return Unreachable;
            }
        });
        return command;
    }
}
