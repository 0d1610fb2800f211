using System.Globalization;
using System.Text.Json;
using Dapper;
using Scheduler.Database;
using Scheduler.Jobs;

namespace Scheduler.Runs;

/// <summary>A row of the view <c>scheduler.run</c>; the command line's JSON is this record.</summary>
public sealed record LedgerRow
{
    /// <summary>Identity: <c>job@instant</c> for a fire, <c>job!instant</c> for a request.</summary>
    public string RunKey { get; init; } = "";
    /// <summary>The job's name.</summary>
    public string Job { get; init; } = "";
    /// <summary>When it was due.</summary>
    public DateTime DueAt { get; init; }
    /// <summary><c>queued</c>, <c>running</c> or <c>finished</c>.</summary>
    public string State { get; init; } = "";
    /// <summary>What a queued run waits for.</summary>
    public string? WaitingFor { get; init; }
    /// <summary>Node that has or had it.</summary>
    public string? Node { get; init; }
    /// <summary>Grows with every owner.</summary>
    public long Token { get; init; }
    /// <summary>Attempts so far, the present one included.</summary>
    public int Attempts { get; init; }
    /// <summary>When the present or last attempt began.</summary>
    public DateTime? StartedAt { get; init; }
    /// <summary>When it ended.</summary>
    public DateTime? EndedAt { get; init; }
    /// <summary>How it ended.</summary>
    public string? Verdict { get; init; }
    /// <summary>Why it was skipped, missed, or ended by something else than its work.</summary>
    public string? Reason { get; init; }
    /// <summary>What its work returned.</summary>
    public JsonElement? Result { get; init; }
    /// <summary>What went wrong.</summary>
    public string? Error { get; init; }
    /// <summary>How far it is.</summary>
    public JsonElement? Progress { get; init; }
    /// <summary>Who asked for it; null: the schedule.</summary>
    public string? RequestedBy { get; init; }
    /// <summary>Version of the job it ran.</summary>
    public int Version { get; init; }
    /// <summary>When it was entered.</summary>
    public DateTime CreatedAt { get; init; }
    /// <summary>0 (last) to 9 (first).</summary>
    public short Priority { get; init; }
    /// <summary>Values that override the job's own.</summary>
    public JsonElement? Params { get; init; }
    /// <summary>Who asked for its end, when and why, or null.</summary>
    public JsonElement? Cancel { get; init; }
    /// <summary>Times its node died with it.</summary>
    public short Losses { get; init; }
    /// <summary>Attempts before the present one.</summary>
    public JsonElement PastAttempts { get; init; }
    /// <summary>The concurrency group it was entered under, or null.</summary>
    public string? ConcurrencyGroup { get; init; }
    /// <summary>The run whose part on one node it is, or null.</summary>
    public string? PartOf { get; init; }
    /// <summary>The trace its spans are in, where the nodes send any.</summary>
    public string TraceId { get; init; } = "";
}

/// <summary>A row of the view <c>scheduler.attempt</c>.</summary>
public sealed record AttemptRow
{
    /// <summary>The run.</summary>
    public string RunKey { get; init; } = "";
    /// <summary>The job's name.</summary>
    public string Job { get; init; } = "";
    /// <summary>When the run was due.</summary>
    public DateTime DueAt { get; init; }
    /// <summary>Number of the attempt, from 1.</summary>
    public int? Attempt { get; init; }
    /// <summary>The run's token during it.</summary>
    public long? Token { get; init; }
    /// <summary>Node it ran on.</summary>
    public string? Node { get; init; }
    /// <summary>When it began.</summary>
    public DateTime? StartedAt { get; init; }
    /// <summary>When it ended.</summary>
    public DateTime? EndedAt { get; init; }
    /// <summary><c>running</c>, <c>lost</c>, <c>failed</c>, <c>handed back</c>, else the run's verdict.</summary>
    public string? Outcome { get; init; }
    /// <summary>What went wrong.</summary>
    public string? Error { get; init; }
}

/// <summary>A row of the view <c>scheduler.run_output</c>.</summary>
public sealed record OutputRow
{
    /// <summary>Number of the attempt, from 1.</summary>
    public int Attempt { get; init; }
    /// <summary>Number of the line within the attempt, from 1; of a marker, of the first line that was not kept.</summary>
    public long Line { get; init; }
    /// <summary>When it was said.</summary>
    public DateTime At { get; init; }
    /// <summary><c>stdout</c>, <c>stderr</c>, <c>notice</c>, <c>scheduler</c>, or <c>dropped</c> for a marker.</summary>
    public string Stream { get; init; } = "";
    /// <summary>The line.</summary>
    public string Text { get; init; } = "";
}

/// <summary>Which runs to list; null means any.</summary>
/// <param name="Job">Name of the job.</param>
/// <param name="State"><c>queued</c>, <c>running</c> or <c>finished</c>.</param>
/// <param name="Verdict">How it ended.</param>
/// <param name="Limit">At most this many, the latest due first.</param>
public sealed record RunFilter(string? Job = null, string? State = null, string? Verdict = null, int Limit = 50);

/// <summary>What an operator can see of the runs, and the asking for one.</summary>
public static class RunList
{
    // A waiting caller is told of the end; in case it is not, it looks at the run's row this often. How long it bears a database away.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan OutageMax = TimeSpan.FromSeconds(60);

    /// <summary>Runs that fit, the latest due first.</summary>
    public static Task<IReadOnlyList<LedgerRow>> Find(string connectionString, RunFilter filter, CancellationToken token) =>
        OperatorConnection.Use<IReadOnlyList<LedgerRow>>(connectionString, async c =>
        {
            // Only the conditions asked for, so that each form of the question gets the plan (and the index) that fits it.
            var conditions = new List<string>();
            if (filter.Job is not null) { conditions.Add("job = @Job"); }
            if (filter.State is not null) { conditions.Add("state = @State"); }
            if (filter.Verdict is not null) { conditions.Add("verdict = @Verdict"); }
            var where = conditions.Count == 0 ? "" : " where " + string.Join(" and ", conditions);
            var rows = (await c.QueryAsync<LedgerRow>(new CommandDefinition(
                $"select * from scheduler.run{where} order by due_at desc, run_key limit @Limit", filter, cancellationToken: token))).AsList();
            if (rows.Count > 0 || filter.Job is null || await c.ExecuteScalarAsync<bool>(
                "select exists (select from scheduler.job where name = @Job) or exists (select from scheduler.run where job = @Job)", filter))
            {
                return rows;
            }
            var names = await c.QueryAsync<string>("select name from scheduler.job order by name");
            throw JobList.NotFound(filter.Job, names);
        }, token);

    /// <summary>One run and its attempts, oldest first. Throws <see cref="OperatorException"/> (3) when there is none of that key.</summary>
    public static Task<(LedgerRow Run, IReadOnlyList<AttemptRow> Attempts)> Show(string connectionString, string runKey, CancellationToken token) =>
        OperatorConnection.Use(connectionString, async c =>
        {
            var key = new { runKey, dueAt = DueOf(runKey) };
            var run = await c.QuerySingleOrDefaultAsync<LedgerRow>(new CommandDefinition(
                "select * from scheduler.run where run_key = @runKey and due_at = @dueAt", key, cancellationToken: token));
            if (run is null) { throw NotFound(runKey, await Neighbours(c, runKey)); }
            var attempts = await c.QueryAsync<AttemptRow>(new CommandDefinition(
                "select * from scheduler.attempt where run_key = @runKey and due_at = @dueAt order by attempt", key, cancellationToken: token));
            return (run, (IReadOnlyList<AttemptRow>)attempts.AsList());
        }, token);

    /// <summary>
    /// What a run has said so far after a given line, oldest first, and whether it has its verdict. Throws <see cref="OperatorException"/> (3) when
    /// there is no run of that key.
    /// </summary>
    public static Task<(IReadOnlyList<OutputRow> Lines, bool Finished)> Logs(
        string connectionString, string runKey, int afterAttempt, long afterLine, CancellationToken token) =>
        OperatorConnection.Use(connectionString, async c =>
        {
            var key = new { runKey, dueAt = DueOf(runKey), afterAttempt, afterLine };
            // Asked first: when it is finished, all it said is there.
            var state = await c.ExecuteScalarAsync<string?>(new CommandDefinition(
                "select state from scheduler.run where run_key = @runKey and due_at = @dueAt", key, cancellationToken: token));
            if (state is null) { throw NotFound(runKey, await Neighbours(c, runKey)); }
            var lines = await c.QueryAsync<OutputRow>(new CommandDefinition(
                "select attempt, line, at, stream, text from scheduler.run_output where run_key = @runKey and due_at = @dueAt"
                + " and (attempt, line) > (@afterAttempt, @afterLine) order by attempt, line", key, cancellationToken: token));
            return ((IReadOnlyList<OutputRow>)lines.AsList(), state == "finished");
        }, token);

    /// <summary>Ask for one run of a job now; returns its key. Throws <see cref="OperatorException"/> (3) with the nearest name when there
    /// is no such job.</summary>
    /// <param name="connectionString">The scheduler's database.</param>
    /// <param name="job">Name of the job.</param>
    /// <param name="paramsJson">A JSON object of values that override the job's own, or null.</param>
    /// <param name="key">Caller's key, or null: a second call with the same key returns the first call's run.</param>
    /// <param name="token">Ends the call.</param>
    public static async Task<string> RunNow(string connectionString, string job, string? paramsJson, string? key, CancellationToken token)
    {
        // Looked up first for the nearest name; should the job go in between, run_now itself refuses.
        await JobList.Find(connectionString, job, token);
        return await OperatorConnection.Use(connectionString, async c => await c.ExecuteScalarAsync<string>(new CommandDefinition(
            "select scheduler.run_now(@job, @paramsJson::jsonb, @key)", new { job, paramsJson, key }, cancellationToken: token))
            ?? throw new InvalidOperationException("scheduler.run_now returned null"), token);
    }

    /// <summary>Wait until a run has its verdict. Bears a database that is away for up to a minute. Returns null when
    /// <paramref name="timeout"/> is over first.</summary>
    public static async Task<LedgerRow?> WaitForEnd(string connectionString, string runKey, TimeSpan timeout, TimeProvider time,
        CancellationToken token)
    {
        var began = time.GetTimestamp();
        var reached = began;
        using var told = new CancellationTokenSource();
        await using var listening = await RunRequests.Listen(connectionString, key => { if (key == runKey) { told.Cancel(); } }, token);
        while (true)
        {
            try
            {
                var (run, _) = await Show(connectionString, runKey, token);
                reached = time.GetTimestamp();
                if (run.State == "finished") { return run; }
            }
            catch (OperatorException e) when (e.InnerException is { } inner && Transient.IsTransient(inner)
                && time.GetElapsedTime(reached) < OutageMax)
            {
                // The database is away; the run may well go on, so does the wait.
            }
            var left = timeout - time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero) { return null; }
            await Wait(listening, left < LookEvery ? left : LookEvery, time, told.Token, token);
        }
    }

    // Ends at once when the end was told.
    private static async Task Wait(
        Npgsql.NpgsqlConnection? listening, TimeSpan time, TimeProvider clock, CancellationToken told, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(told, token);
        try
        {
            if (listening is { FullState: System.Data.ConnectionState.Open } && !told.IsCancellationRequested)
            {
                await listening.WaitAsync(time, token);
            }
            else { await Task.Delay(time, clock, limit.Token); }
        }
        catch (Npgsql.NpgsqlException) { }     // gone: from now on the row is looked at
        catch (OperationCanceledException) when (!token.IsCancellationRequested) { }
    }

    /// <summary>The instant a run key names, so that a look-up reaches one partition; null for text that is no run key. Viewers may not
    /// call the SQL function for it.</summary>
    internal static DateTime? DueOf(string runKey) =>
        runKey.LastIndexOfAny(['@', '!']) is >= 0 and var mark
        && DateTime.TryParse(runKey.AsSpan(mark + 1).ToString().Split('~')[0], CultureInfo.InvariantCulture,
            DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var due)
            ? due : null;

    private static OperatorException NotFound(string runKey, IReadOnlyList<string> neighbours) =>
        DueOf(runKey) is null
            ? new($"'{runKey}' is not a run key; expected e.g. cleanup@2026-11-21T04:00:00Z"
                + (neighbours.Count == 0 ? "" : $"; the latest is '{neighbours[0]}'"), 3)
            : new($"there is no run '{runKey}'" + Spelling.DidYouMean(runKey, neighbours), 3);

    // Keys a mistyped one may have meant: the latest of that job.
    private static async Task<IReadOnlyList<string>> Neighbours(Npgsql.NpgsqlConnection connection, string runKey)
    {
        var mark = runKey.IndexOfAny(['@', '!']);
        var job = mark < 0 ? runKey : runKey[..mark];
        return (await connection.QueryAsync<string>("select run_key from scheduler.run where job = @job order by due_at desc limit 20",
            new { job })).AsList();
    }
}
