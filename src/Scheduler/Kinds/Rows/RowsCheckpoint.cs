using System.Text.Json;
using Scheduler.Jobs;

namespace Scheduler.Kinds.Rows;

/// <summary>How far a <c>rows.delete</c> has come, as its run's row keeps it.</summary>
internal sealed record RowsCheckpoint
{
    /// <summary>Rows the guard was asked about: no more than these are deleted.</summary>
    public long Counted { get; init; }
    /// <summary>Rows deleted by all owners of the run.</summary>
    public long Deleted { get; init; }
    /// <summary>Which time the table is gone through, from 1; rows that were locked or moved are met again.</summary>
    public int Pass { get; init; } = 1;
    /// <summary>The part at hand by its oid; parts before it are done in this pass.</summary>
    public long Part { get; init; }
    /// <summary>The place in the part up to which all is done; null for its beginning.</summary>
    public string[]? After { get; init; }

    /// <summary>Read one.</summary>
    public static RowsCheckpoint Of(string json) => JsonSerializer.Deserialize<RowsCheckpoint>(json, KindSettings.Options)!;

    /// <summary>Write it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, KindSettings.Options);
}
