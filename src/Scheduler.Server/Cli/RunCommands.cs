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
    public static void Table(ParseResult parsed, IReadOnlyList<LedgerRow> runs, string whenEmpty) => Output.Rows(parsed, runs, whenEmpty,
        new("run_key", 0, r => r.RunKey), new("state", 1, r => r.State), new("verdict", 2, r => r.Verdict),
        new("reason", 4, r => r.Reason ?? r.WaitingFor, Fit.Cut), new("node", 3, r => r.Node), new("attempts", 8, r => r.Attempts),
        new("started_at", 6, r => r.StartedAt), new("ended_at", 7, r => r.EndedAt), new("error", 5, r => r.Error, Fit.Cut));

    private static Command List()
    {
        var job = new Option<string?>("--job") { Description = "Only runs of this job", HelpName = "NAME" };
        var state = new Option<string?>("--state") { Description = "Only runs in this state" }.OneOf("queued", "running", "finished");
        var verdict = new Option<string?>("--verdict") { Description = "Only runs with this verdict" }
            .OneOf("succeeded", "failed", "timed_out", "cancelled", "skipped", "missed", "unknown");
        var limit = new Option<int>("--limit") { Description = $"At most this many, 1 to {LimitMax}", HelpName = "N", DefaultValueFactory = _ => 50 }
            .Between(1, LimitMax);
        var command = new Command("list", "Runs, the latest due first") { job, state, verdict, limit }.Asking(table: true);
        command.SetAction(async (parsed, token) =>
        {
            var filter = new RunFilter(parsed.GetValue(job), parsed.GetValue(state), parsed.GetValue(verdict), parsed.GetValue(limit));
            var runs = await RunList.Find(Settings.ConnectionOf(parsed), filter, token);
            Table(parsed, runs, Output.NoneOf("runs", "there is no run yet: 'scheduler job list' says when jobs are due",
                (job.Name, filter.Job), (state.Name, filter.State), (verdict.Name, filter.Verdict)));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Show()
    {
        var key = new Argument<string>("KEY") { Description = "The run's key, e.g. cleanup@2026-11-21T04:00:00Z" };
        var command = new Command("show", "One run and its attempts") { key }.Asking(table: true);
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
            Output.Rows(parsed, attempts, "none: no node took it", new("attempt", 0, a => a.Attempt), new("token", 6, a => a.Token),
                new("node", 2, a => a.Node), new("started_at", 4, a => a.StartedAt), new("ended_at", 5, a => a.EndedAt),
                new("outcome", 1, a => a.Outcome), new("error", 3, a => a.Error, Fit.Cut));
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
}
