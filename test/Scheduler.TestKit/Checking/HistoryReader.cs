using Dapper;

namespace Scheduler.TestKit.Checking;

/// <summary>Reads what the <see cref="Checker"/> judges, and knows the table and the statement by which jobs log their effects.</summary>
public static class HistoryReader
{
    /// <summary>Makes the table of effects, in whatever database. Nothing in it is unique: it must be able to hold a duplicate.</summary>
    public const string EffectTable =
        "create table if not exists public.effect (run_key text not null, due_at timestamptz not null, token bigint not null,"
        + " node text not null, at timestamptz not null default clock_timestamp())";

    /// <summary>The statement of a job of kind <c>sql</c> that logs its effect.</summary>
    public const string EffectStatement =
        "insert into public.effect (run_key, due_at, token, node) values (${run.key}, ${run.due_at}, ${run.token}, ${node.name})";

    /// <summary>Reads the ledger as <see cref="LedgerRow"/>; a condition may follow.</summary>
    public const string RowsSql = "select run_key as RunKey, job, due_at as DueAt, state, verdict, reason, token, attempts, node,"
        + " created_at as CreatedAt, started_at as StartedAt, ended_at as EndedAt, requested_by as RequestedBy from scheduler.run";

    /// <summary>The declared schedules as they stand in a database, for jobs that were never edited since.</summary>
    public static async Task<IReadOnlyList<DeclaredSchedule>> Schedules(TestDatabase database)
    {
        var jobs = await database.Rows<JobRow>("select name, schedule, time_zone as TimeZone, overlap, missed, start_within as StartWithin, enabled,"
            + " paused_at is not null as paused, kind = 'sql' and settings ->> 'database' is null as transactional,"
            + " kind = 'command' and on_lost = 'rerun' as repeatable,"
            + " updated_at as UpdatedAt from scheduler.job where schedule <> 'manual'");
        return [.. jobs.Select(j => new DeclaredSchedule
        {
            Job = j.Name,
            Schedule = j.Schedule,
            TimeZone = j.TimeZone,
            Overlap = j.Overlap,
            Missed = j.Missed,
            StartWithin = j.StartWithin,
            Enabled = j.Enabled,
            Paused = j.Paused,
            Transactional = j.Transactional,
            Repeatable = j.Repeatable,
            From = j.UpdatedAt,
        })];
    }

    /// <summary>The effects in a database's table of effects.</summary>
    public static EffectLog LogOf(TestDatabase database) => async () =>
        await database.Rows<Effect>("select run_key as RunKey, due_at as DueAt, token, node, at from public.effect");

    /// <summary>
    /// Read a ledger and the effects of any number of logs. Effects are read after the ledger, those of runs that were not there yet or
    /// not finished then are left out: what a reader finds while work goes on is no contradiction.
    /// </summary>
    /// <param name="database">The scheduler's database.</param>
    /// <param name="schedules">What was declared.</param>
    /// <param name="faults">What was done to the cluster.</param>
    /// <param name="effectLogs">Where the effects are.</param>
    public static async Task<History> Read(TestDatabase database, IReadOnlyList<DeclaredSchedule> schedules, IReadOnlyList<FaultWindow> faults,
        params EffectLog[] effectLogs)
    {
        await using var connection = await database.Source.OpenConnectionAsync();
        // One snapshot: a row and its attempts must be of one moment.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        var readAt = await connection.ExecuteScalarAsync<DateTime>("select clock_timestamp()");
        var rows = (await connection.QueryAsync<LedgerRow>(RowsSql)).ToList();
        var attempts = await connection.QueryAsync<LedgerAttempt>(
            "select run_key as RunKey, attempt, token, node, started_at as StartedAt, outcome from scheduler.attempt");
        await transaction.CommitAsync();
        var known = rows.ToLookup(r => r.RunKey, r => r.State == "finished");
        var effects = new List<Effect>();
        foreach (var log in effectLogs)
        {
            var all = await log();
            effects.AddRange(all.Where(e => known[e.RunKey].Any() ? known[e.RunKey].Contains(true) : e.At < readAt - TimeSpan.FromSeconds(1)));
        }
        return new History { Schedules = schedules, Rows = rows, Attempts = [.. attempts], Effects = effects, Faults = faults, ReadAt = readAt };
    }

    private sealed record JobRow(string Name, string Schedule, string TimeZone, string Overlap, string Missed, TimeSpan? StartWithin, bool Enabled,
        bool Paused, bool Transactional, bool Repeatable, DateTime UpdatedAt);
}
