using System.Diagnostics;
using System.Globalization;
using Scheduler.TestKit.Checking;

namespace Scheduler.TestKit;

/// <summary>
/// Torments a cluster: kills, freezes and cuts off one node at a time, and now and then crashes its database. Which, whom and how long come
/// from the seed, so a run can be repeated as far as the machine allows. Afterwards everything is healed and every node lives.
/// </summary>
public sealed class Nemesis(TestCluster cluster, int seed)
{
    private static readonly TimeSpan LiveMax = TimeSpan.FromSeconds(40);

    private readonly Random random = new(seed);
    private readonly List<FaultWindow> faults = [];
    private readonly TimeProvider time = TimeProvider.System;

    /// <summary>What it did so far.</summary>
    public IReadOnlyList<FaultWindow> Faults => faults;

    /// <summary>Do harm for that long, then heal. Faults that last beyond the end are ended.</summary>
    public async Task Torment(TimeSpan duration)
    {
        var started = Stopwatch.GetTimestamp();
        Func<TestNode, Task>[] ways =
        [
            KillAndStart, Freeze, node => Cut(node, FaultMode.Drop), node => Cut(node, FaultMode.Hold), Reset, _ => CrashDatabase(), Slow,
        ];
        // Every way once, in an order of the seed's, then any: a short torment still is a varied one.
        var order = new Queue<Func<TestNode, Task>>(ways.OrderBy(_ => random.Next()));
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            var way = order.TryDequeue(out var next) ? next : ways[random.Next(ways.Length)];
            await way(cluster.Nodes[random.Next(cluster.Nodes.Count)]);
            await Until.Pause(Between(0.5, 5));
        }
    }

    /// <summary>Kill a node, leave it dead for up to 12 s, start it again under its name.</summary>
    public Task KillAndStart(TestNode node) => During($"kill -9 {node.Name}", async () =>
    {
        await node.Kill();
        await Until.Pause(Between(0.2, 12));
        node.Start();
        await UntilLive(node);
    });

    /// <summary>Freeze a node for up to 15 s: sometimes shorter, sometimes longer than its lease.</summary>
    public Task Freeze(TestNode node) => During($"freeze {node.Name}", async () =>
    {
        node.Freeze();
        await Until.Pause(Between(1, 15));
        node.Thaw();
        await UntilLive(node);
    });

    /// <summary>Cut a node off from its database for up to 15 s.</summary>
    public Task Cut(TestNode node, FaultMode mode) => During($"{mode} {node.Name}", async () =>
    {
        var proxy = node.Proxy ?? throw new InvalidOperationException($"node {node.Name} has no proxy");
        proxy.Set(mode);
        await Until.Pause(Between(1, 15));
        proxy.Heal();
        await UntilLive(node);
    });

    /// <summary>Reset a node's connections, and refuse new ones for up to 5 s.</summary>
    public Task Reset(TestNode node) => During($"reset {node.Name}", async () =>
    {
        node.Proxy!.Set(FaultMode.Reset);
        await Until.Pause(Between(0.01, 5));
        node.Proxy.Heal();
        await UntilLive(node);
    });

    /// <summary>Delay everything between a node and its database by up to 300 ms each way for a few seconds.</summary>
    public Task Slow(TestNode node) => During($"slow {node.Name}", async () =>
    {
        node.Proxy!.Delay(Between(0.02, 0.3));
        await Until.Pause(Between(1, 8));
        node.Proxy.Heal();
        await UntilLive(node);
    });

    /// <summary>Crash the database server, leave it down for up to 5 s, start it again.</summary>
    public Task CrashDatabase() => During("database stop -m immediate", async () =>
    {
        var server = cluster.Database.Server;
        await server.StopImmediately();
        await Until.Pause(Between(0.2, 5));
        await server.StartAgain();
        foreach (var node in cluster.Nodes) { await UntilLive(node); }
    });

    // A node may give its name up because its former self seemed alive; a service manager would start it again, so does this.
    private async Task UntilLive(TestNode node)
    {
        await cluster.Until($"node {node.Name} is live again", async () =>
        {
            if (!node.IsAlive) { node.Start(); }
            return await cluster.Database.Value<bool>(
                "select exists (select from scheduler.node where name = @Name and state = 'live' and pid = @Pid)", new { node.Name, node.Pid });
        }, LiveMax);
    }

    private async Task During(string what, Func<Task> harm)
    {
        var from = time.GetUtcNow().UtcDateTime;
        try { await harm(); }
        finally { faults.Add(new FaultWindow(string.Create(CultureInfo.InvariantCulture, $"{what}"), from, time.GetUtcNow().UtcDateTime)); }
    }

    private TimeSpan Between(double first, double last) => TimeSpan.FromSeconds(first + (random.NextDouble() * (last - first)));
}
