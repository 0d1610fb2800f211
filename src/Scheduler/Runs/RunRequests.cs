using Dapper;
using Npgsql;
using Scheduler.Database;

namespace Scheduler.Runs;

/// <summary>A row of the view <c>scheduler.backfill_request</c>; the CLI's JSON is this record.</summary>
public sealed record BackfillRow
{
    /// <summary>Number of the request.</summary>
    public long Id { get; init; }
    /// <summary>The job.</summary>
    public string Job { get; init; } = "";
    /// <summary>Begin of the range.</summary>
    public DateTime FromAt { get; init; }
    /// <summary>End of the range, exclusive.</summary>
    public DateTime UntilAt { get; init; }
    /// <summary>Least time between the beginnings of two runs, or null.</summary>
    public TimeSpan? Spacing { get; init; }
    /// <summary>Most runs.</summary>
    public int Cap { get; init; }
    /// <summary>True: nothing is entered.</summary>
    public bool DryRun { get; init; }
    /// <summary><c>asked</c>, <c>entering</c>, <c>done</c> or <c>refused</c>.</summary>
    public string State { get; init; } = "";
    /// <summary>Instants to run; null: not answered yet.</summary>
    public int? DueCount { get; init; }
    /// <summary>Instants left out, for their fire has succeeded.</summary>
    public int? SucceededCount { get; init; }
    /// <summary>The first instant.</summary>
    public DateTime? FirstDueAt { get; init; }
    /// <summary>The last instant.</summary>
    public DateTime? LastDueAt { get; init; }
    /// <summary>Runs entered so far.</summary>
    public int EnteredCount { get; init; }
    /// <summary>Why it was refused.</summary>
    public string? Problem { get; init; }
    /// <summary>Who asked.</summary>
    public string RequestedBy { get; init; } = "";
    /// <summary>When.</summary>
    public DateTime RequestedAt { get; init; }
    /// <summary>Node that answered.</summary>
    public string? Node { get; init; }
    /// <summary>When it answered.</summary>
    public DateTime? AnsweredAt { get; init; }
}

/// <summary>What an operator can ask of runs.</summary>
public static class RunRequests
{
    // A node answers within a second; none does so in ten when none is live.
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>Ask for a run's end. Returns <c>cancelled</c>, <c>requested</c>, or the verdict it has already. Throws
    /// <see cref="OperatorException"/> (3) when there is no such run.</summary>
    /// <param name="connectionString">The scheduler's database.</param>
    /// <param name="runKey">Key of the run.</param>
    /// <param name="reason">Shown with the verdict; null: who asked.</param>
    /// <param name="token">Ends the call.</param>
    public static async Task<string> Cancel(string connectionString, string runKey, string? reason, CancellationToken token)
    {
        await RunList.Show(connectionString, runKey, token);
        return await OperatorConnection.Use(connectionString, async c => await c.ExecuteScalarAsync<string>(new CommandDefinition(
            "select scheduler.cancel(@runKey, @reason)", new { runKey, reason }, cancellationToken: token))
            ?? throw new InvalidOperationException("scheduler.cancel returned null"), token);
    }

    /// <summary>Ask to run a job for the instants it was due between two, and wait for the answer. Throws <see cref="OperatorException"/>: 3 when
    /// there is no such job, 5 when it is refused, 8 when no node answers within 10 s.</summary>
    public static async Task<BackfillRow> Backfill(string connectionString, BackfillRequest request, TimeProvider time, CancellationToken token)
    {
        await Jobs.JobList.Find(connectionString, request.Job, token);
        return await OperatorConnection.Use(connectionString, async c =>
        {
            var id = await c.ExecuteScalarAsync<long>(new CommandDefinition(
                "select scheduler.backfill(@Job, tstzrange(@From, @Until), @Spacing, @Cap, @DryRun)", request, cancellationToken: token));
            var began = time.GetTimestamp();
            while (true)
            {
                var row = await c.QuerySingleAsync<BackfillRow>(new CommandDefinition(
                    "select * from scheduler.backfill_request where id = @id", new { id }, cancellationToken: token));
                if (row.State == "refused") { throw new OperatorException($"backfill {id} is refused: {row.Problem}", 5); }
                if (row.State != "asked") { return row; }
                if (time.GetElapsedTime(began) > AnswerMax)
                {
                    throw new OperatorException($"no node has answered backfill {id} for {AnswerMax.TotalSeconds:0} s; is one live? "
                        + "It is answered as soon as one is: see scheduler.backfill_request", 8);
                }
                await Task.Delay(LookEvery, time, token);
            }
        }, token);
    }

    /// <summary>A connection that hears of the ends of runs asked for by hand; null when it cannot be had, and then the caller polls.</summary>
    internal static async Task<NpgsqlConnection?> Listen(string connectionString, Action<string> ended, CancellationToken token)
    {
        var settings = Databases.Parse(connectionString, "the connection string");
        (settings.Pooling, settings.KeepAlive, settings.Timeout, settings.ApplicationName) = (false, 5, 5, "scheduler cli wait");
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            connection.Notification += (_, e) => ended(e.Payload);
            await connection.OpenAsync(token);
            await using var listen = new NpgsqlCommand("listen scheduler_finished", connection);
            await listen.ExecuteNonQueryAsync(token);
            return connection;
        }
        catch (NpgsqlException)
        {
            await connection.DisposeAsync();
            return null;
        }
    }
}

/// <summary>What to run again.</summary>
/// <param name="Job">Name of the job.</param>
/// <param name="From">The first instant that counts.</param>
/// <param name="Until">The first one that does not.</param>
/// <param name="Spacing">Least time between the beginnings of two runs, or null.</param>
/// <param name="Cap">Most runs, 1 to 10,000.</param>
/// <param name="DryRun">True: only reckon.</param>
public sealed record BackfillRequest(string Job, DateTime From, DateTime Until, TimeSpan? Spacing, int Cap, bool DryRun);
