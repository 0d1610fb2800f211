using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Scheduler.Jobs;

/// <summary>The summaries of properties, from the documentation file beside their assembly; none where there is no such file.</summary>
internal static partial class XmlDocs
{
    private static readonly ConcurrentDictionary<Assembly, IReadOnlyDictionary<string, XElement>> Files = new();

    /// <summary>The summary of a property as plain text, or null.</summary>
    public static string? Of(PropertyInfo? property)
    {
        if (property?.DeclaringType is not { } type) { return null; }
        var members = Files.GetOrAdd(type.Assembly, Read);
        return members.GetValueOrDefault($"P:{type.FullName?.Replace('+', '.')}.{property.Name}") is { } summary ? Text(summary) : null;
    }

    private static IReadOnlyDictionary<string, XElement> Read(Assembly assembly)
    {
        var path = Path.ChangeExtension(assembly.Location, ".xml");
        if (!File.Exists(path)) { return new Dictionary<string, XElement>(); }
        return XDocument.Load(path).Descendants("member").Where(m => m.Element("summary") is not null)
            .ToDictionary(m => (string)m.Attribute("name")!, m => m.Element("summary")!);
    }

    private static string Text(XElement summary)
    {
        // What is referred to is an operator's word in snake_case: Overlap.Skip is skip.
        var text = string.Concat(summary.Nodes().Select(n => n switch
        {
            XElement { Name.LocalName: "see" } see =>
                JsonNamingPolicy.SnakeCaseLower.ConvertName(((string?)see.Attribute("cref") ?? "").Split('.')[^1]),
            XElement element => element.Value,
            _ => n.ToString(),
        }));
        return Space().Replace(text.Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal)
            .Replace("&amp;", "&", StringComparison.Ordinal), " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
