using System.Globalization;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Scheduler.Schedules;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Jobs;

/// <summary>
/// One grammar, two judges: what the database refuses, a node refuses, with the same words and the same correction, and nothing else. Held by a file
/// of texts and by generated ones, whose seed is printed (SCHEDULER_SEED repeats a run, SCHEDULER_STRESS=1 takes a million).
/// </summary>
[TestFixture]
public sealed partial class ScheduleTextTests
{
    private const int TextsFuzzed = 100_000;
    private const int TextsFuzzedWhole = 1_000_000;
    // As large as a statement may be without much memory.
    private const int Batch = 10_000;
    private const int ShownMax = 20;
    private const int ZonesTried = 80;
    private const string Zone = "Europe/Berlin";
    private static readonly DateTimeOffset Starts = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly bool Whole = Environment.GetEnvironmentVariable("SCHEDULER_STRESS") == "1";
    private static readonly int Seed = Environment.GetEnvironmentVariable("SCHEDULER_SEED") is { } seed
        ? int.Parse(seed, CultureInfo.InvariantCulture) : Random.Shared.Next();

    [TestCase(false)]
    [TestCase(true)]
    public async Task Each_text_of_the_corpus_is_judged_alike(bool starts)
    {
        await using var database = await TestDatabase.Create();
        var texts = Corpus().ToArray();
        Assert.That(texts, Has.Length.GreaterThanOrEqualTo(2_000));
        Assert.That(await Differences(database, texts, starts), Is.Empty);
    }

    [Test]
    public async Task Generated_texts_are_judged_alike()
    {
        TestContext.Out.WriteLine($"SCHEDULER_SEED={Seed}");
        await using var database = await TestDatabase.Create();
        var words = new ScheduleTextMaker(Seed, Corpus());
        var (differences, accepted, count) = (new List<string>(), 0, Whole ? TextsFuzzedWhole : TextsFuzzed);
        for (var done = 0; done < count && differences.Count < ShownMax; done += Batch)
        {
            var texts = Enumerable.Range(0, Batch).Select(_ => words.Next()).ToArray();
            accepted += texts.Count(t => Judge(t, false) is null);
            differences.AddRange(await Differences(database, texts, (done / Batch) % 2 == 1));
        }
        TestContext.Out.WriteLine($"{count} texts, {accepted} accepted");
        Assert.That(differences, Is.Empty);
        Assert.That(accepted, Is.InRange(count / 20, count / 2), "most texts are of one kind");
    }

    [Test]
    public async Task Zones_are_judged_alike()
    {
        await using var database = await TestDatabase.Create();
        var known = await database.Rows<string>("select z.name from pg_timezone_names z");
        var random = new Random(Seed);
        string[] others =
        [
            .. ZoneNames.OfWindows.Keys, "", " ", "berlin", "Europe/Berln", "europe/berlin", "utc", "Z", "GMT+1", "+01:00", "CEST", "new york", "Kiev",
            "posix/Europe/Berlin", "right/UTC", "localtime", "../../etc/passwd", "UTC\n", "Europe/Berlin ", "Europe/Bérlin", "\u212Aiev", "a/b/c/d",
            .. ZoneNames.All.Select(z => z.Remove(random.Next(z.Length), 1)), .. ZoneNames.All.Select(z => z[(z.LastIndexOf('/') + 1)..]),
        ];
        random.Shuffle(others);
        // Whether a name is known takes the server 20 ms.
        string[] zones = [.. known.Order().Where((_, i) => i % 20 == 0), .. others.Distinct().Take(ZonesTried)];
        var told = await database.Rows<string?>("""
            select p.problem || coalesce('; did you mean ''' || p.meant || '''?', '')
            from unnest(@zones) with ordinality as z (name, n), lateral scheduler_private.time_zone_problem(z.name) p order by z.n
            """, new { zones });
        Assert.That(zones.Zip(told).Where(z => z.Second != Refusal(() => Zones.Find(z.First)))
            .Select(z => $"{z.First}: {z.Second}"), Is.Empty);
    }

    [Test]
    public async Task Blackouts_are_judged_alike()
    {
        await using var database = await TestDatabase.Create();
        var told = await database.Rows<string?>("""
            select p.problem || coalesce('; did you mean ''' || p.meant || '''?', '')
            from unnest(@Blackouts) with ordinality as b (entry, n), lateral scheduler_private.blackout_problem(b.entry::jsonb, @Zone) p order by b.n
            """, new { Blackouts, Zone });
        Assert.That(Blackouts.Zip(told), Is.EqualTo(Blackouts.Select(b => (b, Refusal(() => CalendarRules.Of(Zone, [], [], $"[{b}]"))))));
    }

    private static readonly string[] Blackouts =
    [
        """{"cron": "* * * * MON-WED-FRI"}""", """{"cron": "* 12 * * MON-FRI"}""", """{"cron": "0 0 30 2 *"}""", """{"cron": "@daily"}""",
        """{"cron": "*  12 *\t* ? *"}""", """{"cron": ""}""", """{"cron": 5}""", """{"cron": null}""", """{"cron": "* * * * *", "daily": null}""",
        """{"from": "2026-12-24T00:00", "to": "2026-12-27T00:00"}""", """{"from": "2026-12-24 00:00:00", "to": "2026-12-24T00:00:01"}""",
        """{"from": "2026-12-24T00:00", "to": "2026-12-24T00:00"}""", """{"from": "2026-02-30T00:00", "to": "2026-12-24T00:00"}""",
        """{"from": "2027-03-28T02:00", "to": "2027-03-28T03:00"}""", """{"from": "2027-03-28T02:10", "to": "2027-03-28T02:50"}""",
        """{"from": "2027-03-28T01:59:59", "to": "2027-03-28T03:00"}""", """{"from": "2027-03-28T02:30", "to": "2027-03-28T03:00:01"}""",
        """{"from": "2026-10-25T02:30", "to": "2026-10-25T02:31"}""", """{"from": "0001-01-01T00:00", "to": "2026-12-24T00:00"}""",
        """{"from": "2026-12-24T00:00Z", "to": "2026-12-27T00:00"}""", """{"from": "2026-12-24", "to": "2026-12-27"}""",
        """{"from": "9999-01-01T00:00", "to": "9999-12-24T00:00"}""", """{"from": "2026-12-24T00:00"}""", """{"to": 5, "from": "x"}""",
        """{"daily": ["22:00", "06:00"]}""", """{"daily": ["22:00", "22:00:00"]}""", """{"daily": ["00:00", "24:00"]}""",
        """{"daily": ["24:00", "06:00"]}""", """{"daily": ["06:00", "24:00"]}""", """{"daily": ["6:00", "7:00"]}""", """{"daily": ["06:00"]}""",
        """{"daily": ["06:00", null]}""", """{"daily": ["06:00", 7]}""", """{"daily": ["06:00", "07:00", "08:00"]}""", """{"daily": "06:00"}""",
        """{"daily": ["06:60", "07:00"]}""", "{}", "null", "5", "[]", """{"corn": "* * * * *"}""", """{"Cron": "* * * * *"}""",
    ];

    // What only a node judges, the database takes: whether a rule is ever due.
    [GeneratedRegex("^schedule 'rrule .*' is never due: ", RegexOptions.Singleline)]
    private static partial Regex NodesAlone();

    private static async Task<List<string>> Differences(TestDatabase database, string[] texts, bool starts)
    {
        var told = await database.Rows<string?>("""
            select p.problem || coalesce('; did you mean ''' || p.meant || '''?', '') from unnest(@texts) with ordinality as t (text, n),
                lateral scheduler_private.schedule_problem(t.text, @Zone, case when @starts then @Starts end) p order by t.n
            """.Replace("@starts then @Starts", "@has then @Starts", StringComparison.Ordinal), new { texts, Zone, Starts, has = starts });
        return [.. texts.Zip(told).Select(t => (Text: t.First, Database: t.Second, Node: Judge(t.First, starts)))
            .Where(t => t.Database != t.Node && !(t.Database is null && NodesAlone().IsMatch(t.Node!)))
            .Select(t => $"{t.Text.Replace("\n", "\\n", StringComparison.Ordinal)}\n  node: {t.Node}\n  SQL:  {t.Database}").Take(ShownMax)];
    }

    private static string? Judge(string text, bool starts) =>
        Refusal(() => Schedule.Parse(text, Zone, starts ? ScheduleLimits.None with { Starts = Starts } : null));

    private static string? Refusal(Action read)
    {
        try { read(); }
        catch (ScheduleException e) { return e.Message; }
        return null;
    }

    private static IEnumerable<string> Corpus()
    {
        var tests = Path.Combine(AppContext.BaseDirectory, "../../../../test");
        return File.ReadLines(Path.Combine(tests, "Scheduler.IntegrationTests/Jobs/schedule_texts.txt"))
            .Where(l => !l.StartsWith("# ", StringComparison.Ordinal))
            .Select(l => Regex.Unescape(l))
            .Concat(File.ReadLines(Path.Combine(tests, "Scheduler.Tests/Schedules/cases.txt")).Where(l => l.Length > 0 && l[0] != '#')
                .Select(l => l.Split(" => ")[0].Split(" | ")[0]))
            .Distinct();
    }
}
