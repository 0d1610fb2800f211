using System.CommandLine;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Schedules;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler job next|lint</c>.</summary>
internal static class ScheduleCommands
{
    private const int FiresDefault = 10;

    public static Command Next()
    {
        var name = new Argument<string?>("NAME") { Description = "The job's name; or give --schedule", Arity = ArgumentArity.ZeroOrOne };
        var schedule = new Option<string?>("--schedule") { Description = "A schedule that need not be any job's", HelpName = "TEXT" };
        var zone = new Option<string>("--time-zone")
        {
            Description = "Zone of --schedule (IANA name)",
            DefaultValueFactory = _ => "UTC",
            HelpName = "ZONE",
        };
        var count = new Option<int>("-n")
        {
            Description = "How many due times, 1 to 1000",
            DefaultValueFactory = _ => FiresDefault,
            HelpName = "COUNT",
        }.Between(1, Preview.FiresMax);
        var command = new Command("next", "When a job, or a schedule, is due next, and what is worth knowing about it")
        {
            name, schedule, zone, count,
        }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var fires = parsed.GetValue(count);
            var preview = (parsed.GetValue(name), parsed.GetValue(schedule)) switch
            {
                ({ } job, null) => await Preview.OfJob(Settings.ConnectionOf(parsed), job, fires, TimeProvider.System, token),
                (null, { } text) => Read(text, parsed.GetValue(zone)!, fires),
                _ => throw new OperatorException("expected the name of a job, or --schedule", ExitCode.Usage),
            };
            if (parsed.GetValue(Settings.Json)) { Output.Json(preview); }
            else { Console.Out.WriteLine(preview); }
            return ExitCode.Ok;
        });
        return command;
    }

    public static Command Lint()
    {
        var name = new Argument<string?>("NAME") { Description = "The job's name; default: all jobs", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("lint", "What is worth knowing about schedules: changes of the clocks, skipped months, crowds on one second")
        {
            name,
        }.Asking(table: true);
        command.SetAction(async (parsed, token) =>
        {
            var notes = await Preview.LintOf(Settings.ConnectionOf(parsed), parsed.GetValue(name), TimeProvider.System, token);
            Output.Rows(parsed, [.. notes.Select(n => new Note(n.Job, n.Note))], "nothing to note",
                new("job", 0, n => n.Job), new("note", 0, n => n.Text, Fit.Wrap));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Preview Read(string text, string zone, int count)
    {
        try { return Preview.Of(Schedule.Parse(text, zone), TimeProvider.System.GetUtcNow(), count); }
        catch (ScheduleException e) { throw new OperatorException(e.Message, ExitCode.Usage); }
    }

    private sealed record Note(string Job, string Text);
}
