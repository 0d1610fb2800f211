using System.Globalization;

namespace Scheduler.Server.Dev;

/// <summary>The real programs snapshots are tried with on this machine: rclone, an S3 server, an Ethereum node; where they are, and how they are
/// started on a port of the loopback address.</summary>
public static class SnapshotParts
{
    /// <summary>How the npm packages get onto a machine.</summary>
    public const string NpmInstall = "npm install --prefix test/parts --no-package-lock --ignore-scripts";
    /// <summary>Access key and secret of the S3 server, which knows no other.</summary>
    public const string S3Key = "S3RVER";

    /// <summary>rclone, or null. Installed with <c>apt-get install rclone</c>.</summary>
    public static string? Rclone => Commands.OnPath("rclone");

    /// <summary>The Ethereum node of Foundry, or null.</summary>
    public static string? Anvil => Commands.OnPath("anvil") ?? Package("@foundry-rs/anvil-linux-amd64/bin/anvil")
        ?? Package("@foundry-rs/anvil-linux-arm64/bin/anvil") ?? Package("@foundry-rs/anvil-darwin-arm64/bin/anvil");

    /// <summary>Node's program and the S3 server's script, or null when one is missing.</summary>
    public static (string Node, string Script)? S3 =>
        Commands.OnPath("node") is { } node && Package("s3rver/bin/s3rver.js") is { } script ? (node, script) : null;

    /// <summary>How rclone's remote control is started. Its password goes by the variable RCLONE_RC_PASS, which no list of processes shows.</summary>
    /// <param name="rclone">The program.</param>
    /// <param name="port">Port on 127.0.0.1.</param>
    /// <param name="user">User it knows.</param>
    /// <param name="configFile">Its remotes, see <see cref="RcloneConfig"/>.</param>
    public static IReadOnlyList<string> RcloneCommand(string rclone, int port, string user, string configFile) =>
        // A certificate bundle for the machine's own network is in the way of rclone's S3.
        ["env", "-u", "AWS_CA_BUNDLE", rclone, "rcd", "--rc-addr", Address(port), "--rc-user", user, "--config", configFile,
            "--rc-job-expire-duration", "60s"];

    /// <summary>rclone's settings: the S3 server as the remote <c>s3</c>.</summary>
    public static string RcloneConfig(int s3Port) => string.Create(CultureInfo.InvariantCulture,
        $"[s3]\ntype = s3\nprovider = Other\nendpoint = http://127.0.0.1:{s3Port}\naccess_key_id = {S3Key}\nsecret_access_key = {S3Key}\n"
        + $"force_path_style = true\n");

    /// <summary>How the S3 server is started.</summary>
    /// <param name="program">Where it is.</param>
    /// <param name="port">Port on 127.0.0.1.</param>
    /// <param name="folder">Where its buckets are.</param>
    /// <param name="bucket">A bucket that is there.</param>
    public static IReadOnlyList<string> S3Command((string Node, string Script) program, int port, string folder, string bucket) =>
        [program.Node, program.Script, "-d", folder, "-a", "127.0.0.1", "-p", Text(port), "--configure-bucket", bucket];

    /// <summary>How the Ethereum node is started: a block a second, without others.</summary>
    public static IReadOnlyList<string> AnvilCommand(string anvil, int port) =>
        [anvil, "--host", "127.0.0.1", "--port", Text(port), "--block-time", "1", "--accounts", "1", "--silent"];

    private static string Address(int port) => "127.0.0.1:" + Text(port);

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    // Beside the sources: test/parts of the checkout this binary was built in, or of the working directory.
    private static string? Package(string file)
    {
        foreach (var start in new[] { Directory.GetCurrentDirectory(), AppContext.BaseDirectory })
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                var path = Path.Combine(folder.FullName, "test", "parts", "node_modules", file);
                if (File.Exists(path)) { return path; }
            }
        }
        return null;
    }
}
