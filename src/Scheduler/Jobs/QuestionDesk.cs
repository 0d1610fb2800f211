using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Schedules;

namespace Scheduler.Jobs;

/// <summary>
/// Answers what only nodes know and the database has to ask for: previews (<c>call scheduler.preview(…)</c>), and notes on jobs that
/// were saved. Every live node takes part; a question is answered by one of them.
/// </summary>
public sealed partial class QuestionDesk(Databases databases, Listener listener, NodeState state, TimeProvider time, ILogger<QuestionDesk> log)
{
    private const string Part = "answering questions about schedules";
    // Who asks says so by NOTIFY; this is for a notification that was lost.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private const int QuestionsMax = 20;
    // Jobs noted in one statement; questions come before the next ones.
    private const int NotedMax = 25;
    // Notes are nobody's hurry: looking for them takes at most this share of a processor, and ten thousand new schedules hold up no fire.
    private const double NoteShareMax = 0.1;
    // Schedules that many jobs share are looked at once.
    private const int KnownMax = 1000;
    private static readonly string TakeSql = SqlFiles.Read("queries/question_take.sql");
    private static readonly string AnswerSql = SqlFiles.Read("queries/question_answer.sql");
    private static readonly string UnnotedSql = SqlFiles.Read("queries/note_unnoted.sql");
    private static readonly string NoteSql = SqlFiles.Read("queries/note_put.sql");

    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly CancellationTokenSource stopping = new();
    private readonly Dictionary<Asked, (string[] Notes, string? Words)> known = [];
    private DateTime knownOn;
    private volatile bool jobsChanged = true;
    private Task? loop;

    /// <summary>Begin to answer.</summary>
    public void Start()
    {
        listener.Heard += (channel, _) =>
        {
            if (channel == Listener.Jobs) { jobsChanged = true; }
            if (channel != Listener.Questions) { return; }
            try { wake.Release(); }
            catch (SemaphoreFullException) { }     // a look is due already
        };
        loop = Task.Run(Loop);
    }

    /// <summary>Stop answering.</summary>
    public async Task Stop()
    {
        await stopping.CancelAsync();
        if (loop is not null) { await loop; }
    }

    private async Task Loop()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await wake.WaitAsync(LookEvery, stopping.Token);
                if (!state.Ready) { continue; }
                while (await Answer() == QuestionsMax) { }
                // What is said of the next change of the clocks is over one day.
                if (time.GetUtcNow().UtcDateTime.Date is var today && today != knownOn)
                {
                    known.Clear();
                    (knownOn, jobsChanged) = (today, true);
                }
                // One node notes; when it is gone the next one is the first.
                while (jobsChanged && state.Rank == 0)
                {
                    jobsChanged = false;
                    var started = time.GetTimestamp();
                    while (await Note() == NotedMax)
                    {
                        var pause = time.GetElapsedTime(started) * (1 / NoteShareMax - 1);
                        if (await wake.WaitAsync(pause, stopping.Token)) { await Answer(); }
                        started = time.GetTimestamp();
                    }
                }
                state.Worked(Part);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested) { return; }
            catch (Exception e)
            {
                state.Failed(Part, e);
                LogFailed(e.Message);
                jobsChanged = true;
                await Task.Delay(RetryDelay, time, CancellationToken.None);
            }
        }
    }

    private async Task<int> Answer()
    {
        await using var connection = await databases.Ledger.OpenConnectionAsync(stopping.Token);
        await using var transaction = await connection.BeginTransactionAsync(stopping.Token);
        var questions = new List<(long Id, string Schedule, string Zone, int Fires, DateTimeOffset? From)>();
        await using (var take = new NpgsqlCommand(TakeSql, connection) { Parameters = { new NpgsqlParameter<int> { TypedValue = QuestionsMax } } })
        await using (var reader = await take.ExecuteReaderAsync(stopping.Token))
        {
            while (await reader.ReadAsync(stopping.Token))
            {
                questions.Add((reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetInt32(3),
                    reader.IsDBNull(4) ? null : reader.GetFieldValue<DateTimeOffset>(4)));
            }
        }
        foreach (var question in questions)
        {
            string? answer = null, error = null;
            var from = question.From ?? time.GetUtcNow() - state.ClockOffset;
            try { answer = Preview.Of(Schedule.Parse(question.Schedule, question.Zone), from, question.Fires).ToString(); }
            catch (ScheduleException e) { error = e.Message; }
            // A mistake of ours: it is answered, too, so that it does not hold up other questions.
            catch (Exception e)
            {
                error = $"schedule '{question.Schedule}' cannot be judged: {e.Message}";
                LogUnanswerable(question.Schedule, question.Zone, e);
            }
            await using var command = new NpgsqlCommand(AnswerSql, connection);
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = question.Id });
            command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)answer ?? DBNull.Value });
            command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)error ?? DBNull.Value });
            await command.ExecuteNonQueryAsync(stopping.Token);
        }
        await transaction.CommitAsync(stopping.Token);
        return questions.Count;
    }

    private async Task<int> Note()
    {
        var jobs = new List<(string Name, int Version, Asked Asked)>();
        await using (var command = databases.Ledger.CreateCommand(UnnotedSql))
        {
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = NotedMax });
            await using var reader = await command.ExecuteReaderAsync(stopping.Token);
            while (await reader.ReadAsync(stopping.Token))
            {
                jobs.Add((reader.GetString(0), reader.GetInt32(1), new(reader.GetString(2), reader.GetString(3),
                    reader.IsDBNull(4) ? null : reader.GetFieldValue<DateTimeOffset>(4))));
            }
        }
        if (jobs.Count == 0) { return 0; }
        await using var batch = databases.Ledger.CreateBatch();
        foreach (var job in jobs)
        {
            var (notes, words) = Look(job.Asked);
            batch.BatchCommands.Add(new NpgsqlBatchCommand(NoteSql)
            {
                Parameters =
                {
                    new NpgsqlParameter<string> { TypedValue = job.Name },
                    new NpgsqlParameter<int> { TypedValue = job.Version },
                    new NpgsqlParameter<string[]> { TypedValue = notes },
                    new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)words ?? DBNull.Value },
                },
            });
        }
        await batch.ExecuteNonQueryAsync(stopping.Token);
        return jobs.Count;
    }

    private (string[] Notes, string? Words) Look(Asked asked)
    {
        if (known.TryGetValue(asked, out var found)) { return found; }
        if (known.Count >= KnownMax) { known.Clear(); }
        var now = time.GetUtcNow() - state.ClockOffset;
        try
        {
            var limits = asked.Starts is null ? null : new ScheduleLimits(asked.Starts, null, TimeSpan.Zero, null);
            var schedule = Schedule.Parse(asked.Schedule, asked.Zone, limits);
            found = ([.. Lint.Of(schedule, now)], ScheduleWords.Of(schedule, now));
        }
        // The job's problem says so already.
        catch (ScheduleException) { found = ([], null); }
        catch (Exception e)
        {
            found = ([], null);
            LogUnanswerable(asked.Schedule, asked.Zone, e);
        }
        return known[asked] = found;
    }

    // What is found depends on it and, of nights with a change of the clocks, on the day.
    private sealed record Asked(string Schedule, string Zone, DateTimeOffset? Starts);

    [LoggerMessage(3011, LogLevel.Error, "Schedule {Schedule} in {Zone} cannot be judged; this is a mistake of the scheduler's")]
    private partial void LogUnanswerable(string schedule, string zone, Exception problem);

    [LoggerMessage(3010, LogLevel.Warning, "Questions could not be answered: {Problem}; trying again")]
    private partial void LogFailed(string problem);
}
