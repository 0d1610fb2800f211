using Scheduler.Database;

namespace Scheduler.Server.Dev;

/// <summary>PostgreSQL refuses to run as root; this says as whom it runs then. An ordinary user runs it as itself.</summary>
/// <param name="Prefix">Put before a command; replaces itself by it, so the process id stays.</param>
/// <param name="Owner">Who must own the data folder, for chown, or null for whoever makes it.</param>
internal sealed record PostgresAccount(IReadOnlyList<string> Prefix, string? Owner)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    internal static async Task<PostgresAccount> Choose(CancellationToken token)
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess) { return new([], null); }
        // In a user namespace root looks like user 1000 to the program, and no account is needed. Containers may forbid them.
        string[] unshare = ["unshare", "-U", "--map-user=1000", "--map-group=1000"];
        if (Commands.OnPath("unshare") is not null && (await Commands.Run([.. unshare, "true"], Limit, token)).ExitCode == 0)
        {
            return new(unshare, "0:0");
        }
        if (Commands.OnPath("setpriv") is null)
        {
            throw new OperatorException("PostgreSQL does not run as root, and neither unshare nor setpriv (package util-linux) works here; "
                + "run as another user");
        }
        foreach (var user in new[] { "postgres", "scheduler-pg" })
        {
            if ((await Commands.Run(["id", "-u", user], Limit, token)).ExitCode == 0) { return As(user); }
        }
        var (exitCode, output) = await Commands.Run(["useradd", "-r", "-U", "scheduler-pg"], Limit, token);
        return exitCode == 0 ? As("scheduler-pg")
            : throw new OperatorException($"PostgreSQL does not run as root, and useradd failed: {output.Trim()}; run as another user");
    }

    /// <summary>Give it the data folder, e.g. after another account had it.</summary>
    internal async Task Own(string folder, CancellationToken token)
    {
        if (Owner is not null) { await Commands.Run(["chown", "-R", Owner, folder], TimeSpan.FromMinutes(1), token); }
    }

    // "user:" is the user and its login group.
    private static PostgresAccount As(string user) => new(["setpriv", $"--reuid={user}", $"--regid={user}", "--init-groups"], user + ":");
}
