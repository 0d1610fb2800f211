namespace Scheduler.Jobs.Files;

/// <summary>Where the jobs of files stand, key by key.</summary>
public sealed class FilePlaces
{
    private readonly Dictionary<string, (string File, IReadOnlyDictionary<string, (long Line, long Column)> Keys)> jobs = new(StringComparer.Ordinal);

    /// <summary>Keep a job's places; false when it has some already: it is declared twice.</summary>
    /// <param name="job">Its name.</param>
    /// <param name="file">Its file.</param>
    /// <param name="keys">Line and column of each value, from 1, by its key; "" is the job's name.</param>
    internal bool Add(string job, string file, IReadOnlyDictionary<string, (long Line, long Column)> keys) => jobs.TryAdd(job, (file, keys));

    /// <summary>What is wrong with a job that is in a file, at its place.</summary>
    /// <param name="job">The job.</param>
    /// <param name="column">The column of <c>scheduler.job</c>; not in the file: the job as a whole.</param>
    /// <param name="message">What is wrong.</param>
    internal FileProblem Problem(string job, string column, string message)
    {
        var (file, keys) = jobs[job];
        var (line, at) = keys.GetValueOrDefault(column == "settings" ? "with" : column, keys[""]);
        return new(file, line, at, message);
    }

    /// <summary>A message with the place it is about before it, <c>file:line:column: </c>; without one when the job is in no file.</summary>
    /// <param name="job">The job.</param>
    /// <param name="column">The column of <c>scheduler.job</c>; null, or not in the file: the job as a whole.</param>
    /// <param name="message">What is said.</param>
    public string At(string job, string? column, string message) =>
        jobs.ContainsKey(job) ? Problem(job, column ?? "", message).ToString() : message;
}
