using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using NUnit.Framework;
using Scheduler.Server.Dev;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Cli;

/// <summary>What a node tells systemd, on a socket as systemd gives one to a unit of Type=notify.</summary>
public sealed class SystemdTests
{
    // A start of the binary takes seconds; a busy machine may take many.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Test]
    public async Task A_node_is_ready_when_it_is_live_pets_the_watchdog_and_says_that_it_stops()
    {
        await using var db = await TestDatabase.Create();
        var folder = Directory.CreateTempSubdirectory("scheduler-notify-");
        var path = Path.Combine(folder.FullName, "notify");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        var told = Channel.CreateUnbounded<string>();
        using var limit = new CancellationTokenSource(Limit);
        var listening = Listen(socket, told.Writer, limit.Token);
        using var node = Binary.Start(new Dictionary<string, string>
        {
            ["SCHEDULER__CONNECTION"] = db.ConnectionString,
            ["NOTIFY_SOCKET"] = path,
            ["WATCHDOG_USEC"] = "200000",
        }, "serve", "--name", "n1", "--http-port", "0", "--drain", "1s");
        try
        {
            var output = node.StandardOutput.ReadToEndAsync();
            var error = node.StandardError.ReadToEndAsync();
            var before = await ReadUntil(told.Reader, "READY=1", limit.Token);
            Assert.That(before, Does.Contain("WATCHDOG=1"), "the watchdog runs while the node starts");
            Assert.That(await db.Value<string>("select state from scheduler.node where name = 'n1'"), Is.EqualTo("live"));
            Assert.That(await ReadUntil(told.Reader, "STATUS=live", limit.Token), Has.None.EqualTo("STOPPING=1"));
            await ReadUntil(told.Reader, "WATCHDOG=1", limit.Token);
            await ReadUntil(told.Reader, "WATCHDOG=1", limit.Token);
            Signals.Send(node.Id, Signals.Terminate);
            await ReadUntil(told.Reader, "STOPPING=1", limit.Token);
            await node.WaitForExitAsync(limit.Token);
            Assert.That(node.ExitCode, Is.Zero, await error + await output);
        }
        finally
        {
            if (!node.HasExited) { node.Kill(); }
            await limit.CancelAsync();
            await listening;
            folder.Delete(recursive: true);
        }
    }

    private static async Task Listen(Socket socket, ChannelWriter<string> told, CancellationToken token)
    {
        var buffer = new byte[4096];
        try { while (true) { told.TryWrite(Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, token))); } }
        catch (OperationCanceledException) { told.Complete(); }
    }

    // All that was told up to this word.
    private static async Task<List<string>> ReadUntil(ChannelReader<string> told, string word, CancellationToken token)
    {
        var heard = new List<string>();
        while (heard.Count == 0 || heard[^1] != word) { heard.Add(await told.ReadAsync(token)); }
        return heard;
    }
}
