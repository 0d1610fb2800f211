using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Polly.Retry;
using Polly.Timeout;
using Quartz;
using Quartz.Extensibility;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Telemetry;

namespace Scheduler.Runs;

/// <summary>
/// One run on one node, from its claimed row to its verdict: time-out ▸ retry ▸ attempt. The only place that retries and the only one that
/// turns what a kind threw into a verdict. Only transient failures are tried again (see <see cref="Transient"/>).
/// </summary>
public sealed partial class RunPipeline(
    Ledger ledger, Databases databases, JobDefinitions definitions, KindRegistry kinds, SecretSource secrets, OutputPump pump,
    RunWork work, FanOut fanOut, SchedulerMeter meter, IServiceScopeFactory scopes, TimeProvider time, ILogger<RunPipeline> log)
{
    // Errors are for people; more of a driver's text than this helps nobody and bloats the ledger.
    private const int ErrorLengthMax = 4000;
    private const int ReasonLengthMax = 300;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ExplainWithin = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Carry a run out. Returns its end for the ledger; null when there is nothing to write: the kind committed its verdict with its work,
    /// or the run is no longer this node's, or it was given back because the node stops.
    /// </summary>
    /// <param name="flight">The claimed row; says when somebody has asked for the run's end, and why.</param>
    /// <param name="life">Ends before the lease the run was claimed under does.</param>
    /// <param name="handBack">Ends when the node stops and its time to drain is over.</param>
    internal async Task<RunEnd?> Run(InFlight flight, CancellationToken life, CancellationToken handBack)
    {
        var end = await Decide(flight, life, handBack);
        if (flight.Run.Activity is { } activity && end is not null)
        {
            activity.SetTag("verdict", end.Verdict);
            if (end.Verdict != "succeeded" && activity.Status != ActivityStatusCode.Error)
            {
                activity.SetStatus(ActivityStatusCode.Error, end.Reason ?? end.Error);
            }
        }
        return end;
    }

    private async Task<RunEnd?> Decide(InFlight flight, CancellationToken life, CancellationToken handBack)
    {
        var run = flight.Run;
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(life, handBack, flight.Cancelled);
        var redactor = new Redactor();
        try
        {
            var job = await Definition(run, cancel.Token);
            if (job is null) { return new(run, "failed", "job deleted", Error: $"job '{run.Job}' was deleted before its run began"); }
            if (kinds.Find(job.Definition.Kind) is not { } kind)
            {
                var known = string.Join(", ", kinds.All.Select(k => k.Name));
                return new(run, "failed", "unknown kind", Error: $"this node knows no kind '{job.Definition.Kind}'; known are {known}");
            }
            await GiveParams(run, job.Definition, cancel.Token);
            if (FanOut.Is(job.Definition, run))
            {
                flight.GiveSlot();
                return await fanOut.Run(run, job.Definition, cancel.Token);
            }
            return await CarryOut(run, job, kind, redactor, cancel.Token);
        }
        catch (TimeoutRejectedException e)
        {
            return new(run, "timed_out", null,
                Error: "the run took longer than its time-out" + (e.InnerException is LeftBehindException left ? "; " + left.Message : ""));
        }
        catch (GuardBreachedException e)
        {
            var breach = redactor.Clean(e.Message);
            LogGuard(run.RunKey, breach);
            return Failed(run, "guard", e.Result is null ? null : redactor.CleanJson(e.Result), breach);
        }
        catch (RunSkippedException e)
        {
            return new(run, "skipped", PlainText.Cut(redactor.Clean(e.Message), ReasonLengthMax), Json(e.Result, redactor));
        }
        catch (RunLostException e)
        {
            if (!e.AlreadyWritten) { LogRefused(run.RunKey, run.Token, e.Message); }
            return null;
        }
        catch (Exception) when (life.IsCancellationRequested)
        {
            await ExplainLost(run);
            return null;
        }
        catch (Exception) when (flight.Reason is not null)
        {
            return new(run, "cancelled", flight.Reason);
        }
        catch (Exception) when (handBack.IsCancellationRequested)
        {
            await GiveBack(run);
            return null;
        }
        catch (Exception e)
        {
            var error = Describe(e, redactor);
            run.ErrorType = e is PostgresException p ? p.SqlState : e.GetType().Name;
            if (run.Activity is { } activity) { RunTrace.Failed(activity, e, error); }
            LogFailed(run.RunKey, e.GetType().Name, error);
            return Failed(run, null, Json((e as RunFailedException)?.Result, redactor), error);
        }
    }

    // What it did before it failed is done.
    private RunEnd Failed(RunRow run, string? reason, string? result, string error)
    {
        meter.Did(run.Kind, run.Job, result);
        return new(run, "failed", reason, result, error);
    }

    // A database that is away for a moment is no failure of the run: it waits as long as the node may have it.
    private async Task<StoredJob?> Definition(RunRow run, CancellationToken token)
    {
        while (true)
        {
            try { return await definitions.Get(run.Job, run.Version, token); }
            catch (Exception e) when (Transient.IsTransient(e) && !token.IsCancellationRequested)
            {
                await Task.Delay(RetryDelay, time, token);
            }
        }
    }

    // Once a run: a node that takes it over finds them in its row.
    private async Task GiveParams(RunRow run, JobDefinition job, CancellationToken token)
    {
        if (run.Params is not null || PartParams.Of(job, run.RunKey, run.DueAt) is not { } given) { return; }
        while (run.Params is null)
        {
            try
            {
                await ledger.NoteParams(run, given, token);
                run.Params = given;
            }
            catch (NpgsqlException e) when (Transient.IsTransient(e) && !token.IsCancellationRequested)
            {
                await Task.Delay(RetryDelay, time, token);
            }
        }
    }

    private async Task<RunEnd?> CarryOut(RunRow run, StoredJob job, Kind kind, Redactor redactor, CancellationToken token)
    {
        run.Kind = kind.Name;
        run.Activity?.SetTag("job.kind", kind.Name);
        var prepared = PreparedJob.Of(job, kind, time, NoteFailure);
        var underWay = new RunUnderWay(run, redactor);
        RunEnd? end = null;
        await prepared.Execute(underWay, async attemptToken =>
        {
            var scope = new RunScope(
                ledger, databases, run, underWay.Attempt, prepared.Timeout, prepared.Guard, attemptToken, redactor, secrets, pump)
            {
                ParamDefaults = prepared.Params,
            };
            using var span = run.Activity is null ? null : RunTrace.Part($"attempt {underWay.Attempt}");
            try
            {
                object? returned = null;
                await work.Do(scope, async () => returned = await Attempt(run, prepared, scope));
                var result = Json(returned, redactor);
                end = scope.Committed ? null : new RunEnd(run, "succeeded", null, result);
                if (scope.Committed && run.Activity is not null) { run.Activity.SetTag("verdict", "succeeded"); }
                if (scope.Committed && meter.CountsRuns) { meter.Ended([(run.RunKey, run.Job, "succeeded", run)], time.GetTimestamp()); }
                meter.Did(kind.Name, run.Job, result ?? scope.CommittedResult);
            }
            catch (Exception e) when (span is not null)
            {
                RunTrace.Failed(span, e, Describe(e, redactor));
                throw;
            }
            finally { await pump.Close(scope.Output); }
        }, token);
        return end;
    }

    private static string? Json(object? result, Redactor redactor) =>
        result is null ? null : redactor.CleanJson(JsonSerializer.Serialize(result, result.GetType(), KindSettings.Options));

    private async Task<object?> Attempt(RunRow run, PreparedJob prepared, RunScope scope)
    {
        if (prepared.NamesPast) { await scope.Past(); }
        // Once a run, not once an attempt.
        if (run.Activity is { } activity && run.RunKey.Contains('~') && !activity.Links.Any() && (await scope.Past()).Parent is { } parent)
        {
            RunTrace.LinkTo(activity, parent.RunKey);
        }
        await using var services = scopes.CreateAsyncScope();
        var job = prepared.Build(services.ServiceProvider, scope);
        try
        {
            var due = new DateTimeOffset(run.DueAt, TimeSpan.Zero);
            var trigger = TriggerBuilder.Create().WithIdentity(run.RunKey, "runs").StartAt(due).Build();
            var context = JobExecutionContextBuilder.For(job).WithJob(prepared.Detail(run)).WithTrigger(trigger)
                .FiredAt(time.GetUtcNow(), due).Recovering(run.Token > 1).Build();
            await job.Execute(context, scope.Token);
            return context.Result;
        }
        finally
        {
            if (job is IAsyncDisposable asynchronous) { await asynchronous.DisposeAsync(); }
            else if (job is IDisposable disposable) { disposable.Dispose(); }
        }
    }

    private async ValueTask NoteFailure(RunUnderWay underWay, OnRetryArguments<object> failure)
    {
        var error = Describe(failure.Outcome.Exception!, underWay.Redactor);
        LogRetry(underWay.Run.RunKey, failure.AttemptNumber + 1, error, failure.RetryDelay.TotalMilliseconds);
        meter.Retried(underWay.Run.Job);
        underWay.Attempt = await NoteAttempt(underWay.Run, error, failure.Context.CancellationToken);
    }

    // The database may be what failed: the note waits for it within the run's time-out.
    private async Task<int> NoteAttempt(RunRow run, string error, CancellationToken token)
    {
        while (true)
        {
            try { return await ledger.NextAttempt(run, error, token); }
            catch (NpgsqlException e) when (Transient.IsTransient(e) && !token.IsCancellationRequested)
            {
                await Task.Delay(RetryDelay, time, token);
            }
        }
    }

    private async Task GiveBack(RunRow run)
    {
        try
        {
            using var limit = new CancellationTokenSource(ExplainWithin, time);
            var given = await ledger.HandBack([run], run.Owner, limit.Token);
            LogHandedBack(run.RunKey, given.Count == 1);
        }
        catch (Exception e) { LogNotExplained(run.RunKey, e.Message); }      // the lease is given up next, then peers take it over
    }

    private async Task ExplainLost(RunRow run)
    {
        try
        {
            using var limit = new CancellationTokenSource(ExplainWithin, time);
            var lost = await ledger.Lost(run, limit.Token);
            LogRefused(run.RunKey, run.Token, lost.Message);
        }
        catch (Exception e) { LogNotExplained(run.RunKey, e.Message); }
    }

    private static string Describe(Exception error, Redactor redactor)
    {
        var text = error is PostgresException p
            ? $"{p.SqlState}: {p.MessageText}{(p.Detail is null ? "" : $" Detail: {p.Detail}")}{(p.Hint is null ? "" : $" Hint: {p.Hint}")}"
            : error is OperatorException or RunFailedException or TryAgainException or AnswerException ? error.Message
            : $"{error.GetType().Name}: {error.Message}";
        text = redactor.Clean(text);
        // Cut between characters, not inside one: half a surrogate pair cannot be sent, and a NUL cannot be stored.
        var cut = new System.Text.StringBuilder(Math.Min(text.Length, ErrorLengthMax) + 2);
        foreach (var rune in text.EnumerateRunes())
        {
            if (cut.Length >= ErrorLengthMax)
            {
                cut.Append(" …");
                break;
            }
            cut.Append(rune.Value == 0 ? System.Text.Rune.ReplacementChar : rune);
        }
        return cut.ToString();
    }

    [LoggerMessage(1040, LogLevel.Warning, "Refused: run {RunKey} with token {Token} changed nothing, its effects were rolled back: {Reason}")]
    private partial void LogRefused(string runKey, long token, string reason);

    [LoggerMessage(1041, LogLevel.Warning, "Run {RunKey} failed: {ErrorType}: {Problem}")]
    private partial void LogFailed(string runKey, string errorType, string problem);

    [LoggerMessage(1042, LogLevel.Warning, "Attempt {Attempt} of {RunKey} failed: {Problem}; next in {DelayMilliseconds} ms")]
    private partial void LogRetry(string runKey, int attempt, string problem, double delayMilliseconds);

    [LoggerMessage(1043, LogLevel.Warning, "Run {RunKey} ended with its node's lease, and the ledger could not be asked about it: {Problem}")]
    private partial void LogNotExplained(string runKey, string problem);

    [LoggerMessage(1045, LogLevel.Error, "The guard stopped {RunKey}, which waits for 'scheduler run approve': {Problem}")]
    private partial void LogGuard(string runKey, string problem);

    [LoggerMessage(1044, LogLevel.Information, "Run {RunKey} was handed back: {Accepted}")]
    private partial void LogHandedBack(string runKey, bool accepted);
}
