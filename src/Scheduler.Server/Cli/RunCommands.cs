using System.CommandLine;
using Scheduler.Runs;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler run list|show|logs|cancel|approve</c>.</summary>
internal static class RunCommands
{
    // Beyond this a terminal is the wrong tool; SQL on scheduler.run is the right one.
    private const int LimitMax = 10_000;

    public static Command Create() => new("run", "Runs: what was done, and how it ended")
    {
        List(), Show(), RunLogs.Create(), Cancel(), Approve(),
    };

    /// <summary>Runs as a table or as JSON.</summary>
    public static void Table(bool json, IReadOnlyList<LedgerRow> runs, string whenEmpty) => Output.Rows(json, runs, whenEmpty,
        new("run_key", r => r.RunKey), new("state", r => r.State), new("verdict", r => r.Verdict), new("reason", r => r.Reason ?? r.WaitingFor),
        new("node", r => r.Node), new("attempts", r => r.Attempts), new("started_at", r => r.StartedAt), new("ended_at", r => r.EndedAt),
        new("error", r => Short(r.Error)));

    private static Command List()
    {
        var job = new Option<string?>("--job") { Description = "Only runs of this job", HelpName = "NAME" };
        var state = new Option<string?>("--state") { Description = "Only runs in this state" }.OneOf("queued", "running", "finished");
        var verdict = new Option<string?>("--verdict") { Description = "Only runs with this verdict" }
            .OneOf("succeeded", "failed", "timed_out", "cancelled", "skipped", "missed", "unknown");
        var limit = new Option<int>("--limit") { Description = $"At most this many, 1 to {LimitMax}", HelpName = "N", DefaultValueFactory = _ => 50 }
            .Between(1, LimitMax);
        var command = new Command("list", "Runs, the latest due first") { job, state, verdict, limit }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var filter = new RunFilter(parsed.GetValue(job), parsed.GetValue(state), parsed.GetValue(verdict), parsed.GetValue(limit));
            var runs = await RunList.Find(Settings.ConnectionOf(parsed), filter, token);
            Table(parsed.GetValue(Settings.Json), runs, "there is no such run");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Show()
    {
        var key = new Argument<string>("KEY") { Description = "The run's key, e.g. cleanup@2026-11-21T04:00:00Z" };
        var command = new Command("show", "One run and its attempts") { key }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var (run, attempts) = await RunList.Show(Settings.ConnectionOf(parsed), parsed.GetRequiredValue(key), token);
            if (parsed.GetValue(Settings.Json))
            {
                Output.Json(new { run, attempts });
                return ExitCode.Ok;
            }
            Output.Record(run with { PastAttempts = default });
            Output.Heading("attempts");
            Output.Rows(json: false, attempts, "none: no node took it", new("attempt", a => a.Attempt), new("token", a => a.Token),
                new("node", a => a.Node), new("started_at", a => a.StartedAt), new("ended_at", a => a.EndedAt),
                new("outcome", a => a.Outcome), new("error", a => Short(a.Error)));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Approve()
    {
        var key = new Argument<string>("KEY") { Description = "Key of the run the guard stopped" };
        var reason = new Option<string>("--reason") { Description = "Why it is right to delete that much", HelpName = "TEXT", Required = true };
        var command = new Command("approve", "Let what its guard stopped go on, as a further run whose key is printed") { key, reason }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var goesOn = await GuardApproval.Approve(
                Settings.ConnectionOf(parsed), parsed.GetRequiredValue(key), parsed.GetRequiredValue(reason), token);
            if (parsed.GetValue(Settings.Json)) { Output.Json(new { run_key = goesOn }); }
            else { Console.Out.WriteLine(goesOn); }
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Cancel()
    {
        var key = new Argument<string>("KEY") { Description = "The run's key, e.g. cleanup@2026-11-21T04:00:00Z" };
        var reason = new Option<string?>("--reason") { Description = "Shown with the verdict (default: who asked)", HelpName = "TEXT" };
        var command = new Command(
            "cancel", "End a run before its time; prints cancelled, requested, or the verdict it has already") { key, reason }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var connection = Settings.ConnectionOf(parsed);
            var answer = await RunRequests.Cancel(connection, parsed.GetRequiredValue(key), parsed.GetValue(reason), token);
            if (parsed.GetValue(Settings.Json)) { Output.Json((await RunList.Show(connection, parsed.GetRequiredValue(key), token)).Run); }
            else { Console.Out.WriteLine(answer); }
            return ExitCode.Ok;
        });
        return command;
    }

    // A table's cell is for recognising an error; 'run show' has all of it.
    private static string? Short(string? error) => error is { Length: > 80 } ? error[..79] + "…" : error;
}
