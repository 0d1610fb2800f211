using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>
/// Nodes live through a change of the clocks: a zone file of the test's own puts them forward by a minute, and back again a minute later. A daily job
/// inside the minute that is left out is due when it is over, one inside the minute that comes twice is due the first time only, and an interval
/// follows elapsed time, while the sweep looks every second whether what is stored is right.
/// </summary>
[TestFixture]
public sealed class ZoneChangeTests
{
    // A zone PostgreSQL knows by name; nodes read what this test makes of it.
    private const string Zone = "Antarctica/Troll";
    private const int Standard = 3600;
    private const int Shift = 60;       // .NET knows whole minutes only
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(Shift + 5);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(Shift + 5);

    [Test]
    public async Task Every_job_fires_as_the_rule_says_through_a_gap_and_a_fold([Values] Engines engines)
    {
        var zones = Directory.CreateTempSubdirectory("scheduler-zones-");
        try
        {
            await using var cluster = await TestCluster.Start(new()
            {
                Nodes = 2,
                Engines = engines,
                Setup = new()
                {
                    Sweep = TimeSpan.FromSeconds(1),
                    Environment = new Dictionary<string, string> { ["TZDIR"] = zones.FullName },
                },
            });
            var now = await cluster.Now();
            var forward = new DateTime(now.Ticks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, DateTimeKind.Utc) + Ahead;
            var back = forward + Between;
            WriteZone(zones.FullName, forward, back);

            // Every tenth second of the minute left out and of the minute that comes twice; first shown, as the clocks go, at:
            var expected = new Dictionary<string, List<DateTime>>();
            for (var second = 5; second < Shift; second += 10)
            {
                await Make(cluster, $"gap-{second}", Daily(forward.AddSeconds(Standard + second)));
                expected[$"gap-{second}"] = [forward];
                await Make(cluster, $"fold-{second}", Daily(back.AddSeconds(Standard + second)));
                expected[$"fold-{second}"] = [back.AddSeconds(second - Shift)];
            }
            await Make(cluster, "interval", "*/5 * * * * ?");
            var first = forward.AddSeconds(-5);
            expected["interval"] = [.. Every(5, first, back + After)];
            await cluster.Until("the jobs are stored in time", async () =>
                await cluster.Database.Value<long>("select count(*) from quartz.qrtz_triggers") == expected.Count, Ahead - TimeSpan.FromSeconds(5));

            await cluster.Until("all of it is over",
                async () => await cluster.Now() > back + After && await cluster.Count("state <> 'finished'") == 0,
                Ahead + Between + After + TimeSpan.FromSeconds(30));
            var rows = await cluster.Database.Rows<(string Job, DateTime DueAt)>(
                "select job, due_at from scheduler.run where due_at >= @first and due_at <= @last order by due_at",
                new { first, last = back + After });
            var fired = rows.GroupBy(r => r.Job, r => r.DueAt).ToDictionary(g => g.Key, g => g.ToList());
            Assert.Multiple(() =>
            {
                foreach (var (job, due) in expected) { Assert.That(fired.GetValueOrDefault(job), Is.EqualTo(due), job); }
            });
            Assert.That(await cluster.Database.Value<long>("select count(*) from scheduler.healed"), Is.Zero,
                "the clock moved on, nothing was healed");
        }
        finally { zones.Delete(recursive: true); }
    }

    private static Task Make(TestCluster cluster, string name, string schedule) => cluster.Database.Execute(
        "insert into scheduler.job (name, kind, schedule, time_zone, overlap, missed, settings)"
        + " values (@name, 'sql', @schedule, @Zone, 'allow', 'all', '{\"statement\": \"select 1\"}')", new { name, schedule, Zone });

    private static string Daily(DateTime local) => local.ToString("s m H '* * ?'", CultureInfo.InvariantCulture);

    private static IEnumerable<DateTime> Every(int seconds, DateTime from, DateTime until)
    {
        var first = new DateTime((from.Ticks + (seconds * TimeSpan.TicksPerSecond) - 1) / (seconds * TimeSpan.TicksPerSecond)
            * (seconds * TimeSpan.TicksPerSecond), DateTimeKind.Utc);
        for (var at = first; at <= until; at = at.AddSeconds(seconds)) { yield return at; }
    }

    // TZif version 2 (RFC 8536): an empty block of 32 bits, then two changes between two kinds of time, then the rule after the last one.
    private static void WriteZone(string folder, DateTime forward, DateTime back)
    {
        var bytes = new List<byte>();
        void Header(int times, int types, int characters)
        {
            bytes.AddRange(Encoding.ASCII.GetBytes("TZif2"));
            bytes.AddRange(new byte[15]);
            foreach (var count in (int[])[0, 0, 0, times, types, characters]) { Number(count); }
        }
        void Number(int value)
        {
            var four = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(four, value);
            bytes.AddRange(four);
        }
        void Type(int offset, bool summer, int name)
        {
            Number(offset);
            bytes.AddRange([(byte)(summer ? 1 : 0), (byte)name]);
        }
        Header(0, 1, 4);
        Type(Standard, false, 0);
        bytes.AddRange("STD\0"u8.ToArray());
        Header(2, 2, 8);
        foreach (var at in (DateTime[])[forward, back])
        {
            var eight = new byte[8];
            BinaryPrimitives.WriteInt64BigEndian(eight, (at - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond);
            bytes.AddRange(eight);
        }
        bytes.AddRange([1, 0]);
        Type(Standard, false, 0);
        Type(Standard + Shift, true, 4);
        bytes.AddRange("STD\0SUM\0"u8.ToArray());
        bytes.AddRange("\nSTD-1\n"u8.ToArray());
        var file = Path.Combine(folder, Zone);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, [.. bytes]);
    }
}
