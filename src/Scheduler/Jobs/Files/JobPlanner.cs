using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Scheduler.Database;
using Scheduler.Schedules;

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
    private readonly StringBuilder bound = new();
    private int unchanged;

    private JobPlanner(KindRegistry kinds, LiveJobs live, PlanOptions options) => (this.kinds, this.live, this.options) = (kinds, live, options);

    /// <summary>The plan. Nobody's name or run count is in it yet: see <see cref="FileStore"/>.</summary>
    /// <param name="declared">Jobs, calendars and channels of the files, each name once.</param>
    /// <param name="live">Rows and what was applied.</param>
    /// <param name="options">What is allowed.</param>
    /// <param name="kinds">The kinds, to judge a mixture of file and row by.</param>
    public static JobPlan Of(JobFolder declared, LiveJobs live, PlanOptions options, KindRegistry kinds) =>
        new JobPlanner(kinds, live, options).Make(declared);

    private JobPlan Make(JobFolder declared)
    {
        var byName = live.Jobs.ToDictionary(j => j.Definition.Name, StringComparer.Ordinal);
        var names = declared.Jobs.Select(j => j.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var job in declared.Jobs)
        {
            var fields = JobFields.Of(job);
            var row = byName.GetValueOrDefault(job.Name);
            var last = live.Applied.GetValueOrDefault((AppliedFile.Job, job.Name));
            Depend(job.Name, job.Source, fields, row?.Version, row?.Definition.Source,
                row is null ? null : JobFields.Of(row.Definition), last?.Fields);
            if (row is null) { Add(job, fields, last); }
            else { Merge(job, fields, row, row.Definition.Source == "sql" ? null : last); }
        }
        // What a for_each job makes of its rows goes with that job.
        var gone = live.Jobs.Where(j => j.Definition is { Source: not "sql", MadeBy: null } && !names.Contains(j.Definition.Name))
            .OrderBy(j => j.Definition.Name, StringComparer.Ordinal).ToList();
        foreach (var job in gone) { Depend(job.Definition.Name, "", null, job.Version, job.Definition.Source, JobFields.Of(job.Definition), null); }
        var (calendars, channels) = Parts(declared, gone);
        ReadForce(names.Concat(declared.Calendars.Select(c => c.Name)).Concat(declared.Channels.Select(c => c.Name))
            .ToHashSet(StringComparer.Ordinal));
        RefuseDeletes(declared.Jobs.Count, gone.Count);
        return new JobPlan
        {
            Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(bound.ToString())).AsSpan(0, HashBytes)),
            Declared = declared.Jobs.Count,
            Unchanged = unchanged,
            MaxDeletes = options.MaxDeletes ?? PlanOptions.DefaultMaxDeletes,
            Deleted = [.. gone.Select(j => new PlannedDelete(j.Definition.Name, j.Definition.Source, 0, null))],
            Added = added,
            Changed = changed,
            Drifted = drifted,
            TakenOver = takenOver,
            Calendars = calendars.Planned,
            Channels = channels.Planned,
            Refusals = refusals,
            Rows = rows,
            Removals = [.. gone.Select(j => (j.Definition.Name, j.Version))],
            CalendarRows = calendars.Rows,
            CalendarRemovals = calendars.Removals,
            ChannelRows = channels.Rows,
            ChannelRemovals = channels.Removals,
            Notes = [.. notes, .. calendars.Notes, .. channels.Notes],
        };
    }

    // Channels name calendars, jobs name both: what goes is decided in the other order.
    private (PartPlanner<CalendarDefinition> Calendars, PartPlanner<ChannelDefinition> Channels) Parts(JobFolder declared, List<StoredJob> gone)
    {
        var after = rows.ToDictionary(r => r.Job.Name, r => r.Job, StringComparer.Ordinal);
        foreach (var job in live.Jobs.Except(gone)) { after.TryAdd(job.Definition.Name, job.Definition); }
        var channels = new PartPlanner<ChannelDefinition>(live.Channels, live.Applied, options, refusals);
        channels.Plan(declared.Channels, after.Values.SelectMany(Told).ToHashSet(StringComparer.Ordinal), Depend);
        var calendars = new PartPlanner<CalendarDefinition>(live.Calendars, live.Applied, options, refusals);
        calendars.Plan(declared.Calendars, after.Values.Select(j => j.Calendar).Concat(channels.After.Select(c => c.Quiet)).OfType<string>()
            .ToHashSet(StringComparer.Ordinal), Depend);

        // What is used is not removed.
        var known = live.Calendars.Select(c => c.Calendar.Name).Concat(declared.Calendars.Select(c => c.Name)).ToHashSet(StringComparer.Ordinal);
        refusals.AddRange(rows.Where(r => r.Job.Calendar is { } name && !known.Contains(name)).Select(r =>
            $"{r.Job.Source}: calendar '{r.Job.Calendar}' of job '{r.Job.Name}' is not known{Spelling.Hint(r.Job.Calendar!, known)}"));
        refusals.AddRange(channels.Rows.Select(r => r.Part).Where(c => c.Quiet is { } name && !known.Contains(name)).Select(c =>
            $"{c.Source}: calendar '{c.Quiet}' of channel '{c.Name}' is not known{Spelling.Hint(c.Quiet!, known)}"));
        var told = live.Channels.Select(c => c.Channel.Name).Concat(declared.Channels.Select(c => c.Name)).ToHashSet(StringComparer.Ordinal);
        refusals.AddRange(from row in rows
                          from to in Told(row.Job)
                          where !told.Contains(to)
                          select $"{row.Job.Source}: channel '{to}' of job '{row.Job.Name}' is not known{Spelling.Hint(to, told)}");
        return (calendars, channels);
    }

    private static IEnumerable<string> Told(JobDefinition job) =>
        job.Notify == "{}" ? [] : (JsonNode.Parse(job.Notify)?["to"] as JsonArray ?? []).Select(t => t!.GetValue<string>());

    private void ReadForce(HashSet<string> names)
    {
        foreach (var name in (options.Force ?? []).Order(StringComparer.Ordinal))
        {
            bound.Append("force\t").Append(name).Append('\n');
            if (name != "*" && !names.Contains(name)) { refusals.Add($"--force '{name}' is no job of the files{Spelling.DidYouMean(name, names)}"); }
        }
    }

    private void Add(JobDefinition job, JsonObject fields, AppliedFile? last)
    {
        added.Add(new(job.Name, job.Source, job.Kind, job.Schedule, last is not null));
        rows.Add(new(job, null));
        notes.Add(new(AppliedFile.Job, job.Name, fields, job.Source));
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
        if (last is null || last.Source != job.Source || !FieldMerge.Same(last.Fields, file))
        {
            notes.Add(new(AppliedFile.Job, job.Name, file, job.Source));
        }
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
        if (job.ForEach is null) { problems.AddRange(JobValues.Problems(job.Settings, job.Params, job.Schedule).Select(p => p.Message)); }
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

    private void Depend(string name, string source, JsonObject? file, int? version, string? rowSource, JsonObject? row, JsonObject? last)
    {
        bound.Append(CultureInfo.InvariantCulture, $"{name}\t{source}\t{Text(file)}\t{version}\t{rowSource}\t{Text(row)}\t{Text(last)}\n");
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
