using System.Text;
using System.Text.Json.Nodes;
using Scheduler.Database;

namespace Scheduler.Jobs.Files;

/// <summary>A file an export makes.</summary>
/// <param name="Name">Its name, e.g. <c>maintenance.yaml</c>.</param>
/// <param name="Text">Its text.</param>
/// <param name="Jobs">Names of its jobs.</param>
public sealed record ExportedFile(string Name, string Text, IReadOnlyList<string> Jobs);

/// <summary>Writes jobs back to job files: values that are as usual left out, always in the same order. Reading them gives the same jobs.</summary>
public static class JobExport
{
    /// <summary>File of the jobs that were made in SQL.</summary>
    public const string SqlFile = "made-in-sql.yaml";
    private const string Head = "# Written by 'scheduler config export'.\n";

    /// <summary>All jobs as the text of one file, in the order of their names.</summary>
    public static string One(IEnumerable<JobDefinition> jobs, KindRegistry kinds)
    {
        var text = new StringBuilder(Head).Append("jobs:");
        foreach (var job in jobs.OrderBy(j => j.Name, StringComparer.Ordinal))
        {
            text.Append("\n  ").Append(YamlWriter.Scalar(job.Name)).Append(":\n");
            YamlWriter.Write(text, JobFields.WithoutDefaults(job, kinds.Find(job.Kind)), 4);
        }
        return text.ToString().EndsWith(':') ? text.Append(" {}\n").ToString() : text.ToString();
    }

    /// <summary>Each job in a file of the name it came from, those made in SQL in <see cref="SqlFile"/>; what is too large for one file goes on
    /// in another, <c>name-2.yaml</c>.</summary>
    public static IReadOnlyList<ExportedFile> Files(IEnumerable<JobDefinition> jobs, KindRegistry kinds)
    {
        var files = new List<ExportedFile>();
        foreach (var group in jobs.GroupBy(FileOf, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var part = 1;
            foreach (var some in Parts([.. group.OrderBy(j => j.Name, StringComparer.Ordinal)], kinds))
            {
                var name = part == 1 ? group.Key : $"{Path.GetFileNameWithoutExtension(group.Key)}-{part}{Path.GetExtension(group.Key)}";
                files.Add(new(name, One(some, kinds), [.. some.Select(j => j.Name)]));
                part++;
            }
        }
        return files;
    }

    private static IEnumerable<List<JobDefinition>> Parts(List<JobDefinition> jobs, KindRegistry kinds)
    {
        var (some, bytes) = (new List<JobDefinition>(), 0);
        foreach (var job in jobs)
        {
            var own = Encoding.UTF8.GetByteCount(One([job], kinds));
            if (some.Count > 0 && bytes + own > JobFiles.FileBytesMax)
            {
                yield return some;
                (some, bytes) = ([], 0);
            }
            some.Add(job);
            bytes += own;
        }
        if (some.Count > 0) { yield return some; }
    }

    /// <summary>
    /// Read exported files back and compare: one line for each job that a file cannot say as it is, e.g. a timeout with parts of a second or a
    /// kind that is not known here. Empty when all is well.
    /// </summary>
    public static IReadOnlyList<string> Differences(IReadOnlyList<JobDefinition> jobs, IReadOnlyList<ExportedFile> files, KindRegistry kinds)
    {
        var problems = new List<string>();
        var read = new Dictionary<string, JobDefinition>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            var root = YamlTree.Read(file.Text, Report);
            foreach (var job in root is null ? [] : new JobReader(kinds, file.Name, Report).Read(root))
            {
                if (job.Job is { } good) { read[job.Name] = good; }
            }

            void Report(long line, long column, string message) => problems.Add(new FileProblem(file.Name, line, column, message).ToString());
        }
        foreach (var job in jobs.Where(j => read.ContainsKey(j.Name)))
        {
            var (wanted, got) = (JobFields.Of(job), JobFields.Of(read[job.Name]));
            problems.AddRange(wanted.Where(f => !FieldMerge.Same(f.Value, got[f.Key]))
                .Select(f => $"{FileOf(job)}: job '{job.Name}': {f.Key} is {Show(f.Value)} and would be read back as {Show(got[f.Key])}"));
        }
        return problems;
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

    private static string FileOf(JobDefinition job)
    {
        var end = job.Source.LastIndexOf(':');
        var name = Path.GetFileName(end > 0 ? job.Source[..end] : job.Source);
        return job.Source == "sql" || Path.GetExtension(name) is not (".yaml" or ".yml") ? SqlFile : name;
    }

    private static string Show(JsonNode? value) => value?.ToJsonString() ?? "nothing";
}
