using System.Text.RegularExpressions;
using Npgsql;
using Scheduler.Schedules;

namespace Scheduler.Jobs.Files;

/// <summary>A job the database refuses.</summary>
/// <param name="Job">Its name, null where it cannot be told.</param>
/// <param name="Message">What was refused and what was expected, with its place in the files.</param>
internal sealed partial record Refusal(string? Job, string Message)
{
    /// <summary>What the database said, with its place in the files.</summary>
    public static Refusal Of(PostgresException error, FilePlaces places)
    {
        // "job 'x': …" is what scheduler_private.refuse writes; a constraint's own refusal shows the row, which begins with its name.
        var job = Refused().Match(error.MessageText) is { Success: true } refused ? refused.Groups[1].Value
            : error is { TableName: "job", Detail: { } detail } && FailingRow().Match(detail) is { Success: true } row ? row.Groups[1].Value : null;
        var hint = error.Hint is null ? "" : $"; {error.Hint}";
        var what = error.ConstraintName is { } constraint && job is not null && !error.MessageText.StartsWith("job ", StringComparison.Ordinal)
            ? $"job '{job}' is not as '{constraint}' of the database wants it: {error.MessageText}" : error.MessageText;
        return new(job, job is null ? what + hint : places.At(job, error.ColumnName, what + hint));
    }

    /// <summary>True when a job runs after another, as its schedule says.</summary>
    public static bool Follows(JobDefinition job, string other) =>
        job.Schedule.Contains("after", StringComparison.Ordinal) && SchedulePart.WordsOf(job.Schedule).Any(w => w.TrimEnd(';') == other);

    [GeneratedRegex("^job '([^']{1,200})': ")]
    private static partial Regex Refused();

    [GeneratedRegex(@"^Failing row contains \(([a-z0-9._/-]{1,200}), ")]
    private static partial Regex FailingRow();
}
