using System.ComponentModel.DataAnnotations;
using Scheduler.Database;
using Scheduler.Kinds.Sql;

namespace Scheduler.Kinds.Rows;

/// <summary>Settings of the kind <c>rows.delete</c>.</summary>
public sealed record RowsDeleteSettings : IValidatableObject
{
    // The scheduler's own tables have functions and retention of their own.
    private static readonly string[] RefusedSchemas = ["scheduler", "scheduler_private", "quartz", "pg_catalog", "information_schema"];

    /// <summary>The table, <c>schema.table</c> or a table of schema public; the parts as the catalog has them. May be partitioned. No
    /// default.</summary>
    [Required]
    public string Table { get; init; } = "";

    /// <summary>Which rows go: a condition in SQL, e.g. <c>created_at &lt; ${run.due_at} - interval '30 days'</c>. May name the built-ins of kind
    /// <c>sql</c>; these are bound, never pasted. No default.</summary>
    [Required]
    public string Where { get; init; } = "";

    /// <summary>Columns of an index, not null, in whose order rows are looked for, e.g. <c>[created_at, id]</c>. Default none: the table is read
    /// from its first page to its last, once; right unless few rows of a large table go.</summary>
    public IReadOnlyList<string> Key { get; init; } = [];

    /// <summary>Most rows deleted in one transaction. Fewer are when it takes long or others hold locks. Default 5000.</summary>
    [Range(1, 100_000)]
    public int Batch { get; init; } = 5000;

    /// <summary>Table that gets each row before it goes, in the same transaction; it needs every column of the table. Default none.</summary>
    public string? ArchiveTo { get; init; }

    /// <summary>Folder that gets the rows as compressed JSON lines before they go: one file for each owner of a run. Must lie in one of the
    /// node's <c>file_roots</c>. A row may be there twice after a crash, never not at all. Default none.</summary>
    public string? ArchiveFolder { get; init; }

    /// <summary>Deleting waits while a replica is behind by more than this. Too low and a slow replica stops it; too high and readers there see
    /// old rows. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ReplicaLagMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Problems().Select(p => new ValidationResult(p.Message, [p.Key]));

    private IEnumerable<(string Key, string Message)> Problems()
    {
        foreach (var (key, name) in new[] { ("table", Table), ("archive_to", ArchiveTo) })
        {
            if (name is null) { continue; }
            if (QualifiedName.TryParse(name) is not { } table) { yield return (key, $"'{key}' is '{name}'; expected table or schema.table"); }
            else if (RefusedSchemas.Contains(table.Schema))
            {
                yield return (key, $"'{key}' is '{name}'; tables of schema {table.Schema} are not deleted from or archived to");
            }
        }
        if (ArchiveTo is not null && ArchiveFolder is not null) { yield return ("archive_folder", "expected one of archive_to, archive_folder"); }
        if (WhereProblem() is { } problem) { yield return ("where", $"'where': {problem}"); }
    }

    private string? WhereProblem()
    {
        try
        {
            // Else it would reach beyond the parentheses it is put in: "a) or (b" is met by rows that no batch looked for.
            return Condition(Where) is null ? "expected one condition without semicolons"
                : !SqlText.IsBalanced(Where) ? "a parenthesis has no partner" : null;
        }
        catch (FormatException e) { return e.Message; }
    }

    /// <summary>The condition with its built-ins numbered; null when it is not one. Throws <see cref="FormatException"/>.</summary>
    internal static SqlStatement? Condition(string where)
    {
        // Behind a word of ours no word of the condition's can look like one that ends a transaction.
        var parsed = SqlText.Parse($"where {where}");
        return parsed is [{ Text.Length: > 6 } one] ? one with { Text = one.Text[6..] } : null;
    }
}
