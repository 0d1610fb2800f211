using System.Globalization;
using System.Text.RegularExpressions;
using Scheduler.Database;

namespace Scheduler.Server.Dev;

/// <summary>PostgreSQL's programs on this machine.</summary>
/// <param name="Folder">The real folder that holds <c>postgres</c> and <c>initdb</c>, links resolved.</param>
/// <param name="Major">Major version, e.g. 15.</param>
public sealed partial record PostgresBinaries(string Folder, int Major)
{
    private static readonly TimeSpan VersionLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(10);

    private const string Advice = "install it (Debian: apt-get install postgresql; macOS: brew install postgresql@17; "
        + "Windows: winget install PostgreSQL.PostgreSQL.17) or set SCHEDULER_PG_BIN to the folder that holds postgres and initdb";

    /// <summary>Full path of one of the programs, e.g. <c>initdb</c>.</summary>
    public string Program(string name) => Path.Combine(Folder, OperatingSystem.IsWindows() ? name + ".exe" : name);

    /// <summary>
    /// Find version 15 or newer: <c>SCHEDULER_PG_BIN</c>, PATH, the folders distributions, Homebrew and the Windows installer use; else install
    /// it with apt where that needs no password; else throw an <see cref="OperatorException"/> that says what to do.
    /// </summary>
    /// <param name="major">Version an existing data folder needs, or null for any; the newest is taken when there is a choice outside PATH.</param>
    /// <param name="talk">Told about an installation, which takes its time.</param>
    /// <param name="token">Cancels.</param>
    public static async Task<PostgresBinaries> Find(int? major, TextWriter talk, CancellationToken token)
    {
        if (Environment.GetEnvironmentVariable("SCHEDULER_PG_BIN") is { Length: > 0 } chosen)
        {
            var found = await Look(chosen, token)
                ?? throw new OperatorException($"SCHEDULER_PG_BIN is '{chosen}', which holds no working postgres and initdb");
            return Fits(found, major) ? found : throw Unfit([found], major);
        }
        var all = await LookEverywhere(token);
        if (!all.Exists(b => b.Major >= Migrator.ServerVersionMin) && await Install(talk, token)) { all = await LookEverywhere(token); }
        return all.Find(b => Fits(b, major)) ?? throw Unfit(all, major);
    }

    private static bool Fits(PostgresBinaries binaries, int? major) =>
        binaries.Major >= Migrator.ServerVersionMin && (major is null || binaries.Major == major);

    private static OperatorException Unfit(List<PostgresBinaries> found, int? major)
    {
        var have = found.Count == 0 ? "PostgreSQL was not found"
            : "found only " + string.Join(", ", found.Select(b => $"PostgreSQL {b.Major} in {b.Folder}"));
        return major is { } wanted && wanted >= Migrator.ServerVersionMin
            ? new($"{have}, but the data folder was made by PostgreSQL {wanted}; {Advice}, or start over with --fresh")
            : new($"{have}; expected PostgreSQL {Migrator.ServerVersionMin} or newer: {Advice}");
    }

    private static async Task<List<PostgresBinaries>> LookEverywhere(CancellationToken token)
    {
        var found = new List<PostgresBinaries>();
        foreach (var folder in Folders())
        {
            if (await Look(folder, token) is { } binaries && !found.Contains(binaries)) { found.Add(binaries); }
        }
        return found;
    }

    private static IEnumerable<string> Folders()
    {
        if (Commands.OnPath("postgres") is { } program) { yield return Path.GetDirectoryName(program)!; }
        (string Root, string Pattern, string Below)[] places =
        [
            ("/usr/lib/postgresql", "*", "bin"), ("/usr", "pgsql-*", "bin"),
            ("/opt/homebrew/opt", "postgresql@*", "bin"), ("/usr/local/opt", "postgresql@*", "bin"),
            (Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PostgreSQL"), "*", "bin"),
        ];
        foreach (var (root, pattern, below) in places.Where(p => Path.IsPathRooted(p.Root) && Directory.Exists(p.Root)))
        {
            foreach (var folder in Directory.GetDirectories(root, pattern).OrderByDescending(NumberIn)) { yield return Path.Combine(folder, below); }
        }
    }

    private static double NumberIn(string folder) =>
        double.TryParse(Number().Match(Path.GetFileName(folder)).Value, CultureInfo.InvariantCulture, out var number) ? number : 0;

    // Debian links single programs into a folder on PATH: initdb then looks for its share files beside
    // the link's target, so take the target's folder.
    private static async Task<PostgresBinaries?> Look(string folder, CancellationToken token)
    {
        var file = new FileInfo(Path.Combine(folder, OperatingSystem.IsWindows() ? "postgres.exe" : "postgres"));
        if (!file.Exists) { return null; }
        var real = file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file.FullName;
        var binaries = new PostgresBinaries(Path.GetDirectoryName(real)!, 0);
        if (!File.Exists(binaries.Program("initdb"))) { return null; }
        try
        {
            var (exitCode, output) = await Commands.Run([real, "--version"], VersionLimit, token);
            return exitCode == 0 && int.TryParse(Number().Match(output).Value.Split('.')[0], CultureInfo.InvariantCulture, out var major)
                ? binaries with { Major = major } : null;
        }
        catch (System.ComponentModel.Win32Exception) { return null; }   // not a program this machine can run
    }

    // RUNLEVEL=1 keeps the package from starting a server of its own; the cluster it may make is left alone.
    private static async Task<bool> Install(TextWriter talk, CancellationToken token)
    {
        if (Commands.OnPath("apt-get") is not { } apt) { return false; }
        string[] asRoot = [];
        if (!Environment.IsPrivilegedProcess)
        {
            if (Commands.OnPath("sudo") is not { } sudo
                || (await Commands.Run([sudo, "-n", "true"], VersionLimit, token)).ExitCode != 0) { return false; }
            asRoot = [sudo, "-n"];
        }
        await talk.WriteLineAsync("PostgreSQL is missing; installing it with apt-get …");
        string[] quiet = [.. asRoot, "env", "RUNLEVEL=1", "DEBIAN_FRONTEND=noninteractive", apt];
        await Commands.Run([.. quiet, "update", "-q"], InstallLimit, token);   // a stale mirror list need not matter; the next line tells
        var (exitCode, output) = await Commands.Run([.. quiet, "install", "-y", "-q", "--no-install-recommends", "postgresql"], InstallLimit, token);
        if (exitCode == 0) { return true; }
        var errors = output.Split('\n').Where(line => line.StartsWith("E:", StringComparison.Ordinal));
        await talk.WriteLineAsync("apt-get install postgresql failed: " + string.Join(' ', errors));
        return false;
    }

    [GeneratedRegex(@"\d+(\.\d+)?")]
    private static partial Regex Number();
}
