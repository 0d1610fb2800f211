using Scheduler.Schedules;

namespace Scheduler.Jobs;

/// <summary>Finds jobs that would wait for each other by <c>after</c>, round and round.</summary>
internal static class AfterCycles
{
    /// <summary>One sentence for each job that is part of a cycle, with the way round; jobs whose schedule cannot be read are left out.</summary>
    public static IEnumerable<(JobDefinition Job, string Problem)> Find(IReadOnlyCollection<JobDefinition> jobs)
    {
        var parents = jobs.ToDictionary(j => j.Name, Parents, StringComparer.Ordinal);
        foreach (var job in jobs)
        {
            if (parents[job.Name].Count > 0 && Way(job.Name, parents) is { } way)
            {
                yield return (job, $"job '{job.Name}' comes after itself: {string.Join(" after ", way)}; expected a chain with a beginning");
            }
        }
    }

    // The shortest way from a job back to itself.
    private static List<string>? Way(string job, Dictionary<string, List<string>> parents)
    {
        var from = new Dictionary<string, string>(StringComparer.Ordinal);
        var open = new Queue<string>([job]);
        while (open.TryDequeue(out var at))
        {
            foreach (var parent in parents.GetValueOrDefault(at, []))
            {
                if (parent == job)
                {
                    var way = new List<string> { job, at };
                    while (way[^1] != job) { way.Add(from[way[^1]]); }
                    way.Reverse();
                    return [.. way];
                }
                if (from.TryAdd(parent, at)) { open.Enqueue(parent); }
            }
        }
        return null;
    }

    private static List<string> Parents(JobDefinition job)
    {
        try
        {
            return job.Schedule.Contains("after", StringComparison.Ordinal)
                ? [.. Schedule.Parse(job.Schedule, job.TimeZone).Events.OfType<AfterPart>().SelectMany(a => a.Jobs)]
                : [];
        }
        catch (ScheduleException) { return []; }
    }
}
