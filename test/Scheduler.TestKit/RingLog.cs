namespace Scheduler.TestKit;

/// <summary>What a process says: appended to a file, the last lines at hand.</summary>
public sealed class RingLog : IDisposable
{
    private const int LinesMax = 5000;

    private readonly Queue<string> lines = new();
    private readonly StreamWriter file;
    private readonly Lock gate = new();

    /// <summary>Append to this file, made if there is none.</summary>
    public RingLog(string path) => file = new StreamWriter(path, append: true) { AutoFlush = true };

    /// <summary>Add a line; null, which a process's closed output gives, is left out.</summary>
    public void Add(string? line)
    {
        if (line is null) { return; }
        lock (gate)
        {
            lines.Enqueue(line);
            if (lines.Count > LinesMax) { lines.Dequeue(); }
            if (file.BaseStream is not null) { file.WriteLine(line); }
        }
    }

    /// <summary>The last lines, oldest first.</summary>
    public IReadOnlyList<string> Lines(int last = LinesMax)
    {
        lock (gate) { return [.. lines.TakeLast(last)]; }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (gate) { file.Dispose(); }
    }
}
