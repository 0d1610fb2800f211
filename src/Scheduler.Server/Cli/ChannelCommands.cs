using System.CommandLine;
using Scheduler.Notifications;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler channel list|test|log</c>.</summary>
internal static class ChannelCommands
{
    private const int RowsMax = 100;

    public static Command Create() => new("channel", "Channels: where notifications go") { List(), Test(), Log() };

    private static Command List()
    {
        var command = new Command("list", "All channels, and how their messages fare").Asking();
        command.SetAction(async (parsed, token) =>
        {
            var channels = await ChannelList.All(Settings.ConnectionOf(parsed), token);
            Output.Rows(parsed.GetValue(Settings.Json), channels,
                "there is no channel yet: insert one into scheduler.channel, see docs/notifications.md",
                new("name", c => c.Name), new("kind", c => c.Kind), new("enabled", c => c.Enabled), new("incidents", c => c.Incidents),
                new("quiet", c => c.Quiet), new("jobs", c => c.Jobs), new("waiting", c => c.Waiting), new("delivered_at", c => c.DeliveredAt),
                new("error", c => c.Error), new("description", c => c.Description));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Test()
    {
        var name = new Argument<string>("NAME") { Description = "The channel" };
        var command = new Command("test", "Send a test message by a channel and wait until it has arrived") { name }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var sent = await ChannelList.Test(Settings.ConnectionOf(parsed), parsed.GetRequiredValue(name), TimeProvider.System, token);
            if (parsed.GetValue(Settings.Json)) { Output.Json(sent); }
            else { Output.Talk($"delivered by node {sent.Node} in try {sent.Attempts}"); }
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Log()
    {
        var name = new Argument<string?>("NAME") { Description = "Only of this channel", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("log", $"The latest {RowsMax} messages") { name }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var messages = await ChannelList.Log(Settings.ConnectionOf(parsed), parsed.GetValue(name), RowsMax, token);
            Output.Rows(parsed.GetValue(Settings.Json), messages, "there is no message yet",
                new("id", n => n.Id), new("channel", n => n.Channel), new("what", n => n.What), new("state", n => n.State),
                new("attempts", n => n.Attempts), new("created_at", n => n.CreatedAt), new("ended_at", n => n.EndedAt), new("node", n => n.Node),
                new("error", n => n.Error));
            return ExitCode.Ok;
        });
        return command;
    }
}
