using System.CommandLine;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Schedules;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler job next|lint</c>.</summary>
internal static class ScheduleCommands
{
    private const int FiresDefault = 10;
    // A schedule has at most a thousand characters.
    private const int LineMax = 10_000;

    public static Command Next()
    {
        var name = new Argument<string?>("NAME") { Description = "The job's name; or give --schedule", Arity = ArgumentArity.ZeroOrOne };
        var schedule = new Option<string?>("--schedule") { Description = "A schedule that need not be any job's", HelpName = "TEXT" };
        var zone = new Option<string>("--time-zone")
        {
            Description = "Zone of --schedule, and of lines of --file that name none (IANA name)",
            DefaultValueFactory = _ => "UTC",
            HelpName = "ZONE",
        };
        var count = new Option<int>("-n")
        {
            Description = "How many due times, 1 to 1000",
            DefaultValueFactory = _ => FiresDefault,
            HelpName = "COUNT",
        }.Between(1, Preview.FiresMax);
        var from = new Option<string?>("--from")
        {
            Description = "Due times strictly after this instant, UTC unless it says otherwise; default: now",
            HelpName = "TIME",
        }.Reading(IsInstant, InstantText.Expected);
        var until = new Option<string?>("--until") { Description = "None after this instant", HelpName = "TIME" }
            .Reading(IsInstant, InstantText.Expected);
        var file = new Option<string?>("--file")
        {
            Description = "Ask about many: a file, or - for stdin, of lines {\"schedule\": …, \"time_zone\": …, \"from\": …, \"until\": …,"
                + " \"count\": …, \"starts\": …}; prints a line of JSON for each",
            HelpName = "FILE",
        };
        var command = new Command("next", "When a job, or a schedule, is due next, and what is worth knowing about it")
        {
            name, schedule, zone, count, from, until, file,
        }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var (fires, now) = (parsed.GetValue(count), TimeProvider.System.GetUtcNow());
            var (after, last) = (Instant(parsed.GetValue(from)) ?? now, Instant(parsed.GetValue(until)));
            switch (parsed.GetValue(name), parsed.GetValue(schedule), parsed.GetValue(file))
            {
                case ({ } job, null, null):
                    Print(parsed, await Preview.OfJob(Settings.ConnectionOf(parsed), job, after, fires, last, token));
                    return ExitCode.Ok;
                case (null, { } text, null):
                    Print(parsed, Read(text, parsed.GetValue(zone)!, after, fires, last));
                    return ExitCode.Ok;
                case (null, null, { } path):
                    return await AnswerAll(path, new("", parsed.GetValue(zone)!, after, last, fires, null), token);
                default:
                    throw new OperatorException("expected the name of a job, or --schedule, or --file", ExitCode.Usage);
            }
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

    private static bool IsInstant(string text) => InstantText.TryParse(text, out _);

    private static DateTimeOffset? Instant(string? text) => text is not null && InstantText.TryParse(text, out var instant) ? instant : null;

    private static void Print(ParseResult parsed, Preview preview)
    {
        if (parsed.GetValue(Settings.Json)) { Output.Json(preview); }
        else { Console.Out.WriteLine(preview); }
    }

    private static Preview Read(string text, string zone, DateTimeOffset after, int count, DateTimeOffset? until)
    {
        try { return Preview.Of(Schedule.Parse(text, zone), after, count, null, until); }
        catch (ScheduleException e) { throw new OperatorException(e.Message, ExitCode.Usage); }
    }

    // Line by line, so that a program that writes the questions can read the answers meanwhile. A line that cannot be answered is that line's error.
    private static async Task<int> AnswerAll(string path, ScheduleQuestion unless, CancellationToken token)
    {
        using var lines = Open(path);
        var (number, refused) = (0, 0);
        while (await lines.ReadLineAsync(token) is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line)) { continue; }
            var answer = line.Length <= LineMax ? ScheduleQuestion.AnswerTo(line, unless)
                : new ScheduleAnswer { Error = $"the line has {line.Length} characters; expected at most {LineMax}" };
            if (answer.Error is not null) { refused++; }
            Output.OneJsonLine(answer with { Line = number });
        }
        if (refused > 0) { Output.Talk($"{refused} of {number} lines were refused"); }
        return refused > 0 ? ExitCode.Error : ExitCode.Ok;
    }

    private static TextReader Open(string path)
    {
        try { return path == "-" ? Console.In : new StreamReader(path); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException($"--file is '{path}', which cannot be read: {e.Message} Expected a file of JSON lines, or -", ExitCode.Usage);
        }
    }

    private sealed record Note(string Job, string Text);
}
