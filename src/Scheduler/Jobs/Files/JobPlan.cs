using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Scheduler.Jobs.Files;

/// <summary>What an operator allows a plan to do.</summary>
/// <param name="MaxDeletes">Most jobs it may remove; null: <see cref="DefaultMaxDeletes"/>, and none when the files declare no job at all.</param>
/// <param name="Force">Jobs whose edits in SQL are not kept, or that may be taken over from SQL; <c>*</c> is every job. Default none.</param>
public sealed record PlanOptions(int? MaxDeletes = null, IReadOnlyCollection<string>? Force = null)
{
    /// <summary>A deploy removes a job or two; more at once is mostly a folder that was not mounted whole.</summary>
    public const int DefaultMaxDeletes = 5;

    internal bool Forces(string job) => Force is not null && (Force.Contains(job) || Force.Contains("*"));
}

/// <summary>A job that came from a file and is in none any more.</summary>
/// <param name="Name">The job's name.</param>
/// <param name="Source">Where it was declared.</param>
/// <param name="Runs">Its runs in the ledger, which are kept; counted to <see cref="FileStore.RunsCountedMax"/>.</param>
/// <param name="LastSuccessAt">When it last succeeded, or null.</param>
public sealed record PlannedDelete(string Name, string Source, long Runs, DateTime? LastSuccessAt);

/// <summary>A job that is new.</summary>
/// <param name="Name">The job's name.</param>
/// <param name="Source">Where it is declared.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Schedule">When it is due.</param>
/// <param name="DeletedInSql">True when the files made it before and somebody deleted it in SQL since.</param>
public sealed record PlannedAdd(string Name, string Source, string Kind, string Schedule, bool DeletedInSql);

/// <summary>A job that differs between file and row.</summary>
/// <param name="Name">The job's name.</param>
/// <param name="Source">Where it is declared.</param>
/// <param name="TakenOver">True when it was made in SQL and belongs to the file from now on.</param>
/// <param name="Fields">The fields, in the order of the file.</param>
public sealed record PlannedChange(string Name, string Source, bool TakenOver, IReadOnlyList<FieldDifference> Fields);

/// <summary>What applying the files would do. Made from files and rows alone; nothing is changed by making it.</summary>
public sealed record JobPlan
{
    /// <summary>Names the files and the rows it was made from: when either moves, a new plan has another.</summary>
    public required string Hash { get; init; }
    /// <summary>Jobs the files declare.</summary>
    public required int Declared { get; init; }
    /// <summary>Jobs of the files whose rows stay as they are, drift included.</summary>
    public required int Unchanged { get; init; }
    /// <summary>Most jobs it may remove.</summary>
    public required int MaxDeletes { get; init; }
    /// <summary>Jobs to be removed, by name.</summary>
    public required IReadOnlyList<PlannedDelete> Deleted { get; init; }
    /// <summary>Jobs to be made, in the order of the files.</summary>
    public required IReadOnlyList<PlannedAdd> Added { get; init; }
    /// <summary>Jobs to be changed, in the order of the files, with the fields that change.</summary>
    public required IReadOnlyList<PlannedChange> Changed { get; init; }
    /// <summary>Jobs with fields that were edited in SQL and stay so, with those fields.</summary>
    public required IReadOnlyList<PlannedChange> Drifted { get; init; }
    /// <summary>Jobs made in SQL that the files declare with the same content: from now on they are the files'.</summary>
    public required IReadOnlyList<string> TakenOver { get; init; }
    /// <summary>Calendars in which files and rows differ.</summary>
    public required IReadOnlyList<PlannedPart> Calendars { get; init; }
    /// <summary>Channels in which files and rows differ.</summary>
    public required IReadOnlyList<PlannedPart> Channels { get; init; }
    /// <summary>Why it cannot be applied; empty when it can.</summary>
    public required IReadOnlyList<string> Refusals { get; init; }
    /// <summary>Why the database was not asked whether it would accept the rows; null when it was, or nothing changes.</summary>
    public string? NotTried { get; init; }
    /// <summary>What it means for the days to come; null when nobody asked.</summary>
    public PlanConsequences? Consequences { get; init; }
    /// <summary>True when a job, calendar or channel would be made, changed or removed.</summary>
    public bool HasChanges => Deleted.Count + Added.Count + Changed.Count > 0
        || Calendars.Concat(Channels).Any(c => c.Fate is PartFate.Add or PartFate.Change or PartFate.Delete);

    /// <summary>Rows to write: those that change, and those whose place in the files moved.</summary>
    [JsonIgnore]
    internal IReadOnlyList<PlannedRow> Rows { get; init; } = [];
    /// <summary>Rows to remove.</summary>
    [JsonIgnore]
    internal IReadOnlyList<(string Name, int Version)> Removals { get; init; } = [];
    /// <summary>Calendars to write.</summary>
    [JsonIgnore]
    internal IReadOnlyList<PartRow<CalendarDefinition>> CalendarRows { get; init; } = [];
    /// <summary>Calendars to remove.</summary>
    [JsonIgnore]
    internal IReadOnlyList<(string Name, int Version)> CalendarRemovals { get; init; } = [];
    /// <summary>Channels to write.</summary>
    [JsonIgnore]
    internal IReadOnlyList<PartRow<ChannelDefinition>> ChannelRows { get; init; } = [];
    /// <summary>Channels to remove.</summary>
    [JsonIgnore]
    internal IReadOnlyList<(string Name, int Version)> ChannelRemovals { get; init; } = [];
    /// <summary>What the files say now, of each job, calendar and channel where that is not what is noted as applied.</summary>
    [JsonIgnore]
    internal IReadOnlyList<AppliedFile> Notes { get; init; } = [];
}

/// <summary>A row of <c>scheduler.job</c> as it is to become.</summary>
/// <param name="Job">The job.</param>
/// <param name="Before">The row as it is, or null for a new one.</param>
internal sealed record PlannedRow(JobDefinition Job, StoredJob? Before);

/// <summary>What the file said of a job, calendar or channel when it was last applied: a row of <c>scheduler.job_file</c>.</summary>
/// <param name="What"><see cref="Job"/>, <see cref="Calendar"/> or <see cref="Channel"/>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Fields">Its fields.</param>
/// <param name="Source">Where it was declared.</param>
internal sealed record AppliedFile(string What, string Name, JsonObject Fields, string Source)
{
    public const string Job = "job";
    public const string Calendar = "calendar";
    public const string Channel = "channel";
}

/// <summary>What a plan is made of besides the files: rows and what was applied.</summary>
/// <param name="Jobs">Every row of <c>scheduler.job</c>.</param>
/// <param name="Calendars">Every row of <c>scheduler.calendar</c> with its version.</param>
/// <param name="Channels">Every row of <c>scheduler.channel</c> with its version.</param>
/// <param name="Applied">What was applied last, by what it is and its name; kept for what was deleted in SQL.</param>
internal sealed record LiveJobs(
    IReadOnlyList<StoredJob> Jobs, IReadOnlyList<(CalendarDefinition Calendar, int Version)> Calendars,
    IReadOnlyList<(ChannelDefinition Channel, int Version)> Channels, IReadOnlyDictionary<(string What, string Name), AppliedFile> Applied);
