using System.Buffers.Binary;
using System.Text.Json;

namespace Scheduler.Kinds.Commands;

/// <summary>What a runner is to start.</summary>
internal sealed record RunnerOrder
{
    public required IReadOnlyList<string> Argv { get; init; }
    public required string Folder { get; init; }
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    public string? User { get; init; }
    public uint Umask { get; init; } = 63;
    /// <summary>Time stamp (CLOCK_MONOTONIC, one for all processes of a machine) after which nothing of the run may live.</summary>
    public required long Deadline { get; init; }
}

/// <summary>How a command ended.</summary>
/// <param name="Code">Its exit code; 128 and the signal's number when a signal ended it. Null: it could not be started.</param>
/// <param name="LeftBehind">Processes it left behind, which were ended.</param>
/// <param name="Problem">Why it could not be started.</param>
internal sealed record RunnerReport(int? Code, int LeftBehind = 0, string? Problem = null);

/// <summary>What goes over the two pipes between a node and a runner: to it an order, then marks of nine bytes; from it frames.</summary>
internal static class RunnerWire
{
    /// <summary>To the runner: nothing may live beyond this time stamp.</summary>
    public const byte Deadline = (byte)'d';
    /// <summary>To the runner: end the tree; the number is the milliseconds it may take for it.</summary>
    public const byte Cancel = (byte)'c';
    /// <summary>From the runner: bytes of standard output, of standard error, and its last word.</summary>
    public const byte Out = (byte)'o', Error = (byte)'e', Report = (byte)'r';

    private const int OrderMax = 4 * 1024 * 1024;

    public static byte[] Order(RunnerOrder order)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(order);
        var bytes = new byte[json.Length + 4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, 4);
        return bytes;
    }

    /// <summary>The order, or null when the pipe closed before it was complete.</summary>
    public static RunnerOrder? ReadOrder(Stream pipe)
    {
        var head = new byte[4];
        if (pipe.ReadAtLeast(head, 4, throwOnEndOfStream: false) < 4) { return null; }
        var length = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (length is < 0 or > OrderMax) { return null; }
        var json = new byte[length];
        return pipe.ReadAtLeast(json, length, throwOnEndOfStream: false) < length ? null : JsonSerializer.Deserialize<RunnerOrder>(json);
    }

    public static byte[] Mark(byte kind, long number)
    {
        var bytes = new byte[9];
        bytes[0] = kind;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1), number);
        return bytes;
    }

    /// <summary>The next mark, or null when the pipe has closed.</summary>
    public static (byte Kind, long Number)? ReadMark(Stream pipe)
    {
        var bytes = new byte[9];
        return pipe.ReadAtLeast(bytes, 9, throwOnEndOfStream: false) < 9 ? null : (bytes[0], BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(1)));
    }

    public static void WriteFrame(Stream pipe, byte kind, ReadOnlySpan<byte> content)
    {
        Span<byte> head = stackalloc byte[5];
        head[0] = kind;
        BinaryPrimitives.WriteInt32LittleEndian(head[1..], content.Length);
        pipe.Write(head);
        pipe.Write(content);
        pipe.Flush();
    }

    /// <summary>The next frame, its content in <paramref name="buffer"/>; null when the pipe has closed.</summary>
    public static async Task<(byte Kind, int Length)?> ReadFrame(Stream pipe, byte[] buffer, CancellationToken token)
    {
        if (await pipe.ReadAtLeastAsync(buffer.AsMemory(0, 5), 5, throwOnEndOfStream: false, token) < 5) { return null; }
        var (kind, length) = (buffer[0], BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(1)));
        if (length < 0 || length > buffer.Length) { throw new InvalidDataException($"a runner's frame has {length} bytes"); }
        return await pipe.ReadAtLeastAsync(buffer.AsMemory(0, length), length, throwOnEndOfStream: false, token) < length ? null : (kind, length);
    }
}
