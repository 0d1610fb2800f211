using NUnit.Framework;
using Scheduler.Schedules;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Jobs;

/// <summary>The database judges the form of schedules; it must refuse nothing that a node can read.</summary>
[TestFixture]
public sealed class ScheduleTextTests
{
    // Ten thousand texts take the database a second or two.
    private const int TextsMax = 10_000;
    private static readonly string[] Items =
    [
        "*", "?", "0", "1", "5", "7", "12", "23", "31", "59", "60", "2026", "*/5", "*/15", "0/10", "5/3", "1-5", "22-4", "1-10/2", "MON", "SUN",
        "mon-fri",
        "FRI-MON", "JAN", "dec", "JAN-MAR", "L", "LW", "L-3", "15W", "FRI#2", "6#3", "FRIL", "5L", "1,15", "MON,WED,FRI", "1,", ",1", "H", "H/5",
        "*/0",
        "00", "007", "1-", "-1", "*/61", "MON/2", "*,1", "L,15", "1W,15W", "2026-2030", "2027/2", "1#6", "MON#", "L-31", "W", "/5", "?/5",
        "1-5-7", "TUES",
    ];

    [Test]
    public async Task Every_schedule_a_node_can_read_is_accepted()
    {
        await using var database = await TestDatabase.Create();
        var random = new Random(20261121);
        var texts = new HashSet<string>(StringComparer.Ordinal);
        while (texts.Count < TextsMax)
        {
            // Mostly stars, so that many are readable.
            var fields = Enumerable.Range(0, random.Next(5, 8))
                .Select(i => random.Next(3) > 0 ? i >= 5 ? "?" : "*" : Items[random.Next(Items.Length)]).ToList();
            texts.Add(string.Join(random.Next(20) == 0 ? "  " : " ", fields));
        }
        texts.UnionWith(Whole);
        var readable = texts.Where(IsReadable).ToArray();
        var refused = await database.Rows<string>("""
            select t.text || ' -> ' || p.problem from unnest(@readable) as t (text), lateral scheduler_private.schedule_problem(t.text) p
            where p.problem is not null
            """, new { readable });
        var accepted = await database.Value<long>("""
            select count(*) from unnest(@all) as t (text), lateral scheduler_private.schedule_problem(t.text) p where p.problem is null
            """, new { all = texts.ToArray() });
        Assert.That(refused, Is.Empty);
        Assert.That(readable, Has.Length.GreaterThan(TextsMax / 20));
        TestContext.Out.WriteLine($"{texts.Count} texts, {readable.Length} a node can read, {accepted} the database accepts");
    }

    // What a node cannot read yet, the database need not; see docs/schedules.md.
    private static readonly string[] Whole =
    [
        "manual", " manual ", "every 1s", "every 1h30m", "every 36500d", "every\t5m", "@daily", "@midnight", "@daily; @hourly", "0 3 * * *;0 4 * * *",
        "at 2026-12-01T02:00:00Z", "at 2026-12-01T02:00:00+01:00", "at 2026-12-01T02:00", "at 2026-12-01 02:00:00",
        "rrule FREQ=MONTHLY;BYDAY=2MO;BYHOUR=9",
        "rrule RRULE:FREQ=DAILY", "rrule FREQ=DAILY;INTERVAL=2; @daily", "rrule freq=weekly;byday=mo,tu", "after a",
        "after a on failure; after b/c on any",
        "on startup", "on release", "on notify orders_changed", "on notify a; on startup; every 5m",
    ];

    private static bool IsReadable(string text)
    {
        try
        {
            Schedule.Parse(text, "Europe/Berlin");
            return true;
        }
        catch (ScheduleException) { return false; }
    }
}
