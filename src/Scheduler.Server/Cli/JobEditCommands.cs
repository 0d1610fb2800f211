using System.CommandLine;
using Scheduler.Database;
using Scheduler.Jobs;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler job pause|resume|enable|disable|delete</c>.</summary>
internal static class JobEditCommands
{
    public static Option<string?> Reason { get; } = new("--reason") { Description = "Why, for the audit", HelpName = "TEXT" };

    private static Argument<string> Pattern => new("NAME") { Description = "The job's name; * stands for any letters, ? for one" };

    public static Command Pause()
    {
        var pattern = Pattern;
        var until = new Option<string?>("--until")
        {
            Description = "When the pause ends by itself: after a time or at an instant, e.g. 2h or 2026-12-01T02:00:00Z (default: when resumed)",
            HelpName = "TIME",
        };
        var command = new Command("pause", "Pause jobs: from now on no run of theirs begins; fires meanwhile get the verdict skipped(paused)")
        {
            pattern, until, Reason,
        }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var (duration, instant) = End(parsed.GetValue(until));
            var names = await JobEdits.Pause(
                Settings.ConnectionOf(parsed), parsed.GetRequiredValue(pattern), parsed.GetValue(Reason), duration, instant, token);
            return Tell(parsed, names, "paused");
        });
        return command;
    }

    public static Command Resume() =>
        Edit("resume", "End the pause of jobs; what became due meanwhile is not made up for", "resumed", JobEdits.Resume);

    public static Command Enable() => Edit("enable", "Let disabled jobs fire again", "enabled", JobEdits.Enable);

    public static Command Disable() =>
        Edit("disable", "Disable jobs: their fires get the verdict skipped(disabled) until they are enabled", "disabled", JobEdits.Disable);

    public static Command Delete()
    {
        var name = new Argument<string>("NAME") { Description = "The job's name" };
        var command = new Command("delete", "Delete a job; its runs and versions stay, 'scheduler job undo' brings it back")
        {
            name, Reason,
        }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            await JobEdits.Delete(Settings.ConnectionOf(parsed), parsed.GetRequiredValue(name), parsed.GetValue(Reason), token);
            return Tell(parsed, [parsed.GetRequiredValue(name)], "deleted");
        });
        return command;
    }

    private static Command Edit(
        string verb, string description, string done, Func<string, string, string?, CancellationToken, Task<IReadOnlyList<string>>> edit)
    {
        var pattern = Pattern;
        var command = new Command(verb, description) { pattern, Reason }.Asking();
        command.SetAction(async (parsed, token) =>
            Tell(parsed, await edit(Settings.ConnectionOf(parsed), parsed.GetRequiredValue(pattern), parsed.GetValue(Reason), token), done));
        return command;
    }

    private static int Tell(ParseResult parsed, IReadOnlyList<string> names, string done)
    {
        if (parsed.GetValue(Settings.Json)) { Output.Json(names); }
        else { foreach (var name in names) { Console.Out.WriteLine(name); } }
        Output.Talk(names.Count == 0
            ? $"nothing to do: all of them are {done} already"
            : $"{done} {names.Count} {(names.Count == 1 ? "job" : "jobs")}");
        return ExitCode.Ok;
    }

    private static (TimeSpan? Duration, DateTimeOffset? Instant) End(string? until)
    {
        if (until is null) { return (null, null); }
        if (Duration.TryParse(until, out var duration) && duration > TimeSpan.Zero) { return (duration, null); }
        // Without a zone nobody knows whose clock is meant.
        if (until.Length > 10 && until.AsSpan(10).ContainsAny('Z', '+', '-') && InstantText.TryParse(until, out var instant))
        {
            return (null, instant);
        }
        throw new OperatorException($"--until is '{until}'; expected a time such as 2h or an instant such as 2026-12-01T02:00:00Z", ExitCode.Usage);
    }
}
