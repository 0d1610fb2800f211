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
        var command = new Command("list", "All channels, and how their messages fare").Asking(table: true);
        command.SetAction(async (parsed, token) =>
        {
            var channels = await ChannelList.All(Settings.ConnectionOf(parsed), token);
            Output.Rows(parsed, channels, "there is no channel yet: insert one into scheduler.channel, see docs/notifications.md",
                new("name", 0, c => c.Name), new("kind", 1, c => c.Kind), new("enabled", 2, c => c.Enabled), new("incidents", 6, c => c.Incidents),
                new("quiet", 7, c => c.Quiet), new("jobs", 8, c => c.Jobs), new("waiting", 3, c => c.Waiting),
                new("delivered_at", 5, c => c.DeliveredAt), new("error", 4, c => c.Error, Fit.Cut),
                new("description", 9, c => c.Description, Fit.Cut));
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
        var command = new Command("log", $"The latest {RowsMax} messages") { name }.Asking(table: true);
        command.SetAction(async (parsed, token) =>
        {
            var channel = parsed.GetValue(name);
            var messages = await ChannelList.Log(Settings.ConnectionOf(parsed), channel, RowsMax, token);
            Output.Rows(parsed, messages, channel is null ? "there is no message yet" : $"there is no message of channel {channel} yet",
                new("id", 0, n => n.Id), new("channel", 0, n => n.Channel), new("what", 2, n => n.What), new("state", 1, n => n.State),
                new("attempts", 5, n => n.Attempts), new("created_at", 4, n => n.CreatedAt), new("ended_at", 7, n => n.EndedAt),
                new("node", 6, n => n.Node), new("error", 3, n => n.Error, Fit.Cut));
            return ExitCode.Ok;
        });
        return command;
    }
}
