using System.Globalization;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Runs;

namespace Scheduler.Kinds.Commands;

/// <summary>What exactly is started for one run on this node, once the node's own rules have been asked.</summary>
internal static class CommandPlan
{
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const string Shell = "/bin/sh";

    /// <summary>The order for the runner. Throws <see cref="OperatorException"/> naming the rule that forbids it.</summary>
    public static RunnerOrder Make(CommandSettings settings, RunScope run, CommandOptions rules, string folder, long deadline)
    {
        Allowed(settings, rules);
        string[] argv = settings.Shell
            ? [Shell, "-c", settings.Argv[0], "sh", .. settings.Argv.Skip(1).Select(a => run.Fill(a))]
            : [.. settings.Argv.Select(a => run.Fill(a))];
        return new()
        {
            Argv = Limited(settings.Limits, argv),
            Folder = settings.Cwd ?? folder,
            Environment = Environment(settings, run, folder),
            User = settings.User,
            Umask = Convert.ToUInt32(settings.Umask, 8),
            Deadline = deadline,
        };
    }

    /// <summary>Ask the node's rules. Throws <see cref="OperatorException"/>.</summary>
    public static void Allowed(CommandSettings settings, CommandOptions rules)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new OperatorException("kind 'command' needs Linux: only there the whole tree of a command can be ended");
        }
        if (settings.Shell && !rules.Shell)
        {
            throw new OperatorException("'shell' is true, which this node does not allow; set commands.shell, or name a program in argv[0]");
        }
        if (!settings.Shell) { Program(settings.Argv[0], rules.Allow); }
        foreach (var name in settings.PassEnv.Where(n => !rules.Environment.Contains(n)))
        {
            throw new OperatorException($"'pass_env' names {name}, which this node does not hand on; add it to commands.env"
                + Spelling.DidYouMean(name, rules.Environment));
        }
        if (settings.User is { } user)
        {
            if (!rules.Users.Contains(user))
            {
                throw new OperatorException($"'user' is '{user}', as whom this node runs nothing; add it to commands.users"
                    + Spelling.DidYouMean(user, rules.Users));
            }
            if (!Posix.IsRoot) { throw new OperatorException($"'user' is '{user}', but the node is not root and cannot become another user"); }
            if (Posix.FindUser(user) is null)
            {
                throw new OperatorException($"'user' is '{user}'; there is no such user on {System.Environment.MachineName}");
            }
        }
        if (settings.Cwd is { } cwd && !Directory.Exists(cwd)) { throw new OperatorException($"'cwd' is '{cwd}'; there is no such folder"); }
    }

    private static void Program(string path, IReadOnlyList<string> allow)
    {
        if (OperatingSystem.IsWindows()) { throw new PlatformNotSupportedException(); }
        // Compared as written, after this: "/usr/bin/../../home/x" is in no folder of the list.
        if (Path.GetFullPath(path) != path || !allow.Any(a => a.EndsWith('/') ? Path.GetDirectoryName(path) == a.TrimEnd('/') : a == path))
        {
            throw new OperatorException($"this node does not start '{path}'; expected "
                + (allow.Count == 0 ? "a program of commands.allow, which is empty" : "one of commands.allow: " + string.Join(", ", allow)));
        }
        if (!File.Exists(path)) { throw new OperatorException($"there is no program '{path}' on {System.Environment.MachineName}"); }
        var real = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        if ((File.GetUnixFileMode(real) & OthersWrite) != 0)
        {
            throw new OperatorException($"'{real}' may be changed by others than its owner; expected a program that only its owner may write "
                + $"(chmod go-w {real})");
        }
    }

    private static Dictionary<string, string> Environment(CommandSettings settings, RunScope run, string folder)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
            ["HOME"] = folder,
            ["TMPDIR"] = folder,
            ["LANG"] = "C.UTF-8",
        };
        foreach (var name in settings.PassEnv)
        {
            if (System.Environment.GetEnvironmentVariable(name) is { } value) { environment[name] = value; }
        }
        foreach (var (name, value) in settings.Env) { environment[name] = run.Fill(value); }
        environment["SCHEDULER_RUN_KEY"] = run.RunKey;
        environment["SCHEDULER_RUN_TOKEN"] = run.RunToken.ToString(CultureInfo.InvariantCulture);
        environment["SCHEDULER_RUN_ATTEMPT"] = run.Attempt.ToString(CultureInfo.InvariantCulture);
        environment["SCHEDULER_JOB"] = run.Job;
        environment[ProcessTree.FolderVariable] = folder;
        return environment;
    }

    // A shell sets the limits of itself and becomes the program; the program and its arguments are data to it. Set from outside they would come too
    // late for what the program does first.
    private static string[] Limited(CommandLimits limits, string[] argv)
    {
        (char Letter, long? Value)[] all =
            [('v', limits.MemoryMb * 1024L), ('t', limits.CpuSeconds), ('n', limits.OpenFiles), ('f', limits.FileMb * 2048L)];
        var set = all.Where(l => l.Value is not null)
            .Select(l => string.Create(CultureInfo.InvariantCulture, $"ulimit -{l.Letter} {l.Value}")).ToList();
        return set.Count == 0 ? argv : [Shell, "-c", string.Join(" && ", set) + " && exec \"$@\"", "sh", .. argv];
    }
}
