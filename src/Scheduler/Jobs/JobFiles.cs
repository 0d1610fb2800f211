using System.Globalization;
using System.Text;
using Scheduler.Database;
using Scheduler.Jobs.Files;

namespace Scheduler.Jobs;

/// <summary>A place in a job file, and what is wrong there.</summary>
/// <param name="File">The file, relative to the current folder where it lies below it.</param>
/// <param name="Line">From 1; 0 when it is about the whole.</param>
/// <param name="Column">From 1; 0 when it is about the whole.</param>
/// <param name="Message">Names the object, the value and what was expected.</param>
public sealed record FileProblem(string File, long Line, long Column, string Message)
{
    // A name may hold whatever a file may; a mistake is one line that a terminal can show.
    private const int MessageLengthMax = 1000;

    /// <summary>Names the object, the value and what was expected; one line.</summary>
    public string Message { get; } = OneLine(Message);

    private static string OneLine(string text)
    {
        var line = string.Concat(text.Select(c => c == '\n' ? "\\n"
            : char.IsControl(c) ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}") : c.ToString()));
        return line.Length <= MessageLengthMax ? line : line[..MessageLengthMax] + "…";
    }

    /// <inheritdoc />
    public override string ToString() => Line == 0 ? $"{File}: {Message}" : $"{File}:{Line}:{Column}: {Message}";
}

/// <summary>What was read: jobs, calendars and channels without a mistake, and every mistake.</summary>
/// <param name="Files">Files read.</param>
/// <param name="Jobs">The jobs, each name once, in the order of the files.</param>
/// <param name="Calendars">The calendars, each name once.</param>
/// <param name="Channels">The channels, each name once.</param>
/// <param name="Problems">The mistakes, in the order of the files.</param>
public sealed record JobFolder(
    int Files, IReadOnlyList<JobDefinition> Jobs, IReadOnlyList<CalendarDefinition> Calendars, IReadOnlyList<ChannelDefinition> Channels,
    IReadOnlyList<FileProblem> Problems)
{
    /// <summary>Where the jobs stand.</summary>
    public FilePlaces Places { get; init; } = new();
}

/// <summary>Reads the declared jobs of a folder: every file whose name ends in <c>.yaml</c> or <c>.yml</c>, in the order of their names.</summary>
public static class JobFiles
{
    /// <summary>Largest job file. A thousand jobs take a third of it.</summary>
    public const int FileBytesMax = 1024 * 1024;
    /// <summary>Most jobs in one folder: what a cluster has been measured with.</summary>
    public const int JobsMax = 10_000;
    // A page of mistakes is read; more come from one cause.
    private const int ProblemsMax = 500;

    /// <summary>
    /// All jobs, calendars and channels of the folder. Throws <see cref="OperatorException"/> (exit code 2) when there is any mistake; its
    /// message lists all mistakes of all files, one a line, <c>file:line:column: message</c>. An empty folder has no jobs; a missing one is a
    /// mistake.
    /// </summary>
    /// <param name="folder">Path of the folder; folders below it are not read.</param>
    /// <param name="kinds">The kinds that may be named.</param>
    /// <param name="exitCode">Exit code of the exception. Default 2.</param>
    public static JobFolder Load(string folder, KindRegistry kinds, int exitCode = 2)
    {
        if (!Directory.Exists(folder))
        {
            throw new OperatorException($"{Shown(folder)}: there is no such folder; expected one with job files (*.yaml)", exitCode);
        }
        var read = Read(folder, kinds);
        return read.Problems.Count == 0 ? read : throw new OperatorException(Message(read.Problems), exitCode);
    }

    /// <summary>All jobs, calendars, channels and mistakes of a folder, or of one file. Throws <see cref="OperatorException"/> (exit code 2) when
    /// there is neither.</summary>
    /// <param name="path">Path of a folder or of a file.</param>
    /// <param name="kinds">The kinds that may be named.</param>
    public static JobFolder Read(string path, KindRegistry kinds)
    {
        var files = Directory.Exists(path) ? In(path)
            : File.Exists(path) ? new List<string> { path }
            : throw new OperatorException($"{Shown(path)}: there is no such file or folder; expected one with jobs (*.yaml)", 2);
        var jobs = new List<JobDefinition>();
        var problems = new List<FileProblem>();
        var calendars = new Dictionary<string, CalendarDefinition>(StringComparer.Ordinal);
        var channels = new Dictionary<string, ChannelDefinition>(StringComparer.Ordinal);
        var places = new FilePlaces();
        foreach (var each in files)
        {
            var file = Shown(each);
            var own = new List<FileProblem>();
            var (ofFile, calendarsOfFile, channelsOfFile) = Read(each, file, kinds, own);
            foreach (var (name, calendar) in calendarsOfFile)
            {
                if (calendars.TryAdd(name.Text, calendar)) { continue; }
                own.Add(new(file, name.Line, name.Column, $"calendar '{name.Text}' is declared twice, first at {calendars[name.Text].Source}"));
            }
            foreach (var (name, channel) in channelsOfFile)
            {
                if (channels.TryAdd(name.Text, channel)) { continue; }
                own.Add(new(file, name.Line, name.Column, $"channel '{name.Text}' is declared twice, first at {channels[name.Text].Source}"));
            }
            foreach (var declared in ofFile)
            {
                if (!places.Add(declared.Name, file, declared.Keys))
                {
                    var first = places.Problem(declared.Name, "", "");
                    own.Add(new(file, declared.Line, declared.Column,
                        $"job '{declared.Name}' is declared twice, first at {first.File}:{first.Line}"));
                }
                else if (declared.Job is { } job) { jobs.Add(job); }
            }
            problems.AddRange(own.OrderBy(p => p.Line).ThenBy(p => p.Column));
        }
        if (jobs.Count > JobsMax) { problems.Add(new(Shown(path), 0, 0, $"the folder declares {jobs.Count} jobs; expected at most {JobsMax}")); }
        problems.AddRange(AfterCycles.Find(jobs).Select(c => places.Problem(c.Job.Name, "schedule", c.Problem)));
        return new(files.Count, jobs, [.. calendars.Values], [.. channels.Values], problems) { Places = places };
    }

    private static (IReadOnlyList<JobReader.Declared> Jobs, IReadOnlyList<(YamlText Name, CalendarDefinition Calendar)> Calendars,
        IReadOnlyList<(YamlText Name, ChannelDefinition Channel)> Channels) Read(
        string path, string file, KindRegistry kinds, List<FileProblem> problems)
    {
        void Report(long line, long column, string message) => problems.Add(new(file, line, column, message));
        string text;
        try
        {
            var length = new FileInfo(path).Length;
            if (length > FileBytesMax)
            {
                Report(1, 1, $"the file has {length} bytes; expected at most {FileBytesMax}");
                return ([], [], []);
            }
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            Report(1, 1, e is DecoderFallbackException ? "the file is not UTF-8 text" : $"the file cannot be read: {e.Message}");
            return ([], [], []);
        }
        var root = YamlTree.Read(text, Report);
        if (root is null or YamlText { IsNull: true }) { return ([], [], []); }
        var reader = new JobReader(kinds, file, Report);
        return ([.. reader.Read(root)], reader.Calendars, reader.Channels);
    }

    private static string Message(IReadOnlyList<FileProblem> problems)
    {
        var lines = problems.Take(ProblemsMax).Select(p => p.ToString()).ToList();
        if (problems.Count > ProblemsMax) { lines.Add($"and {problems.Count - ProblemsMax} more mistakes"); }
        return string.Join('\n', lines);
    }

    /// <summary>Paths of the job files of a folder, in the order they are read.</summary>
    internal static IReadOnlyList<string> In(string folder) => [.. Directory.EnumerateFiles(folder).Where(IsJobFile).Order(StringComparer.Ordinal)];

    private static bool IsJobFile(string path) => Path.GetExtension(path) is ".yaml" or ".yml";

    private static string Shown(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        var outside = Path.IsPathRooted(relative) || relative == ".."
            || relative.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal);
        return (outside ? Path.GetFullPath(path) : relative).Replace('\\', '/');
    }
}
