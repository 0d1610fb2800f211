using System.Collections.Concurrent;
using System.Globalization;

namespace Scheduler.Benchmarks;

/// <summary>Where the jobs of a node note their starts.</summary>
internal interface IFireLog
{
    /// <summary>A job starts right now.</summary>
    /// <param name="schedule">Its schedule.</param>
    /// <param name="due">When it was due.</param>
    /// <param name="token">Token of the run; zero where there is none.</param>
    void Note(string schedule, DateTimeOffset due, long token = 0);

    /// <summary>Write what was noted into a file, at the end.</summary>
    void Write(string path);
}

/// <summary>Keeps every start in memory, in UTC ticks: exact, for windows of a minute or so.</summary>
/// <param name="tell">Whether each start is also told to the benchmark at once.</param>
internal sealed class FireLog(bool tell) : IFireLog
{
    private readonly ConcurrentQueue<(string Schedule, long Due, long Started)> fires = new();

    public static IFireLog For(Options options) => options.Has("steady") ? new SteadyLog() : new FireLog(options.Has("tell"));

    public void Note(string schedule, DateTimeOffset due, long token = 0)
    {
        var started = TimeProvider.System.GetUtcNow().UtcTicks;
        fires.Enqueue((schedule, due.UtcTicks, started));
        if (tell) { Console.Out.WriteLine(new Told(schedule, due.UtcTicks, started, token).Line); }
    }

    public void Write(string path)
    {
        using var writer = new StreamWriter(path);
        foreach (var (schedule, due, started) in fires) { writer.WriteLine(FormattableString.Invariant($"{schedule}\t{due}\t{started}")); }
    }

    public static IEnumerable<(string Schedule, long Due, long Started)> Read(string path) => File.ReadLines(path).Select(line =>
    {
        var parts = line.Split('\t');
        return (parts[0], long.Parse(parts[1], CultureInfo.InvariantCulture), long.Parse(parts[2], CultureInfo.InvariantCulture));
    });
}

/// <summary>A start, as a node tells it at once on its standard output. Instants in UTC ticks.</summary>
internal sealed record Told(string Schedule, long Due, long Started, long Token, NodeProcess? Node = null)
{
    private const string Mark = "start\t";

    public string Line => FormattableString.Invariant($"{Mark}{Schedule}\t{Due}\t{Started}\t{Token}");

    public static Told? Parse(string line, NodeProcess node)
    {
        if (!line.StartsWith(Mark, StringComparison.Ordinal)) { return null; }
        var parts = line.Split('\t');
        return new Told(parts[1], long.Parse(parts[2], CultureInfo.InvariantCulture), long.Parse(parts[3], CultureInfo.InvariantCulture),
            long.Parse(parts[4], CultureInfo.InvariantCulture), node);
    }
}
