using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Scheduler.Jobs;

/// <summary>How the wait before the next attempt grows.</summary>
internal enum Backoff
{
    /// <summary>Each wait is twice the one before.</summary>
    Exponential,
    /// <summary>Every wait is the same.</summary>
    Constant,
}

/// <summary>The key <c>retry</c> of a job; also the shape of the column <c>scheduler.job.retry</c>.</summary>
internal sealed record RetryEntry
{
    [Range(1, 20)]
    public int Attempts { get; init; } = Retry.Default.Attempts;
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan Delay { get; init; } = Retry.Default.Delay;
    public Backoff Backoff { get; init; } = Retry.Default.Exponential ? Backoff.Exponential : Backoff.Constant;
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan MaxDelay { get; init; } = Retry.Default.MaxDelay;

    public Retry ToRetry() => new(Attempts, Delay, Backoff == Backoff.Exponential, MaxDelay);

    public static RetryEntry Of(Retry retry) => new()
    {
        Attempts = retry.Attempts,
        Delay = retry.Delay,
        Backoff = retry.Exponential ? Backoff.Exponential : Backoff.Constant,
        MaxDelay = retry.MaxDelay,
    };
}

/// <summary>The key <c>guard</c> of a job: limits beyond which a deleting job stops.</summary>
internal sealed record GuardEntry
{
    [Range(1, long.MaxValue, ErrorMessage = "expected at least 1")]
    public long? MaxRows { get; init; }
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double? MaxFraction { get; init; }
    [Range(0.0, 1e9)]
    public double? Band { get; init; }
    public bool? DryRun { get; init; }
}

/// <summary>The key <c>concurrency</c> of a job: how many runs of all jobs of a group go at once.</summary>
internal sealed record ConcurrencyEntry
{
    [RegularExpression("[a-z0-9._/-]{1,200}")]
    public required string Group { get; init; }
    [Range(1, 1000)]
    public required int Limit { get; init; }
}

/// <summary>The key <c>expect</c> of a job: what is normal for it; anything else raises an alarm.</summary>
internal sealed record ExpectEntry
{
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan? SuccessWithin { get; init; }
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan? StartWithin { get; init; }
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan? DurationBelow { get; init; }
}

/// <summary>What somebody may be told of.</summary>
internal enum NotifyOn
{
    Failure,
    Recovery,
    Success,
    Missed,
    Skip,
    Lost,
    Guard,
    Incident,
    Start,
}

/// <summary>The key <c>notify</c> of a job: who is told of what.</summary>
internal sealed record NotifyEntry
{
    [MinLength(1), MaxLength(20)]
    public required IReadOnlyList<NotifyOn> On { get; init; }
    [MinLength(1), MaxLength(20)]
    public required IReadOnlyList<string> To { get; init; }
}

/// <summary>The key <c>for_each</c> of a job: one job per row of a relation.</summary>
internal sealed record ForEachEntry
{
    [MinLength(1), MaxLength(130)]
    public required string Relation { get; init; }
    [MinLength(1), MaxLength(1000)]
    public string? Where { get; init; }
}

/// <summary>A job as a file declares it, key by key; defaults are those of <see cref="JobDefinition"/>. The JSON schema is made from this
/// record too.</summary>
internal sealed record JobEntry
{
    private static readonly JobDefinition Defaults = new() { Name = "", Kind = "" };

    /// <summary>What the job does. No default.</summary>
    public required string Kind { get; init; }
    public string Description { get; init; } = Defaults.Description;
    public string Owner { get; init; } = Defaults.Owner;
    public IReadOnlyList<string> Tags { get; init; } = Defaults.Tags;
    /// <summary>When the job is due, e.g. 0 3 * * *, @daily, every 5m, after backup on failure, manual; several parted by ;. Default
    /// manual.</summary>
    public string Schedule { get; init; } = Defaults.Schedule;
    public string TimeZone { get; init; } = Defaults.TimeZone;
    public string? Calendar { get; init; }
    public DateTimeOffset? Starts { get; init; }
    public DateTimeOffset? Ends { get; init; }
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan? Spread { get; init; }
    [Range(1, JobDefinition.CountMax)]
    public int? Count { get; init; }
    /// <summary>Checked against the kind's own record.</summary>
    public JsonElement? With { get; init; }
    /// <summary>Limits beyond which a deleting job stops. Default none.</summary>
    public GuardEntry? Guard { get; init; }
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan Timeout { get; init; } = Defaults.Timeout;
    /// <summary>How often and when a failed attempt is tried again. Default three attempts, 5s doubling up to 5m.</summary>
    public RetryEntry? Retry { get; init; }
    /// <summary>What a fire does when a run of the job is still there: skip it, queue behind it, cancel it, or allow both. Default skip.</summary>
    public Overlap Overlap { get; init; } = Defaults.Overlap;
    /// <summary>What happens to fires that come late after an outage: once (the latest runs), skip (none), all. Default once.</summary>
    public Missed Missed { get; init; } = Defaults.Missed;
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan? StartWithin { get; init; }
    /// <summary>What happens to a run whose node died: rerun it elsewhere, or fail it. Default: what the kind says.</summary>
    public OnLost? OnLost { get; init; }
    public IReadOnlyList<string> RunsOn { get; init; } = Defaults.RunsOn;
    [Range(0, 9)]
    public int Priority { get; init; } = Defaults.Priority;
    /// <summary>How many runs of all jobs of a group go at once across the cluster. Default no limit.</summary>
    public ConcurrencyEntry? Concurrency { get; init; }
    /// <summary>Values a run is given; a manual run may override them. Default none.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Params { get; init; }
    /// <summary>What is normal for the job; anything else raises an alarm. Default nothing.</summary>
    public ExpectEntry? Expect { get; init; }
    /// <summary>Who is told of what. Default nobody.</summary>
    public NotifyEntry? Notify { get; init; }
    /// <summary>One job for each row of a relation. Default none.</summary>
    public ForEachEntry? ForEach { get; init; }
    public bool Enabled { get; init; } = Defaults.Enabled;

    /// <summary>The row of <c>scheduler.job</c> it declares.</summary>
    /// <param name="name">Name of the job.</param>
    /// <param name="kind">Its kind, which is known.</param>
    /// <param name="source">Where it is declared, <c>file:line</c>.</param>
    public JobDefinition ToDefinition(string name, Kind kind, string source) => new()
    {
        Name = name,
        Kind = kind.Name,
        Description = Description,
        Owner = Owner,
        Tags = Tags,
        Schedule = Schedule,
        TimeZone = TimeZone,
        Calendar = Calendar,
        Starts = Starts?.ToUniversalTime(),
        Ends = Ends?.ToUniversalTime(),
        Spread = Spread,
        Count = Count,
        Settings = With is { ValueKind: JsonValueKind.Object } with ? with.GetRawText() : "{}",
        Guard = Json(Guard),
        Timeout = Timeout,
        Retry = Retry?.ToRetry() ?? Jobs.Retry.Default,
        Overlap = Overlap,
        Missed = Missed,
        StartWithin = StartWithin,
        OnLost = OnLost ?? kind.OnLost,
        RunsOn = RunsOn,
        Priority = Priority,
        Params = Json(Params),
        Concurrency = Json(Concurrency),
        Expect = Json(Expect),
        Notify = Json(Notify),
        ForEach = ForEach is null ? null : Json(ForEach),
        Enabled = Enabled,
        Source = source,
    };

    private static string Json<T>(T? value) where T : class => value is null ? "{}" : JsonSerializer.Serialize(value, WithoutNulls);

    private static readonly JsonSerializerOptions WithoutNulls =
        new(KindSettings.Options) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
}
