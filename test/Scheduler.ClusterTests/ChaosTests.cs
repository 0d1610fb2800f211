using System.Globalization;
using NUnit.Framework;
using Scheduler.TestKit;
using Scheduler.TestKit.Checking;

namespace Scheduler.ClusterTests;

/// <summary>Everything at once, for as long as wanted: SCHEDULER_CHAOS_SECONDS (as each case says), SCHEDULER_CHAOS_JOBS (50),
/// SCHEDULER_CHAOS_SEED (random).</summary>
[TestFixture]
public sealed class ChaosTests
{
    [TestCase(Engines.Set, 60)]
    [TestCase(Engines.Mixed, 40)]
    [TestCase(Engines.Quartz, 40)]
    public async Task Nothing_is_lost_and_nothing_done_twice_while_nodes_network_and_database_fail(Engines engines, int secondsDefault)
    {
        var seed = Number("SCHEDULER_CHAOS_SEED", Random.Shared.Next());
        var seconds = Number("SCHEDULER_CHAOS_SECONDS", secondsDefault);
        await TestContext.Out.WriteLineAsync($"{engines}, seed {seed}, {seconds} s");
        await using var server = await TestServer.Start();
        await using var effects = await TestDatabase.Create(migrated: false);   // on the shared server: another one
        await effects.Execute(HistoryReader.EffectTable);
        await using var cluster = await TestCluster.Start(new()
        {
            Server = server,
            Weight = 6,     // some twenty fires a second
            Engines = engines,
            Jobs = SqlJobText.File(Enumerable.Range(0, Number("SCHEDULER_CHAOS_JOBS", 50)).Select(Job)),
            Databases = new Dictionary<string, string> { ["effects"] = effects.ConnectionString },
            Setup = new() { Proxied = true },
        });
        await cluster.Until("the load is on", async () => await cluster.Count("verdict = 'succeeded'") > 100, TimeSpan.FromSeconds(30));

        var nemesis = new Nemesis(cluster, seed);
        await nemesis.Torment(TimeSpan.FromSeconds(seconds));

        var report = await Verdict.Expect(cluster, nemesis.Faults, cluster.Database, effects);
        Assert.That(report.Targets, Is.GreaterThan(seconds), "the load was real");
    }

    // Schedules, overlaps, durations and databases in every mixture that 50 jobs have room for.
    private static SqlJobText Job(int i)
    {
        var job = new SqlJobText($"job-{i:00}", i % 6 == 5 ? "*/2 * * * * ?" : $"every {(i % 6) + 1}s")
        {
            Database = i % 2 == 0 ? null : "effects",
            Overlap = (i / 2 % 3) switch { 0 => "skip", 1 => "allow", _ => "queue" },
        };
        // Work that takes longer than its interval must not be queued for ever.
        return (i % 5, job.Overlap) switch
        {
            (0, not "queue") => job.Taking(2.5),
            (1 or 2, _) => job.Taking(0.3),
            _ => job,
        };
    }

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
