using Dapper;
using Scheduler.Database;
using Scheduler.Jobs;

namespace Scheduler.Notifications;

/// <summary>A row of the view <c>scheduler.incident</c>; the command line's JSON is this record.</summary>
public sealed record IncidentRow
{
    /// <summary>Its number.</summary>
    public long Id { get; init; }
    /// <summary>The cause, e.g. <c>job:backup:failing</c>; one incident is open for each.</summary>
    public string Key { get; init; } = "";
    /// <summary>What is wrong, in a word: <c>failing</c>, <c>missed</c>, <c>node_down</c>, …</summary>
    public string Condition { get; init; } = "";
    /// <summary><c>open</c>, <c>suppressed</c> or <c>resolved</c>.</summary>
    public string State { get; init; } = "";
    /// <summary><c>page</c>, <c>warning</c> or <c>info</c>.</summary>
    public string Severity { get; init; } = "";
    /// <summary>The job, or null.</summary>
    public string? Job { get; init; }
    /// <summary>The node, or null.</summary>
    public string? Node { get; init; }
    /// <summary>What is wrong, in a line.</summary>
    public string Title { get; init; } = "";
    /// <summary>What is known about it.</summary>
    public string? Detail { get; init; }
    /// <summary>When it was found.</summary>
    public DateTime OpenedAt { get; init; }
    /// <summary>When its row last changed.</summary>
    public DateTime ChangedAt { get; init; }
    /// <summary>When it was over, or null.</summary>
    public DateTime? ResolvedAt { get; init; }
    /// <summary>Number of the incident that explains it, or null.</summary>
    public long? SuppressedBy { get; init; }
    /// <summary>How many open ones it explains.</summary>
    public int Suppresses { get; init; }
    /// <summary>When somebody took it on, or null.</summary>
    public DateTime? AckedAt { get; init; }
    /// <summary>Who did.</summary>
    public string? AckedBy { get; init; }
    /// <summary>What they said.</summary>
    public string? AckReason { get; init; }
}

/// <summary>What an operator can see of incidents, and do about them.</summary>
public static class IncidentList
{
    /// <summary>Incidents, open ones first. Throws <see cref="OperatorException"/> (3) with the nearest name for a job that neither is there nor had
    /// an incident.</summary>
    /// <param name="connectionString">The scheduler's database.</param>
    /// <param name="all">False: only open ones that nothing explains. True: suppressed and resolved ones too.</param>
    /// <param name="job">Only those of this job; null: of all.</param>
    /// <param name="limit">At most this many.</param>
    /// <param name="token">Ends the wait.</param>
    public static Task<IReadOnlyList<IncidentRow>> Find(string connectionString, bool all, string? job, int limit, CancellationToken token) =>
        OperatorConnection.Use<IReadOnlyList<IncidentRow>>(connectionString, async c =>
        {
            var rows = (await c.QueryAsync<IncidentRow>(new CommandDefinition(
                "select * from scheduler.incident where (@all or state = 'open') and (@job::text is null or job = @job) limit @limit",
                new { all, job, limit }, cancellationToken: token))).AsList();
            if (rows.Count > 0 || job is null || await c.ExecuteScalarAsync<bool>(new CommandDefinition(
                "select exists (select from scheduler.job where name = @job) or exists (select from scheduler.incident where job = @job)",
                new { job }, cancellationToken: token)))
            {
                return rows;
            }
            throw JobList.NotFound(job, await c.QueryAsync<string>(new CommandDefinition(
                "select name from scheduler.job order by name", cancellationToken: token)));
        }, token);

    /// <summary>One incident, and those it explains. Throws <see cref="OperatorException"/> (3) when there is none of that number.</summary>
    public static Task<(IncidentRow Incident, IReadOnlyList<IncidentRow> Suppressed)> Show(
        string connectionString, long id, CancellationToken token) =>
        OperatorConnection.Use<(IncidentRow, IReadOnlyList<IncidentRow>)>(connectionString, async c =>
        {
            const int SuppressedMax = 100;
            var incident = await c.QuerySingleOrDefaultAsync<IncidentRow>(new CommandDefinition(
                "select * from scheduler.incident where id = @id", new { id }, cancellationToken: token))
                ?? throw new OperatorException($"there is no incident {id}; see 'scheduler incident list --all'", 3);
            var suppressed = await c.QueryAsync<IncidentRow>(new CommandDefinition(
                "select * from scheduler.incident where suppressed_by = @id limit @SuppressedMax", new { id, SuppressedMax },
                cancellationToken: token));
            return (incident, [.. suppressed]);
        }, token);

    /// <summary>Take an incident on: nobody is reminded of it any more. Returns false when somebody had done so before. Throws
    /// <see cref="OperatorException"/> (3) when there is no open incident of that number.</summary>
    public static Task<bool> Acknowledge(string connectionString, long id, string? reason, CancellationToken token) =>
        OperatorConnection.Use(connectionString, async c => await c.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select scheduler.ack_incident(@id, @reason)", new { id, reason }, cancellationToken: token)), token);
}
