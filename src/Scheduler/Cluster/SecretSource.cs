using Scheduler.Database;

namespace Scheduler.Cluster;

/// <summary>
/// Where secrets come from: the environment variable of that name, else the file of that name in the folder SCHEDULER_SECRETS_DIR, without its last
/// line break. Read anew each time, so that a rotated file counts from the next run on.
/// </summary>
/// <param name="own">Names of secrets the node's own settings are made of. Jobs may not have these.</param>
public sealed class SecretSource(IReadOnlyCollection<string> own)
{
    private const string OwnPrefix = "SCHEDULER_";

    /// <summary>One for tests: nothing is the node's own.</summary>
    internal static SecretSource Empty { get; } = new([]);

    /// <summary>The value of a secret that a job names. Throws <see cref="OperatorException"/> when there is none, or it is the node's own.</summary>
    public string ForJobs(string name)
    {
        if (own.Contains(name) || name.StartsWith(OwnPrefix, StringComparison.OrdinalIgnoreCase))
        {
            throw new OperatorException($"secret '{name}' is the node's own; expected one that no setting of the node names and that does not begin "
                + $"with {OwnPrefix}: a job may not have the node's rights");
        }
        return Find(name, out var looked) ?? throw new OperatorException($"{looked} on node's machine {Environment.MachineName}");
    }

    /// <summary>The value of a secret, or null; then <paramref name="looked"/> says where it was looked for.</summary>
    internal static string? Find(string name, out string looked)
    {
        looked = "";
        if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value) { return value; }
        var folder = Environment.GetEnvironmentVariable("SCHEDULER_SECRETS_DIR");
        var file = string.IsNullOrEmpty(folder) ? null : Path.Combine(folder, name);
        if (file is not null && File.Exists(file)) { return File.ReadAllText(file).TrimEnd('\r', '\n'); }
        looked = $"secret '{name}' is missing; set the environment variable {name}, or "
            + (file is null ? $"put a file {name} into a folder named by SCHEDULER_SECRETS_DIR" : $"make the file {file}");
        return null;
    }
}
