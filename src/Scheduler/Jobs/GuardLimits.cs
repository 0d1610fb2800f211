namespace Scheduler.Jobs;

/// <summary>How much a deleting job may delete before it stops, changes nothing and waits for approval: the job's <c>guard</c>.</summary>
/// <param name="MaxRows">Most rows of one table, or files, one run may delete. Too low and a normal day stops the job;
/// too high and a wrong setting empties a table. Default null: no limit.</param>
/// <param name="MaxFraction">Largest share of one table's rows one run may delete, 0 to 1. Too low and small tables stop the job;
/// too high and it guards nothing. Default null: no limit.</param>
public sealed record GuardLimits(long? MaxRows, double? MaxFraction)
{
    /// <summary>A run may delete this many times what any of the last 30 runs did. Counts only from five such runs and a thousand rows on.</summary>
    public const double BandDefault = 10;

    /// <summary>Times what the largest of the last 30 runs deleted; 0 for no such limit. Default null: <see cref="BandDefault"/>.</summary>
    public double? Band { get; init; }
    /// <summary>True: count, report what would be deleted and what the limits would say, and delete nothing. Default false.</summary>
    public bool? DryRun { get; init; }
}

/// <summary>Thrown when a job would delete more than its guard allows. Nothing was deleted; trying again would come to the same. The run ends
/// as failed (guard) and waits for <c>scheduler run approve</c>.</summary>
/// <param name="message">Names the job, what it would delete and the limit.</param>
/// <param name="result">The run's result as JSON: <c>would_delete</c> with a count for each thing.</param>
public sealed class GuardBreachedException(string message, string? result = null) : Exception(message)
{
    /// <summary>The run's result as JSON, or null.</summary>
    public string? Result { get; } = result;
}
