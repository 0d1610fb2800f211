using System.CommandLine;
using Scheduler.Cluster;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler node list</c>.</summary>
internal static class NodeCommands
{
    public static Command Create() => new("node", "Nodes: the processes that run jobs") { List() };

    private static Command List()
    {
        var command = new Command("list", "All nodes, dead and stopped ones included").Asking(table: true);
        command.SetAction(async (parsed, token) =>
        {
            var nodes = await NodeList.All(Settings.ConnectionOf(parsed), token);
            Output.Rows(parsed, nodes, "there is no node yet: start one with 'scheduler serve --name n1'",
                new("name", 0, n => n.Name), new("state", 1, n => n.State), new("reason", 2, n => n.Reason, Fit.Cut),
                new("running", 3, n => n.Running), new("slots", 4, n => n.Slots), new("labels", 8, n => n.Labels, Fit.Cut),
                new("host", 7, n => n.Host), new("pid", 11, n => n.Pid), new("url", 6, n => n.Url), new("version", 9, n => n.Version),
                new("clock_offset_ms", 10, n => n.ClockOffsetMs), new("renewed_at", 5, n => n.RenewedAt));
            return ExitCode.Ok;
        });
        return command;
    }
}
