using System.CommandLine;
using Scheduler.Fleet;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler fleet status</c>.</summary>
internal static class FleetCommands
{
    public static Command Create() => new("fleet", "The fleet whose maintenance this is") { Status() };

    private static Command Status()
    {
        var command = new Command("status", "The fleet in counts, and what its maintenance has to do").Asking();
        command.SetAction(async (parsed, token) =>
        {
            var status = await FleetStatus.Read(Settings.ConnectionOf(parsed), token);
            if (parsed.GetValue(Settings.Json)) { Output.Json(status); }
            else { Output.Record(status); }
            return ExitCode.Ok;
        });
        return command;
    }
}
