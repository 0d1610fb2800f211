using System.CommandLine;
using Scheduler.Database;
using Scheduler.Jobs;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler db migrate|check</c>.</summary>
internal static class DatabaseCommands
{
    public static Command Create() => new("db", "The scheduler's database") { Migrate(), Check() };

    private static Command Migrate()
    {
        var dryRun = new Option<bool>("--dry-run")
        {
            Description = "Change nothing; list what would be applied, and the jobs that would be due at other instants or whose schedule is refused",
        };
        var command = new Command("migrate",
            "Bring the database to this binary's schema; safe to repeat and to run from several machines at once") { dryRun }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            if (parsed.GetValue(dryRun)) { return await Say(parsed, token); }
            var applied = await Migrator.Migrate(Settings.ConnectionOf(parsed), token);
            if (parsed.GetValue(Settings.Json)) { Output.Json(applied); }
            else { foreach (var file in applied) { Console.Out.WriteLine(file); } }
            Output.Talk(applied.Count == 0 ? "the database is up to date" : $"applied {applied.Count} files");
            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task<int> Say(ParseResult parsed, CancellationToken token)
    {
        var connection = Settings.ConnectionOf(parsed);
        var state = await Migrator.Check(connection, token);
        var jobs = await MeaningReport.Of(connection, state.Version, TimeProvider.System.GetUtcNow(), token);
        if (parsed.GetValue(Settings.Json)) { Output.Json(new { state.Pending, Jobs = jobs }); }
        else
        {
            foreach (var file in state.Pending) { Console.Out.WriteLine($"pending: {file}"); }
            foreach (var job in jobs) { Console.Out.WriteLine(job); }
        }
        var refused = jobs.Count(j => j.Refused is not null);
        Output.Talk(state.Pending.Count == 0 ? "the database is up to date" : $"{state.Pending.Count} files would be applied; "
            + $"{jobs.Count - refused} {(jobs.Count - refused == 1 ? "job" : "jobs")} would be due at other instants, {refused} refused");
        return ExitCode.Ok;
    }

    private static Command Check()
    {
        var command = new Command("check",
            "Compare the database with this binary's schema and verify the history of jobs, changing nothing; exit code 1 when they do not fit")
            .Asking();
        command.SetAction(async (parsed, token) =>
        {
            var state = await Migrator.Check(Settings.ConnectionOf(parsed), token);
            var fits = state.Pending.Count == 0 && state.Problems.Count == 0;
            if (parsed.GetValue(Settings.Json)) { Output.Json(state); }
            else
            {
                Console.Out.WriteLine($"database at migration {state.Version}, this binary at {state.Wanted}");
                if (state.Problems.Count == 0) { Console.Out.WriteLine("the history of jobs is whole"); }
                foreach (var problem in state.Problems) { Console.Out.WriteLine($"problem: {problem}"); }
                foreach (var file in state.Pending) { Console.Out.WriteLine($"pending: {file}"); }
            }
            if (state.Problems.Count == 0 && !fits) { Output.Talk("run 'scheduler db migrate' to apply what is pending"); }
            return fits ? ExitCode.Ok : ExitCode.Error;
        });
        return command;
    }
}
