using System.Text.Json.Nodes;

namespace Scheduler.Jobs.Files;

/// <summary>What becomes of a field in which file and live row differ.</summary>
public enum FieldFate
{
    /// <summary>The file changed it and nobody else did: the row takes the file's value.</summary>
    Change,
    /// <summary>The file changed it, and so did somebody in SQL: the row takes the file's value, the edit is lost.</summary>
    Replace,
    /// <summary>Only edited in SQL, and the file was forced: the row takes the file's value, the edit is lost.</summary>
    Force,
    /// <summary>Only edited in SQL: the edit stays until the file changes the field.</summary>
    Keep,
}

/// <summary>A field in which file and live row differ.</summary>
/// <param name="Field">As in the file, e.g. <c>schedule</c>, <c>with.batch</c>.</param>
/// <param name="Fate">What apply does with it.</param>
/// <param name="File">The file's value; null when it has none.</param>
/// <param name="Live">The row's value; null when it has none.</param>
/// <param name="LastApplied">What the file said at the last apply; null when it said nothing.</param>
public sealed record FieldDifference(string Field, FieldFate Fate, JsonNode? File, JsonNode? Live, JsonNode? LastApplied)
{
    /// <summary>Who set the live value: <c>file:line</c>, or role and application; null when that is not known.</summary>
    public string? LiveOwner { get; init; }
}

/// <summary>
/// The three-way merge of a job, field by field: a field belongs to the file when the file changed it since it was last applied, else to whoever
/// edited it. Maps are merged key by key at any depth, lists are one value. A key that is null and one that is missing are the same.
/// </summary>
internal static class FieldMerge
{
    private const string Kind = "kind";
    private const string With = "with";

    /// <summary>The merged fields, and every field in which file and row differ.</summary>
    /// <param name="last">The file's fields when it was last applied; null when it never was: then the file takes all.</param>
    /// <param name="file">The file's fields now.</param>
    /// <param name="live">The row's fields.</param>
    /// <param name="force">True: edits are not kept.</param>
    public static (JsonObject Merged, IReadOnlyList<FieldDifference> Differences) Of(JsonObject? last, JsonObject file, JsonObject live, bool force)
    {
        var found = new List<FieldDifference>();
        var @base = last ?? live;
        var skipped = new List<string>();
        var merged = new JsonObject();
        if (!Same(file[Kind], live[Kind]))
        {
            // Settings are those of one kind: the two go together, whoever changed either.
            skipped = [Kind, With];
            var fates = skipped.Select(f => Fate(@base[f], file[f], live[f], force)).ToArray();
            var keep = fates[0] == FieldFate.Keep && (fates[1] == FieldFate.Keep || Same(file[With], @base[With]));
            foreach (var (field, fate) in skipped.Zip(fates))
            {
                merged[field] = (keep ? live : file)[field]?.DeepClone();
                if (Same(file[field], live[field])) { continue; }
                found.Add(Difference(field, keep ? FieldFate.Keep : fate == FieldFate.Keep ? FieldFate.Replace : fate,
                    @base[field], file[field], live[field]));
            }
        }
        Map(merged, "", @base, file, live, force, skipped, found);
        return (merged, found);
    }

    /// <summary>True for values that mean the same: numbers by value, keys in any order, null like nothing.</summary>
    public static bool Same(JsonNode? a, JsonNode? b) => (a, b) switch
    {
        (JsonObject x, JsonObject y) => x.Select(e => e.Key).Union(y.Select(e => e.Key)).All(key => Same(x[key], y[key])),
        _ => JsonNode.DeepEquals(a, b),
    };

    private static void Map(
        JsonObject merged, string path, JsonObject? last, JsonObject file, JsonObject live, bool force, List<string> skipped,
        List<FieldDifference> found)
    {
        foreach (var key in file.Select(e => e.Key).Union(live.Select(e => e.Key)).Except(skipped).ToList())
        {
            var at = path.Length == 0 ? key : $"{path}.{key}";
            var (before, ours, theirs) = (last?[key], file[key], live[key]);
            if (ours is JsonObject oursMap && theirs is JsonObject theirsMap)
            {
                var inner = new JsonObject();
                Map(inner, at, before as JsonObject, oursMap, theirsMap, force, [], found);
                merged[key] = inner;
                continue;
            }
            var taken = theirs;
            if (!Same(ours, theirs))
            {
                var fate = Fate(before, ours, theirs, force);
                found.Add(Difference(at, fate, before, ours, theirs));
                if (fate != FieldFate.Keep) { taken = ours; }
            }
            // A key of a map that is nowhere any more is left out; a field of the job itself stands as null.
            if (taken is not null || path.Length == 0) { merged[key] = taken?.DeepClone(); }
        }
    }

    private static FieldFate Fate(JsonNode? last, JsonNode? file, JsonNode? live, bool force) =>
        !Same(file, last) ? Same(live, last) ? FieldFate.Change : FieldFate.Replace
        : force ? FieldFate.Force : FieldFate.Keep;

    private static FieldDifference Difference(string field, FieldFate fate, JsonNode? last, JsonNode? file, JsonNode? live) =>
        new(field, fate, file?.DeepClone(), live?.DeepClone(), last?.DeepClone());
}
