using System.Text;
using Scheduler.Runs;

namespace Scheduler.Kinds.Commands;

/// <summary>Turns the bytes of one stream into lines. A carriage return ends a line too, so that a progress bar is many lines and not one.</summary>
internal sealed class LineSplitter(RunOutput output, OutputSource source)
{
    // What a program writes without ever ending the line is cut here; far more than is kept of a line.
    private const int LineMax = 64 * 1024;

    private readonly Decoder decoder = Encoding.UTF8.GetDecoder();
    private readonly StringBuilder line = new();
    private char[] characters = [];
    private bool afterReturn, cut;

    /// <summary>The last line that says something, for messages.</summary>
    public string Last { get; private set; } = "";

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (characters.Length < bytes.Length + 4) { characters = new char[bytes.Length + 4]; }
        var count = decoder.GetChars(bytes, characters, flush: false);
        var rest = characters.AsSpan(0, count);
        while (rest.Length > 0)
        {
            var end = rest.IndexOfAny('\r', '\n');
            var part = end < 0 ? rest : rest[..end];
            if (part.Length > 0) { afterReturn = false; }
            Append(part);
            if (end < 0) { break; }
            // "\r\n" is one end, also when it comes in two pieces.
            if (rest[end] != '\n' || !afterReturn || line.Length > 0) { Emit(); }
            afterReturn = rest[end] == '\r';
            rest = rest[(end + 1)..];
        }
    }

    /// <summary>The stream has ended: what is left is a line.</summary>
    public void End()
    {
        if (line.Length > 0) { Emit(); }
    }

    private void Append(ReadOnlySpan<char> part)
    {
        var room = LineMax - line.Length;
        cut |= part.Length > room;
        line.Append(part.Length > room ? part[..Math.Max(0, room)] : part);
    }

    private void Emit()
    {
        var text = line.ToString();
        output.Write(source, cut ? text + " …" : text);
        if (!string.IsNullOrWhiteSpace(text)) { Last = text; }
        line.Clear();
        cut = false;
    }
}
