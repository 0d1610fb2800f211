namespace Scheduler.Jobs;

/// <summary>How much a deleting job may delete before it stops and changes nothing: the job's <c>guard</c>.</summary>
/// <param name="MaxRows">Most rows of one table one attempt may delete. Too low and a normal day stops the job;
/// too high and a wrong setting empties a table. Default null: no limit.</param>
/// <param name="MaxFraction">Largest share of one table's rows one attempt may delete, 0 to 1. Too low and small tables stop the job;
/// too high and it guards nothing. Default null: no limit.</param>
public sealed record GuardLimits(long? MaxRows, double? MaxFraction);

/// <summary>Thrown when a job would delete more than its guard allows. Nothing was deleted; trying again would come to the same.</summary>
public sealed class GuardBreachedException(string message) : Exception(message);
