using System.Net;
using System.Net.Sockets;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Cli;

/// <summary>Where a node says it is reached, and what it answers there.</summary>
[Parallelizable(ParallelScope.Children)]
public sealed class NodeUrlTests
{
    [TestCase("127.0.0.1", "127.0.0.1")]
    [TestCase("0.0.0.0", null)]
    [TestCase("0", null)]
    [TestCase("::", null)]
    public async Task A_node_that_listens_on_all_addresses_is_reached_by_the_name_of_its_machine(string address, string? host)
    {
        if (address == "::" && !HasIPv6()) { Assert.Ignore("this machine has no IPv6"); }
        await using var db = await TestDatabase.Create();
        var settings = new Dictionary<string, string> { ["SCHEDULER__HTTP__ADDRESS"] = address };
        await using var node = NodeProcess.Start(db, settings, "--name", "n1");
        var port = (await node.Listening()).Url.Port;
        Assert.That(await db.Value<string>("select url from scheduler.node"), Is.EqualTo($"http://{host ?? Dns.GetHostName()}:{port}"));
        // All addresses: the loopback one of IPv4 too, which a container's health check asks.
        await db.Until("it answers there", async () => (await Binary.Run("health", "--url", $"http://127.0.0.1:{port}")).ExitCode == 0);
        settings["SCHEDULER__HTTP__PORT"] = $"{port}";
        await db.Until("it is found by its settings", async () => (await Binary.RunWith(settings, "health")).ExitCode == 0);
    }

    [Test]
    public async Task The_setting_http_url_says_where_a_node_is_reached_whatever_it_listens_on()
    {
        await using var db = await TestDatabase.Create();
        var settings = new Dictionary<string, string> { ["SCHEDULER__HTTP__URL"] = "https://nodes.example:8443/n1/" };
        await using var node = NodeProcess.Start(db, settings, "--name", "n1");
        await node.Listening();
        Assert.That(await db.Value<string>("select url from scheduler.node"), Is.EqualTo("https://nodes.example:8443/n1"));
    }

    [TestCase("nodes.example:8443")]
    [TestCase("ftp://nodes.example")]
    [TestCase("https://me:secret@nodes.example")]
    [TestCase("https://nodes.example/?node=1")]
    public async Task An_http_url_that_is_none_is_refused_with_its_place(string url)
    {
        var ended = await Binary.RunWith(new Dictionary<string, string> { ["SCHEDULER__HTTP__URL"] = url },
            "serve", "--connection", "Host=127.0.0.1;Port=1;Database=none", "--http-port", "0");
        Assert.That(ended.ExitCode, Is.EqualTo(2), ended.Error);
        Assert.That(ended.Error, Does.Contain($"SCHEDULER__HTTP__URL: http.url is '{url}'; expected http:// or https:// with a host"));
    }

    [Test]
    public async Task Health_is_answered_to_HEAD_as_to_GET()
    {
        await using var db = await TestDatabase.Create();
        await using var node = NodeProcess.Start(db, null, "--name", "n1");
        var url = (await node.Listening()).Url;
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        foreach (var path in (string[])["/health/live", "/health/ready"])
        {
            using var get = await client.GetAsync(new Uri(url, path));
            using var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, new Uri(url, path)));
            Assert.That((head.StatusCode, (await head.Content.ReadAsByteArrayAsync()).Length), Is.EqualTo((HttpStatusCode.OK, 0)), path);
            Assert.That((get.StatusCode, get.Content.Headers.ContentType), Is.EqualTo((HttpStatusCode.OK, head.Content.Headers.ContentType)), path);
        }
    }

    [Test]
    public async Task A_health_check_of_settings_whose_port_only_the_node_knows_says_so()
    {
        var ended = await Binary.RunWith(new Dictionary<string, string> { ["SCHEDULER__HTTP__PORT"] = "0" }, "health");
        Assert.That((ended.ExitCode, ended.Error),
            Is.EqualTo((2, "scheduler: http.port is 0, a free one that only the node knows; expected --url\n")));
    }

    private static bool HasIPv6()
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            return true;
        }
        catch (SocketException) { return false; }
    }
}
