using System.Diagnostics;
using Npgsql;

namespace Scheduler.Telemetry;

/// <summary>Keeps parameters out of the exceptions that Npgsql notes on its spans: the texts of PostgreSQL's errors quote them.</summary>
public static class SqlSpanErrors
{
    /// <summary>From now on an exception is noted by its SQLSTATE, or its type, and where it was thrown.</summary>
    /// <returns>What ends it.</returns>
    public static IDisposable Shorten()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = static s => s.Name == "Npgsql",
            ExceptionRecorder = static (Activity _, Exception e, ref TagList tags) =>
            {
                tags.Add("exception.message", e is PostgresException p ? "SQLSTATE " + p.SqlState : e.GetType().Name);
                tags.Add("exception.stacktrace", e.StackTrace ?? "");
            },
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
