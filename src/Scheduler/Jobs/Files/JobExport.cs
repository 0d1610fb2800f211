using System.Text;
using System.Text.Json.Nodes;
using Scheduler.Database;

namespace Scheduler.Jobs.Files;

/// <summary>A file an export makes.</summary>
/// <param name="Name">Its name, e.g. <c>maintenance.yaml</c>.</param>
/// <param name="Text">Its text.</param>
/// <param name="Jobs">Names of its jobs.</param>
public sealed record ExportedFile(string Name, string Text, IReadOnlyList<string> Jobs);

/// <summary>Writes jobs and calendars back to job files: values that are as usual left out, always in the same order.
/// Reading them gives the same jobs.</summary>
public static class JobExport
{
    /// <summary>File of the jobs that were made in SQL.</summary>
    public const string SqlFile = "made-in-sql.yaml";
    private const string Head = "# Written by 'scheduler config export'.\n";

    /// <summary>All jobs and calendars as the text of one file, in the order of their names.</summary>
    public static string One(IEnumerable<JobDefinition> jobs, IEnumerable<CalendarDefinition> calendars, KindRegistry kinds)
    {
        var text = new StringBuilder(Head);
        var usual = CalendarPlanner.Fields(new CalendarDefinition { Name = "" });
        Section(text, "calendars", calendars.OrderBy(c => c.Name, StringComparer.Ordinal)
            .Select(c => (c.Name, JobFields.Different(CalendarPlanner.Fields(c), usual))));
        Section(text, "jobs", jobs.OrderBy(j => j.Name, StringComparer.Ordinal)
            .Select(j => (j.Name, JobFields.WithoutDefaults(j, kinds.Find(j.Kind)))));
        return text.Length > Head.Length ? text.ToString() : Head + "jobs: {}\n";
    }

    /// <summary>Each job and calendar in a file of the name it came from, those made in SQL in <see cref="SqlFile"/>; what is too large for one
    /// file goes on in another, <c>name-2.yaml</c>.</summary>
    public static IReadOnlyList<ExportedFile> Files(
        IReadOnlyList<JobDefinition> jobs, IReadOnlyList<CalendarDefinition> calendars, KindRegistry kinds)
    {
        var files = new List<ExportedFile>();
        var names = jobs.Select(j => FileOf(j.Source)).Concat(calendars.Select(c => FileOf(c.Source))).Distinct().Order(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var own = calendars.Where(c => FileOf(c.Source) == name).ToList();
            var part = 1;
            foreach (var some in Parts([.. jobs.Where(j => FileOf(j.Source) == name).OrderBy(j => j.Name, StringComparer.Ordinal)], own, kinds))
            {
                var partName = part == 1 ? name : $"{Path.GetFileNameWithoutExtension(name)}-{part}{Path.GetExtension(name)}";
                files.Add(new(partName, One(some, part == 1 ? own : [], kinds), [.. some.Select(j => j.Name)]));
                part++;
            }
        }
        return files;
    }

    /// <summary>
    /// Read exported files back and compare: one line for each job that a file cannot say as it is, e.g. a timeout with parts of a second or a
    /// kind that is not known here. Empty when all is well.
    /// </summary>
    public static IReadOnlyList<string> Differences(
        IReadOnlyList<JobDefinition> jobs, IReadOnlyList<CalendarDefinition> calendars, IReadOnlyList<ExportedFile> files, KindRegistry kinds)
    {
        var problems = new List<string>();
        var read = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            var root = YamlTree.Read(file.Text, Report);
            if (root is null) { continue; }
            var reader = new JobReader(kinds, file.Name, Report);
            foreach (var job in reader.Read(root)) { if (job.Job is { } good) { read["job " + job.Name] = JobFields.Of(good); } }
            foreach (var (name, calendar) in reader.Calendars) { read["calendar " + name.Text] = CalendarPlanner.Fields(calendar); }

            void Report(long line, long column, string message) => problems.Add(new FileProblem(file.Name, line, column, message).ToString());
        }
        foreach (var job in jobs) { Compare("job " + job.Name, job.Source, JobFields.Of(job)); }
        foreach (var calendar in calendars) { Compare("calendar " + calendar.Name, calendar.Source, CalendarPlanner.Fields(calendar)); }
        return problems;

        void Compare(string name, string source, JsonObject wanted)
        {
            // What could not be read at all was reported already.
            if (!read.TryGetValue(name, out var got)) { return; }
            problems.AddRange(wanted.Where(f => !FieldMerge.Same(f.Value, got[f.Key]))
                .Select(f => $"{FileOf(source)}: {name}: {f.Key} is {Show(f.Value)} and would be read back as {Show(got[f.Key])}"));
        }
    }

    /// <summary>Write the files into a folder. Throws <see cref="OperatorException"/> (2) when there are job files in it already and they may not
    /// be replaced.</summary>
    /// <param name="folder">The folder; made when it is missing.</param>
    /// <param name="files">The files.</param>
    /// <param name="overwrite">True: files of the same names are replaced.</param>
    public static void Save(string folder, IReadOnlyList<ExportedFile> files, bool overwrite)
    {
        Directory.CreateDirectory(folder);
        var there = Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)).Where(f => Path.GetExtension(f) is ".yaml" or ".yml").ToList();
        if (there.Count > 0 && !overwrite)
        {
            throw new OperatorException($"{folder} holds job files already ({there[0]}{(there.Count > 1 ? " and others" : "")}); "
                + "expected an empty folder, or --overwrite, which also drops the comments of the files it replaces", 2);
        }
        foreach (var file in files) { File.WriteAllText(Path.Combine(folder, file.Name), file.Text); }
    }

    private static void Section(StringBuilder text, string key, IEnumerable<(string Name, JsonObject Fields)> entries)
    {
        var first = true;
        foreach (var (name, fields) in entries)
        {
            text.Append(first && text.Length == Head.Length ? "" : "\n");
            if (first) { text.Append(key).Append(":\n"); }
            text.Append("  ").Append(YamlWriter.Scalar(name)).Append(fields.Count == 0 ? ": {}\n" : ":\n");
            YamlWriter.Write(text, fields, 4);
            first = false;
        }
    }

    private static IEnumerable<List<JobDefinition>> Parts(List<JobDefinition> jobs, List<CalendarDefinition> calendars, KindRegistry kinds)
    {
        var (some, bytes) = (new List<JobDefinition>(), Encoding.UTF8.GetByteCount(One([], calendars, kinds)));
        foreach (var job in jobs)
        {
            var own = Encoding.UTF8.GetByteCount(One([job], [], kinds));
            if (some.Count > 0 && bytes + own > JobFiles.FileBytesMax)
            {
                yield return some;
                (some, bytes) = ([], 0);
            }
            some.Add(job);
            bytes += own;
        }
        yield return some;
    }

    private static string FileOf(string source)
    {
        var end = source.LastIndexOf(':');
        var name = Path.GetFileName(end > 0 ? source[..end] : source);
        return source == "sql" || Path.GetExtension(name) is not (".yaml" or ".yml") ? SqlFile : name;
    }

    private static string Show(JsonNode? value) => value?.ToJsonString() ?? "nothing";
}
