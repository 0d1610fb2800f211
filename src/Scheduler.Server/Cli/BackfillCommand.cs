using System.CommandLine;
using System.Globalization;
using Scheduler.Database;
using Scheduler.Runs;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler job backfill</c>.</summary>
internal static class BackfillCommand
{
    // As in scheduler.backfill.
    private const int CapMax = 10_000;

    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The job's name" };
        var from = new Option<string>("--from") { Description = "First instant, UTC unless it says otherwise", HelpName = "TIME", Required = true };
        var to = new Option<string>("--to") { Description = "End of the range; this instant is left out", HelpName = "TIME", Required = true };
        var spacing = new Option<string?>("--spacing")
        {
            Description = "At least this long between two runs' beginnings, 1s to 7d",
            HelpName = "TIME",
        };
        var cap = new Option<int>("--cap")
        {
            Description = $"Most runs, 1 to {CapMax}; a range that holds more is refused",
            HelpName = "N",
            DefaultValueFactory = _ => 1000,
        }.Between(1, CapMax);
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say what would run; the same as without --yes" };
        var yes = new Option<bool>("--yes") { Description = "Enter the runs; without it only what would run is said" };
        var command = new Command("backfill", "Run a job for the instants it was due in the past; says what would run, and with --yes enters it")
        {
            name, from, to, spacing, cap, dryRun, yes,
        }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            if (parsed.GetValue(dryRun) && parsed.GetValue(yes))
            {
                throw new OperatorException("--dry-run and --yes exclude each other", ExitCode.Usage);
            }
            var request = new BackfillRequest(parsed.GetRequiredValue(name), Instant("--from", parsed.GetRequiredValue(from)),
                Instant("--to", parsed.GetRequiredValue(to)), Spacing(parsed.GetValue(spacing)), parsed.GetValue(cap), DryRun: true);
            var connection = Settings.ConnectionOf(parsed);
            var answer = await RunRequests.Backfill(connection, request, TimeProvider.System, token);
            if (parsed.GetValue(yes))
            {
                Output.Talk(Sentence(answer));
                answer = await RunRequests.Backfill(connection, request with { DryRun = false }, TimeProvider.System, token);
            }
            if (parsed.GetValue(Settings.Json)) { Output.Json(answer); }
            else if (parsed.GetValue(yes)) { Console.Out.WriteLine($"backfill {answer.Id} is {answer.State}: see scheduler.backfill_request"); }
            else
            {
                Console.Out.WriteLine(Sentence(answer));
                if (answer.DueCount > 0) { Output.Talk("nothing was entered; add --yes to enter them"); }
            }
            return ExitCode.Ok;
        });
        return command;
    }

    private static string Sentence(BackfillRow answer) => answer.DueCount is null or 0
        ? $"nothing to run; {answer.SucceededCount ?? 0} instants have succeeded already"
        : string.Create(CultureInfo.InvariantCulture, $"{answer.DueCount} runs of {answer.Job}, due {answer.FirstDueAt:yyyy-MM-dd'T'HH:mm:ss'Z'} to ")
            + string.Create(CultureInfo.InvariantCulture,
                $"{answer.LastDueAt:yyyy-MM-dd'T'HH:mm:ss'Z'}; {answer.SucceededCount} have succeeded already");

    private static DateTime Instant(string option, string text) => InstantText.TryParse(text, out var instant) ? instant.UtcDateTime
        : throw new OperatorException($"{option} is '{text}'; expected {InstantText.Expected}", ExitCode.Usage);

    private static TimeSpan? Spacing(string? text) => text is null ? null
        : Duration.TryParse(text, out var spacing) ? spacing
        : throw new OperatorException($"--spacing is '{text}'; expected a time with its unit, e.g. 30s", ExitCode.Usage);
}
