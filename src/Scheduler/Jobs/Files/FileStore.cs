using System.Text.Json.Nodes;
using Npgsql;
using NpgsqlTypes;
using Scheduler.Database;

namespace Scheduler.Jobs.Files;

/// <summary>What a database holds that files can declare.</summary>
/// <param name="Jobs">The jobs; what for_each jobs made of their rows is left out.</param>
/// <param name="Calendars">The calendars.</param>
/// <param name="Channels">The channels.</param>
public sealed record LiveFiles(
    IReadOnlyList<JobDefinition> Jobs, IReadOnlyList<CalendarDefinition> Calendars, IReadOnlyList<ChannelDefinition> Channels);

/// <summary>Job files and the database: what applying them would do, and doing it.</summary>
public static class FileStore
{
    /// <summary>Runs of a job to be removed are counted up to this many; counting on takes long and tells nobody more.</summary>
    public const int RunsCountedMax = 100_000;
    /// <summary>A job's usual duration is the median of this many runs: enough to leave an outlier out, few enough to be of today.</summary>
    public const int RunsMeasured = 20;
    // A page of refusals is read; more come from one cause.
    private const int RefusalsMax = 20;
    // Somebody edits the very rows between our reading and writing them, and again: then the plan is not the last word anyhow.
    private const int TriesMax = 5;

    /// <summary>Last line of what is told of a plan that was refused.</summary>
    internal const string NothingApplied = "nothing was applied";

    private static readonly string TrySql = SqlFiles.Read("queries/plan_try.sql");
    private static readonly string LockSql = SqlFiles.Read("queries/job_lock.sql");
    private static readonly string PutSql = SqlFiles.Read("queries/job_put.sql");
    private static readonly string PruneSql = SqlFiles.Read("queries/job_prune.sql");
    private static readonly string PutCalendarsSql = SqlFiles.Read("queries/calendar_put.sql");
    private static readonly string PruneCalendarsSql = SqlFiles.Read("queries/calendar_prune.sql");
    private static readonly string PutChannelsSql = SqlFiles.Read("queries/notify_channel_put.sql");
    private static readonly string PruneChannelsSql = SqlFiles.Read("queries/notify_channel_prune.sql");
    private static readonly string AppliedSql = SqlFiles.Read("queries/job_applied.sql");
    private static readonly string HistorySql = SqlFiles.Read("queries/job_history.sql");
    private static readonly string DurationsSql = SqlFiles.Read("queries/job_durations.sql");

    /// <summary>The plan with its consequences; changes nothing: what it would write is tried and taken back, and what the database refuses is a
    /// refusal of the plan. Throws <see cref="OperatorException"/> for what the server refuses.</summary>
    /// <param name="connectionString">The scheduler's database, as viewer or more.</param>
    /// <param name="declared">Jobs, calendars and channels of the files.</param>
    /// <param name="options">What is allowed.</param>
    /// <param name="kinds">The kinds known here.</param>
    /// <param name="now">Instant the consequences begin at.</param>
    /// <param name="token">Ends the attempt.</param>
    public static Task<JobPlan> Plan(
        string connectionString, JobFolder declared, PlanOptions options, KindRegistry kinds, DateTimeOffset now,
        CancellationToken token) => OperatorConnection.Use(connectionString, async connection =>
        {
            // One state of the database for all questions.
            await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, token);
            var live = await Read(connection, token);
            var plan = JobPlanner.Of(declared, live, options, kinds);
            plan = plan with { Deleted = await History(connection, plan.Deleted, token) };
            plan = await FieldOwners.Name(connection, plan, live, token);
            var usual = await Durations(connection, [.. plan.Changed.Select(c => c.Name)], token);
            await transaction.RollbackAsync(token);
            plan = plan with { Consequences = PlanConsequences.Of(plan, live, usual, now) };
            return plan.HasChanges && plan.Refusals.Count == 0 ? await Try(connection, plan, declared, token) : plan;
        }, token);

    /// <summary>
    /// Bring the rows to the files, in one transaction: all of the plan or nothing. Throws <see cref="OperatorException"/> (5), nothing changed,
    /// when the plan is refused, or has another hash than the one given. Safe to repeat and from several machines at once.
    /// </summary>
    /// <param name="connectionString">The scheduler's database, as operator or more.</param>
    /// <param name="declared">Jobs, calendars and channels of the files.</param>
    /// <param name="options">What is allowed.</param>
    /// <param name="kinds">The kinds known here.</param>
    /// <param name="hash">Hash of the plan that may be applied; null: any.</param>
    /// <param name="token">Ends the attempt.</param>
    public static Task<JobPlan> Apply(
        string connectionString, JobFolder declared, PlanOptions options, KindRegistry kinds, string? hash,
        CancellationToken token) =>
        OperatorConnection.Use(connectionString, connection => Apply(connection, declared, options, kinds, hash, token), token);

    /// <summary>The plan alone, for a node: without consequences and history.</summary>
    internal static async Task<JobPlan> Look(NpgsqlDataSource source, JobFolder declared, KindRegistry kinds, CancellationToken token)
    {
        await using var connection = await source.OpenConnectionAsync(token);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, token);
        return JobPlanner.Of(declared, await Read(connection, token), new PlanOptions(), kinds);
    }

    /// <summary>As the other, for a node: on its own connections, whatever the plan.</summary>
    internal static async Task<JobPlan> Apply(
        NpgsqlDataSource source, JobFolder declared, KindRegistry kinds, CancellationToken token)
    {
        await using var connection = await source.OpenConnectionAsync(token);
        return await Apply(connection, declared, new PlanOptions(), kinds, null, token);
    }

    /// <summary>Every job, calendar and channel, for an export; what for_each jobs made of their rows is left out. Throws
    /// <see cref="OperatorException"/> for what the server refuses.</summary>
    public static Task<LiveFiles> Live(string connectionString, CancellationToken token) =>
        OperatorConnection.Use(connectionString, async c => new LiveFiles(
            [.. (await JobStore.All(c, token)).Where(j => j.Definition.MadeBy is null).Select(j => j.Definition)],
            [.. (await CalendarStore.All(c, token)).Select(r => r.Calendar)],
            [.. (await ChannelStore.All(c, token)).Select(r => r.Channel)]), token);

    private static async Task<JobPlan> Apply(
        NpgsqlConnection connection, JobFolder declared, PlanOptions options, KindRegistry kinds, string? hash,
        CancellationToken token)
    {
        for (var left = TriesMax; ; left--)
        {
            await using var transaction = await connection.BeginTransactionAsync(token);
            await using (var take = new NpgsqlCommand(LockSql, connection) { CommandTimeout = 0 }) { await take.ExecuteNonQueryAsync(token); }
            var plan = JobPlanner.Of(declared, await Read(connection, token), options, kinds);
            if (hash is not null && hash != plan.Hash)
            {
                throw new OperatorException($"the plan {hash} is out of date: the files or the jobs in the database have changed since, or --force "
                    + $"is another; the plan is now {plan.Hash}. Nothing was applied; see 'scheduler config plan'", 5);
            }
            if (plan.Refusals.Count > 0) { throw new OperatorException(string.Join('\n', plan.Refusals.Append(NothingApplied)), 5); }
            try
            {
                if (await Write(connection, plan, token))
                {
                    await Note(connection, plan, declared, token);
                    await transaction.CommitAsync(token);
                    return plan;
                }
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.CheckViolation)
            {
                throw new OperatorException($"{Refusal.Of(e, declared.Places).Message}\n{NothingApplied}", 5, e);
            }
            // A row was edited after we read it: what to do with it has to be decided anew.
            await transaction.RollbackAsync(token);
            if (left == 1) { throw new OperatorException("the jobs were edited again and again meanwhile; nothing was applied; try again", 5); }
        }
    }

    // Writes the rows as applying them would, and takes it back: the database is the judge. A job that is refused is left out, with those that run
    // after it, and the others are tried again, so that more than the first mistake is told.
    private static async Task<JobPlan> Try(NpgsqlConnection connection, JobPlan plan, JobFolder declared, CancellationToken token)
    {
        var (tried, refusals) = (plan, new List<string>());
        await using var transaction = await connection.BeginTransactionAsync(token);
        try
        {
            await using (var begin = new NpgsqlCommand(TrySql, connection)) { await begin.ExecuteNonQueryAsync(token); }
            while (refusals.Count < RefusalsMax)
            {
                await transaction.SaveAsync(nameof(Try), token);
                try
                {
                    if (!await Write(connection, tried, token)) { return plan with { NotTried = "the jobs are being edited" }; }
                    break;
                }
                catch (PostgresException e) when (e.SqlState is not (PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.LockNotAvailable)
                    && !Transient.IsTransient(e))
                {
                    var refusal = Refusal.Of(e, declared.Places);
                    refusals.Add(refusal.Message);
                    if (refusal.Job is not { } job || tried.Rows.All(r => r.Job.Name != job)) { break; }
                    tried = tried with { Rows = [.. tried.Rows.Where(r => r.Job.Name != job && !Refusal.Follows(r.Job, job))] };
                    await transaction.RollbackAsync(nameof(Try), token);
                }
            }
            return plan with { Refusals = refusals };
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.LockNotAvailable
            || Transient.IsTransient(e))
        {
            return plan with
            {
                Refusals = refusals,
                NotTried = e.SqlState == PostgresErrorCodes.InsufficientPrivilege
                    ? "only who may change jobs can have the database try them (grant scheduler_operator)" : e.MessageText,
            };
        }
    }

    // False when a row was not as it was read.
    private static async Task<bool> Write(NpgsqlConnection connection, JobPlan plan, CancellationToken token) =>
        // What others name is there before them, and goes after them.
        await Put(connection, PutCalendarsSql, plan.CalendarRows.Select(r => Versioned(CalendarStore.Row(r.Part), r.Version)).ToList(), token)
        && await Put(connection, PutChannelsSql, plan.ChannelRows.Select(r => Versioned(ChannelStore.Row(r.Part), r.Version)).ToList(), token)
        && await Put(connection, PutSql, plan.Rows.Select(r => Versioned(JobStore.Row(r.Job), r.Before?.Version)).ToList(), token)
        && await Prune(connection, PruneSql, plan.Removals, token)
        && await Prune(connection, PruneChannelsSql, plan.ChannelRemovals, token)
        && await Prune(connection, PruneCalendarsSql, plan.CalendarRemovals, token);

    private static async Task Note(NpgsqlConnection connection, JobPlan plan, JobFolder declared, CancellationToken token)
    {
        await using var note = new NpgsqlCommand("select scheduler.note_files($1, $2, $3, $4, $5)", connection)
        {
            Parameters =
            {
                Jsonb(plan.Notes.Select(n => new JsonObject
                {
                    ["what"] = n.What, ["name"] = n.Name, ["last_applied"] = n.Fields.DeepClone(), ["source"] = n.Source,
                })),
                new NpgsqlParameter<string[]> { TypedValue = [.. declared.Jobs.Select(j => j.Name)] },
                new NpgsqlParameter<string[]> { TypedValue = [.. declared.Calendars.Select(c => c.Name)] },
                new NpgsqlParameter<string> { TypedValue = plan.Hash },
                new NpgsqlParameter<string[]> { TypedValue = [.. declared.Channels.Select(c => c.Name)] },
            },
        };
        await note.ExecuteNonQueryAsync(token);
    }

    private static async Task<bool> Put(NpgsqlConnection connection, string sql, List<JsonObject> rows, CancellationToken token)
    {
        if (rows.Count == 0) { return true; }
        await using var put = new NpgsqlCommand(sql, connection) { Parameters = { Jsonb(rows) } };
        return (int)(await put.ExecuteScalarAsync(token))! == rows.Count;
    }

    private static async Task<bool> Prune(
        NpgsqlConnection connection, string sql, IReadOnlyList<(string Name, int Version)> removals, CancellationToken token)
    {
        if (removals.Count == 0) { return true; }
        await using var prune = new NpgsqlCommand(sql, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string[]> { TypedValue = [.. removals.Select(r => r.Name)] },
                new NpgsqlParameter<int[]> { TypedValue = [.. removals.Select(r => r.Version)] },
            },
        };
        return (int)(await prune.ExecuteScalarAsync(token))! == removals.Count;
    }

    private static JsonObject Versioned(JsonObject columns, int? version)
    {
        columns["version"] = version;
        return columns;
    }

    private static NpgsqlParameter Jsonb(IEnumerable<JsonNode> items) =>
        new() { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = new JsonArray([.. items]).ToJsonString() };

    private static async Task<LiveJobs> Read(NpgsqlConnection connection, CancellationToken token)
    {
        var jobs = await JobStore.All(connection, token);
        var calendars = await CalendarStore.All(connection, token);
        var channels = await ChannelStore.All(connection, token);
        var applied = new Dictionary<(string, string), AppliedFile>();
        await using var command = new NpgsqlCommand(AppliedSql, connection);
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token))
        {
            var (what, name) = (reader.GetString(0), reader.GetString(1));
            applied[(what, name)] = new(what, name, JobFields.Parse(reader.GetString(2)), reader.GetString(3));
        }
        return new(jobs, calendars, channels, applied);
    }

    private static async Task<IReadOnlyList<PlannedDelete>> History(
        NpgsqlConnection connection, IReadOnlyList<PlannedDelete> deleted, CancellationToken token)
    {
        if (deleted.Count == 0) { return deleted; }
        var known = new Dictionary<string, (long Runs, DateTime? Success)>(StringComparer.Ordinal);
        await using var command = Asking(HistorySql, connection, [.. deleted.Select(d => d.Name)], RunsCountedMax);
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token))
        {
            known[reader.GetString(0)] = (reader.GetInt64(1), reader.IsDBNull(2) ? null : reader.GetDateTime(2));
        }
        return [.. deleted.Select(d => d with { Runs = known[d.Name].Runs, LastSuccessAt = known[d.Name].Success })];
    }

    private static async Task<Dictionary<string, TimeSpan>> Durations(NpgsqlConnection connection, string[] names, CancellationToken token)
    {
        var usual = new Dictionary<string, TimeSpan>(StringComparer.Ordinal);
        if (names.Length == 0) { return usual; }
        await using var command = Asking(DurationsSql, connection, names, RunsMeasured);
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token)) { usual[reader.GetString(0)] = TimeSpan.FromSeconds(reader.GetDouble(1)); }
        return usual;
    }

    private static NpgsqlCommand Asking(string sql, NpgsqlConnection connection, string[] names, int limit) => new(sql, connection)
    {
        Parameters = { new NpgsqlParameter<string[]> { TypedValue = names }, new NpgsqlParameter<int> { TypedValue = limit } },
    };
}
