using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>
/// Nodes live through changes of the clocks: zone files of the test's own put those of one zone forward by a minute, and those of another one back. A
/// daily job inside the minute that is left out is due when it is over, one inside the minute that comes twice is due the first time only, and an
/// interval follows elapsed time, while the sweep looks every second whether what is stored is right.
/// </summary>
[TestFixture]
public sealed class ZoneChangeTests
{
    // Zones PostgreSQL knows by name; nodes read what this test makes of them.
    private const string Gap = "Antarctica/Troll";
    private const string Fold = "Antarctica/Vostok";
    private const int Standard = 3600;
    private const int Shift = 60;       // .NET knows whole minutes only
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(20);

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
            // The minute that comes twice begins for the first time when the other zone's is left out.
            var forward = new DateTime(now.Ticks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, DateTimeKind.Utc) + Ahead;
            var back = forward.AddSeconds(Shift);
            var end = back.AddSeconds(Shift + 3);
            WriteZone(zones.FullName, Gap, forward, Standard, Standard + Shift);
            WriteZone(zones.FullName, Fold, back, Standard + Shift, Standard);

            var expected = new Dictionary<string, List<DateTime>>();
            for (var second = 5; second < Shift; second += 10)
            {
                await Make(cluster, $"gap-{second}", Gap, Daily(forward.AddSeconds(Standard + second)));
                expected[$"gap-{second}"] = [forward];
                await Make(cluster, $"fold-{second}", Fold, Daily(back.AddSeconds(Standard + second)));
                expected[$"fold-{second}"] = [back.AddSeconds(second - Shift)];
            }
            var first = forward.AddSeconds(-5);
            foreach (var zone in (string[])[Gap, Fold])
            {
                await Make(cluster, zone.ToLowerInvariant(), zone, "*/5 * * * * ?");
                // What is left out is due when the clocks have been put forward, also of an interval.
                expected[zone.ToLowerInvariant()] = [.. Every(5, first, end).Concat(zone == Gap ? [forward] : []).Distinct().Order()];
            }
            await cluster.Until("the jobs are stored in time", async () =>
                await cluster.Database.Value<long>("select count(*) from quartz.qrtz_triggers") == expected.Count, Ahead - TimeSpan.FromSeconds(5));

            await cluster.Until("all of it is over", async () => await cluster.Now() > end && await cluster.Count("state <> 'finished'") == 0,
                end - now + TimeSpan.FromSeconds(30));
            var rows = await cluster.Database.Rows<(string Job, DateTime DueAt)>(
                "select job, due_at from scheduler.run where due_at >= @first and due_at <= @end order by due_at", new { first, end });
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

    private static Task Make(TestCluster cluster, string name, string zone, string schedule) => cluster.Database.Execute(
        "insert into scheduler.job (name, kind, schedule, time_zone, overlap, missed, settings)"
        + " values (@name, 'sql', @schedule, @zone, 'allow', 'all', '{\"statement\": \"select 1\"}')", new { name, schedule, zone });

    private static string Daily(DateTime local) => local.ToString("s m H '* * ?'", CultureInfo.InvariantCulture);

    private static IEnumerable<DateTime> Every(int seconds, DateTime from, DateTime until)
    {
        var first = new DateTime((from.Ticks + (seconds * TimeSpan.TicksPerSecond) - 1) / (seconds * TimeSpan.TicksPerSecond)
            * (seconds * TimeSpan.TicksPerSecond), DateTimeKind.Utc);
        for (var at = first; at <= until; at = at.AddSeconds(seconds)) { yield return at; }
    }

    // TZif version 2 (RFC 8536): an empty block of 32 bits, then one change between two kinds of time, then the rule after it.
    private static void WriteZone(string folder, string zone, DateTime change, int before, int after)
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
        void Type(int offset, int name)
        {
            Number(offset);
            bytes.AddRange([0, (byte)name]);
        }
        Header(0, 1, 4);
        Type(before, 0);
        bytes.AddRange("ONE\0"u8.ToArray());
        Header(1, 2, 8);
        var eight = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(eight, (change - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond);
        bytes.AddRange([.. eight, 1]);
        Type(before, 0);
        Type(after, 4);
        bytes.AddRange("ONE\0TWO\0"u8.ToArray());
        // POSIX counts west.
        bytes.AddRange(Encoding.ASCII.GetBytes($"\nTWO-{after / 3600}:{after / 60 % 60:00}\n"));
        var file = Path.Combine(folder, zone);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, [.. bytes]);
    }
}
