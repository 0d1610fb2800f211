using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Runs;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler job list|show|run|backfill</c>.</summary>
internal static class JobCommands
{
    private const int RunsShown = 10;
    // Without --timeout a wait ends with the run; this stands for "no limit" and is longer than any run may take.
    private static readonly TimeSpan Unlimited = TimeSpan.FromDays(365);

    public static Command Create() => new("job", "Jobs: what is to be done, and when")
    {
        List(), Show(), Run(), BackfillCommand.Create(), ScheduleCommands.Next(), ScheduleCommands.Lint(),
        JobEditCommands.Pause(), JobEditCommands.Resume(), JobEditCommands.Enable(), JobEditCommands.Disable(), JobEditCommands.Delete(),
        JobHistoryCommands.History(), JobHistoryCommands.Diff(), JobHistoryCommands.Undo(),
    };

    private static Argument<string> Name => new("NAME") { Description = "The job's name" };

    private static Command List()
    {
        var command = new Command("list", "All jobs and how they are doing").Asking(table: true);
        command.SetAction(async (parsed, token) =>
        {
            var jobs = await JobList.All(Settings.ConnectionOf(parsed), token);
            Output.Rows(parsed, jobs, "there is no job yet: put files into config/jobs and start a node with 'scheduler serve --jobs config/jobs'",
                new("name", 0, j => j.Name), new("kind", 6, j => j.Kind), new("schedule", 5, j => j.Schedule, Fit.Cut),
                new("time_zone", 9, j => j.TimeZone), new("state", 1, j => j.State), new("last_verdict", 2, j => j.LastVerdict),
                new("last_ended_at", 8, j => j.LastEndedAt), new("next_fire_at", 4, j => j.NextFireAt), new("success_rate", 7, j => j.SuccessRate),
                new("problem", 3, j => j.Problem, Fit.Cut), new("in_words", 10, j => j.InWords, Fit.Cut));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Show()
    {
        var name = Name;
        var command = new Command("show", "One job: its definition, its state and its last runs") { name }.Asking(table: true);
        command.SetAction(async (parsed, token) =>
        {
            var connection = Settings.ConnectionOf(parsed);
            var (job, status) = await JobList.Find(connection, parsed.GetRequiredValue(name), token);
            var runs = await RunList.Find(connection, new RunFilter(job.Name, Limit: RunsShown), token);
            if (parsed.GetValue(Settings.Json))
            {
                Output.Json(new { job, status, runs });
                return ExitCode.Ok;
            }
            Output.Record(job);
            Output.Heading("status");
            Output.Record(new
            {
                status.State,
                status.InWords,
                Notes = status.Notes.Length > 0 ? string.Join('\n', status.Notes) : null,
                status.NextFireAt,
                status.LastVerdict,
                status.LastRunKey,
                status.LastEndedAt,
                status.LastSuccessAt,
                status.FailuresInRow,
                status.FinishedCount,
                status.SuccessRate,
            });
            Output.Heading($"last {RunsShown} runs");
            RunCommands.Table(parsed, runs, "it has not run yet");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Run()
    {
        var name = Name;
        var wait = new Option<bool>("--wait")
        {
            Description = "Wait for the verdict; exit code 0 when it is succeeded, 6 for any other, 7 when --timeout is over first",
        };
        var timeout = new Option<string?>("--timeout")
        {
            Description = "Longest wait, e.g. 10m (default: no limit); the run goes on",
            HelpName = "TIME",
        };
        var param = new Option<string[]>("--param")
        {
            Description = "A value that overrides the job's own, may be repeated; what reads as JSON is JSON, all else is text",
            HelpName = "K=V",
        };
        var file = new Option<string?>("--params-file")
        {
            Description = "File with a JSON object of such values, - for stdin; --param goes over it",
            HelpName = "FILE",
        };
        var key = new Option<string?>("--key")
        {
            Description = "Your key for this request: asking again with the same key gives the same run",
            HelpName = "TEXT",
        };
        var command = new Command("run", "Run a job now, whatever its schedule; prints the run's key, with --wait its verdict")
        {
            name, wait, timeout, param, file, key,
        }.Asking();
        command.SetAction((parsed, token) => Start(parsed, new(parsed.GetRequiredValue(name), parsed.GetValue(wait), parsed.GetValue(timeout),
            parsed.GetValue(param) ?? [], parsed.GetValue(file), parsed.GetValue(key)), token));
        return command;
    }

    private static async Task<int> Start(ParseResult parsed, Request request, CancellationToken token)
    {
        var timeout = Unlimited;
        if (request.Timeout is not null && !Duration.TryParseFine(request.Timeout, out timeout))
        {
            throw new OperatorException($"--timeout is '{request.Timeout}'; expected a time with its unit, e.g. 30s or 10m", ExitCode.Usage);
        }
        if (request.Timeout is not null && !request.Wait)
        {
            throw new OperatorException("--timeout says how long to wait; give --wait too", ExitCode.Usage);
        }
        var connection = Settings.ConnectionOf(parsed);
        var json = parsed.GetValue(Settings.Json);
        var runKey = await RunList.RunNow(connection, request.Name, await Params(request.Params, request.ParamsFile, token), request.Key, token);
        if (!request.Wait)
        {
            if (json) { Output.Json((await RunList.Show(connection, runKey, token)).Run); }
            else { Console.Out.WriteLine(runKey); }
            return ExitCode.Ok;
        }
        Output.Talk(runKey);
        var run = await RunList.WaitForEnd(connection, runKey, timeout, TimeProvider.System, token);
        if (run is null)
        {
            Output.Talk($"not ended after {request.Timeout}; it goes on: see 'scheduler run show {runKey}'");
            return ExitCode.WaitTimedOut;
        }
        if (json) { Output.Json(run); }
        else { Console.Out.WriteLine(run.Reason is null ? run.Verdict : $"{run.Verdict}({run.Reason})"); }
        if (!json && run.Error is not null) { Output.Talk(run.Error); }
        return run.Verdict == "succeeded" ? ExitCode.Ok : ExitCode.RunFailed;
    }

    private static async Task<string?> Params(string[] pairs, string? file, CancellationToken token)
    {
        if (pairs.Length == 0 && file is null) { return null; }
        var values = file is null ? [] : await ParamsFile(file, token);
        foreach (var pair in pairs)
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0) { throw new OperatorException($"--param is '{pair}'; expected NAME=VALUE", ExitCode.Usage); }
            values[pair[..at]] = JsonOrText(pair[(at + 1)..]);
        }
        return values.ToJsonString();
    }

    private static async Task<JsonObject> ParamsFile(string file, CancellationToken token)
    {
        try
        {
            var text = file == "-" ? await Console.In.ReadToEndAsync(token) : await File.ReadAllTextAsync(file, token);
            return JsonNode.Parse(text) as JsonObject
                ?? throw new OperatorException($"--params-file {file} holds no object; expected e.g. {{\"day\": \"2026-11-21\"}}", ExitCode.Usage);
        }
        catch (JsonException e) { throw new OperatorException($"--params-file {file} is no JSON: {e.Message}", ExitCode.Usage, e); }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new OperatorException($"--params-file is '{file}'; there is no such file; expected one with a JSON object, or - for stdin",
                ExitCode.Usage, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException($"--params-file {file} cannot be read: {e.Message}", ExitCode.Usage, e);
        }
    }

    private static JsonNode? JsonOrText(string text)
    {
        try { return JsonNode.Parse(text); }
        catch (JsonException) { return JsonValue.Create(text); }
    }

    private sealed record Request(string Name, bool Wait, string? Timeout, string[] Params, string? ParamsFile, string? Key);
}
