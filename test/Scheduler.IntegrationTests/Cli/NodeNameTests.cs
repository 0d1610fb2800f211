using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Cli;

/// <summary>What a node is called that was given no name.</summary>
[Parallelizable(ParallelScope.Children)]
public sealed class NodeNameTests
{
    private static readonly string Host = HostName.ForNode(Environment.MachineName, 1);

    [Test]
    public async Task Nodes_of_one_machine_that_start_at_once_get_different_names_and_a_later_one_the_next()
    {
        await using var db = await TestDatabase.Create();
        await using var one = Node(db);
        await using var two = Node(db);
        string[] names = [(await one.Listening()).Name, (await two.Listening()).Name];
        Assert.That(names, Is.EquivalentTo(new[] { Host, HostName.ForNode(Environment.MachineName, 2) }));
        await using var three = Node(db);
        Assert.That((await three.Listening()).Name, Is.EqualTo(HostName.ForNode(Environment.MachineName, 3)));
        var rows = await db.Rows<string>("select name || ' ' || pid || ' ' || state from scheduler.node");
        Assert.That(rows, Is.EquivalentTo(new[]
        {
            $"{names[0]} {one.Pid} live", $"{names[1]} {two.Pid} live", $"{HostName.ForNode(Environment.MachineName, 3)} {three.Pid} live",
        }));

        // A name that was given up is the first that is free.
        Assert.That((await (names[0] == Host ? one : two).Stop()).ExitCode, Is.Zero);
        await using var again = Node(db);
        Assert.That((await again.Listening()).Name, Is.EqualTo(Host));
    }

    [Test]
    public async Task A_node_that_crashed_has_its_name_again_as_soon_as_its_lease_is_over()
    {
        await using var db = await TestDatabase.Create();
        await using (var first = Node(db))
        {
            Assert.That((await first.Listening()).Name, Is.EqualTo(Host));
            await first.Kill();
        }
        await using var again = Node(db);
        Assert.That((await again.Listening()).Name, Is.EqualTo(Host));
        Assert.That(await db.Rows<string>("select name || ' ' || pid || ' ' || state from scheduler.node"),
            Is.EqualTo(new[] { $"{Host} {again.Pid} live" }));
    }

    [Test]
    public async Task A_name_that_was_given_is_never_changed()
    {
        await using var db = await TestDatabase.Create();
        await using var first = NodeProcess.Start(db, null, "--name", Host, "--lease", "3s");
        await first.Listening();
        await using var second = NodeProcess.Start(db, null, "--name", Host, "--lease", "3s");
        var (code, errors) = await second.End();
        Assert.That(code, Is.EqualTo(5), errors);
        Assert.That(errors, Does.Contain($"node name '{Host}' is in use by process {first.Pid}").And.Contain("give this node another --name"));
        Assert.That(await db.Value<long>("select count(*) from scheduler.node"), Is.EqualTo(1));
    }

    private static NodeProcess Node(TestDatabase db) => NodeProcess.Start(db, null, "--lease", "3s");
}
