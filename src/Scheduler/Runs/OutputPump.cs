using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Scheduler.Cluster;
using Scheduler.Database;

namespace Scheduler.Runs;

/// <summary>
/// Brings what runs say to the database while they run, many runs in one statement. A run that says nothing costs nothing. Not promised: that every
/// line of a node that dies is there; those of its last second may not be.
/// </summary>
public sealed partial class OutputPump(Databases databases, NodeState state, TimeProvider time, ILogger<OutputPump> log)
{
    private static readonly TimeSpan WriteEvery = TimeSpan.FromMilliseconds(500);
    // How long the end of a run waits for its last lines to be written.
    private static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(3);
    // Lines of a run that has ended are kept in memory for a database that is away; then they are dropped.
    private static readonly TimeSpan KeepClosed = TimeSpan.FromMinutes(1);
    // Beyond this many characters in one statement the others wait for the next.
    private const int StatementMax = 4 * 1024 * 1024;
    private static readonly string WriteSql = SqlFiles.Read("queries/output_write.sql");

    private readonly ConcurrentDictionary<RunOutput, bool> dirty = new();
    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly CancellationTokenSource stopping = new();
    private Task? loop;

    /// <summary>Begin to write.</summary>
    public void Start() => loop = Task.Run(Loop);

    /// <summary>Write what waits, for at most <paramref name="within"/>, then stop.</summary>
    public async Task Stop(TimeSpan within)
    {
        stopping.CancelAfter(within);
        foreach (var output in dirty.Keys) { output.Close(); }
        try { await Task.WhenAll(dirty.Keys.Select(o => o.AllWritten)).WaitAsync(within, time); }
        catch (TimeoutException) { LogDropped(dirty.Count, "the node stops"); }
        await stopping.CancelAsync();
        if (loop is not null) { await loop; }
    }

    /// <summary>An attempt has ended: wait a moment until all it said is in the database.</summary>
    internal async Task Close(RunOutput output)
    {
        output.Close();
        try { await output.AllWritten.WaitAsync(CloseWithin, time); }
        catch (TimeoutException) { }      // the loop goes on trying
    }

    internal void Dirty(RunOutput output, bool now = false)
    {
        if (!dirty.TryAdd(output, true) && !now) { return; }
        try { wake.Release(); }
        catch (SemaphoreFullException) { }     // a look is due already
    }

    private async Task Loop()
    {
        try
        {
            while (true)
            {
                await wake.WaitAsync(dirty.IsEmpty ? Timeout.InfiniteTimeSpan : WriteEvery, stopping.Token);
                try { await WriteAll(); }
                catch (Exception e) when (!stopping.IsCancellationRequested)
                {
                    LogNotWritten(e.Message);
                    await Task.Delay(WriteEvery, time, stopping.Token);
                }
            }
        }
        catch (OperationCanceledException) { }
    }

    private async Task WriteAll()
    {
        var taken = new List<(RunOutput Output, IReadOnlyList<OutputChunk> Chunks, IReadOnlyList<long> PushedOut)>();
        var size = 0;
        foreach (var output in dirty.Keys)
        {
            if (size > StatementMax)
            {
                Dirty(output, now: true);
                break;
            }
            // Out first, back in when something is left: a line that comes in between puts it back itself.
            dirty.TryRemove(output, out _);
            var (chunks, pushedOut) = output.Take();
            size += chunks.Sum(c => c.Lines.Length);
            if (chunks.Count > 0) { taken.Add((output, chunks, pushedOut)); }
            else if (!output.Written()) { dirty.TryAdd(output, true); }
        }
        if (taken.Count == 0) { return; }
        try
        {
            await Write([.. taken.SelectMany(t => t.Chunks.Select(c => (t.Output, c)))],
                [.. taken.SelectMany(t => t.PushedOut.Select(line => (t.Output, line)))]);
        }
        catch (Exception e)
        {
            var dropped = taken.Where(t => Transient.IsRefusal(e)
                || (t.Output.ClosedAt > 0 && time.GetElapsedTime(t.Output.ClosedAt) > KeepClosed)).ToList();
            foreach (var (output, _, _) in dropped) { output.Written(); }
            if (dropped.Count > 0) { LogDropped(dropped.Count, e.Message); }
            foreach (var (output, _, _) in taken.Except(dropped)) { dirty.TryAdd(output, true); }
            throw;
        }
        foreach (var (output, _, _) in taken)
        {
            if (!output.Written()) { Dirty(output); }
        }
    }

    private async Task Write((RunOutput Output, OutputChunk Chunk)[] rows, (RunOutput Output, long Line)[] gone)
    {
        await using var command = databases.Ledger.CreateCommand(WriteSql);
        command.Parameters.AddRange(new[]
        {
            Array(NpgsqlDbType.TimestampTz, rows.Select(r => r.Output.Run.DueAt)), Array(NpgsqlDbType.Text, rows.Select(r => r.Output.Run.RunKey)),
            Array(NpgsqlDbType.Integer, rows.Select(r => r.Output.Attempt)), Array(NpgsqlDbType.Bigint, rows.Select(r => r.Chunk.FirstLine)),
            Array(NpgsqlDbType.Integer, rows.Select(r => r.Chunk.LineCount)), Array(NpgsqlDbType.Bigint, rows.Select(r => r.Chunk.BytesBefore)),
            Array(NpgsqlDbType.Bigint, rows.Select(r => r.Chunk.Bytes)),
            Array(NpgsqlDbType.TimestampTz, rows.Select(r => r.Chunk.BegunAt - state.ClockOffset)),
            Array(NpgsqlDbType.Text, rows.Select(r => r.Chunk.Lines)),
            Array(NpgsqlDbType.TimestampTz, gone.Select(g => g.Output.Run.DueAt)), Array(NpgsqlDbType.Text, gone.Select(g => g.Output.Run.RunKey)),
            Array(NpgsqlDbType.Integer, gone.Select(g => g.Output.Attempt)), Array(NpgsqlDbType.Bigint, gone.Select(g => g.Line)),
        });
        await command.ExecuteNonQueryAsync(stopping.Token);
    }

    private static NpgsqlParameter Array<T>(NpgsqlDbType element, IEnumerable<T> values) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | element, Value = values.ToArray() };

    [LoggerMessage(1070, LogLevel.Warning, "What runs say could not be written: {Problem}; trying again")]
    private partial void LogNotWritten(string problem);

    [LoggerMessage(1071, LogLevel.Warning, "Output of {RunCount} runs was dropped: {Problem}")]
    private partial void LogDropped(int runCount, string problem);
}
