namespace Scheduler.Database;

/// <summary>Name of a table or the like, as it stands in PostgreSQL's catalog: nothing is folded to lower case.</summary>
/// <param name="Schema">Its schema.</param>
/// <param name="Name">Its name in there.</param>
public sealed record QualifiedName(string Schema, string Name)
{
    // PostgreSQL cuts longer ones.
    private const int LengthMax = 63;

    /// <summary>Both parts quoted, to be put into a statement.</summary>
    public string Quoted => $"{Quote(Schema)}.{Quote(Name)}";

    /// <summary>Read <c>schema.table</c>, or <c>table</c> of the schema public. Null for text that is neither.</summary>
    public static QualifiedName? TryParse(string text)
    {
        var parts = text.Split('.');
        return parts.Length is 1 or 2 && parts.All(p => p.Length is > 0 and <= LengthMax && !p.Any(char.IsControl))
            ? new(parts.Length == 1 ? "public" : parts[0], parts[^1])
            : null;
    }

    /// <summary>A name in quotes, its own quotes doubled.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <inheritdoc />
    public override string ToString() => $"{Schema}.{Name}";
}
