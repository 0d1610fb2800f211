using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>A node whose clock is wrong.</summary>
[TestFixture]
public sealed class ClockTests
{
    private static readonly string[] Libraries =
    [
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    ];

    // Within what is allowed the node fires by the database's clock, not by its own.
    [TestCase("+0.4s")]
    [TestCase("-0.4s")]
    public async Task A_node_whose_clock_is_a_little_off_fires_nothing_early(string offset)
    {
        await using var cluster = await TestCluster.Start(new()
        {
            Nodes = 1,
            Jobs = SqlJobText.File(new SqlJobText("tick", "every 1s"), new SqlJobText("tock", "* * * * * ?")),
            Setup = new() { Environment = ClockOff(offset) },
        });
        await cluster.Until("it fires", async () => await cluster.Count("verdict = 'succeeded'") >= 12);

        Assert.That(await cluster.Count("started_at < due_at - interval '100 milliseconds'"), Is.Zero);
    }

    [TestCase("+2s")]
    [TestCase("-2s")]
    public async Task A_node_whose_clock_is_off_stands_by_says_so_and_runs_nothing(string offset)
    {
        var off = ClockOff(offset);
        await using var cluster = await TestCluster.Start(new()
        {
            Nodes = 1,
            Jobs = SqlJobText.File(new SqlJobText("tick", "every 1s"), new SqlJobText("tock", "*/2 * * * * ?")),
        });

        var skewed = cluster.AddNode("skewed", new() { Environment = off });
        await cluster.UntilState(skewed, "standby");
        await cluster.Until("its row names the clock", async () =>
            await cluster.Database.Value<bool>(
                "select exists (select from scheduler.node where name = 'skewed' and state = 'standby' and reason like '%clock%')"));
        var since = await cluster.Database.Value<DateTime>("select clock_timestamp()");
        await cluster.Until("the other node runs on", async () =>
            await cluster.Count("verdict = 'succeeded' and due_at > @since", new { since }) >= 12, TimeSpan.FromSeconds(30));

        Assert.That(await cluster.Count("node = 'skewed'"), Is.Zero);
        Assert.That(await cluster.Count("started_at < due_at - interval '250 milliseconds'"), Is.Zero);
        Assert.That(await cluster.Database.Value<string>("select state from scheduler.node where name = 'skewed'"), Is.EqualTo("standby"));
    }

    private static Dictionary<string, string> ClockOff(string offset) => new()
    {
        ["LD_PRELOAD"] = Array.Find(Libraries, File.Exists)
            ?? throw Parts.Missing("libfaketime is not on this machine; install it with: apt-get install -y faketime"),
        // The wall clock alone. What measures time goes on as it is, and so do waits with an end, which otherwise are over at once.
        ["DONT_FAKE_MONOTONIC"] = "1",
        ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0",
        ["FAKETIME"] = offset,
    };
}
