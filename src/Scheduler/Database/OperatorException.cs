namespace Scheduler.Database;

/// <summary>Something an operator must put right: the message names the object, the value and what was expected, and is shown as it is,
/// without a stack.</summary>
public class OperatorException(string message, int exitCode = 1, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Exit code of the process that shows it: 1 error, 2 usage, 3 not found, 5 conflict, 8 unreachable. Default 1.</summary>
    public int ExitCode { get; } = exitCode;
}
