using System.CommandLine;
using System.Globalization;
using Scheduler.Runs;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler run logs</c>: what a run says, as it says it.</summary>
internal static class RunLogs
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    public static Command Create()
    {
        var key = new Argument<string>("KEY") { Description = "The run's key, e.g. cleanup@2026-11-21T04:00:00Z" };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on until the run has its verdict" };
        var attempt = new Option<int?>("--attempt") { Description = "Only this attempt, from 1 (default: all)", HelpName = "N" }
            .Between(1, int.MaxValue);
        var command = new Command("logs", "What a run said: standard output, errors, notices") { key, follow, attempt }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var (connection, json, only) = (Settings.ConnectionOf(parsed), parsed.GetValue(Settings.Json), parsed.GetValue(attempt));
            var (lastAttempt, lastLine, any) = (0, 0L, false);
            while (true)
            {
                var (lines, finished) = await RunList.Logs(connection, parsed.GetRequiredValue(key), lastAttempt, lastLine, token);
                var shown = lines.Where(l => only is null || l.Attempt == only).ToList();
                if (json && !parsed.GetValue(follow)) { Output.Json(shown); }
                else { foreach (var line in shown) { Show(line, json); } }
                any |= shown.Count > 0;
                if (lines.Count > 0) { (lastAttempt, lastLine) = (lines[^1].Attempt, lines[^1].Line); }
                if (finished || !parsed.GetValue(follow)) { break; }
                await Task.Delay(LookEvery, TimeProvider.System, token);
            }
            if (!any && !json) { Output.Talk("the run has said nothing"); }
            return ExitCode.Ok;
        });
        return command;
    }

    // The program's own words on their own streams, so that they can be piped on; ours and PostgreSQL's on stderr.
    private static void Show(OutputRow line, bool json)
    {
        if (json) { Output.OneJsonLine(line); }
        else if (line.Stream == "stdout") { Console.Out.WriteLine(line.Text); }
        else if (line.Stream == "stderr") { Console.Error.WriteLine(line.Text); }
        else { Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{line.Stream}] {line.Text}")); }
    }
}
