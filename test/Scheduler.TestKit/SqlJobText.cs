using System.Globalization;
using System.Text;
using Scheduler.TestKit.Checking;

namespace Scheduler.TestKit;

/// <summary>A job of kind <c>sql</c> as its text in a job file.</summary>
/// <param name="Name">Name of the job.</param>
/// <param name="Schedule">Schedule, e.g. <c>every 1s</c> or <c>manual</c>.</param>
public sealed record SqlJobText(string Name, string Schedule)
{
    /// <summary>Its statements; default: the one that logs its effect.</summary>
    public string Statement { get; init; } = HistoryReader.EffectStatement;
    /// <summary>Database its statements run on; null for the scheduler's own.</summary>
    public string? Database { get; init; }
    /// <summary>skip, queue or allow. Default skip.</summary>
    public string Overlap { get; init; } = "skip";

    /// <summary>The same job with work that takes a while before its effect.</summary>
    public SqlJobText Taking(double seconds) =>
        this with { Statement = string.Create(CultureInfo.InvariantCulture, $"select pg_sleep({seconds:0.###}); ") + HistoryReader.EffectStatement };

    /// <summary>A job file of these jobs. They retry for a minute: long enough for a server that is restarted.</summary>
    public static string File(params IEnumerable<SqlJobText> jobs)
    {
        var text = new StringBuilder("jobs:\n");
        foreach (var job in jobs)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"  {job.Name}:\n    kind: sql\n    schedule: {Quote(job.Schedule)}\n    overlap: {job.Overlap}\n");
            text.Append("    timeout: 5m\n    retry: { attempts: 15, delay: 1s, backoff: exponential, max_delay: 5s }\n    with:\n");
            text.Append(CultureInfo.InvariantCulture, $"      statement: {Quote(job.Statement)}\n");
            if (job.Database is not null) { text.Append(CultureInfo.InvariantCulture, $"      database: {job.Database}\n"); }
        }
        return text.ToString();
    }

    private static string Quote(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";
}
