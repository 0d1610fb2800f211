using System.Text.Json;
using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.IntegrationTests.Kinds;
using Scheduler.Kinds.Http;
using Scheduler.Snapshots;
using Scheduler.Snapshots.Protocols;

namespace Scheduler.IntegrationTests.Snapshots;

/// <summary>What each protocol makes of what a node says, and what health makes of that.</summary>
[TestFixture]
public sealed class ProtocolTests
{
    [Test]
    public async Task An_ethereum_node_that_syncs_says_how_far_and_a_method_it_lacks_is_null_with_a_reason()
    {
        await using var stub = await JsonStub.Start();
        stub.Answers["eth_getBlockByNumber"] = """{"number": "0x64", "timestamp": "0x6740f000"}""";
        stub.Answers["eth_blockNumber"] = "\"0x64\"";
        stub.Answers["eth_syncing"] = """{"currentBlock": "0x64", "highestBlock": "0x6e"}""";
        stub.Answers["web3_clientVersion"] = "\"Geth/v1.14\"";
        stub.Answers["eth_chainId"] = "\"0x1\"";
        stub.Answers["/eth/v1/node/syncing"] = """{"data": {"head_slot": "9", "sync_distance": "32", "is_syncing": true}}""";
        var metrics = await Collect("ethereum", new() { Rpc = stub.Url, Beacon = stub.Url });

        Assert.That((metrics.Height, metrics.Syncing, metrics.SyncDistance, metrics.Chain), Is.EqualTo((100L, true, 32L, "1")));
        Assert.That((metrics.HeadAt, metrics.ClientVersion), Is.EqualTo((DateTimeOffset.FromUnixTimeSeconds(0x6740f000), "Geth/v1.14")));
        Assert.That(metrics.Peers, Is.Null);
        Assert.That(metrics.Missing, Is.EqualTo(new Dictionary<string, string> { ["net_peerCount"] = "net_peerCount: -32601 Method not found" }));
        Assert.That(metrics.Raw["eth_syncing"]!["currentBlock"]!.ToString(), Is.EqualTo("0x64"));
        Assert.That(Health.Refusal(metrics, new(), DateTimeOffset.UnixEpoch), Is.EqualTo("the node is syncing, 32 behind"));
        Assert.That(Health.Refusal(metrics, new() { AllowSyncing = true }, DateTimeOffset.UnixEpoch), Is.Null);
    }

    [Test]
    public async Task A_bitcoin_node_is_asked_with_its_headers()
    {
        Environment.SetEnvironmentVariable("PROTOCOL_TEST_AUTH", "Basic dTpw");
        await using var stub = await JsonStub.Start();
        stub.Answers["getblockchaininfo"] =
            """{"chain": "main", "blocks": 870000, "headers": 870002, "initialblockdownload": false, "time": 1732147200}""";
        stub.Answers["getnetworkinfo"] = """{"connections": 8, "subversion": "/Satoshi:27.0.0/"}""";
        var metrics = await Collect("bitcoin",
            new() { Rpc = stub.Url, Headers = new Dictionary<string, string> { ["Authorization"] = "${secret:PROTOCOL_TEST_AUTH}" } });

        Assert.That((metrics.Height, metrics.SyncDistance, metrics.Peers, metrics.Chain), Is.EqualTo((870_000L, 2L, 8, "main")));
        Assert.That((metrics.Syncing, metrics.ClientVersion), Is.EqualTo((false, "/Satoshi:27.0.0/")));
        Assert.That(stub.LastHeaders["Authorization"], Is.EqualTo("Basic dTpw"));
        var head = DateTimeOffset.FromUnixTimeSeconds(1732147200);
        var limits = new NodeLimits { HeadAgeMax = TimeSpan.FromMinutes(30), PeersMin = 8 };
        Assert.That(Health.Refusal(metrics, limits, head.AddMinutes(29)), Is.Null);
        Assert.That(Health.Refusal(metrics, limits, head.AddMinutes(31)), Is.EqualTo("its head is 31m old, more than head_age_max 30m"));
        Assert.That(Health.Refusal(metrics, limits with { PeersMin = 9 }, head), Is.EqualTo("it has 8 peers, fewer than peers_min 9"));
    }

    [Test]
    public async Task A_cosmos_node_says_its_status()
    {
        await using var stub = await JsonStub.Start();
        stub.Answers["/status"] = """
            {"result": {"node_info": {"network": "hub-4", "version": "0.38"},
              "sync_info": {"latest_block_height": "123", "latest_block_time": "2026-11-21T04:00:00.5Z", "catching_up": true}}}
            """;
        stub.Answers["/net_info"] = """{"result": {"n_peers": "12"}}""";
        var metrics = await Collect("cosmos", new() { Rpc = stub.Url + "/" });
        Assert.That((metrics.Height, metrics.Peers, metrics.Syncing, metrics.Chain, metrics.ClientVersion),
            Is.EqualTo((123L, 12, true, "hub-4", "0.38")));
        Assert.That(metrics.HeadAt, Is.EqualTo(new DateTimeOffset(2026, 11, 21, 4, 0, 0, 500, TimeSpan.Zero)));
    }

    [Test]
    public async Task Any_JSON_is_read_by_its_paths()
    {
        await using var stub = await JsonStub.Start();
        stub.Answers["/s"] = """{"a": {"h": [7, 8]}, "free": 5000, "p": "many"}""";
        var metrics = await Collect("http", new()
        {
            Url = stub.Url + "/s",
            Values = new Dictionary<string, string> { ["height"] = "a.h[1]", ["disk_free_bytes"] = "free", ["peers"] = "p", ["syncing"] = "none" },
        });
        Assert.That((metrics.Height, metrics.DiskFreeBytes, metrics.Peers), Is.EqualTo((8L, 5000L, (int?)null)));
        Assert.That(metrics.Missing.Keys, Is.EquivalentTo(new[] { "peers", "syncing" }));
        Assert.That(Health.Refusal(metrics, new() { DiskFreeMin = 5001 }, default),
            Is.EqualTo("its disk has 5000 bytes free, fewer than disk_free_min 5001"));

        var wrong = await Collect("http", new() { Url = stub.Url + "/s", Values = new Dictionary<string, string> { ["hieght"] = "a" } });
        Assert.That(wrong.Missing["url"], Does.Contain("did you mean 'height'?"));
    }

    [Test, Platform("Linux"), System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public async Task A_program_writes_its_values()
    {
        using var folder = new TempFolder();
        var program = Path.Combine(folder.Path, "values");
        File.WriteAllText(program, "#!/bin/sh\necho '{\"height\": 5, \"head_at\": \"2026-11-21T04:00:00Z\", \"peers\": '$1'}'\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var metrics = await Collect("command", new() { Argv = [program, "3"] }, new CommandOptions { Allow = [program] });
        Assert.That((metrics.Height, metrics.Peers, metrics.Missing.Count), Is.EqualTo((5L, 3, 0)), JsonSerializer.Serialize(metrics.Missing));

        var refused = await Collect("command", new() { Argv = [program, "3"] }, new CommandOptions());
        Assert.That(refused.Missing["argv"], Does.Contain("this node does not start"));
    }

    [TestCase("ethereum")]
    [TestCase("bitcoin")]
    [TestCase("cosmos")]
    public async Task A_node_that_is_not_there_says_nothing_and_is_refused_unless_that_is_allowed(string protocol)
    {
        var metrics = await Collect(protocol, new() { Rpc = $"http://127.0.0.1:{Server.Dev.Ports.Free()}" });
        Assert.That((metrics.Answered, metrics.Height), Is.EqualTo((0, (long?)null)));
        Assert.That(Health.Refusal(metrics, new(), default), Does.StartWith("the node does not answer: http://127.0.0.1:"));
        Assert.That(Health.Refusal(metrics, new() { AllowSilent = true }, default), Is.Null);
    }

    private static async Task<NodeMetrics> Collect(string protocol, NodeEndpoints endpoints, CommandOptions? commands = null)
    {
        await using var run = new KindRun();
        var options = KindRun.Node(commands, "127.0.0.1");
        using var http = new HttpCaller(options, TimeProvider.System);
        var calls = new SnapshotCalls(run.Scope, http, run.State, options, TimeProvider.System);
        return await NodeProtocols.Of(protocol).Collect(endpoints, calls, default);
    }
}
