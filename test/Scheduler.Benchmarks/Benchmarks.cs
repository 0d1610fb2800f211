namespace Scheduler.Benchmarks;

/// <summary>The benchmarks there are, by name.</summary>
internal static class Benchmarks
{
    private static readonly Dictionary<string, Func<Session, Task<int>>> All = new()
    {
        ["fires"] = FiresBenchmark.Run,
        ["latency"] = FiresBenchmark.RunLatency,
        ["drain"] = DrainBenchmark.Run,
        ["runnow"] = RunNowBenchmark.Run,
        ["takeover"] = TakeoverBenchmark.Run,
        ["idle"] = IdleBenchmark.Run,
        ["stored"] = StoredBenchmark.Run,
        ["sqljobs"] = SqlJobsBenchmark.Run,
        ["hour"] = HourBenchmark.Run,
    };

    public static Func<Session, Task<int>>? Find(string name) => All.GetValueOrDefault(name);
}
