using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Scheduler.Database;
using Scheduler.Snapshots;

namespace Scheduler.Server.Dev;

/// <summary>
/// One real chain node, one real rclone and, where it is installed, a real S3 server beside a development cluster, and the row of
/// <c>snapshot.node</c> that joins them: an upload every two minutes, of 64 MB at 2 MB a second.
/// </summary>
internal sealed class DevSnapshots : IAsyncDisposable
{
    private const string User = "dev";
    private const string Secret = "DEV_RCLONE_PASSWORD";
    private const string Bucket = "snapshots";
    private const int FileCount = 8;
    private const int FileBytes = 8 * 1024 * 1024;
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly List<ChildProcess> processes = [];
    private readonly string folder;
    private readonly int rclonePort = Ports.Free();
    private readonly int chainPort = Ports.Free();
    private readonly int s3Port = Ports.Free();
    private readonly string password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
    private ChildProcess? warden;
    private readonly bool hasS3 = SnapshotParts.S3 is not null;

    private DevSnapshots(string folder) => this.folder = Path.Combine(folder, "snapshots");

    /// <summary>Processes that have ended by themselves or were killed.</summary>
    public IEnumerable<ChildProcess> Ended => processes.Where(p => p.HasExited);

    /// <summary>Start them. Throws <see cref="OperatorException"/> naming what is not installed.</summary>
    public static DevSnapshots Start(string folder, Func<string, string> logOf)
    {
        var rclone = SnapshotParts.Rclone ?? throw Missing("rclone", "apt-get install rclone");
        var anvil = SnapshotParts.Anvil ?? throw Missing("anvil (an Ethereum node)", SnapshotParts.NpmInstall);
        var snapshots = new DevSnapshots(folder);
        snapshots.MakeSource();
        var config = Path.Combine(snapshots.folder, "rclone.conf");
        File.WriteAllText(config, SnapshotParts.RcloneConfig(snapshots.s3Port));
        snapshots.Run("rclone", logOf, SnapshotParts.RcloneCommand(rclone, snapshots.rclonePort, User, config));
        snapshots.Run("chain", logOf, SnapshotParts.AnvilCommand(anvil, snapshots.chainPort));
        if (SnapshotParts.S3 is { } s3)
        {
            snapshots.Run("s3", logOf, SnapshotParts.S3Command(s3, snapshots.s3Port, Path.Combine(snapshots.folder, "s3"), Bucket));
        }
        snapshots.StartWarden(logOf);
        return snapshots;
    }

    /// <summary>What the nodes of the cluster need to know: the secret, and that they may call these.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        [Secret] = password,
        ["SCHEDULER__HTTP__ALLOW"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{rclonePort},127.0.0.1:{chainPort}"),
    };

    /// <summary>Write the row; its upload job is there within seconds.</summary>
    public Task Register(string connection, CancellationToken token) => SnapshotList.Put(connection, new("dev-chain", "ethereum",
        JsonSerializer.Serialize(new { rpc = Url(chainPort) }), "*/2 * * * *", Path.Combine(folder, "source"),
        hasS3 ? $"s3:{Bucket}/dev-chain" : Path.Combine(folder, "uploaded"),
        JsonSerializer.Serialize(new { kind = "rclone", url = Url(rclonePort), user = User, password = "${secret:" + Secret + "}" }),
        """{"bandwidth": "2M", "transfers": 2, "keep": 3, "stalled_after": "1m", "resume_after": "10s"}"""), token);

    /// <summary>What to tell whoever looks.</summary>
    public string Line => string.Create(CultureInfo.InvariantCulture,
        $"snapshots: chain node {Url(chainPort)}, rclone {Url(rclonePort)}, "
        + $"{(hasS3 ? "S3 " + Url(s3Port) : "no S3 server installed: uploads go to a folder")}"
        + $"; see ./dev cli upload watch");

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(processes.Select(p => p.Stop(Signals.Terminate, StopLimit, CancellationToken.None)));
        processes.ForEach(p => p.Dispose());
        if (warden is null) { return; }
        await warden.Stop(Signals.Kill, StopLimit, CancellationToken.None);
        warden.Dispose();
    }

    // None of them notices that we died. The warden reads a pipe whose other end only we hold, and passes our end on to those that still are what we
    // started, known by the port among their arguments.
    private void StartWarden(Func<string, string> logOf)
    {
        if (OperatingSystem.IsWindows()) { return; }
        const string Script = """
            trap '' INT TERM HUP
            said() { if [ -r "/proc/$1/cmdline" ]; then tr '\0' ' ' <"/proc/$1/cmdline"; else ps -o args= -p "$1"; fi; }
            read -r done && exit 0
            while [ $# -ge 2 ]; do
                case " $(said "$1") " in *[\ :]"$2 "*) kill -KILL "$1" ;; esac
                shift 2
            done
            """;
        int[] ports = [rclonePort, chainPort, s3Port];
        var marked = processes.Zip(ports, (process, port) => new[] { Text(process.Pid), Text(port) }).SelectMany(pair => pair);
        warden = ChildProcess.Start("warden", logOf("snapshot-warden"), ["sh", "-c", Script, "warden", .. marked]);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void Run(string name, Func<string, string> logOf, IEnumerable<string> command) =>
        processes.Add(ChildProcess.Start(name, logOf(name), command, new Dictionary<string, string> { ["RCLONE_RC_PASS"] = password }));

    private void MakeSource()
    {
        var source = Directory.CreateDirectory(Path.Combine(folder, "source")).FullName;
        Directory.CreateDirectory(Path.Combine(folder, "s3"));
        for (var i = 0; i < FileCount; i++)
        {
            var file = Path.Combine(source, string.Create(CultureInfo.InvariantCulture, $"chunk-{i:000}.bin"));
            if (!File.Exists(file)) { File.WriteAllBytes(file, RandomNumberGenerator.GetBytes(FileBytes)); }
        }
    }

    private static string Url(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");

    private static OperatorException Missing(string what, string install) => new($"--snapshots needs {what}; install it with: {install}");
}
