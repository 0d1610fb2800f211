using System.Text.RegularExpressions;
using NUnit.Framework;

namespace Scheduler.Tests;

/// <summary>The rules of the house that a machine can hold. Each failure names file and line.</summary>
public sealed partial class TidyTests
{
    private const int FileLinesMax = 400;
    private const int FunctionLinesMax = 70;
    private const int ColumnsMax = 150;

    // Room → rooms it may import. Files in the root of src/Scheduler put the rooms together and may import all.
    private static readonly Dictionary<string, string[]> Imports = new()
    {
        ["Database"] = [],
        ["Telemetry"] = ["Database"],
        ["Cluster"] = ["Database", "Telemetry"],
        // Pure: no clock, no database.
        ["Schedules"] = ["Database"],
        ["Jobs"] = ["Schedules", "Cluster", "Database", "Telemetry"],
        ["Runs"] = ["Jobs", "Schedules", "Cluster", "Database", "Telemetry"],
        ["Kinds"] = ["Runs", "Jobs", "Schedules", "Cluster", "Database", "Telemetry"],
        ["Fleet"] = ["Runs", "Jobs", "Schedules", "Cluster", "Database", "Telemetry"],
        ["Snapshots"] = ["Kinds", "Runs", "Jobs", "Schedules", "Cluster", "Database", "Telemetry"],
        // Notifications go through the guarded client of the kind http.
        ["Notifications"] = ["Kinds", "Runs", "Jobs", "Schedules", "Cluster", "Database", "Telemetry"],
    };

    private static readonly string Root = FindRoot();
    private static readonly List<SourceFile> Code = [.. Files("src", "*.cs").Concat(Files("test", "*.cs"))];

    [Test]
    public void Imports_inside_the_engine_point_down() => None(
        from file in Code
        where file.Path.StartsWith("src/Scheduler/", StringComparison.Ordinal) && file.Path.Split('/').Length > 3
        let room = file.Path.Split('/')[2]
        from line in file.Matching(EngineImport())
        let imported = line.Match.Groups[1].Value
        where imported != room && !(Imports.TryGetValue(room, out var allowed) && allowed.Contains(imported))
        select $"{line.Place}: {room} imports {imported}; allowed are {string.Join(", ", Imports.GetValueOrDefault(room) ?? [])}");

    [Test]
    public void Every_room_of_the_engine_is_on_the_map() => None(
        from folder in Directory.GetDirectories(Path.Combine(Root, "src/Scheduler")).Select(f => Path.GetFileName(f))
        where folder is not ("bin" or "obj") && !Imports.ContainsKey(folder)
        select $"src/Scheduler/{folder}:1: the room is not in the import map of TidyTests");

    [Test]
    public void The_engine_does_not_see_the_web() => None(
        from file in Code
        where file.Path.StartsWith("src/Scheduler/", StringComparison.Ordinal)
        from line in file.Matching(WebImport())
        select $"{line.Place}: the engine imports {line.Match.Groups[1].Value}");

    [Test]
    public void The_doors_do_not_see_the_database_or_Quartz() => None(
        from file in Code
        where file.Path.StartsWith("src/Scheduler.Server/", StringComparison.Ordinal)
        from line in file.Matching(StoreImport())
        select $"{line.Place}: a door imports {line.Match.Groups[1].Value}; the engine offers what doors need");

    [Test]
    public void Files_are_short() => None(
        from file in Code
        where file.Lines.Length > FileLinesMax
        select $"{file.Path}:{FileLinesMax}: {file.Lines.Length} lines; allowed are {FileLinesMax}");

    [Test]
    public void Lines_are_short() => None(
        from file in Code from line in file.Matching(TooWide()) select $"{line.Place}: {line.Text.Length} columns; allowed are {ColumnsMax}");

    [Test]
    public void Functions_are_short() => None(
        from file in Code
        from function in CodeShape.Functions(file.Lines)
        where function.LineCount > FunctionLinesMax
        select $"{file.Path}:{function.Line}: a function of {function.LineCount} lines; allowed are {FunctionLinesMax}");

    [Test]
    public void No_type_has_a_name_that_excludes_nothing() => None(
        from file in Code
        from line in file.Matching(VagueType())
        select $"{line.Place}: type {line.Match.Groups[1].Value}; name it after what it does");

    [Test]
    public void The_console_belongs_to_the_doors_of_the_terminal() => None(
        from file in Code
        where !file.Path.StartsWith("src/Scheduler.Server/Cli/", StringComparison.Ordinal)
            && !file.Path.StartsWith("src/Scheduler.Server/Dev/", StringComparison.Ordinal)
            && !file.Path.StartsWith("test/Scheduler.Benchmarks/", StringComparison.Ordinal) && file.Path != "test/Scheduler.TestKit/TestServer.cs"
        from line in file.Matching(ConsoleWrite())
        select $"{line.Place}: writes to the console; log instead");

    [Test]
    public void Tests_wait_for_events_and_never_for_time() => None(
        from file in Code
        where file.Path.StartsWith("test/", StringComparison.Ordinal) && !file.Path.EndsWith("/TidyTests.cs", StringComparison.Ordinal)
            && !file.Path.StartsWith("test/Scheduler.Benchmarks/", StringComparison.Ordinal)     // a measured window is a time
            && file.Path != "test/Scheduler.TestKit/Until.cs"                                    // waits between two looks at an event
        from line in file.Matching(Waiting())
        select $"{line.Place}: waits for time; wait for the event");

    [Test]
    public void Each_function_and_view_has_a_file_of_its_name_and_opens_with_a_comment() => None(
        from file in Files("sql/functions", "*.sql").Concat(Files("sql/views", "*.sql"))
        let name = Regex.Escape(Path.GetFileNameWithoutExtension(file.Path))
        let kind = file.Path.StartsWith("sql/views/", StringComparison.Ordinal) ? "view" : "(function|procedure)"
        let made = new Regex($@"^create or replace {kind} {name}\b(?!\.)", RegexOptions.Multiline)
        where !made.IsMatch(string.Join('\n', file.Lines)) || !file.Lines[0].StartsWith("-- ", StringComparison.Ordinal)
        select $"{file.Path}:1: expected an opening comment, then: create or replace {kind} {Path.GetFileNameWithoutExtension(file.Path)}");

    [Test]
    public void Each_statement_opens_with_a_comment() => None(
        from file in Files("sql/queries", "*.sql").Concat(Files("sql/migrations", "*.sql"))
        where !file.Lines[0].StartsWith("-- ", StringComparison.Ordinal)
        select $"{file.Path}:1: expected an opening comment that says what it does and what its arguments are");

    // Where packages come from is the machine's own affair: its apt, NuGet and npm are set up.
    [Test]
    public void No_file_says_where_packages_are_fetched() => None(
        from file in Everywhere()
        from line in file.Matching(PackageSource())
        select $"{file.Path}: '{line.Match.Value}' names where packages are fetched; take it from the machine's own settings");

    [Test]
    public void Every_project_has_its_lock() => None(
        from project in Everywhere()
        where project.Path.EndsWith(".csproj", StringComparison.Ordinal)
        let file = Path.Combine(Path.GetDirectoryName(project.Path)!, "packages.lock.json")
        where !File.Exists(Path.Combine(Root, file))
        select $"{file}:1: is not there; dotnet restore writes it");

    // What is in the tree, not what building and running leaves there.
    private static IEnumerable<SourceFile> Everywhere() =>
        from top in Directory.EnumerateFileSystemEntries(Root).Order(StringComparer.Ordinal)
        where Path.GetFileName(top) is not (".git" or ".data" or ".vs" or ".idea" or ".secrets" or "artifacts")
        from path in File.Exists(top) ? [top] : Directory.EnumerateFiles(top, "*", SearchOption.AllDirectories)
        let relative = Path.GetRelativePath(Root, path).Replace('\\', '/')
        where !relative.Split('/').Any(p => p is "obj" or "bin" or "node_modules" or "TestResults")
        select new SourceFile(relative, File.ReadAllLines(path));

    private static void None(IEnumerable<string> problems) => Assert.That(problems.ToList(), Is.Empty);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Directory.Packages.props"))) { folder = folder.Parent; }
        return folder?.FullName ?? throw new InvalidOperationException($"no Directory.Packages.props above {AppContext.BaseDirectory}");
    }

    private static IEnumerable<SourceFile> Files(string folder, string pattern) =>
        from path in Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        let relative = Path.GetRelativePath(Root, path).Replace('\\', '/')
        where !relative.Split('/').Any(p => p is "obj" or "bin" or "artifacts")
        select new SourceFile(relative, File.ReadAllLines(path));

    private sealed record SourceFile(string Path, string[] Lines)
    {
        public IEnumerable<(string Place, string Text, Match Match)> Matching(Regex pattern) =>
            from line in Lines.Index() let match = pattern.Match(line.Item) where match.Success select ($"{Path}:{line.Index + 1}", line.Item, match);
    }

    // An apt source of either form, a NuGet index, an npm registry or what its lock files note.
    [GeneratedRegex(@"\bdeb(-src)?\s+(\[[^\]]*\]\s*)?\w+(\+\w+)?:/+\w|^\s*URIs:|/v3/index\.json\b|\bregistry\s*=\s*\S+:/|""resolved"":\s*""\w+:/")]
    private static partial Regex PackageSource();

    [GeneratedRegex(@"^\s*(?:global )?using (?:static )?(?:\w+ = )?Scheduler\.(\w+)")]
    private static partial Regex EngineImport();

    [GeneratedRegex(@"^\s*(?:global )?using (?:static )?(?:\w+ = )?(Microsoft\.AspNetCore[\w.]*)")]
    private static partial Regex WebImport();

    [GeneratedRegex(@"^\s*(?:global )?using (?:static )?(?:\w+ = )?(Npgsql|Dapper|Quartz)\b")]
    private static partial Regex StoreImport();

    [GeneratedRegex(@"^.{151,}$")]
    private static partial Regex TooWide();

    [GeneratedRegex(@"\b(?:class|record|struct|interface|enum)\s+(?:struct\s+|class\s+)?(\w*(?:Manager|Helper|Util|Utils))\b")]
    private static partial Regex VagueType();

    [GeneratedRegex(@"\bConsole\.(?:Write|Error|Out)\b|\bConsole\.WriteLine\b")]
    private static partial Regex ConsoleWrite();

    [GeneratedRegex(@"\b(?:Thread\.Sleep|Task\.Delay)\(")]
    private static partial Regex Waiting();
}
