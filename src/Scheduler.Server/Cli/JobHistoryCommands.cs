using System.CommandLine;
using System.Text.Json;
using Scheduler.Jobs;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler job history|diff|undo</c>.</summary>
internal static class JobHistoryCommands
{
    private const int VersionsShown = 20;
    // Beyond this a terminal is the wrong tool; SQL on scheduler.job_version is the right one.
    private const int VersionsMax = 10_000;

    private static Argument<string> Name => new("NAME") { Description = "The job's name; it may have been deleted" };

    public static Command History()
    {
        var name = Name;
        var limit = new Option<int>("--limit") { Description = "Most versions shown", DefaultValueFactory = _ => VersionsShown, HelpName = "N" }
            .Between(1, VersionsMax);
        var command = new Command("history", "Every version of a job, newest first: who made it, when, how and why") { name, limit }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var versions = await JobHistory.Versions(Settings.ConnectionOf(parsed), parsed.GetRequiredValue(name), parsed.GetValue(limit), token);
            Output.Rows(parsed.GetValue(Settings.Json), versions, "",
                new("version", v => v.Version), new("action", v => v.Action), new("valid_from", v => v.ValidFrom), new("role", v => v.Role),
                new("application", v => v.Application), new("source", v => v.Source), new("reason", v => v.Reason), new("changed", Changed));
            return ExitCode.Ok;
        });
        return command;
    }

    public static Command Diff()
    {
        var name = Name;
        var from = new Argument<int?>("V1") { Description = "The former version (default: the one before V2)", Arity = ArgumentArity.ZeroOrOne }
            .Between(1, int.MaxValue);
        var to = new Argument<int?>("V2") { Description = "The later version (default: the newest)", Arity = ArgumentArity.ZeroOrOne }
            .Between(1, int.MaxValue);
        var command = new Command("diff", "What differs between two versions of a job, column by column") { name, from, to }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var difference = await JobHistory.Compare(
                Settings.ConnectionOf(parsed), parsed.GetRequiredValue(name), parsed.GetValue(from), parsed.GetValue(to), token);
            Output.Rows(parsed.GetValue(Settings.Json), difference.Changes, $"versions {difference.From} and {difference.To} are equal",
                new("column", c => c.Column), new($"version_{difference.From}", c => Text(c.Before)),
                new($"version_{difference.To}", c => Text(c.After)));
            return ExitCode.Ok;
        });
        return command;
    }

    public static Command Undo()
    {
        var name = Name;
        var to = new Option<int?>("--to") { Description = "The version to restore (default: the one before the last change)", HelpName = "VERSION" }
            .Between(1, int.MaxValue);
        var command = new Command("undo", "Restore a former version of a job as a new one, also of a deleted job; prints its number")
        {
            name, to, JobEditCommands.Reason,
        }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var version = await JobEdits.Undo(Settings.ConnectionOf(parsed), parsed.GetRequiredValue(name), parsed.GetValue(to),
                parsed.GetValue(JobEditCommands.Reason), token);
            if (parsed.GetValue(Settings.Json)) { Output.Json(new { job = parsed.GetRequiredValue(name), version }); }
            else { Console.Out.WriteLine(version); }
            return ExitCode.Ok;
        });
        return command;
    }

    private static string Changed(JobVersionRow version) =>
        version.Changes is { ValueKind: JsonValueKind.Object } changes ? string.Join(',', changes.EnumerateObject().Select(c => c.Name)) : "";

    private static string Text(JsonElement? value) => value switch
    {
        null => "",
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { } other => other.GetRawText(),
    };
}
