using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Npgsql;
using Scheduler.Database;

namespace Scheduler.Kinds.Postgres;

/// <summary>PostgreSQL's client programs of one version on this node.</summary>
/// <param name="Folder">Where <c>pg_dump</c> and <c>pg_restore</c> are.</param>
/// <param name="Major">Major version.</param>
internal sealed record PostgresTools(string Folder, int Major)
{
    private const int ErrorLengthMax = 2000;
    private static readonly string[] LostMarks = ["connection to server", "server closed the connection"];
    // What a program gets of this node's environment: nothing secret is in it.
    private static readonly string[] Passed = ["PATH", "LD_LIBRARY_PATH", "TMPDIR", "TZ"];

    /// <summary>
    /// The oldest programs of this node that fit a server: <c>SCHEDULER_PG_BIN</c>, the folders of the distributions and of Homebrew, PATH. Throws
    /// <see cref="OperatorException"/>: pg_dump refuses servers newer than itself.
    /// </summary>
    public static async Task<PostgresTools> For(int serverMajor, string database, CancellationToken token)
    {
        var found = new List<PostgresTools>();
        foreach (var folder in Folders())
        {
            var program = Path.Combine(folder, "pg_dump");
            if (!File.Exists(program) || !File.Exists(Path.Combine(folder, "pg_restore"))) { continue; }
            var said = "";
            await RunProgram(program, ["--version"], new Dictionary<string, string>(),
                async (output, t) => said = await new StreamReader(output).ReadToEndAsync(t), token);
            if (MajorOf(said) is { } major) { found.Add(new(folder, major)); }
        }
        return found.Where(t => t.Major >= serverMajor).MinBy(t => t.Major) ?? throw new OperatorException(
            $"the server of database '{database}' is PostgreSQL {serverMajor}; expected pg_dump and pg_restore of {serverMajor} or newer on this "
            + (found.Count == 0 ? "node, found none" : "node, found " + string.Join(", ", found.Select(t => $"{t.Major} in {t.Folder}")))
            + $"; install them (Debian: apt-get install postgresql-client-{serverMajor}) or set SCHEDULER_PG_BIN to their folder");
    }

    /// <summary>
    /// Run <c>pg_dump</c> or <c>pg_restore</c>. It ends with this node, whatever becomes of that: what it writes goes through this process. Throws
    /// <see cref="OperatorException"/> with what it said last when it fails, <see cref="IOException"/> when its connection was lost.
    /// </summary>
    public Task Run(string name, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment,
        Func<Stream, CancellationToken, Task> takeOutput, CancellationToken token) =>
        RunProgram(Path.Combine(Folder, name), arguments, environment, takeOutput, token);

    /// <summary>How a program is told where a database is and who asks: never on its command line, which everybody on the machine may read.</summary>
    public static Dictionary<string, string> Environment(NpgsqlConnectionStringBuilder reach, string applicationName)
    {
        var variables = new Dictionary<string, string>
        {
            ["PGHOST"] = reach.Host ?? "",
            ["PGPORT"] = reach.Port.ToString(CultureInfo.InvariantCulture),
            ["PGDATABASE"] = reach.Database ?? reach.Username ?? "",
            ["PGAPPNAME"] = applicationName,
            ["PGCONNECT_TIMEOUT"] = "10",
            ["PGSSLMODE"] = reach.SslMode switch
            {
                SslMode.VerifyCA => "verify-ca",
                SslMode.VerifyFull => "verify-full",
                var mode => mode.ToString().ToLowerInvariant(),
            },
        };
        foreach (var (name, value) in new[]
        {
            ("PGUSER", reach.Username), ("PGPASSWORD", reach.Password), ("PGPASSFILE", reach.Passfile), ("PGSSLROOTCERT", reach.RootCertificate),
            ("PGSSLCERT", reach.SslCertificate), ("PGSSLKEY", reach.SslKey),
        })
        {
            if (!string.IsNullOrEmpty(value)) { variables[name] = value; }
        }
        return variables;
    }

    private static async Task RunProgram(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment,
        Func<Stream, CancellationToken, Task> takeOutput, CancellationToken token)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        foreach (var name in Passed)
        {
            if (System.Environment.GetEnvironmentVariable(name) is { } value) { start.Environment[name] = value; }
        }
        start.Environment["LC_ALL"] = "C";
        foreach (var (name, value) in environment) { start.Environment[name] = value; }
        using var process = Process.Start(start) ?? throw new OperatorException($"{program} could not be started");
        try
        {
            process.StandardInput.Close();
            var errors = Tail(process.StandardError, token);
            await takeOutput(process.StandardOutput.BaseStream, token);
            await process.WaitForExitAsync(token);
            if (process.ExitCode == 0) { return; }
            var said = $"{Path.GetFileName(program)} ended with {process.ExitCode}: {await errors}";
            // Words of libpq for a server that is away or went away; another try may find it back.
            throw LostMarks.Any(mark => said.Contains(mark, StringComparison.Ordinal))
                ? new IOException(said, new SocketException((int)SocketError.ConnectionReset))
                : new OperatorException(said);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    private static async Task<string> Tail(StreamReader reader, CancellationToken token)
    {
        var text = new StringBuilder();
        while (await reader.ReadLineAsync(token) is { } line)
        {
            text.Append(text.Length == 0 ? "" : " | ").Append(line);
            if (text.Length > ErrorLengthMax) { text.Remove(0, text.Length - ErrorLengthMax); }
        }
        return text.ToString();
    }

    private static IEnumerable<string> Folders()
    {
        if (System.Environment.GetEnvironmentVariable("SCHEDULER_PG_BIN") is { Length: > 0 } given) { yield return given; }
        // Before PATH: Debian's programs there are scripts that choose a version by themselves.
        foreach (var pattern in new[] { "/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt" })
        {
            if (!Directory.Exists(pattern)) { continue; }
            foreach (var folder in Directory.GetDirectories(pattern).Where(f => pattern.EndsWith("postgresql", StringComparison.Ordinal)
                || Path.GetFileName(f).StartsWith("postgresql", StringComparison.Ordinal)))
            {
                yield return Path.Combine(folder, "bin");
            }
        }
        foreach (var folder in (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Where(f => f.Length > 0))
        {
            yield return folder;
        }
    }

    // "pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"
    private static int? MajorOf(string said)
    {
        var at = said.IndexOf(") ", StringComparison.Ordinal);
        var digits = at < 0 ? "" : new string([.. said[(at + 2)..].TakeWhile(char.IsAsciiDigit)]);
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : null;
    }
}
