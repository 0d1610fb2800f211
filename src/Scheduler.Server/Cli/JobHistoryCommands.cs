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
        var command = new Command("history", "Every version of a job, newest first: who made it, when, how and why") { name, limit }
            .Asking(table: true);
        command.SetAction(async (parsed, token) =>
        {
            var versions = await JobHistory.Versions(Settings.ConnectionOf(parsed), parsed.GetRequiredValue(name), parsed.GetValue(limit), token);
            Output.Rows(parsed, versions, "there is no version",
                new("version", 0, v => v.Version), new("action", 1, v => v.Action), new("valid_from", 2, v => v.ValidFrom),
                new("role", 3, v => v.Role), new("application", 7, v => v.Application), new("source", 6, v => v.Source),
                new("reason", 4, v => v.Reason, Fit.Cut), new("changed", 5, Changed, Fit.Cut));
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
        var command = new Command("diff", "What differs between two versions of a job, column by column") { name, from, to }.Asking(table: true);
        command.SetAction(async (parsed, token) =>
        {
            var difference = await JobHistory.Compare(
                Settings.ConnectionOf(parsed), parsed.GetRequiredValue(name), parsed.GetValue(from), parsed.GetValue(to), token);
            Output.Rows(parsed, difference.Changes, $"versions {difference.From} and {difference.To} are equal",
                new("column", 0, c => c.Column), new($"version_{difference.From}", 0, c => Text(c.Before), Fit.Wrap),
                new($"version_{difference.To}", 0, c => Text(c.After), Fit.Wrap));
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
