using Dapper;
using Npgsql;
using Scheduler.Database;

namespace Scheduler.Runs;

/// <summary>A node in a <see cref="ClusterPicture"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">As in <c>scheduler.node</c>.</param>
/// <param name="Reason">Why it is in that state, or null.</param>
/// <param name="Running">Runs it has now.</param>
/// <param name="Slots">Runs it may have.</param>
/// <param name="LeaseAgeSeconds">Time since it last renewed its lease.</param>
public sealed record PictureNode(string Name, string State, string? Reason, int Running, int Slots, double LeaseAgeSeconds);

/// <summary>A fire to come.</summary>
/// <param name="Job">The job.</param>
/// <param name="DueAt">When it is due.</param>
/// <param name="InSeconds">Time till then; negative when it is late.</param>
public sealed record PictureFire(string Job, DateTime DueAt, double InSeconds);

/// <summary>A job's last verdict.</summary>
/// <param name="Job">The job.</param>
/// <param name="Verdict">The verdict.</param>
/// <param name="Reason">Reason or error, or null.</param>
/// <param name="Node">Node that ran it; null when none did.</param>
/// <param name="Attempts">Attempts it took.</param>
/// <param name="EndedSecondsAgo">Time since its end.</param>
/// <param name="DurationSeconds">Length of the last attempt, or null.</param>
public sealed record PictureRun(
    string Job, string Verdict, string? Reason, string? Node, int Attempts, double EndedSecondsAgo, double? DurationSeconds);

/// <summary>Counts over the cluster and the fleet.</summary>
public sealed record PictureCounts
{
    /// <summary>Declared jobs.</summary>
    public long Jobs { get; init; }
    /// <summary>Runs that wait.</summary>
    public long Queued { get; init; }
    /// <summary>Runs under way.</summary>
    public long Running { get; init; }
    /// <summary>Runs that ended, of the jobs there are.</summary>
    public long Finished { get; init; }
    /// <summary>Those that succeeded.</summary>
    public long Succeeded { get; init; }
    /// <summary>Workers registered but never seen.</summary>
    public long NodesPending { get; init; }
    /// <summary>Workers at work.</summary>
    public long NodesOnline { get; init; }
    /// <summary>Workers gone silent.</summary>
    public long NodesOffline { get; init; }
    /// <summary>Chunks nobody has claimed.</summary>
    public long ChunksPending { get; init; }
    /// <summary>Chunks claimed.</summary>
    public long ChunksRunning { get; init; }
    /// <summary>Chunks completed.</summary>
    public long ChunksDone { get; init; }
    /// <summary>Chunks failed for good.</summary>
    public long ChunksFailed { get; init; }
}

/// <summary>What a glance at a cluster shows: nodes, next fires, last verdicts, counts. All ages by the database's clock.</summary>
/// <param name="Nodes">All nodes, by name.</param>
/// <param name="NextFires">The next fires of enabled jobs, soonest first.</param>
/// <param name="LastRuns">The last verdicts, one a job, newest first.</param>
/// <param name="Counts">How many of each.</param>
public sealed record ClusterPicture(
    IReadOnlyList<PictureNode> Nodes, IReadOnlyList<PictureFire> NextFires, IReadOnlyList<PictureRun> LastRuns, PictureCounts Counts)
{
    // What fits on a terminal of 40 lines beside the rest.
    private const int RowsMax = 8;
    private const int ReasonLengthMax = 200;

    private const string Sql = """
        select name, state, reason, running, slots,
            extract(epoch from clock_timestamp() - renewed_at)::float8 as LeaseAgeSeconds from scheduler.node order by name;
        select name as Job, next_fire_at as DueAt, extract(epoch from next_fire_at - clock_timestamp())::float8 as InSeconds
        from scheduler.job_status where next_fire_at is not null and state not in ('disabled', 'paused', 'problem')
        order by next_fire_at, name limit @RowsMax;
        select g.job as Job, g.last_verdict as Verdict, left(coalesce(r.reason, r.error), @ReasonLengthMax) as Reason, r.node as Node,
            coalesce(r.attempts, 0) as Attempts, extract(epoch from clock_timestamp() - g.last_ended_at)::float8 as EndedSecondsAgo,
            extract(epoch from r.ended_at - r.started_at)::float8 as DurationSeconds
        from (select job, last_run_key, last_due_at, last_verdict, last_ended_at from scheduler_private.job_gate
              where last_verdict is not null and last_ended_at is not null order by last_ended_at desc limit @RowsMax) g
        left join scheduler_private.run r on r.due_at = g.last_due_at and r.run_key = g.last_run_key
        order by g.last_ended_at desc;
        select (select count(*) from scheduler.job) as Jobs, g.Finished, g.Succeeded, l.Queued, l.Running, f.nodes_pending as NodesPending,
            f.nodes_online as NodesOnline, f.nodes_offline as NodesOffline, f.chunks_pending as ChunksPending,
            f.chunks_running as ChunksRunning, f.chunks_done as ChunksDone, f.chunks_failed as ChunksFailed
        from (select coalesce(sum(finished_count), 0)::bigint as Finished,
                coalesce(sum(success_count), 0)::bigint as Succeeded from scheduler_private.job_gate) g,
            (select count(*) filter (where state = 'queued') as Queued, count(*) filter (where state = 'running') as Running
             from scheduler_private.run where state <> 'finished') l,
            fleet.status f;
        """;

    // A picture that takes longer is not worth waiting for.
    private static readonly SessionLimits Limits = SessionLimits.OfSeconds(statement: 4, @lock: 2, idleInTransaction: 1.5);

    /// <summary>Take one, in one round trip. Throws <see cref="OperatorException"/> when the database does not answer.</summary>
    public static async Task<ClusterPicture> Read(string connectionString, CancellationToken token)
    {
        var settings = Databases.Parse(connectionString, "the connection string");
        settings.ApplicationName = "scheduler picture";
        settings.MaxPoolSize = 2;
        settings.Timeout = 3;
        settings.CommandTimeout = 5;
        Limits.Apply(settings);
        settings.Options += " -c timezone=UTC";
        try
        {
            await using var connection = new NpgsqlConnection(settings.ConnectionString);
            await connection.OpenAsync(token);
            var question = new CommandDefinition(Sql, new { RowsMax, ReasonLengthMax }, cancellationToken: token);
            await using var answers = await connection.QueryMultipleAsync(question);
            return new(
                [.. await answers.ReadAsync<PictureNode>()], [.. await answers.ReadAsync<PictureFire>()],
                [.. await answers.ReadAsync<PictureRun>()], await answers.ReadSingleAsync<PictureCounts>());
        }
        catch (NpgsqlException e) when (!token.IsCancellationRequested)
        {
            throw new OperatorException($"PostgreSQL at {settings.Host}:{settings.Port} gave no picture: {e.Message.ReplaceLineEndings(" ")}", 8, e);
        }
    }
}
