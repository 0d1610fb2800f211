using System.Globalization;
using Scheduler.Database;

namespace Scheduler.Server.Dev;

/// <summary>How an <see cref="EmbeddedPostgres"/> runs.</summary>
public sealed record EmbeddedPostgresOptions
{
    /// <summary>
    /// Whether a commit survives a crash of the machine. False is faster and for tests; a crash of the server alone
    /// loses nothing either way. Default true.
    /// </summary>
    public bool Durable { get; init; } = true;
    /// <summary>Further server settings, e.g. <c>log_statement</c> = <c>all</c>; they win over ours. Default none.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
    /// <summary>Port, or null for the former one of the data folder if it is free, else any free one. Default null.</summary>
    public int? Port { get; init; }
    /// <summary>Throw the data away first. Default false.</summary>
    public bool Fresh { get; init; }
    /// <summary>
    /// Time the server lives on after our process was killed, so that its clients can end in order. Default none. Not on Windows, where it stays.
    /// </summary>
    public TimeSpan Linger { get; init; } = TimeSpan.Zero;
    /// <summary>Told what takes its time: an installation, a recovery. Default nobody.</summary>
    public TextWriter Talk { get; init; } = TextWriter.Null;
}

/// <summary>
/// A private PostgreSQL server: data folder of its own, loopback only, superuser <c>scheduler</c> without a password, an empty database
/// <c>scheduler</c>. Works as root and as an ordinary user. Beside the data folder lie its log (<c>.log</c>) and its port (<c>.port</c>).
/// </summary>
/// <remarks>Any user of this machine can connect to it: for development and tests only.</remarks>
public sealed partial class EmbeddedPostgres : IAsyncDisposable
{
    // A recovery after a crash replays at most max_wal_size; a minute is ample for that, and an operator's patience ends there too.
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);
    // A fast shutdown writes a checkpoint; an immediate one waits at most 5 s for its children (postmaster.c, SIGKILL_CHILDREN_AFTER_SECS).
    private static readonly TimeSpan FastLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ImmediateLimit = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(40);

    private readonly EmbeddedPostgresOptions options;
    private readonly PostgresBinaries binaries;
    private readonly PostgresAccount account;
    private ChildProcess? process;
    private ChildProcess? warden;

    private EmbeddedPostgres(string folder, EmbeddedPostgresOptions options, PostgresBinaries binaries, PostgresAccount account)
    {
        (Folder, this.options, this.binaries, this.account) = (folder, options, binaries, account);
    }

    /// <summary>The data folder.</summary>
    public string Folder { get; }
    /// <summary>Folder of <c>postgres</c>, and of <c>psql</c> where it is installed.</summary>
    public string BinFolder => binaries.Folder;
    /// <summary>Port on 127.0.0.1; stays the same over stop and start.</summary>
    public int Port { get; private set; }
    /// <summary>Process id of the postmaster.</summary>
    public int Pid => process?.Pid ?? throw new InvalidOperationException("the server is not running");
    /// <summary>Whether the server's process lives.</summary>
    public bool IsRunning => process is { HasExited: false };
    /// <summary>What the server says.</summary>
    public string LogFile => Folder + ".log";

    /// <summary>
    /// Start a server on this data folder, made if there is none. A server left over on it by a killed process is stopped first, a stale pid file
    /// put right. Returns when it accepts connections. Throws <see cref="OperatorException"/>.
    /// </summary>
    public static async Task<EmbeddedPostgres> Start(string folder, EmbeddedPostgresOptions options, CancellationToken token)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        var made = IsDataFolder(folder);
        if (!made && Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new OperatorException($"'{folder}' is neither empty nor a PostgreSQL data folder; choose another one");
        }
        if (made) { await StopLeftOver(folder, options.Talk, token); }
        if (made && options.Fresh)
        {
            Directory.Delete(folder, recursive: true);
            made = false;
        }
        var version = made ? await File.ReadAllTextAsync(Path.Combine(folder, "PG_VERSION"), token) : "";
        int? major = int.TryParse(version.Trim(), CultureInfo.InvariantCulture, out var number) ? number : null;
        var binaries = await PostgresBinaries.Find(major, options.Talk, token);
        var server = new EmbeddedPostgres(folder, options, binaries, await PostgresAccount.Choose(token));
        if (!made) { await server.MakeDataFolder(token); }
        await server.account.Own(folder, token);
        await server.ChoosePort(token);
        await server.StartAgain(token);
        return server;
    }

    /// <summary>For connecting to one of its databases.</summary>
    public string ConnectionString(string database = "scheduler") => string.Create(CultureInfo.InvariantCulture,
        $"Host=127.0.0.1;Port={Port};Username=scheduler;Database={database}");

    /// <summary>Start it again, on the same port and data. Does nothing while it runs.</summary>
    public async Task StartAgain(CancellationToken token)
    {
        var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
        patience.CancelAfter(ReadyLimit);
        try
        {
            while (!IsRunning)
            {
                var logStart = File.Exists(LogFile) ? new FileInfo(LogFile).Length : 0;
                await DismissWarden();
                Launch();
                if (await BecomesReady(patience.Token)) { break; }
                var said = await LogSince(logStart, token);
                // Sessions of a postmaster killed just now still hold its memory; they notice and go within moments.
                if (!said.Contains("pre-existing shared memory", StringComparison.Ordinal))
                {
                    throw new OperatorException($"PostgreSQL did not start on {Folder}, port {Port}:\n{Commands.Tail(LogFile)}");
                }
                await Task.Delay(TimeSpan.FromMilliseconds(300), patience.Token);
            }
        }
        catch (OperationCanceledException)
        {
            await Stop();
            token.ThrowIfCancellationRequested();
            throw new OperatorException($"PostgreSQL on {Folder} was not ready within {ReadyLimit.TotalSeconds:0} s:\n{Commands.Tail(LogFile)}");
        }
        finally { patience.Dispose(); }
    }

    /// <summary>Stop it cleanly: sessions are ended, everything is written. Falls back to an immediate stop when that takes too long.</summary>
    public Task Stop() => Stop(Signals.Interrupt);

    /// <summary>Stop it as a crash would: nothing more is written, and the next start recovers from the log.</summary>
    public Task StopImmediately() => Stop(Signals.Quit);

    /// <inheritdoc />
    public async ValueTask DisposeAsync() => await Stop();

    private static bool IsDataFolder(string folder) => File.Exists(Path.Combine(folder, "PG_VERSION"));

    // Made under another name and renamed when complete, so that a start cut short leaves no half-made data folder.
    private async Task MakeDataFolder(CancellationToken token)
    {
        var making = Folder + ".new";
        if (Directory.Exists(making)) { Directory.Delete(making, recursive: true); }
        Directory.CreateDirectory(making);
        await account.Own(making, token);
        string[] initdb = [.. account.Prefix, binaries.Program("initdb"), "-D", making, "-U", "scheduler", "-A", "trust", "-E", "UTF8", "--locale=C"];
        var (exitCode, output) = await Commands.Run(options.Durable ? initdb : [.. initdb, "--no-sync"], ReadyLimit, token);
        if (exitCode != 0) { throw new OperatorException($"initdb could not make {Folder}:\n{Indented(output)}"); }
        // Single-user mode needs no client program, which small distributions of PostgreSQL leave out.
        string[] single = [.. account.Prefix, binaries.Program("postgres"), "--single", "-D", making, "postgres"];
        (exitCode, output) = await Commands.Run(single, ReadyLimit, token, "create database scheduler\n");
        if (exitCode != 0 || output.Contains("ERROR:", StringComparison.Ordinal))
        {
            throw new OperatorException($"the database 'scheduler' could not be created:\n{Indented(output)}");
        }
        if (Directory.Exists(Folder)) { Directory.Delete(Folder); }
        Directory.Move(making, Folder);
    }

    private static string Indented(string text) => string.Join('\n', text.TrimEnd().Split('\n').TakeLast(12).Select(line => "  " + line));

    private async Task ChoosePort(CancellationToken token)
    {
        var file = Folder + ".port";
        if (options.Port is { } wanted)
        {
            Port = Ports.IsFree(wanted) ? wanted : throw new OperatorException($"port {wanted} for PostgreSQL is taken; choose another one");
        }
        else if (File.Exists(file) && int.TryParse(await File.ReadAllTextAsync(file, token), CultureInfo.InvariantCulture, out var former)
            && Ports.IsFree(former))
        {
            Port = former;
        }
        else { Port = Ports.Free(); }
        await File.WriteAllTextAsync(file, Port.ToString(CultureInfo.InvariantCulture), token);
    }

    private void Launch()
    {
        var settings = new Dictionary<string, string>
        {
            ["listen_addresses"] = "127.0.0.1",
            ["unix_socket_directories"] = "",
            ["port"] = Port.ToString(CultureInfo.InvariantCulture),
            ["max_connections"] = "300",
            ["shared_buffers"] = "256MB",
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
            ["log_destination"] = "stderr",
            ["fsync"] = options.Durable ? "on" : "off",
            // On even when not durable: without it an immediate stop loses the last commits, and tests of crashes must not lose any.
            ["synchronous_commit"] = "on",
            ["full_page_writes"] = options.Durable ? "on" : "off",
        };
        foreach (var (name, value) in options.Settings) { settings[name] = value; }
        settings["port"] = Port.ToString(CultureInfo.InvariantCulture);
        process?.Dispose();
        process = ChildProcess.Start("postgres", LogFile,
            [.. account.Prefix, binaries.Program("postgres"), "-D", Folder, .. settings.SelectMany(s => new[] { "-c", $"{s.Key}={s.Value}" })]);
        StartWarden();
    }

    // PostgreSQL does not notice that we died. The warden reads a pipe whose other end only we hold, and passes our end on.
    private void StartWarden()
    {
        if (OperatingSystem.IsWindows()) { return; }
        const string Script = """
            trap '' INT TERM HUP
            ours() { [ "$(head -n 1 "$2/postmaster.pid" 2>/dev/null)" = "$3" ]; }
            read -r done && exit 0
            i=0
            while [ "$i" -lt "$1" ] && ours "$@"; do sleep 1; i=$((i + 1)); done
            ours "$@" && kill -INT "$3"
            """;
        var linger = ((int)options.Linger.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        string[] arguments = [linger, Folder, Pid.ToString(CultureInfo.InvariantCulture)];
        warden = ChildProcess.Start("warden", LogFile, ["sh", "-c", Script, "warden", .. arguments]);
    }

    private async Task Stop(int signal)
    {
        if (process is { } running)
        {
            await StopPid(running.Pid, signal, () => Task.FromResult(!running.HasExited));
            running.Dispose();
            process = null;
        }
        await DismissWarden();
        // Somebody may have started it by hand after it went down; it is still this folder's server.
        await StopLeftOver(Folder, TextWriter.Null, CancellationToken.None);
    }

    private async Task DismissWarden()
    {
        if (warden is null) { return; }
        await warden.Stop(Signals.Kill, TimeSpan.FromSeconds(1), CancellationToken.None);
        warden.Dispose();
        warden = null;
    }
}
