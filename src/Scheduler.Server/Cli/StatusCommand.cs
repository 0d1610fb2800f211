using System.CommandLine;
using Scheduler.Runs;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler status</c>: is it fine?</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var command = new Command("status", "Is it fine? One sentence, what to act on, and counts").Asking();
        command.SetAction(async (parsed, token) =>
        {
            var report = await StatusReport.Read(Settings.ConnectionOf(parsed), token);
            if (parsed.GetValue(Settings.Json))
            {
                Output.Json(report);
                return ExitCode.Ok;
            }
            Console.Out.WriteLine(report.Sentence);
            foreach (var line in report.ActOn) { Console.Out.WriteLine($"- {line}"); }
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
            return ExitCode.Ok;
        });
        return command;
    }

    private static string Counts(IReadOnlyDictionary<string, int> counts) =>
        counts.Count == 0 ? "none" : string.Join(", ", counts.Select(c => $"{c.Value} {c.Key}"));
}
