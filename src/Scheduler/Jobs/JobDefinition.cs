namespace Scheduler.Jobs;

/// <summary>What a fire does when a run of the same job is still there.</summary>
public enum Overlap
{
    /// <summary>The fire gets the verdict skipped(overlap). Default.</summary>
    Skip,
    /// <summary>The fire waits until the run before it has ended; one runs at a time.</summary>
    Queue,
    /// <summary>The run that is there is cancelled, and the fire runs when it has ended.</summary>
    Cancel,
    /// <summary>Both run.</summary>
    Allow,
}

/// <summary>What happens to fires that come to the ledger more than a minute late, after an outage.</summary>
public enum Missed
{
    /// <summary>Only the latest one runs; those before it get the verdict missed. Default.</summary>
    Once,
    /// <summary>None runs; each gets the verdict missed.</summary>
    Skip,
    /// <summary>Every one runs.</summary>
    All,
}

/// <summary>What happens to a run whose node died.</summary>
public enum OnLost
{
    /// <summary>Another node runs it again under the same run key with a grown token.</summary>
    Rerun,
    /// <summary>It ends with the verdict unknown; it is never run twice.</summary>
    Fail,
}

/// <summary>How often and when a failed attempt is tried again. Only transient failures are (see <c>Transient</c>).</summary>
/// <param name="Attempts">Attempts in all, the first included; 1 to 20. Default 3.</param>
/// <param name="Delay">Wait before the second attempt, jitter added. Default 5 s.</param>
/// <param name="Exponential">True: each wait is twice the one before. False: every wait is the same. Default true.</param>
/// <param name="MaxDelay">No wait is longer than this. Default 5 min.</param>
public sealed record Retry(int Attempts, TimeSpan Delay, bool Exponential, TimeSpan MaxDelay)
{
    /// <summary>Three attempts, 5 s doubling up to 5 min.</summary>
    public static Retry Default { get; } = new(3, TimeSpan.FromSeconds(5), true, TimeSpan.FromMinutes(5));
}

/// <summary>A job as declared: a row of <c>scheduler.job</c> without what the database adds. Settings are JSON text in the shape of the
/// kind's settings record.</summary>
public sealed record JobDefinition
{
    /// <summary>Lower-case letters, digits and <c>. _ - /</c>, at most 200 characters.</summary>
    public required string Name { get; init; }
    /// <summary>Name of a registered kind, e.g. <c>sql</c>.</summary>
    public required string Kind { get; init; }
    /// <summary>Greatest <see cref="Count"/>. The last instant is found by counting, some microseconds each, at every reading; a job that runs longer
    /// can say when it ends.</summary>
    public const int CountMax = 10_000;

    /// <summary>One sentence for people. Default empty.</summary>
    public string Description { get; init; } = "";
    /// <summary>Team or person who answers for the job. Default empty.</summary>
    public string Owner { get; init; } = "";
    /// <summary>Free words to find the job by. Default none.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];
    /// <summary>When the job is due; see <c>Schedule</c>. Default <c>manual</c>.</summary>
    public string Schedule { get; init; } = "manual";
    /// <summary>IANA zone the schedule is read in. Default UTC.</summary>
    public string TimeZone { get; init; } = "UTC";
    /// <summary>Name of a calendar whose days and hours are left out. Default: none.</summary>
    public string? Calendar { get; init; }
    /// <summary>Not due before this instant. Default: no limit.</summary>
    public DateTimeOffset? Starts { get; init; }
    /// <summary>Not due after this instant. Default: no limit.</summary>
    public DateTimeOffset? Ends { get; init; }
    /// <summary>Fires are splayed over this time by the job's name, so that not all begin at once. Default: none.</summary>
    public TimeSpan? Spread { get; init; }
    /// <summary>Due that many times, counted from <see cref="Starts"/>, then done; 1 to 10000. Default: no limit.</summary>
    public int? Count { get; init; }
    /// <summary>The kind's settings as JSON (<c>with</c> in YAML). Default <c>{}</c>.</summary>
    public string Settings { get; init; } = "{}";
    /// <summary>Limits beyond which a deleting job stops, as JSON: <c>max_rows</c>, <c>max_fraction</c>. Default <c>{}</c>.</summary>
    public string Guard { get; init; } = "{}";
    /// <summary>Longest time a run may take on one node, retries and the waits between them included. Default 1 h.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromHours(1);
    /// <summary>Retry policy. Default <see cref="Jobs.Retry.Default"/>.</summary>
    public Retry Retry { get; init; } = Retry.Default;
    /// <summary>Default <see cref="Jobs.Overlap.Skip"/>.</summary>
    public Overlap Overlap { get; init; } = Overlap.Skip;
    /// <summary>Default <see cref="Jobs.Missed.Once"/>.</summary>
    public Missed Missed { get; init; } = Missed.Once;
    /// <summary>A fire that comes to the ledger later than this gets the verdict missed(too late). Default: no limit.</summary>
    public TimeSpan? StartWithin { get; init; }
    /// <summary>Default: what the kind says.</summary>
    public OnLost OnLost { get; init; } = OnLost.Rerun;
    /// <summary>Labels a node must all have to run it; all: one run on each live node. Default none: any node.</summary>
    public IReadOnlyList<string> RunsOn { get; init; } = [];
    /// <summary>0 (last) to 9 (first) among queued runs. Default 5.</summary>
    public int Priority { get; init; } = 5;
    /// <summary>Values a run is given, as JSON; a manual run may override them. Default <c>{}</c>.</summary>
    public string Params { get; init; } = "{}";
    /// <summary>How many runs of a group go at once across the cluster, as JSON: <c>group</c>, <c>limit</c>. Default <c>{}</c>: no limit.</summary>
    public string Concurrency { get; init; } = "{}";
    /// <summary>What is normal for the job, as JSON: <c>success_within</c>, <c>start_within</c>, <c>duration_below</c>. Default <c>{}</c>.</summary>
    public string Expect { get; init; } = "{}";
    /// <summary>Who is told of what, as JSON: <c>on</c>, <c>to</c>. Default <c>{}</c>: nobody.</summary>
    public string Notify { get; init; } = "{}";
    /// <summary>One job for each row of a relation, as JSON: <c>relation</c>, <c>where</c>. Default: none.</summary>
    public string? ForEach { get; init; }
    /// <summary>Name of the job with <see cref="ForEach"/> whose row made this one. Default: none.</summary>
    public string? MadeBy { get; init; }
    /// <summary>False: fires get the verdict skipped(disabled). Default true.</summary>
    public bool Enabled { get; init; } = true;
    /// <summary>Where it was declared, <c>file:line</c>, or <c>sql</c>.</summary>
    public string Source { get; init; } = "sql";
}
