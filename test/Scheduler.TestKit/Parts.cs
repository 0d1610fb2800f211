using NUnit.Framework;

namespace Scheduler.TestKit;

/// <summary>What a test does when a program it needs is not on this machine.</summary>
public static class Parts
{
    /// <summary>The exception to throw: it ends an NUnit test as skipped with this message, or as failed when REQUIRE_ALL_PARTS=1.</summary>
    /// <param name="message">What is missing and the command that installs it.</param>
    public static Exception Missing(string message) => Environment.GetEnvironmentVariable("REQUIRE_ALL_PARTS") == "1"
        ? new InvalidOperationException(message + " (REQUIRE_ALL_PARTS=1, so this is a failure)")
        : new IgnoreException(message);
}
