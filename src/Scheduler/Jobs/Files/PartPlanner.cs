using System.Text.Json.Nodes;

namespace Scheduler.Jobs.Files;

/// <summary>What a plan does with a calendar or a channel.</summary>
public enum PartFate
{
    /// <summary>It is new.</summary>
    Add,
    /// <summary>It changes.</summary>
    Change,
    /// <summary>It was edited in SQL and stays so.</summary>
    Keep,
    /// <summary>It was made in SQL, the file says the same, and from now on it is the file's.</summary>
    TakeOver,
    /// <summary>No file declares it any more and nothing uses it.</summary>
    Delete,
}

/// <summary>A calendar or a channel in which file and row differ.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Source">Where it is declared, or was.</param>
/// <param name="Fate">What becomes of it.</param>
/// <param name="Fields">The fields that differ.</param>
public sealed record PlannedPart(string Name, string Source, PartFate Fate, IReadOnlyList<FieldDifference> Fields);

/// <summary>What job files declare beside jobs: calendars and channels.</summary>
/// <typeparam name="TSelf">The part itself.</typeparam>
internal interface IFilePart<TSelf> where TSelf : IFilePart<TSelf>
{
    /// <summary>The word for it; also <see cref="AppliedFile.What"/>.</summary>
    static abstract string What { get; }
    string Name { get; }
    /// <summary>Where it was declared, <c>file:line</c>, or <c>sql</c>.</summary>
    string Source { get; }

    /// <summary>It as a map with the keys of a file, every key there.</summary>
    JsonObject Fields();

    /// <summary>The part of these fields.</summary>
    static abstract TSelf Of(string name, JsonObject fields, string source);

    /// <summary>The same, declared elsewhere.</summary>
    TSelf At(string source);
}

/// <summary>A row as it is to become, and the version of the row as it is; null for a new one.</summary>
internal sealed record PartRow<T>(T Part, int? Version);

/// <summary>The calendars' or the channels' part of a plan; they are merged as jobs are.</summary>
/// <param name="live">The rows and their versions.</param>
/// <param name="applied">What was applied last.</param>
/// <param name="options">What is allowed.</param>
/// <param name="refusals">Why the plan cannot be applied.</param>
internal sealed class PartPlanner<T>(
    IReadOnlyList<(T Part, int Version)> live, IReadOnlyDictionary<(string What, string Name), AppliedFile> applied, PlanOptions options,
    List<string> refusals) where T : IFilePart<T>
{
    public List<PlannedPart> Planned { get; } = [];
    public List<PartRow<T>> Rows { get; } = [];
    public List<(string Name, int Version)> Removals { get; } = [];
    public List<AppliedFile> Notes { get; } = [];

    /// <summary>What there is when the plan is done.</summary>
    public IEnumerable<T> After => Rows.Select(r => r.Part).Concat(live.Select(l => l.Part).Where(p => Removals.All(r => r.Name != p.Name)))
        .DistinctBy(p => p.Name);

    /// <summary>Plan them, and tell <paramref name="bind"/> of all the plan depends on.</summary>
    /// <param name="declared">Those of the files.</param>
    /// <param name="used">Names of those that something uses when the plan is done.</param>
    /// <param name="bind">Called with name, source, fields of the file, version, source and fields of the row, fields last applied.</param>
    public void Plan(IReadOnlyList<T> declared, IReadOnlySet<string> used, Bind bind)
    {
        var byName = live.ToDictionary(c => c.Part.Name, StringComparer.Ordinal);
        foreach (var part in declared)
        {
            var file = part.Fields();
            var last = applied.GetValueOrDefault((T.What, part.Name));
            if (!byName.TryGetValue(part.Name, out var row))
            {
                bind(part.Name, part.Source, file, null, null, null, last?.Fields);
                Planned.Add(new(part.Name, part.Source, PartFate.Add, []));
                Rows.Add(new(part, null));
                Notes.Add(new(T.What, part.Name, file, part.Source));
                continue;
            }
            bind(part.Name, part.Source, file, row.Version, row.Part.Source, row.Part.Fields(), last?.Fields);
            Merge(part, file, row, row.Part.Source == "sql" ? null : last);
        }
        var names = declared.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (part, version) in live.Where(c => c.Part.Source != "sql" && !names.Contains(c.Part.Name)))
        {
            bind(part.Name, "", null, version, part.Source, null, null);
            // One that is still used stays until it is not.
            if (used.Contains(part.Name)) { continue; }
            Planned.Add(new(part.Name, part.Source, PartFate.Delete, []));
            Removals.Add((part.Name, version));
        }
    }

    private void Merge(T part, JsonObject file, (T Part, int Version) row, AppliedFile? last)
    {
        var (name, source) = (part.Name, part.Source);
        var isSql = row.Part.Source == "sql";
        var (merged, differences) = FieldMerge.Of(last?.Fields, file, row.Part.Fields(), options.Forces(name));
        if (isSql && differences.Count > 0 && !options.Forces(name))
        {
            refusals.Add($"{source}: {T.What} '{name}' exists already and was made in SQL, with another {differences[0].Field}; expected another "
                + $"name, or --force {name} to take it over");
            return;
        }
        var kept = differences.Where(d => d.Fate == FieldFate.Keep).ToList();
        var taken = differences.Where(d => d.Fate != FieldFate.Keep).ToList();
        if (kept.Count > 0) { Planned.Add(new(name, source, PartFate.Keep, kept)); }
        if (taken.Count > 0) { Planned.Add(new(name, source, PartFate.Change, taken)); }
        else if (isSql) { Planned.Add(new(name, source, PartFate.TakeOver, [])); }
        if (taken.Count > 0) { Rows.Add(new(T.Of(name, merged, source), row.Version)); }
        else if (row.Part.Source != source) { Rows.Add(new(row.Part.At(source), row.Version)); }
        if (last is null || last.Source != source || !FieldMerge.Same(last.Fields, file)) { Notes.Add(new(T.What, name, file, source)); }
    }
}

/// <summary>Hears of one thing a plan depends on.</summary>
internal delegate void Bind(string name, string source, JsonObject? file, int? version, string? rowSource, JsonObject? row, JsonObject? last);
