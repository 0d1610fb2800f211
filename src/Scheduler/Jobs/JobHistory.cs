using System.Text.Json;
using Dapper;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>A row of the view <c>scheduler.job_version</c>.</summary>
public sealed record JobVersionRow
{
    /// <summary>The job's name.</summary>
    public string Job { get; init; } = "";
    /// <summary>Grows with every change.</summary>
    public int Version { get; init; }
    /// <summary><c>insert</c>, <c>update</c>, <c>delete</c>, <c>pause</c>, <c>resume</c>, <c>enable</c>, <c>disable</c> or <c>undo</c>.</summary>
    public string Action { get; init; } = "";
    /// <summary>When it was made.</summary>
    public DateTime ValidFrom { get; init; }
    /// <summary>When the next one was made; null: it is in force.</summary>
    public DateTime? ValidUntil { get; init; }
    /// <summary>Login that made it.</summary>
    public string Role { get; init; } = "";
    /// <summary>What that session called itself.</summary>
    public string Application { get; init; } = "";
    /// <summary><c>sql</c>, <c>cli</c>, <c>api</c>, <c>node</c>, or file and line.</summary>
    public string Source { get; init; } = "";
    /// <summary>Why, or null.</summary>
    public string? Reason { get; init; }
    /// <summary>The declared columns as they were then.</summary>
    public JsonElement Definition { get; init; }
    /// <summary>Of an update: each changed column with its value before and after.</summary>
    public JsonElement? Changes { get; init; }
    /// <summary>Place among the versions of all jobs.</summary>
    public long Id { get; init; }
}

/// <summary>One column that differs between two versions.</summary>
/// <param name="Column">Its name.</param>
/// <param name="Before">Its value in the first version, null when there was none.</param>
/// <param name="After">Its value in the second.</param>
public sealed record ColumnChange(string Column, JsonElement? Before, JsonElement? After);

/// <summary>What differs between two versions of a job.</summary>
public sealed record JobDifference(string Job, int From, int To, IReadOnlyList<ColumnChange> Changes);

/// <summary>What a job was, and who made it so.</summary>
public static class JobHistory
{
    // As many as anybody reads; the view scheduler.job_version has them all.
    private const int VersionsMax = 10_000;
    private static readonly string VersionsSql = SqlFiles.Read("queries/job_versions.sql");

    /// <summary>Versions of a job, newest first; also of one that was deleted. Throws <see cref="OperatorException"/> (3) with the nearest name
    /// when there never was one.</summary>
    public static Task<IReadOnlyList<JobVersionRow>> Versions(string connectionString, string name, int limit, CancellationToken token) =>
        OperatorConnection.Use<IReadOnlyList<JobVersionRow>>(connectionString, async c =>
        {
            var versions = (await c.QueryAsync<JobVersionRow>(
                new CommandDefinition(VersionsSql, new { name, limit }, cancellationToken: token))).ToList();
            if (versions.Count == 0)
            {
                var names = await c.QueryAsync<string>(new CommandDefinition("select distinct job from scheduler.job_version order by job",
                    cancellationToken: token));
                throw JobList.NotFound(name, names);
            }
            return versions;
        }, token);

    /// <summary>Compare two versions. Throws <see cref="OperatorException"/> (3) when one does not exist.</summary>
    /// <param name="connectionString">The scheduler's database.</param>
    /// <param name="name">The job.</param>
    /// <param name="from">First version; null: the one before <paramref name="to"/>.</param>
    /// <param name="to">Second version; null: the newest.</param>
    /// <param name="token">Ends the wait.</param>
    public static async Task<JobDifference> Compare(string connectionString, string name, int? from, int? to, CancellationToken token)
    {
        var versions = await Versions(connectionString, name, VersionsMax, token);
        var second = to is null ? versions[0] : Find(versions, to.Value);
        var first = from is null ? versions.FirstOrDefault(v => v.Version < second.Version) : Find(versions, from.Value);
        var before = first is null ? [] : Columns(first);
        var after = second.Action == "delete" ? [] : Columns(second);
        return new(name, first?.Version ?? 0, second.Version, [.. before.Keys.Union(after.Keys).Order(StringComparer.Ordinal)
            .Select(k => new ColumnChange(k, Value(before, k), Value(after, k)))
            .Where(c => c.Before?.GetRawText() != c.After?.GetRawText())]);
    }

    private static Dictionary<string, JsonElement> Columns(JobVersionRow version) =>
        version.Definition.EnumerateObject().ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);

    private static JsonElement? Value(Dictionary<string, JsonElement> columns, string name) =>
        columns.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static JobVersionRow Find(IReadOnlyList<JobVersionRow> versions, int version) =>
        versions.FirstOrDefault(v => v.Version == version)
            ?? throw new OperatorException($"job '{versions[0].Job}' has no version {version}; expected one of "
                + string.Join(", ", versions.Take(20).Select(v => v.Version)), 3);
}
