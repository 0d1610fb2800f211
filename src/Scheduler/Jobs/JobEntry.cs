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

/// <summary>A job as a file declares it, key by key; defaults are those of <see cref="JobDefinition"/>. The JSON schema is made from this
/// record too.</summary>
internal sealed record JobEntry
{
    private static readonly JobDefinition Defaults = new() { Name = "", Kind = "" };

    public required string Kind { get; init; }
    public string Description { get; init; } = Defaults.Description;
    public string Owner { get; init; } = Defaults.Owner;
    public IReadOnlyList<string> Tags { get; init; } = Defaults.Tags;
    public string Schedule { get; init; } = Defaults.Schedule;
    public string TimeZone { get; init; } = Defaults.TimeZone;
    /// <summary>Checked against the kind's own record.</summary>
    public JsonElement? With { get; init; }
    public GuardEntry? Guard { get; init; }
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan Timeout { get; init; } = Defaults.Timeout;
    public RetryEntry? Retry { get; init; }
    public Overlap Overlap { get; init; } = Defaults.Overlap;
    public Missed Missed { get; init; } = Defaults.Missed;
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan? StartWithin { get; init; }
    /// <summary>Null: what the kind says.</summary>
    public OnLost? OnLost { get; init; }
    public IReadOnlyList<string> RunsOn { get; init; } = Defaults.RunsOn;
    [Range(0, 9)]
    public int Priority { get; init; } = Defaults.Priority;
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
        Settings = With is { ValueKind: JsonValueKind.Object } with ? with.GetRawText() : "{}",
        Guard = Guard is null ? "{}" : JsonSerializer.Serialize(Guard, WithoutNulls),
        Timeout = Timeout,
        Retry = Retry?.ToRetry() ?? Jobs.Retry.Default,
        Overlap = Overlap,
        Missed = Missed,
        StartWithin = StartWithin,
        OnLost = OnLost ?? kind.OnLost,
        RunsOn = RunsOn,
        Priority = Priority,
        Enabled = Enabled,
        Source = source,
    };

    private static readonly JsonSerializerOptions WithoutNulls =
        new(KindSettings.Options) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
}
