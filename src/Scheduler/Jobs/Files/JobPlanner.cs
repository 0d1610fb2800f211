using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Scheduler.Database;

namespace Scheduler.Jobs.Files;

/// <summary>Makes the plan that brings the rows to the files: a pure function of both.</summary>
internal sealed class JobPlanner
{
    // A hundred and twenty-eight bits: short enough to copy, too long to meet by chance.
    private const int HashBytes = 16;

    private readonly List<PlannedAdd> added = [];
    private readonly List<PlannedChange> changed = [];
    private readonly List<PlannedChange> drifted = [];
    private readonly List<string> takenOver = [];
    private readonly List<string> refusals = [];
    private readonly List<PlannedRow> rows = [];
    private readonly List<AppliedFile> notes = [];
    private readonly KindRegistry kinds;
    private readonly LiveJobs live;
    private readonly PlanOptions options;
    private int unchanged;

    private JobPlanner(KindRegistry kinds, LiveJobs live, PlanOptions options) => (this.kinds, this.live, this.options) = (kinds, live, options);

    /// <summary>The plan. Nobody's name or run count is in it yet: see <see cref="FileStore"/>.</summary>
    /// <param name="declared">The jobs of the files, each name once.</param>
    /// <param name="live">Rows and what was applied.</param>
    /// <param name="options">What is allowed.</param>
    /// <param name="kinds">The kinds, to judge a mixture of file and row by.</param>
    public static JobPlan Of(IReadOnlyList<JobDefinition> declared, LiveJobs live, PlanOptions options, KindRegistry kinds) =>
        new JobPlanner(kinds, live, options).Make(declared);

    private JobPlan Make(IReadOnlyList<JobDefinition> declared)
    {
        var byName = live.Jobs.ToDictionary(j => j.Definition.Name, StringComparer.Ordinal);
        var names = declared.Select(j => j.Name).ToHashSet(StringComparer.Ordinal);
        var bound = new StringBuilder();
        foreach (var job in declared)
        {
            var fields = JobFields.Of(job);
            var row = byName.GetValueOrDefault(job.Name);
            var last = live.Applied.GetValueOrDefault(job.Name);
            Bind(bound, job.Name, job.Source, fields, row, last);
            if (row is null) { Add(job, fields, last); }
            else { Merge(job, fields, row, row.Definition.Source == "sql" ? null : last); }
        }
        // What a for_each job makes of its rows goes with that job.
        var gone = live.Jobs.Where(j => j.Definition is { Source: not "sql", MadeBy: null } && !names.Contains(j.Definition.Name))
            .OrderBy(j => j.Definition.Name, StringComparer.Ordinal).ToList();
        foreach (var job in gone) { Bind(bound, job.Definition.Name, "", null, job, null); }
        foreach (var name in (options.Force ?? []).Order(StringComparer.Ordinal))
        {
            bound.Append("force\t").Append(name).Append('\n');
            if (name != "*" && !names.Contains(name)) { refusals.Add($"--force '{name}' is no job of the files{Spelling.DidYouMean(name, names)}"); }
        }
        RefuseDeletes(declared.Count, gone.Count);
        return new JobPlan
        {
            Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(bound.ToString()))[..HashBytes]),
            Declared = declared.Count,
            Unchanged = unchanged,
            MaxDeletes = options.MaxDeletes ?? PlanOptions.DefaultMaxDeletes,
            Deleted = [.. gone.Select(j => new PlannedDelete(j.Definition.Name, j.Definition.Source, 0, null))],
            Added = added,
            Changed = changed,
            Drifted = drifted,
            TakenOver = takenOver,
            Refusals = refusals,
            Rows = rows,
            Removals = [.. gone.Select(j => (j.Definition.Name, j.Version))],
            Notes = notes,
        };
    }

    private void Add(JobDefinition job, JsonObject fields, AppliedFile? last)
    {
        added.Add(new(job.Name, job.Source, job.Kind, job.Schedule, last is not null));
        rows.Add(new(job, null));
        notes.Add(new(job.Name, fields, job.Source));
    }

    private void Merge(JobDefinition job, JsonObject file, StoredJob row, AppliedFile? last)
    {
        var before = row.Definition;
        var isSql = before.Source == "sql";
        var force = options.Forces(job.Name);
        if (before.MadeBy is { } maker)
        {
            refusals.Add($"{job.Source}: job '{job.Name}' exists already, made by '{maker}' from a row of its for_each; expected another name");
            return;
        }
        var (merged, differences) = FieldMerge.Of(last?.Fields, file, JobFields.Of(before), force);
        if (isSql && !force && differences.Count > 0)
        {
            refusals.Add($"{job.Source}: job '{job.Name}' exists already and was made in SQL, with another {differences[0].Field}; expected another "
                + $"name, or --force {job.Name} to take it over");
            return;
        }
        var kept = differences.Where(d => d.Fate == FieldFate.Keep).ToList();
        var taken = differences.Where(d => d.Fate != FieldFate.Keep).ToList();
        if (kept.Count > 0 && taken.Count > 0 && Problem(job.Name, merged) is { } problem)
        {
            refusals.Add($"{job.Source}: job '{job.Name}' cannot keep {string.Join(", ", kept.Select(k => k.Field))} as edited in SQL together with "
                + $"what the file changed: {problem}; expected --force {job.Name}, or the file and the row brought together");
            return;
        }
        if (kept.Count > 0) { drifted.Add(new(job.Name, job.Source, false, kept)); }
        if (taken.Count > 0) { changed.Add(new(job.Name, job.Source, isSql, taken)); }
        else { unchanged++; }
        if (isSql && taken.Count == 0) { takenOver.Add(job.Name); }
        if (taken.Count > 0) { rows.Add(new(JobFields.ToDefinition(job.Name, merged, job.Source), row)); }
        else if (before.Source != job.Source) { rows.Add(new(before with { Source = job.Source }, row)); }
        if (last is null || last.Source != job.Source || !FieldMerge.Same(last.Fields, file)) { notes.Add(new(job.Name, file, job.Source)); }
    }

    // Fields that are right each for itself may not fit each other; null when they do.
    private string? Problem(string name, JsonObject merged)
    {
        var entry = merged.DeepClone().AsObject();
        foreach (var empty in entry.Where(e => e.Value is null or JsonObject { Count: 0 } && e.Key != "with").Select(e => e.Key).ToList())
        {
            entry.Remove(empty);
        }
        var problems = KindSettings.Check(typeof(JobEntry), entry.ToJsonString()).Problems.Select(p => p.Message).ToList();
        var job = JobFields.ToDefinition(name, merged, "");
        if (kinds.Find(job.Kind) is { } kind)
        {
            problems.AddRange(KindSettings.Check(kind.SettingsType, job.Settings).Problems.Select(p => p.Message));
        }
        try { Schedule.Parse(job.Schedule, job.TimeZone); }
        catch (ScheduleException e) { problems.Add(e.Message); }
        return problems.Count == 0 ? null : string.Join("; ", problems);
    }

    private void RefuseDeletes(int declared, int deletes)
    {
        if (declared == 0 && deletes > 0 && options.MaxDeletes is null)
        {
            // A folder that was not mounted, or misspelled, looks just like this.
            refusals.Add(string.Create(CultureInfo.InvariantCulture,
                $"the job files declare no job, and {deletes} jobs in the database came from files; expected at least one job, "
                + $"or --max-deletes {deletes}"));
        }
        else if (deletes > (options.MaxDeletes ?? PlanOptions.DefaultMaxDeletes))
        {
            refusals.Add(string.Create(CultureInfo.InvariantCulture, $"{deletes} jobs would be deleted; expected at most "
                + $"{options.MaxDeletes ?? PlanOptions.DefaultMaxDeletes}, or --max-deletes {deletes}"));
        }
    }

    private static void Bind(StringBuilder bound, string name, string source, JsonObject? file, StoredJob? row, AppliedFile? last)
    {
        bound.Append(name).Append('\t').Append(source).Append('\t').Append(Text(file)).Append('\t');
        bound.Append(CultureInfo.InvariantCulture, $"{row?.Version}\t{row?.Definition.Source}\t");
        bound.Append(row is null ? "" : Text(JobFields.Of(row.Definition))).Append('\t').Append(Text(last?.Fields)).Append('\n');
    }

    // jsonb gives its keys back in another order than they were written in.
    private static string Text(JsonNode? value) => value switch
    {
        null => "null",
        JsonObject map => "{" + string.Join(',', map.Where(e => e.Value is not null).OrderBy(e => e.Key, StringComparer.Ordinal)
            .Select(e => $"{JsonValue.Create(e.Key)!.ToJsonString()}:{Text(e.Value)}")) + "}",
        JsonArray list => "[" + string.Join(',', list.Select(Text)) + "]",
        _ => value.ToJsonString(),
    };
}
