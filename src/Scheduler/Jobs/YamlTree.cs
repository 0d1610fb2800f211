using System.Text;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Scheduler.Jobs;

/// <summary>A value of a YAML file with its place. Line and column count from 1.</summary>
internal abstract record YamlValue(long Line, long Column);

/// <summary>Text. Plain: written without quotes, so it may be a number, true, false or null.</summary>
internal sealed record YamlText(long Line, long Column, string Text, bool Plain) : YamlValue(Line, Column)
{
    /// <summary>True for a value that was left out, or written as null.</summary>
    public bool IsNull => Plain && Text is "" or "~" or "null";
}

/// <summary>A list.</summary>
internal sealed record YamlList(long Line, long Column, IReadOnlyList<YamlValue> Items) : YamlValue(Line, Column);

/// <summary>A map, keys in the order of the file, each once.</summary>
internal sealed record YamlMap(long Line, long Column, IReadOnlyList<(YamlText Key, YamlValue Value)> Entries) : YamlValue(Line, Column)
{
    /// <summary>The value of a key, or null.</summary>
    public YamlValue? Find(string key) => Entries.FirstOrDefault(e => e.Key.Text == key).Value;
}

/// <summary>Reads one YAML file of one document, without aliases, anchors and tags: what stands there is what is meant.</summary>
internal sealed partial class YamlTree
{
    // No key of a job is deeper than ten; a bound keeps a hostile file from exhausting the stack.
    private const int DepthMax = 32;

    private readonly Parser parser;
    private readonly Action<long, long, string> report;

    private YamlTree(string text, Action<long, long, string> report) => (parser, this.report) = (new Parser(new StringReader(text)), report);

    /// <summary>The file's value, or null when it is empty or cannot be read; mistakes go to <paramref name="report"/> as line, column,
    /// message.</summary>
    public static YamlValue? Read(string text, Action<long, long, string> report)
    {
        try { return new YamlTree(text, report).Document(); }
        catch (YamlException e)
        {
            // The parser places a tab's mistake at the map around it.
            var tab = text.Split('\n').Index().FirstOrDefault(l => l.Item.TrimStart(' ').StartsWith('\t'));
            if (tab.Item is { } line)
            {
                report(tab.Index + 1, line.IndexOf('\t') + 1, "the YAML cannot be read: the line is indented with a tab; expected spaces");
            }
            else if (Bare(text) is { } bare)
            {
                report(bare.Line, bare.Column,
                    $"the YAML cannot be read: {bare.Text[0]} begins something else in YAML; write it in quotes: \"{bare.Text}\"");
            }
            else { report(e.End.Line, e.End.Column, $"the YAML cannot be read: {OneLine(e.Message)}"); }
            return null;
        }
    }

    // A schedule without quotes, which begins with what in YAML begins an alias or nothing at all.
    private static (long Line, long Column, string Text)? Bare(string text)
    {
        foreach (var (index, line) in text.Split('\n').Index())
        {
            if (BareSchedule().Match(line) is not { Success: true } match) { continue; }
            return (index + 1, match.Groups[1].Index + 1, match.Groups[1].Value.TrimEnd());
        }
        return null;
    }

    private YamlValue? Document()
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _)) { return null; }
        parser.Consume<DocumentStart>();
        var value = Value(1);
        parser.Consume<DocumentEnd>();
        if (parser.Accept<DocumentStart>(out var second))
        {
            report(second.Start.Line, second.Start.Column, "a second document begins; expected one document a file");
        }
        return value;
    }

    private YamlValue Value(int depth)
    {
        var (line, column) = (parser.Current!.Start.Line, parser.Current.Start.Column);
        if (depth > DepthMax) { throw new YamlException(parser.Current.Start, parser.Current.Start, $"nested deeper than {DepthMax} levels"); }
        if (parser.Current is AnchorAlias alias)
        {
            throw new YamlException(alias.Start, alias.Start, $"alias '*{alias.Value}' is not allowed; write the value out");
        }
        if (parser.Current is NodeEvent node)
        {
            if (!node.Anchor.IsEmpty)
            {
                report(line, column, $"anchor '&{node.Anchor.Value}' is not allowed; write the value out where it is needed");
            }
            if (!node.Tag.IsEmpty) { report(line, column, $"tag '{node.Tag.Value}' is not allowed; expected a plain value"); }
        }
        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<YamlValue>();
            while (!parser.TryConsume<SequenceEnd>(out _)) { items.Add(Value(depth + 1)); }
            return new YamlList(line, column, items);
        }
        if (parser.TryConsume<MappingStart>(out _)) { return new YamlMap(line, column, Entries(depth)); }
        var scalar = parser.Consume<Scalar>();
        if (scalar.Value.Contains('\0')) { report(line, column, "the text has a NUL character, which PostgreSQL cannot store; expected none"); }
        if (!IsWhole(scalar.Value)) { report(line, column, "the text has half a surrogate pair, which is no character; expected none"); }
        return new YamlText(line, column, scalar.Value, scalar.Style == ScalarStyle.Plain);
    }

    private List<(YamlText, YamlValue)> Entries(int depth)
    {
        var entries = new List<(YamlText, YamlValue)>();
        var lines = new Dictionary<string, long>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = Value(depth + 1);
            var value = Value(depth + 1);
            if (key is not YamlText name) { report(key.Line, key.Column, "a key is a list or a map; expected a word"); }
            else if (!lines.TryAdd(name.Text, name.Line))
            {
                report(name.Line, name.Column, $"key '{name.Text}' is there twice, first at line {lines[name.Text]}");
            }
            else { entries.Add((name, value)); }
        }
        return entries;
    }

    private static bool IsWhole(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) { continue; }
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) { return false; }
            i++;
        }
        return true;
    }

    private static string OneLine(string message)
    {
        var text = new StringBuilder();
        foreach (var c in message) { text.Append(char.IsControl(c) ? ' ' : c); }
        return text.ToString();
    }

    [GeneratedRegex(@"\b(?:schedule|cron):\s+([*@%][^#}""']*)")]
    private static partial Regex BareSchedule();
}
