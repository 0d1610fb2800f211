using System.CommandLine;
using System.Text.Json;
using System.Text.RegularExpressions;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Jobs.Files;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler config check|plan|apply|export</c>: job files and the database.</summary>
internal static partial class ConfigCommands
{
    /// <summary>The command whose exit code 2 means changes: a wrong command line ends it with 1.</summary>
    public const string PlanName = "plan";
    private const string DefaultPath = "config/jobs";

    private static readonly KindRegistry Kinds = new(SchedulerServices.BuiltInKinds);

    public static Command Create() =>
        new("config", "Job files: check, plan, apply, and write the live state back") { Check(), Plan(), Apply(), Export() };

    private static Argument<string> Folder(string what) => new("PATH")
    {
        Description = what,
        DefaultValueFactory = _ => DefaultPath,
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static Option<int?> MaxDeletes => new Option<int?>("--max-deletes")
    {
        Description = $"Most jobs that may be deleted because no file declares them any more (default {PlanOptions.DefaultMaxDeletes})",
        HelpName = "N",
    }.Between(0, JobFiles.JobsMax);

    private static Option<string[]> Force => new("--force")
    {
        Description = "Take the file for this job: edits in SQL are not kept, and a job made in SQL is taken over; may be repeated, '*' is every job",
        HelpName = "NAME",
    };

    private static Command Check()
    {
        var path = Folder("Folder of job files, or one file");
        var command = new Command("check", "Find every mistake in job files, without a database; exit code 1 when there is one") { path };
        command.Options.Add(Settings.Json);
        command.SetAction(parsed =>
        {
            var read = JobFiles.Read(parsed.GetRequiredValue(path), Kinds);
            if (parsed.GetValue(Settings.Json))
            {
                Output.Json(new { Ok = read.Problems.Count == 0, read.Files, Jobs = read.Jobs.Count, read.Problems });
            }
            else { foreach (var problem in read.Problems) { Console.Out.WriteLine(problem); } }
            Output.Talk(read.Problems.Count == 0 ? $"{read.Jobs.Count} jobs in {read.Files} files, no mistake"
                : $"{read.Problems.Count} {(read.Problems.Count == 1 ? "mistake" : "mistakes")} in {read.Files} files");
            return read.Problems.Count == 0 ? ExitCode.Ok : ExitCode.Error;
        });
        return command;
    }

    private static Command Plan()
    {
        var (path, deletes, force) = (Folder("Folder of job files"), MaxDeletes, Force);
        var file = new Option<string?>("--out") { Description = "Write the plan to this file, for 'config apply --plan FILE'", HelpName = "FILE" };
        var command = new Command(PlanName, "Show what applying the job files would do; exit code 0 nothing, 2 changes, 1 cannot be applied")
        {
            path, deletes, force, file,
        }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            try
            {
                return await Show(parsed, parsed.GetRequiredValue(path), Options(parsed.GetValue(deletes), parsed.GetValue(force)),
                    parsed.GetValue(file), token);
            }
            catch (OperatorException e) when (e.ExitCode == ExitCode.Usage) { throw new OperatorException(e.Message, ExitCode.Error, e); }
        });
        return command;
    }

    private static async Task<int> Show(ParseResult parsed, string path, PlanOptions options, string? file, CancellationToken token)
    {
        var connection = Settings.ConnectionOf(parsed);
        var plan = await FileStore.Plan(connection, JobFiles.Load(path, Kinds), options, Kinds, TimeProvider.System.GetUtcNow(), token);
        if (file is not null) { Save(file, new(plan.Hash, options.MaxDeletes, options.Force ?? [], plan)); }
        if (parsed.GetValue(Settings.Json)) { Output.Json(plan); }
        else { PlanText.Write(plan); }
        foreach (var refusal in plan.Refusals) { Output.Talk($"refused: {refusal}"); }
        if (plan.NotTried is { } why) { Output.Talk($"not tried: {why}"); }
        return plan.Refusals.Count > 0 ? ExitCode.Error : plan.HasChanges ? ExitCode.Changes : ExitCode.Ok;
    }

    private static Command Apply()
    {
        var (path, deletes, force) = (Folder("Folder of job files"), MaxDeletes, Force);
        var plan = new Option<string?>("--plan")
        {
            Description = "Apply only this plan, by its hash or as written by 'config plan --out'; exit code 5 when files or jobs have moved since",
            HelpName = "HASH|FILE",
        };
        var yes = new Option<bool>("--yes") { Description = "Do not ask" };
        var command = new Command("apply", "Bring the database to the job files: all of the plan or nothing")
        {
            path, plan, deletes, force, yes,
        }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var connection = Settings.ConnectionOf(parsed);
            var declared = JobFiles.Load(parsed.GetRequiredValue(path), Kinds, ExitCode.Error);
            var options = Options(parsed.GetValue(deletes), parsed.GetValue(force));
            var hash = parsed.GetValue(plan);
            if (hash is not null && !HashPattern().IsMatch(hash))
            {
                var saved = Read(hash);
                hash = saved.Hash;
                options = new(options.MaxDeletes ?? saved.MaxDeletes, options.Force is { Count: > 0 } ? options.Force : saved.Force);
            }
            if (hash is null && !parsed.GetValue(yes))
            {
                var shown = await FileStore.Plan(connection, declared, options, Kinds, TimeProvider.System.GetUtcNow(), token);
                if (shown.HasChanges && shown.Refusals.Count == 0)
                {
                    if (Console.IsInputRedirected)
                    {
                        throw new OperatorException("nobody is there to ask; expected --plan HASH or --yes", ExitCode.Usage);
                    }
                    PlanText.Write(shown);
                    Console.Error.Write("apply? [y/N] ");
                    if (Console.In.ReadLine()?.Trim() is not ("y" or "yes")) { throw new OperatorException("nothing was applied", ExitCode.Error); }
                }
                // What was shown is what is applied.
                hash = shown.Hash;
            }
            var done = await FileStore.Apply(connection, declared, options, Kinds, hash, token);
            if (parsed.GetValue(Settings.Json)) { Output.Json(done); }
            Output.Talk($"applied {done.Hash}: {PlanText.Summary(done)}");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Export()
    {
        var folder = new Option<string?>("--out")
        {
            Description = "Folder to write into, each job to a file named like the one it came from (default: all to stdout)",
            HelpName = "DIR",
        };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace files of the same names; their comments are lost" };
        var command = new Command("export", "Write the jobs in the database as job files, values that are as usual left out") { folder, overwrite }
            .Asking(json: false);
        command.SetAction(async (parsed, token) =>
        {
            var live = await FileStore.Live(Settings.ConnectionOf(parsed), token);
            var files = JobExport.Files(live, Kinds);
            if (parsed.GetValue(folder) is { } target)
            {
                JobExport.Save(target, files, parsed.GetValue(overwrite));
                foreach (var file in files) { Output.Talk($"{Path.Combine(target, file.Name)}: {file.Jobs.Count} jobs"); }
            }
            else { Console.Out.Write(JobExport.One(live, Kinds)); }
            var problems = JobExport.Differences(live, files, Kinds);
            foreach (var problem in problems) { Output.Talk($"not the same when read back: {problem}"); }
            return problems.Count == 0 ? ExitCode.Ok : ExitCode.Partial;
        });
        return command;
    }

    private static PlanOptions Options(int? maxDeletes, string[]? force) => new(maxDeletes, force ?? []);

    private static void Save(string path, SavedPlan plan)
    {
        try { File.WriteAllText(path, JsonSerializer.Serialize(plan, Output.JsonStyle) + "\n"); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException($"--out {path}: {e.Message}", ExitCode.Error, e);
        }
    }

    private static SavedPlan Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new OperatorException($"--plan is '{path}'; expected the hash 'config plan' prints (32 characters 0-9 a-f) or the file it wrote",
                ExitCode.Usage);
        }
        try
        {
            var plan = JsonSerializer.Deserialize<SavedPlan>(File.ReadAllText(path), Output.JsonStyle);
            return plan?.Hash is { } hash && HashPattern().IsMatch(hash) ? plan : throw new JsonException("it has no hash");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new OperatorException($"--plan {path} cannot be read: {e.Message}; expected a file 'config plan --out' wrote", ExitCode.Usage, e);
        }
    }

    // What --out writes. The plan itself is for people and other programs; hash and options are read back.
    private sealed record SavedPlan(string Hash, int? MaxDeletes, IReadOnlyCollection<string> Force, object? Plan);

    [GeneratedRegex("^[0-9a-f]{32}$")]
    private static partial Regex HashPattern();
}
