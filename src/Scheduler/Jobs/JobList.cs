using System.Text.Json;
using Dapper;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>A row of the view <c>scheduler.job_status</c>; the command line's JSON is this record.</summary>
public sealed record JobStatusRow
{
    /// <summary>The job's name.</summary>
    public string Name { get; init; } = "";
    /// <summary>What it does.</summary>
    public string Kind { get; init; } = "";
    /// <summary>When it is due.</summary>
    public string Schedule { get; init; } = "";
    /// <summary>Zone the schedule is read in.</summary>
    public string TimeZone { get; init; } = "";
    /// <summary><c>disabled</c>, <c>paused</c>, <c>problem</c>, <c>running</c>, <c>queued</c> or <c>idle</c>.</summary>
    public string State { get; init; } = "";
    /// <summary>How its last run ended, or null.</summary>
    public string? LastVerdict { get; init; }
    /// <summary>Key of its last run, or null.</summary>
    public string? LastRunKey { get; init; }
    /// <summary>When its last run was due.</summary>
    public DateTime? LastDueAt { get; init; }
    /// <summary>When its last run ended.</summary>
    public DateTime? LastEndedAt { get; init; }
    /// <summary>When it last succeeded.</summary>
    public DateTime? LastSuccessAt { get; init; }
    /// <summary>When it is due next.</summary>
    public DateTime? NextFireAt { get; init; }
    /// <summary>Why it cannot fire, or null.</summary>
    public string? Problem { get; init; }
    /// <summary>Failures since its last success.</summary>
    public int? FailuresInRow { get; init; }
    /// <summary>Runs that ended, of those that began.</summary>
    public long? FinishedCount { get; init; }
    /// <summary>Share of them that succeeded, 0 to 1.</summary>
    public decimal? SuccessRate { get; init; }
    /// <summary><c>skip</c>, <c>queue</c>, <c>cancel</c> or <c>allow</c>.</summary>
    public string Overlap { get; init; } = "";
    /// <summary>0 (last) to 9 (first).</summary>
    public short Priority { get; init; }
    /// <summary>Labels a node must have.</summary>
    public string[] RunsOn { get; init; } = [];
    /// <summary>One sentence for people.</summary>
    public string Description { get; init; } = "";
    /// <summary>Who answers for it.</summary>
    public string Owner { get; init; } = "";
    /// <summary>Free words.</summary>
    public string[] Tags { get; init; } = [];
    /// <summary>Grows with every change.</summary>
    public int Version { get; init; }
    /// <summary>Where it was declared.</summary>
    public string Source { get; init; } = "";
    /// <summary>When its pause ends by itself, or null.</summary>
    public DateTime? PausedUntil { get; init; }
    /// <summary>What is worth knowing about its schedule.</summary>
    public string[] Notes { get; init; } = [];
    /// <summary>The schedule as an English sentence, or null until a node has looked at it.</summary>
    public string? InWords { get; init; }
}

/// <summary>A row of the table <c>scheduler.job</c>: the job as declared. Its column <c>next_fire_at</c> is left out: it is as of the time the
/// schedule was last stored; when the job is due next now is in <see cref="JobStatusRow"/>.</summary>
public sealed record DeclaredJob
{
    /// <summary>The job's name.</summary>
    public string Name { get; init; } = "";
    /// <summary>What it does.</summary>
    public string Kind { get; init; } = "";
    /// <summary>One sentence for people.</summary>
    public string Description { get; init; } = "";
    /// <summary>Who answers for it.</summary>
    public string Owner { get; init; } = "";
    /// <summary>Free words.</summary>
    public string[] Tags { get; init; } = [];
    /// <summary>When it is due.</summary>
    public string Schedule { get; init; } = "";
    /// <summary>Zone the schedule is read in.</summary>
    public string TimeZone { get; init; } = "";
    /// <summary>Calendar whose days and hours are left out, or null.</summary>
    public string? Calendar { get; init; }
    /// <summary>Not due before, or null.</summary>
    public DateTime? Starts { get; init; }
    /// <summary>Not due after, or null.</summary>
    public DateTime? Ends { get; init; }
    /// <summary>Fires are splayed over this time, or null.</summary>
    public TimeSpan? Spread { get; init; }
    /// <summary>Due that many times from <see cref="Starts"/> on, or null.</summary>
    public int? Count { get; init; }
    /// <summary>The kind's settings (<c>with</c> in YAML).</summary>
    public JsonElement Settings { get; init; }
    /// <summary>Limits beyond which it stops.</summary>
    public JsonElement Guard { get; init; }
    /// <summary>Longest time a run may take.</summary>
    public TimeSpan Timeout { get; init; }
    /// <summary>Retry policy.</summary>
    public JsonElement Retry { get; init; }
    /// <summary><c>skip</c>, <c>queue</c>, <c>cancel</c> or <c>allow</c>.</summary>
    public string Overlap { get; init; } = "";
    /// <summary><c>once</c>, <c>skip</c> or <c>all</c>.</summary>
    public string Missed { get; init; } = "";
    /// <summary>Fires older than this are missed; null: no limit.</summary>
    public TimeSpan? StartWithin { get; init; }
    /// <summary><c>rerun</c> or <c>fail</c>.</summary>
    public string OnLost { get; init; } = "";
    /// <summary>Labels a node must have.</summary>
    public string[] RunsOn { get; init; } = [];
    /// <summary>0 (last) to 9 (first).</summary>
    public short Priority { get; init; }
    /// <summary>What a run is given.</summary>
    public JsonElement Params { get; init; }
    /// <summary>Group and limit across the cluster.</summary>
    public JsonElement Concurrency { get; init; }
    /// <summary>What is normal for it.</summary>
    public JsonElement Expect { get; init; }
    /// <summary>Who is told of what.</summary>
    public JsonElement Notify { get; init; }
    /// <summary>One job per row of a relation, or null.</summary>
    public JsonElement? ForEach { get; init; }
    /// <summary>The job with for_each that made it, or null.</summary>
    public string? MadeBy { get; init; }
    /// <summary>False: fires are skipped.</summary>
    public bool Enabled { get; init; }
    /// <summary>When it was paused, or null.</summary>
    public DateTime? PausedAt { get; init; }
    /// <summary>Who paused it.</summary>
    public string? PausedBy { get; init; }
    /// <summary>Why it was paused.</summary>
    public string? PauseReason { get; init; }
    /// <summary>When the pause ends by itself, or null.</summary>
    public DateTime? PausedUntil { get; init; }
    /// <summary>Where it was declared.</summary>
    public string Source { get; init; } = "";
    /// <summary>Grows with every change.</summary>
    public int Version { get; init; }
    /// <summary>Why it cannot fire, or null.</summary>
    public string? Problem { get; init; }
    /// <summary>When it was first declared.</summary>
    public DateTime CreatedAt { get; init; }
    /// <summary>When it was last changed.</summary>
    public DateTime UpdatedAt { get; init; }
}

/// <summary>What an operator can see of the jobs.</summary>
public static class JobList
{
    /// <summary>Every job by name, with how it is doing.</summary>
    public static Task<IReadOnlyList<JobStatusRow>> All(string connectionString, CancellationToken token) =>
        OperatorConnection.Use<IReadOnlyList<JobStatusRow>>(connectionString,
            async c => [.. await c.QueryAsync<JobStatusRow>(
                new CommandDefinition("select * from scheduler.job_status", cancellationToken: token))], token);

    /// <summary>One job: as declared, and how it is doing. Throws <see cref="OperatorException"/> (3) with the nearest name when there is
    /// none.</summary>
    public static Task<(DeclaredJob Job, JobStatusRow Status)> Find(string connectionString, string name, CancellationToken token) =>
        OperatorConnection.Use(connectionString, async c =>
        {
            var job = await c.QuerySingleOrDefaultAsync<DeclaredJob>(
                new CommandDefinition("select * from scheduler.job where name = @name", new { name }, cancellationToken: token));
            var status = await c.QuerySingleOrDefaultAsync<JobStatusRow>(
                new CommandDefinition("select * from scheduler.job_status where name = @name", new { name }, cancellationToken: token));
            if (job is null || status is null)
            {
                var names = await c.QueryAsync<string>(new CommandDefinition("select name from scheduler.job order by name",
                    cancellationToken: token));
                throw NotFound(name, names);
            }
            return (job, status);
        }, token);

    /// <summary>What is said of a name no job has, with the nearest one that is one.</summary>
    internal static OperatorException NotFound(string name, IEnumerable<string> names) =>
        new($"there is no job named '{name}'" + Spelling.DidYouMean(name, names), 3);
}
