using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Schedules;

namespace Scheduler.Runs;

/// <summary>
/// Answers requests to run what was due in the past (<c>scheduler.backfill</c>) with the job's own schedule, and enters their runs as their spacing
/// and the job's overlap allow. Every node does; a request is in one node's hands at a time, and all it needs to go on stands in its row.
/// </summary>
public sealed partial class Backfills(
    Databases databases, Listener listener, NodeState state, NodeOptions options, ILogger<Backfills> log)
{
    private const string Part = "looking after backfills";
    // Without a notification, requests are found this late; while one is under way, its next runs are looked for this often.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StepEvery = TimeSpan.FromMilliseconds(250);

    private static readonly string AskSql = SqlFiles.Read("queries/backfill_ask.sql");
    private static readonly string SucceededSql = SqlFiles.Read("queries/backfill_succeeded.sql");
    private static readonly string AnswerSql = SqlFiles.Read("queries/backfill_answer.sql");
    private static readonly string StepSql = SqlFiles.Read("queries/backfill_step.sql");

    private readonly SemaphoreSlim wake = new(0);
    private readonly CancellationTokenSource stopping = new();
    private Task? loop;

    /// <summary>Begin to answer.</summary>
    public void Start()
    {
        listener.Heard += (channel, _) =>
        {
            if (channel == Listener.Request && wake.CurrentCount == 0) { wake.Release(); }
        };
        loop = Task.Run(Loop);
    }

    /// <summary>Stop; requests under way are carried on by the other nodes.</summary>
    public async Task Stop()
    {
        await stopping.CancelAsync();
        if (loop is not null) { await loop; }
    }

    private async Task Loop()
    {
        var wait = LookEvery;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await wake.WaitAsync(wait, stopping.Token);
                wait = LookEvery;
                if (!state.Ready) { continue; }
                while (await AnswerOne(stopping.Token)) { }
                await using var command = databases.Ledger.CreateCommand(StepSql);
                if (await command.ExecuteScalarAsync(stopping.Token) is > 0) { wait = StepEvery; }
                state.Worked(Part);
            }
            catch (Exception) when (stopping.IsCancellationRequested) { return; }
            catch (Exception e)
            {
                state.Failed(Part, e);
                LogFailed(e.Message);
            }
        }
    }

    private async Task<bool> AnswerOne(CancellationToken token)
    {
        await using var connection = await databases.Ledger.OpenConnectionAsync(token);
        await using var transaction = await connection.BeginTransactionAsync(token);
        if (await Ask(connection, token) is not { } request) { return false; }
        var job = await JobStore.Some(connection, [request.Job], token) is [var found] ? found : null;
        var (due, problem) = job is null ? ([], "the job was deleted")
            : Reckon(job.Definition, await CalendarStore.Readable(databases.Ledger, token), request);
        var succeeded = problem is null ? await Succeeded(connection, request, token) : [];
        var left = due.RemoveAll(succeeded.Contains);
        await using var answer = new NpgsqlCommand(AnswerSql, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<long> { TypedValue = request.Id }, new NpgsqlParameter<DateTime[]> { TypedValue = [.. due] },
                new NpgsqlParameter<int> { TypedValue = left },
                new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)problem ?? DBNull.Value },
                new NpgsqlParameter<string> { TypedValue = databases.NodeName },
            },
        };
        await answer.ExecuteNonQueryAsync(token);
        await transaction.CommitAsync(token);
        LogAnswered(request.Id, request.Job, problem ?? $"{due.Count} instants");
        return true;
    }

    private (List<DateTime> Due, string? Problem) Reckon(JobDefinition job, IReadOnlyDictionary<string, NamedCalendar> calendars, Request request)
    {
        if (request.From < request.Now - options.KeepRuns)
        {
            return ([], $"the range begins before the ledger's days ({Duration.Format(options.KeepRuns)}, node.keep_runs); expected from "
                + $"{request.Now - options.KeepRuns:yyyy-MM-ddTHH:mm:ssZ} on");
        }
        try
        {
            var until = request.Until < request.Now ? request.Until : request.Now;
            var due = job.ReadSchedule(calendars).Next(new DateTimeOffset(request.From).AddTicks(-1), request.Cap + 1)
                .Select(d => d.UtcDateTime).TakeWhile(d => d < until).ToList();
            return due.Count <= request.Cap ? (due, null)
                : ([], $"the range holds more than {request.Cap} instants; expected a shorter range, or a higher cap");
        }
        catch (ScheduleException e) { return ([], e.Message); }
        // A mistake of ours about one request: answered, so that it does not hold up the others.
        catch (Exception e) { return ([], $"the range cannot be reckoned: {e.Message}"); }
    }

    private static async Task<Request?> Ask(NpgsqlConnection connection, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(AskSql, connection);
        await using var reader = await command.ExecuteReaderAsync(token);
        return await reader.ReadAsync(token)
            ? new(reader.GetInt64(0), reader.GetString(1), reader.GetDateTime(2), reader.GetDateTime(3), reader.GetInt32(4), reader.GetDateTime(6))
            : null;
    }

    private static async Task<HashSet<DateTime>> Succeeded(NpgsqlConnection connection, Request request, CancellationToken token)
    {
        var succeeded = new HashSet<DateTime>();
        await using var command = new NpgsqlCommand(SucceededSql, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = request.Job }, new NpgsqlParameter<DateTime> { TypedValue = request.From },
                new NpgsqlParameter<DateTime> { TypedValue = request.Until },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token)) { succeeded.Add(reader.GetDateTime(0)); }
        return succeeded;
    }

    private sealed record Request(long Id, string Job, DateTime From, DateTime Until, int Cap, DateTime Now);

    [LoggerMessage(1070, LogLevel.Information, "Backfill {Number} of {Job}: {Answer}")]
    private partial void LogAnswered(long number, string job, string answer);

    [LoggerMessage(1071, LogLevel.Warning, "Could not look after backfills: {Problem}; trying again")]
    private partial void LogFailed(string problem);
}
