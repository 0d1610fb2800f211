using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using Scheduler.Jobs;

namespace Scheduler.Kinds.Commands;

/// <summary>Limits of the operating system for each process of a command.</summary>
public sealed record CommandLimits
{
    /// <summary>Most address space in megabytes. Programs that reserve much and use little (Java, .NET, Go) need far more than they use. Default
    /// none.</summary>
    [Range(1, 1_048_576)]
    public int? MemoryMb { get; init; }
    /// <summary>Most seconds of processor time. Default none.</summary>
    [Range(1, 604_800)]
    public int? CpuSeconds { get; init; }
    /// <summary>Most files open at a time. Default the node's own.</summary>
    [Range(8, 1_048_576)]
    public int? OpenFiles { get; init; }
    /// <summary>Largest file that may be written, in megabytes. Default none.</summary>
    [Range(1, 16_777_216)]
    public int? FileMb { get; init; }
}

/// <summary>Settings of the kind <c>command</c>.</summary>
public sealed partial record CommandSettings : IValidatableObject
{
    /// <summary>
    /// The program, by absolute path, and its arguments, each as it is: no shell looks at them. May name <c>${run.key}</c>, <c>${run.due_at}</c>,
    /// <c>${run.token}</c>, <c>${run.attempt}</c>, <c>${job.name}</c>, <c>${params.NAME}</c> and the other built-ins; no secrets, which others
    /// would see. With <c>shell</c> the first is a script for /bin/sh, in which nothing is filled in, and the others are its <c>$1</c>, <c>$2</c>, ….
    /// No default.
    /// </summary>
    [Required, MinLength(1)]
    public IReadOnlyList<string> Argv { get; init; } = [];

    /// <summary>The first of <c>argv</c> is a script for /bin/sh. Must be allowed on the node (commands.shell). Default false.</summary>
    public bool Shell { get; init; }

    /// <summary>Folder to start in, absolute. Default: a folder of the run's own, empty, removed at its end.</summary>
    public string? Cwd { get; init; }

    /// <summary>Further variables of its environment; may name built-ins and <c>${secret:NAME}</c>. Default none.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    /// <summary>Variables of the node's environment to hand on; each must be allowed on the node (commands.env). Default none.</summary>
    public IReadOnlyList<string> PassEnv { get; init; } = [];

    /// <summary>Exit codes that mean success. Default 0.</summary>
    public IReadOnlyList<int> SuccessCodes { get; init; } = [0];

    /// <summary>Exit codes that mean: try again, as far as the job's <c>retry</c> goes. Default 75, which sysexits.h calls a temporary
    /// failure.</summary>
    public IReadOnlyList<int> RetryCodes { get; init; } = [75];

    /// <summary>User of the machine to run as; must be allowed on the node (commands.users), which must be root. Default: the node's own.</summary>
    public string? User { get; init; }

    /// <summary>File mode bits that are taken from files it makes, octal. Default 077: nobody else reads them.</summary>
    [RegularExpression("^0?[0-7]{3}$", ErrorMessage = "expected three octal digits, e.g. 077")]
    public string Umask { get; init; } = "077";

    /// <summary>Limits of the operating system. Default none but that no core file is written.</summary>
    public CommandLimits Limits { get; init; } = new();

    /// <summary>Time between asking all its processes to end (SIGTERM) and ending them (SIGKILL) when the run is cancelled or times out, up to 4 s.
    /// When the node loses its lease there is none. Default 3s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:04")]
    public TimeSpan KillAfter { get; init; } = TimeSpan.FromSeconds(3);

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Problems().Select(p => new ValidationResult(p));

    private IEnumerable<string> Problems()
    {
        if (!Shell && !Argv[0].StartsWith('/')) { yield return $"'argv[0]' is '{Argv[0]}'; expected the absolute path of a program"; }
        if (Cwd is not null && !Cwd.StartsWith('/')) { yield return $"'cwd' is '{Cwd}'; expected an absolute path"; }
        for (var i = Shell ? 1 : 0; i < Argv.Count; i++)
        {
            if (Placeholders.Problem($"argv[{i}]", Argv[i], secrets: false) is { } problem) { yield return problem; }
        }
        if (!Shell && Placeholders.Any(Argv[0])) { yield return "'argv[0]' has a placeholder; expected a program that is always the same"; }
        if (Argv.Any(a => a.Contains('\0', StringComparison.Ordinal))) { yield return "'argv' has a NUL character"; }
        foreach (var (name, value) in Env)
        {
            if (!NamePattern().IsMatch(name)) { yield return $"'env.{name}' is no name of a variable; expected letters, digits and _"; }
            if (IsRefused(name)) { yield return $"'env.{name}' is not allowed: it would change how programs are loaded, or is the scheduler's own"; }
            if (value.Contains('\0', StringComparison.Ordinal)) { yield return $"'env.{name}' has a NUL character"; }
            if (Placeholders.Problem($"env.{name}", value) is { } problem) { yield return problem; }
        }
    }

    // The loader's variables run code of the caller's choice in any program of the allow-list; so do the start files of shells.
    private static bool IsRefused(string name) => RefusedBeginnings.Any(b => name.StartsWith(b, StringComparison.Ordinal))
        || name is "BASH_ENV" or "ENV" or "GCONV_PATH" or "IFS" or "PYTHONSTARTUP";

    private static readonly string[] RefusedBeginnings = ["LD_", "SCHEDULER_", "DOTNET_"];

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex NamePattern();
}
