using System.Globalization;
using System.Text;
using Scheduler.Database;

namespace Scheduler.Runs;

/// <summary>Where a line of output comes from.</summary>
public enum OutputSource
{
    /// <summary>Standard output.</summary>
    Out,
    /// <summary>Standard error.</summary>
    Error,
    /// <summary>A notice of PostgreSQL.</summary>
    Notice,
    /// <summary>The scheduler's own words about the run.</summary>
    Scheduler,
}

/// <summary>Lines of one attempt that are written in one go.</summary>
internal sealed record OutputChunk(long FirstLine, int LineCount, long BytesBefore, long Bytes, DateTime BegunAt, string Lines);

/// <summary>
/// What one attempt says. Lines arrive from any thread and are written to the database within a second or so (<see cref="OutputPump"/>). The first
/// <see cref="HeadMax"/> bytes are kept, and of the rest the last <see cref="TailMax"/>; how much is missing in between can be seen. Secrets, escape
/// sequences and control characters are taken out on the way in. Never blocks, never grows beyond these limits.
/// </summary>
public sealed class RunOutput
{
    /// <summary>Bytes kept of an attempt's beginning.</summary>
    public const int HeadMax = 128 * 1024;
    /// <summary>Bytes kept of its end, at least; up to twice as many are.</summary>
    public const int TailMax = 128 * 1024;
    /// <summary>Characters kept of one line.</summary>
    public const int LineMax = 8 * 1024;
    // The tail is written anew again and again while much is said; less often than the head, whose lines are written once.
    private static readonly TimeSpan TailEvery = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly OutputPump? pump;
    private readonly Redactor redactor;
    private readonly TimeProvider time;
    private readonly List<Line> head = [];
    private readonly Queue<Line> tail = new();
    private readonly Queue<OutputChunk> tailWritten = new();
    private readonly TaskCompletionSource allWritten = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<OutputChunk> underWay = [];
    private List<long> pushedOut = [];
    private long lineCount, byteCount, tailWrittenBytes, lastTail;
    private int headBytes, tailBytes;
    private bool headIsFull, closed;

    internal RunOutput(RunRow run, int attempt, OutputPump? pump, Redactor redactor, TimeProvider time)
    {
        (Run, Attempt, this.pump, this.redactor, this.time) = (run, attempt, pump, redactor, time);
        lastTail = time.GetTimestamp();
    }

    internal RunRow Run { get; }
    internal int Attempt { get; }
    /// <summary>When it was closed, a time stamp; 0 while it is open.</summary>
    internal long ClosedAt { get; private set; }
    /// <summary>Ends when everything said before <see cref="Close"/> is written, or given up.</summary>
    internal Task AllWritten => allWritten.Task;

    /// <summary>Say something: one line, or several separated by line breaks.</summary>
    public void Write(OutputSource stream, string text)
    {
        if (text.AsSpan().IndexOfAny('\r', '\n') < 0) { Add(stream, text); }
        else { foreach (var line in text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n')) { Add(stream, line); } }
        pump?.Dirty(this);
    }

    internal void Close()
    {
        bool quiet;
        lock (gate)
        {
            (closed, ClosedAt) = (true, time.GetTimestamp());
            quiet = head.Count == 0 && tail.Count == 0 && underWay.Count == 0;
        }
        if (quiet || pump is null) { allWritten.TrySetResult(); }
        else { pump.Dirty(this, now: true); }
    }

    /// <summary>What is to be written now and what it pushes out. The same again until <see cref="Written"/> is called.</summary>
    internal (IReadOnlyList<OutputChunk> Chunks, IReadOnlyList<long> PushedOut) Take()
    {
        lock (gate)
        {
            if (underWay.Count > 0) { return (underWay, pushedOut); }
            var chunks = new List<OutputChunk>(2);
            pushedOut = [];
            if (head.Count > 0)
            {
                chunks.Add(Chunk(head));
                head.Clear();
            }
            if (tail.Count > 0 && (closed || time.GetElapsedTime(lastTail) >= TailEvery))
            {
                lastTail = time.GetTimestamp();
                var chunk = Chunk([.. tail]);
                chunks.Add(chunk);
                tail.Clear();
                tailBytes = 0;
                tailWritten.Enqueue(chunk);
                tailWrittenBytes += chunk.Bytes;
                while (tailWrittenBytes - tailWritten.Peek().Bytes >= TailMax)
                {
                    var old = tailWritten.Dequeue();
                    tailWrittenBytes -= old.Bytes;
                    pushedOut.Add(old.FirstLine);
                }
            }
            underWay = chunks;
            return (chunks, pushedOut);
        }
    }

    /// <summary>What was taken is in the database, or given up. Returns true when nothing is left to write.</summary>
    internal bool Written()
    {
        lock (gate)
        {
            underWay = [];
            pushedOut = [];
            if (head.Count > 0 || tail.Count > 0) { return false; }
            if (closed) { allWritten.TrySetResult(); }
            return true;
        }
    }

    private void Add(OutputSource stream, string text)
    {
        // Secrets after escape sequences: one that is coloured in the middle is still one.
        text = redactor.Clean(PlainText.Clean(text));
        if (text.Length > LineMax)
        {
            text = string.Create(CultureInfo.InvariantCulture, $"{PlainText.Cut(text, LineMax)} … ({text.Length - LineMax} more characters)");
        }
        var bytes = Encoding.UTF8.GetByteCount(text) + 1;
        lock (gate)
        {
            // Work that was left behind; its attempt is over.
            if (closed) { return; }
            var line = new Line(++lineCount, byteCount, bytes, time.GetUtcNow(), stream, text);
            byteCount += bytes;
            headIsFull |= headBytes + bytes > HeadMax;
            if (!headIsFull)
            {
                headBytes += bytes;
                head.Add(line);
                return;
            }
            tail.Enqueue(line);
            tailBytes += bytes;
            while (tailBytes > TailMax) { tailBytes -= tail.Dequeue().Bytes; }
        }
    }

    private static OutputChunk Chunk(IReadOnlyList<Line> lines)
    {
        var begun = lines[0].At;
        var text = new StringBuilder();
        foreach (var line in lines)
        {
            if (text.Length > 0) { text.Append('\n'); }
            var since = Math.Max(0, (long)(line.At - begun).TotalMilliseconds);
            text.Append(line.Stream switch { OutputSource.Out => 'o', OutputSource.Error => 'e', OutputSource.Notice => 'n', _ => 's' })
                .Append(CultureInfo.InvariantCulture, $"{since} {line.Text}");
        }
        return new(lines[0].Number, lines.Count, lines[0].BytesBefore, lines.Sum(l => (long)l.Bytes), begun.UtcDateTime, text.ToString());
    }

    private sealed record Line(long Number, long BytesBefore, int Bytes, DateTimeOffset At, OutputSource Stream, string Text);
}
