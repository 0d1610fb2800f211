using NUnit.Framework;
using Scheduler.TestKit;
using Scheduler.TestKit.Checking;

namespace Scheduler.ClusterTests;

/// <summary>The database goes down under three nodes at work.</summary>
[TestFixture]
public sealed class DatabaseCrashTests
{
    [Test]
    public async Task An_immediate_stop_of_PostgreSQL_under_load_loses_nothing_and_doubles_nothing(
        [Values(Engines.Set, Engines.Mixed)] Engines engines)
    {
        await using var server = await TestServer.Start();
        await using var effects = await TestDatabase.Create(migrated: false);
        await effects.Execute(HistoryReader.EffectTable);
        var jobs = Enumerable.Range(1, 12).Select(i =>
            new SqlJobText($"job-{i:00}", i % 3 == 0 ? "*/2 * * * * ?" : "every 1s") { Database = i % 2 == 0 ? "effects" : null })
            .Select((job, i) => i % 4 == 0 ? job.Taking(0.6) : job);
        await using var cluster = await TestCluster.Start(new()
        {
            Server = server,
            Weight = 5,
            Engines = engines,
            Jobs = SqlJobText.File(jobs),
            Databases = new Dictionary<string, string> { ["effects"] = effects.ConnectionString },
        });
        await cluster.Until("the load is on", async () => await cluster.Count("verdict = 'succeeded'") > 50);

        var faults = new List<FaultWindow>();
        foreach (var seconds in new[] { 3.0, 0.1 })
        {
            var from = TimeProvider.System.GetUtcNow().UtcDateTime;
            await server.StopImmediately();
            await Until.Pause(TimeSpan.FromSeconds(seconds));
            await server.StartAgain();
            var to = TimeProvider.System.GetUtcNow().UtcDateTime;
            faults.Add(new("PostgreSQL stop -m immediate", from, to));
            await cluster.Until("runs succeed again", async () => await cluster.Count("verdict = 'succeeded' and due_at > @to", new { to }) > 20,
                TimeSpan.FromSeconds(40));
        }

        var report = await Verdict.Expect(cluster, faults, cluster.Database, effects);
        Assert.That(cluster.Nodes.Select(n => n.IsAlive), Is.All.True);
        Assert.That(report.Verdicts.Keys, Has.None.StartsWith("failed"));
    }
}
