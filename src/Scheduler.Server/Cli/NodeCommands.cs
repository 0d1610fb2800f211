using System.CommandLine;
using Scheduler.Cluster;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler node list</c>.</summary>
internal static class NodeCommands
{
    public static Command Create() => new("node", "Nodes: the processes that run jobs") { List() };

    private static Command List()
    {
        var command = new Command("list", "All nodes, dead and stopped ones included").Asking();
        command.SetAction(async (parsed, token) =>
        {
            var nodes = await NodeList.All(Settings.ConnectionOf(parsed), token);
            Output.Rows(parsed.GetValue(Settings.Json), nodes, "there is no node yet: start one with 'scheduler serve --name n1'",
                new("name", n => n.Name), new("state", n => n.State), new("reason", n => n.Reason), new("running", n => n.Running),
                new("slots", n => n.Slots), new("labels", n => n.Labels), new("host", n => n.Host), new("pid", n => n.Pid), new("url", n => n.Url),
                new("version", n => n.Version),
                new("clock_offset_ms", n => n.ClockOffsetMs), new("renewed_at", n => n.RenewedAt));
            return ExitCode.Ok;
        });
        return command;
    }
}
