namespace Scheduler.Runs;

/// <summary>
/// Thrown by a kind whose work came to its end and was no success: the run's verdict is <c>failed</c>, with a result all the same. Not tried again.
/// </summary>
/// <param name="message">What went wrong, for people.</param>
/// <param name="result">The run's result, or null for none.</param>
/// <param name="cause">What caused it, if something did.</param>
public sealed class RunFailedException(string message, object? result = null, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>The run's result.</summary>
    public object? Result { get; } = result;
}

/// <summary>
/// Thrown by a kind that finds that its work is not to be done now: the run's verdict is <c>skipped</c> with this reason. Not tried again,
/// and no failure.
/// </summary>
/// <param name="reason">Why, in a few words.</param>
/// <param name="result">The run's result, or null for none.</param>
public sealed class RunSkippedException(string reason, object? result = null) : Exception(reason)
{
    /// <summary>The run's result.</summary>
    public object? Result { get; } = result;
}
