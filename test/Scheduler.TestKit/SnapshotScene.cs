using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Scheduler.Server.Dev;

namespace Scheduler.TestKit;

/// <summary>An rclone remote control of the test's own.</summary>
public sealed class RcloneDaemon : IAsyncDisposable
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private readonly string password;

    internal RcloneDaemon(string folder, int s3Port)
    {
        var program = SnapshotParts.Rclone ?? throw Parts.Missing("rclone is not installed; install it with: apt-get install rclone");
        password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
        var (port, config) = (Ports.Free(), Path.Combine(folder, $"rclone-{Guid.NewGuid():N}.conf"));
        File.WriteAllText(config, SnapshotParts.RcloneConfig(s3Port));
        Process = new("rclone", port, SnapshotParts.RcloneCommand(program, port, "tester", config),
            new Dictionary<string, string> { ["RCLONE_RC_PASS"] = password, ["RCLONE_LOW_LEVEL_RETRIES"] = "2" });
    }

    /// <summary>Its process.</summary>
    public PartProcess Process { get; }
    /// <summary>Its password.</summary>
    public string Password => password;

    /// <summary>What stands in a node's column <c>agent</c>.</summary>
    /// <param name="secret">Name of the secret that holds its password.</param>
    public string Agent(string secret) => JsonSerializer.Serialize(
        new { kind = "rclone", url = Process.Url, user = "tester", password = "${secret:" + secret + "}", timeout = "2s" });

    /// <summary>Call it. Throws for any answer but 200.</summary>
    public async Task<JsonElement> Post(string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Process.Url + "/" + path))
        {
            // rclone reads JSON only where the type has no charset beside it.
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body)) { Headers = { ContentType = new("application/json") } },
        };
        request.Headers.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes("tester:" + password)));
        using var answer = await Http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => Process.DisposeAsync();
}

/// <summary>What snapshots are made of outside the cluster: an Ethereum node, an S3 server, rclone daemons, a folder of sources. All real.</summary>
public sealed class SnapshotScene : IAsyncDisposable
{
    /// <summary>The bucket that is there.</summary>
    public const string Bucket = "snaps";

    private readonly List<RcloneDaemon> daemons = [];
    private readonly int s3Port = Ports.Free();

    private SnapshotScene(string folder) => Folder = folder;

    /// <summary>Where everything is.</summary>
    public string Folder { get; }
    /// <summary>The Ethereum node.</summary>
    public PartProcess Chain { get; private set; } = null!;
    /// <summary>The S3 server.</summary>
    public PartProcess S3 { get; private set; } = null!;

    /// <summary>A folder alone; rclones come by <see cref="AddRclone"/>.</summary>
    public static SnapshotScene Empty() => new(Directory.CreateTempSubdirectory("scheduler-snapshots-").FullName);

    /// <summary>Start the chain node and the S3 server; rclones come by <see cref="AddRclone"/>.</summary>
    public static async Task<SnapshotScene> Start()
    {
        var anvil = SnapshotParts.Anvil ?? throw Parts.Missing($"anvil is not installed; install it with: {SnapshotParts.NpmInstall}");
        var s3 = SnapshotParts.S3 ?? throw Parts.Missing($"s3rver is not installed; install it with: {SnapshotParts.NpmInstall}");
        var scene = Empty();
        try
        {
            var buckets = Directory.CreateDirectory(Path.Combine(scene.Folder, "s3")).FullName;
            scene.S3 = new("s3rver", scene.s3Port, SnapshotParts.S3Command(s3, scene.s3Port, buckets, Bucket));
            var chainPort = Ports.Free();
            scene.Chain = new("anvil", chainPort, SnapshotParts.AnvilCommand(anvil, chainPort));
            await Task.WhenAll(scene.S3.Start(), scene.Chain.Start());
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>Start an rclone.</summary>
    public async Task<RcloneDaemon> AddRclone()
    {
        var daemon = new RcloneDaemon(Folder, s3Port);
        daemons.Add(daemon);
        await daemon.Process.Start();
        return daemon;
    }

    /// <summary>A folder of files to upload.</summary>
    public string MakeSource(string name, int files, int bytesEach)
    {
        var source = Directory.CreateDirectory(Path.Combine(Folder, "source", name)).FullName;
        for (var i = 0; i < files; i++) { File.WriteAllBytes(Path.Combine(source, $"chunk-{i:000}"), RandomNumberGenerator.GetBytes(bytesEach)); }
        return source;
    }

    /// <summary>What nodes need in their environment to reach all of it.</summary>
    public Dictionary<string, string> Environment() => new(daemons.Select((d, i) => KeyValuePair.Create($"RCLONE_{i}", d.Password)))
    {
        ["SCHEDULER__HTTP__ALLOW"] = "127.0.0.1",
    };

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var daemon in daemons) { await daemon.DisposeAsync(); }
        if (Chain is not null) { await Chain.DisposeAsync(); }
        if (S3 is not null) { await S3.DisposeAsync(); }
        Directory.Delete(Folder, recursive: true);
    }
}
