using System.CommandLine;
using System.Globalization;
using Scheduler.Jobs;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler alerts generate</c>.</summary>
internal static class AlertCommands
{
    private const double ObjectiveLeast = 50;
    private const double ObjectiveMost = 99.99;

    private static readonly Option<string?> Jobs = new("--jobs")
    {
        Description = "Folder of job files to read instead of the database",
        HelpName = "DIR",
    };
    private static readonly Option<double?> Objective = new Option<double?>("--objective")
    {
        Description = "Also alert when a job burns its error budget too fast: percent of runs that are to succeed, e.g. 99",
        HelpName = "PERCENT",
        // The shell's notation of numbers is not the user's language: 99.5, never 99,5.
        CustomParser = result => double.Parse(result.Tokens[0].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture),
    }.Reading(text => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent)
        && percent is >= ObjectiveLeast and <= ObjectiveMost, FormattableString.Invariant($"a percentage from {ObjectiveLeast} to {ObjectiveMost}"));
    private static readonly Option<string> Runbooks = new("--runbooks")
    {
        Description = "What comes before the file names of runbooks",
        HelpName = "URL",
        DefaultValueFactory = _ => new AlertRuleOptions().Runbooks,
    };

    public static Command Create() => new("alerts", "Rules for Prometheus") { Generate() };

    private static Command Generate()
    {
        var command = new Command("generate", "Write Prometheus rules to stdout, made of what each job expects (expect:)")
        {
            Jobs, Objective, Runbooks,
        }.Asking(json: false);
        command.SetAction(async (parsed, token) =>
        {
            var options = new AlertRuleOptions { Objective = parsed.GetValue(Objective) / 100, Runbooks = parsed.GetRequiredValue(Runbooks) };
            var (text, jobs) = parsed.GetValue(Jobs) is { } folder
                ? AlertRules.Of(JobFiles.Load(folder, new KindRegistry(SchedulerServices.BuiltInKinds)).Jobs, options)
                : await AlertRules.OfDatabase(Settings.ConnectionOf(parsed), options, token);
            Console.Out.Write(text);
            Output.Talk($"{jobs} {(jobs == 1 ? "job expects" : "jobs expect")} something");
            return ExitCode.Ok;
        });
        return command;
    }
}
