using System.CommandLine;
using Scheduler.Runs;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler status</c>: is it fine?</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var command = new Command("status",
            "Is it fine? One sentence, what to act on, and counts; exit code 0 when nothing is to be acted on, else 10").Asking();
        command.SetAction(async (parsed, token) =>
        {
            var report = await StatusReport.Read(Settings.ConnectionOf(parsed), token);
            var exitCode = report.Ok ? ExitCode.Ok : ExitCode.ToActOn;
            if (parsed.GetValue(Settings.Json))
            {
                Output.Json(report);
                return exitCode;
            }
            Output.Sentence(report.Sentence);
            foreach (var line in report.ActOn) { Output.Sentence(line, bullet: "- "); }
            Console.Out.WriteLine();
            Output.Record(new
            {
                Nodes = Counts(report.Nodes),
                Jobs = Counts(report.Jobs),
                report.RunsQueued,
                report.RunsRunning,
                report.FailuresLastHour,
                report.Late,
            });
            return exitCode;
        });
        return command;
    }

    private static string Counts(IReadOnlyDictionary<string, int> counts) =>
        counts.Count == 0 ? "none" : string.Join(", ", counts.Select(c => $"{c.Value} {c.Key}"));
}
