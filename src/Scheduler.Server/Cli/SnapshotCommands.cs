using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scheduler.Database;
using Scheduler.Snapshots;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler snapshot list|add|disable</c>: the nodes whose snapshots are uploaded.</summary>
internal static class SnapshotCommands
{
    public static Command Create() => new("snapshot", "Nodes whose snapshots are uploaded") { List(), Add(), Disable() };

    private static Command List()
    {
        var command = new Command("list", "Nodes with their last snapshot, and whether all are there").Asking(table: true);
        command.SetAction(async (parsed, token) =>
        {
            var (nodes, sentence) = await SnapshotList.Nodes(Settings.ConnectionOf(parsed), token);
            Output.Rows(parsed, nodes, "there is no node yet; see 'scheduler snapshot add --help'", new("name", 0, n => n.Name),
                new("state", 1, n => n.State), new("protocol", 8, n => n.Protocol), new("schedule", 9, n => n.Schedule, Fit.Cut),
                new("last_due_at", 10, n => n.LastDueAt), new("last_verdict", 2, n => n.LastVerdict),
                new("last_completed_at", 5, n => n.LastCompletedAt),
                new("last_bytes", 6, n => n.LastBytes is { } bytes ? UploadText.Bytes(bytes) : null), new("running", 7, n => n.RunningId),
                new("missing_since", 4, n => n.MissingSince), new("reason", 3, n => n.LastReason, Fit.Cut));
            if (nodes.Count > 0) { Output.Talk(sentence); }
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Add()
    {
        var name = new Argument<string>("NAME") { Description = "The node: lower-case letters, digits and . _ -" };
        var protocol = new Option<string>("--protocol")
        {
            Description = "How it is asked about itself",
            Required = true,
        }.OneOf("ethereum", "bitcoin", "cosmos", "http", "command");
        var source = new Option<string>("--source") { Description = "Folder to upload, as the agent names it", HelpName = "PATH", Required = true };
        var destination = new Option<string>("--destination")
        {
            Description = "Where to, as the agent names it; each upload gets a folder below it",
            HelpName = "PATH",
            Required = true,
        };
        var schedule = new Option<string?>("--schedule") { Description = "When (default: every six hours)", HelpName = "TEXT" };
        var endpoint = Pairs("--endpoint", "Where it is asked, e.g. rpc=http://10.0.0.5:8545; may be repeated");
        var agent = Pairs("--agent", "Who copies, e.g. kind=rclone url=http://10.0.0.5:5572 user=u 'password=${secret:RCLONE}'; may be repeated");
        var limit = Pairs("--limit", "How, e.g. bandwidth=20M keep=7 head_age_max=5m; may be repeated");
        var command = new Command("add", "Add a node, or change the one of that name; its upload job is there within seconds")
        {
            name, protocol, source, destination, schedule, endpoint, agent, limit,
        }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var node = new NodeRequest(parsed.GetRequiredValue(name), parsed.GetRequiredValue(protocol), Json(parsed, endpoint),
                parsed.GetValue(schedule), parsed.GetRequiredValue(source), parsed.GetRequiredValue(destination),
                Json(parsed, agent), Json(parsed, limit));
            var added = await SnapshotList.Put(Settings.ConnectionOf(parsed), node, token);
            if (parsed.GetValue(Settings.Json)) { Output.Json(new { name = node.Name, added }); }
            else { Console.Out.WriteLine(added ? "added" : "changed"); }
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Disable()
    {
        var name = new Argument<string>("NAME") { Description = "The node" };
        var command = new Command("disable", "Upload no more of a node: its job goes, an upload that runs goes on") { name }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var changed = await SnapshotList.Disable(Settings.ConnectionOf(parsed), parsed.GetRequiredValue(name), token);
            if (parsed.GetValue(Settings.Json)) { Output.Json(new { name = parsed.GetRequiredValue(name), changed }); }
            else { Console.Out.WriteLine(changed ? "disabled" : "disabled already"); }
            return ExitCode.Ok;
        });
        return command;
    }

    private static Option<string[]> Pairs(string name, string description) =>
        new(name) { Description = description, HelpName = "K=V", AllowMultipleArgumentsPerToken = true };

    // What reads as a number, a list or a map is one; all else is text.
    private static string Json(ParseResult parsed, Option<string[]> option)
    {
        var map = new JsonObject();
        foreach (var pair in parsed.GetValue(option) ?? [])
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0) { throw new OperatorException($"{option.Name} is '{pair}'; expected KEY=VALUE", ExitCode.Usage); }
            map[pair[..at]] = Value(pair[(at + 1)..]);
        }
        return map.ToJsonString();
    }

    private static JsonNode? Value(string text)
    {
        if (text is not ("true" or "false") && text.Length > 0 && text[0] is not ('[' or '{') && !long.TryParse(text, out _)) { return text; }
        try { return JsonNode.Parse(text); }
        catch (JsonException) { return text; }
    }
}
