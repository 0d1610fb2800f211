using System.Text;
using System.Text.Json.Nodes;
using Scheduler.Database;

namespace Scheduler.Jobs.Files;

/// <summary>A file an export makes.</summary>
/// <param name="Name">Its name, e.g. <c>maintenance.yaml</c>.</param>
/// <param name="Text">Its text.</param>
/// <param name="Jobs">Names of its jobs.</param>
public sealed record ExportedFile(string Name, string Text, IReadOnlyList<string> Jobs);

/// <summary>Writes jobs, calendars and channels back to job files: values that are as usual left out, always in the same order.
/// Reading them gives the same jobs.</summary>
public static class JobExport
{
    /// <summary>File of the jobs that were made in SQL.</summary>
    public const string SqlFile = "made-in-sql.yaml";
    private const string Head = "# Written by 'scheduler config export'.\n";

    /// <summary>All as the text of one file, in the order of their names.</summary>
    public static string One(LiveFiles live, KindRegistry kinds)
    {
        var text = new StringBuilder(Head);
        Section(text, "calendars", Different(live.Calendars, Fields(new CalendarDefinition { Name = "" })));
        Section(text, "channels", Different(live.Channels, ChannelDefinition.Usual()));
        Section(text, "jobs", live.Jobs.OrderBy(j => j.Name, StringComparer.Ordinal)
            .Select(j => (j.Name, JobFields.WithoutDefaults(j, kinds.Find(j.Kind)))));
        return text.Length > Head.Length ? text.ToString() : Head + "jobs: {}\n";
    }

    /// <summary>Each job, calendar and channel in a file of the name it came from, those made in SQL in <see cref="SqlFile"/>; what is too large
    /// for one file goes on in another, <c>name-2.yaml</c>.</summary>
    public static IReadOnlyList<ExportedFile> Files(LiveFiles live, KindRegistry kinds)
    {
        var files = new List<ExportedFile>();
        var names = live.Jobs.Select(j => j.Source).Concat(live.Calendars.Select(c => c.Source)).Concat(live.Channels.Select(c => c.Source))
            .Select(FileOf).Distinct().Order(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var own = new LiveFiles(
                [], [.. live.Calendars.Where(c => FileOf(c.Source) == name)], [.. live.Channels.Where(c => FileOf(c.Source) == name)]);
            var part = 1;
            foreach (var some in Parts([.. live.Jobs.Where(j => FileOf(j.Source) == name).OrderBy(j => j.Name, StringComparer.Ordinal)], own, kinds))
            {
                var partName = part == 1 ? name : $"{Path.GetFileNameWithoutExtension(name)}-{part}{Path.GetExtension(name)}";
                files.Add(new(partName, One(part == 1 ? own with { Jobs = some } : new(some, [], []), kinds), [.. some.Select(j => j.Name)]));
                part++;
            }
        }
        return files;
    }

    /// <summary>
    /// Read exported files back and compare: one line for each job that a file cannot say as it is, e.g. a timeout with parts of a second or a
    /// kind that is not known here. Empty when all is well.
    /// </summary>
    public static IReadOnlyList<string> Differences(LiveFiles live, IReadOnlyList<ExportedFile> files, KindRegistry kinds)
    {
        var problems = new List<string>();
        var read = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            var root = YamlTree.Read(file.Text, Report);
            if (root is null) { continue; }
            var reader = new JobReader(kinds, file.Name, Report);
            foreach (var job in reader.Read(root)) { if (job.Job is { } good) { read["job " + job.Name] = JobFields.Of(good); } }
            foreach (var (name, calendar) in reader.Calendars) { read["calendar " + name.Text] = Fields(calendar); }
            foreach (var (name, channel) in reader.Channels) { read["channel " + name.Text] = Fields(channel); }

            void Report(long line, long column, string message) => problems.Add(new FileProblem(file.Name, line, column, message).ToString());
        }
        foreach (var job in live.Jobs) { Compare("job " + job.Name, job.Source, JobFields.Of(job)); }
        foreach (var calendar in live.Calendars) { Compare("calendar " + calendar.Name, calendar.Source, Fields(calendar)); }
        foreach (var channel in live.Channels) { Compare("channel " + channel.Name, channel.Source, Fields(channel)); }
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

    private static IEnumerable<(string Name, JsonObject Fields)> Different<T>(IEnumerable<T> parts, JsonObject usual) where T : IFilePart<T> =>
        parts.OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => (p.Name, JobFields.Different(Fields(p), usual)));

    private static JsonObject Fields<T>(T part) where T : IFilePart<T> => part.Fields();

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

    private static IEnumerable<List<JobDefinition>> Parts(List<JobDefinition> jobs, LiveFiles own, KindRegistry kinds)
    {
        var (some, bytes) = (new List<JobDefinition>(), Encoding.UTF8.GetByteCount(One(own, kinds)));
        foreach (var job in jobs)
        {
            var more = Encoding.UTF8.GetByteCount(One(new([job], [], []), kinds));
            if (some.Count > 0 && bytes + more > JobFiles.FileBytesMax)
            {
                yield return some;
                (some, bytes) = ([], 0);
            }
            some.Add(job);
            bytes += more;
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
