using NUnit.Framework;
using Scheduler.TestKit;
using Scheduler.TestKit.Checking;

namespace Scheduler.ClusterTests;

/// <summary>Lets a cluster come to rest and holds the checker against what it did.</summary>
internal static class Verdict
{
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RestMax = TimeSpan.FromSeconds(90);

    /// <summary>Wait until every fire due by now has its verdict and 10 s more have gone by, then judge. The report goes to the test's
    /// output.</summary>
    public static Task<CheckReport> Expect(TestCluster cluster, IReadOnlyList<FaultWindow> faults, params TestDatabase[] effectLogs) =>
        Expect(cluster, faults, effectLogs.Select(HistoryReader.LogOf).ToArray());

    /// <summary>The same with effects that are elsewhere.</summary>
    public static async Task<CheckReport> Expect(TestCluster cluster, IReadOnlyList<FaultWindow> faults, EffectLog[] effectLogs)
    {
        var end = await cluster.Database.Value<DateTime>("select clock_timestamp()");
        await cluster.Until("every fire due by the end of the faults has its verdict",
            async () => await cluster.Count("due_at <= @end and state <> 'finished'", new { end }) == 0
                && await cluster.Database.Value<DateTime>("select clock_timestamp()") > end + Calm, RestMax);
        var schedules = await HistoryReader.Schedules(cluster.Database);
        var history = await HistoryReader.Read(cluster.Database, schedules, faults, effectLogs);
        var report = Checker.Check(history, new() { Budget = history.ReadAt - end });
        await TestContext.Out.WriteLineAsync(report.ToString());
        Assert.That(report.Ok, Is.True, report + "\n" + (report.Ok ? "" : await Until.Dump(cluster.Database)));
        return report;
    }
}
