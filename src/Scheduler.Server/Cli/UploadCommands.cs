using System.CommandLine;
using Scheduler.Snapshots;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler upload list|show|watch|retry|cancel</c>.</summary>
internal static class UploadCommands
{
    private const int LimitMax = 10_000;

    public static Command Create() => new("upload", "Uploads of snapshots: how far they are, and how they ended")
    {
        List(), Show(), UploadFollow.Create(), Retry(), Cancel(),
    };

    private static Command List()
    {
        var node = new Option<string?>("--node") { Description = "Only of this node", HelpName = "NAME" };
        var state = new Option<string?>("--state") { Description = "Only in this state" }
            .OneOf("starting", "running", "completed", "failed", "cancelled", "lost");
        var limit = new Option<int>("--limit") { Description = $"At most this many, 1 to {LimitMax}", HelpName = "N", DefaultValueFactory = _ => 50 }
            .Between(1, LimitMax);
        var command = new Command("list", "Uploads, the latest first") { node, state, limit }.Asking(table: true);
        command.SetAction(async (parsed, token) =>
        {
            var (ofNode, inState) = (parsed.GetValue(node), parsed.GetValue(state));
            var uploads = await SnapshotList.Uploads(Settings.ConnectionOf(parsed), ofNode, inState, parsed.GetValue(limit), token);
            Output.Rows(parsed, uploads, Output.NoneOf("uploads", "there is no upload yet: 'scheduler snapshot list' says which nodes are uploaded",
                    (node.Name, ofNode), (state.Name, inState)),
                new("id", 0, u => u.Id), new("node", 0, u => u.Node), new("state", 1, u => u.State), new("done", 2, u => UploadText.Done(u)),
                new("bytes", 5, u => UploadText.Bytes(u.Bytes)), new("rate", 6, u => u.RateBytes is { } rate ? UploadText.Bytes(rate) + "/s" : null),
                new("eta", 3, u => UploadText.Eta(u.Eta)), new("attempt", 9, u => u.Attempt), new("started_at", 7, u => u.StartedAt),
                new("ended_at", 8, u => u.EndedAt), new("reason", 4, u => u.Problem ?? u.Reason, Fit.Cut));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Show()
    {
        var id = Id();
        var command = new Command("show", "One upload and its former states") { id }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var upload = (await SnapshotList.Some(Settings.ConnectionOf(parsed), [parsed.GetRequiredValue(id)], token))[0];
            if (parsed.GetValue(Settings.Json)) { Output.Json(upload); }
            else { Output.Record(upload); }
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Retry() => Asking("retry", "Let an upload that failed, was lost or cancelled go on; what is there is not copied again",
        SnapshotList.Retry);

    private static Command Cancel() => Asking("cancel", "End an upload; prints requested, or the state it has ended in", SnapshotList.Cancel);

    private static Command Asking(string name, string description, Func<string, long, string?, CancellationToken, Task<string>> ask)
    {
        var id = Id();
        var reason = new Option<string?>("--reason") { Description = "Shown with it (default: who asked)", HelpName = "TEXT" };
        var command = new Command(name, description) { id, reason }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var (connection, number) = (Settings.ConnectionOf(parsed), parsed.GetRequiredValue(id));
            var answer = await ask(connection, number, parsed.GetValue(reason), token);
            if (parsed.GetValue(Settings.Json)) { Output.Json((await SnapshotList.Some(connection, [number], token))[0]); }
            else { Console.Out.WriteLine(answer); }
            return ExitCode.Ok;
        });
        return command;
    }

    private static Argument<long> Id() =>
        new Argument<long>("ID") { Description = "Number of the upload, as 'upload list' shows it" }.Between(1, long.MaxValue);
}
