using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using NUnit.Framework;
using Scheduler.Jobs;
using Scheduler.Jobs.Files;

namespace Scheduler.Tests.Jobs;

public sealed class JobExportTests
{
    internal static readonly JobDefinition Everything = new()
    {
        Name = "a/every-key.1_x",
        Kind = "fleet.cleanup",
        Description = "Every key: 'quoted', \"double\" # no comment\n  and a second line\n",
        Owner = "plättform 🐘",
        Tags = ["fleet", "2026", "true", "a, b", "- x", ""],
        Schedule = "0 * * * *; every 90m",
        TimeZone = "Europe/Berlin",
        Calendar = "holidays",
        Starts = new(2026, 12, 1, 2, 0, 0, TimeSpan.Zero),
        Ends = new(2027, 12, 1, 2, 0, 0, TimeSpan.Zero),
        Spread = TimeSpan.FromMinutes(5),
        Count = 12,
        Settings = """{"offline_older_than":"30d","batch":500,"pause":{"between":"2s","share":0.25}}""",
        Guard = """{"max_rows":100000,"max_fraction":0.3}""",
        Timeout = TimeSpan.FromMinutes(90),
        Retry = new(5, TimeSpan.FromSeconds(2), false, TimeSpan.FromMinutes(1)),
        Overlap = Overlap.Queue,
        Missed = Missed.All,
        StartWithin = TimeSpan.FromHours(1),
        OnLost = OnLost.Fail,
        RunsOn = ["maintenance", "eu"],
        Priority = 9,
        Concurrency = """{"group":"maintenance","limit":2}""",
        Params = """{"text":"yes","number":1.5,"flag":true,"nothing":null,"list":[1,"2",[3]],"maps":[{"a":1,"b":[]},{}],"awkward key: #":"x"}""",
        Expect = """{"success_within":"3h","start_within":"1m","duration_below":"5m"}""",
        Notify = """{"on":["failure","recovery"],"to":["ops"]}""",
        ForEach = """{"relation":"snapshot.node","where":"enabled and name <> 'x: y'"}""",
        Enabled = false,
        Source = "config/jobs/all.yaml:3",
    };

    [Test]
    public void Every_key_comes_back_as_it_was()
    {
        var text = JobExport.One(new([Everything], [], []), SampleKinds.All);
        Assert.That(JobFields.WithoutDefaults(Everything, SampleKinds.Cleanup), Has.Count.EqualTo(KindSettings.Keys(typeof(JobEntry)).Count),
            "a key of a job file is not in the export, or the sample does not set it");
        Assert.That(Differences([Everything]), Is.Empty, text);
        Assert.That(JobFields.ToDefinition(Everything.Name, JobFields.Of(Everything), Everything.Source) is var back
            && FieldMerge.Same(JobFields.Of(back), JobFields.Of(Everything)));
    }

    [Test]
    public void What_is_as_usual_is_left_out()
    {
        var job = new JobDefinition { Name = "b", Kind = "sql", Schedule = "@daily", Settings = """{"statement":"select 1"}""", Source = "x.yaml:9" };
        var other = job with { Name = "a", Settings = """{"statement":"delete from t\nwhere a = 'b: c';\n\n  -- end"}""" };
        Assert.That(JobExport.One(new([job, other], [], []), SampleKinds.All), Is.EqualTo("""
            # Written by 'scheduler config export'.
            jobs:
              a:
                kind: sql
                schedule: "@daily"
                with:
                  statement: |-
                    delete from t
                    where a = 'b: c';

                      -- end

              b:
                kind: sql
                schedule: "@daily"
                with:
                  statement: select 1

            """));
    }

    [Test]
    public void No_jobs_are_an_empty_map() => Assert.That(JobExport.One(new([], [], []), SampleKinds.All), Does.EndWith("jobs: {}\n"));

    [TestCaseSource(nameof(Awkward))]
    public void Awkward_texts_come_back_as_they_were(string text)
    {
        var settings = new JsonObject { ["statement"] = text, ["database"] = text };
        var job = new JobDefinition
        {
            Name = "a",
            Kind = "sql",
            Description = text,
            Owner = text,
            Tags = [text, "b"],
            Settings = settings.ToJsonString(),
            Params = JsonSerializer.Serialize(
                new Dictionary<string, object> { ["k"] = text, [text.Length is 0 or > 200 ? "long" : text] = new[] { text } }),
        };
        Assert.That(Differences([job, job with { Name = "b" }]), Is.Empty, JobExport.One(new([job], [], []), SampleKinds.All));
    }

    private static IEnumerable<string> Awkward()
    {
        string[] texts =
        [
            "", " ", "~", "null", "true", "No", "1", "1e3", "0x1F", ".5", "-", "- a", "a: b", "a:b", "a #b", "#a", "a, b", "[a]", "{a}",
            "*a", "&a", "!a", "%a", "@a", "`a`", "'a'", "\"a\"", "a\\b", "|", ">", "?", "? a", ": a", "a ", " a", "a\n", "\na", "a\n\n",
            "a\n\nb\n", " a\nb", "a\n b", "a\n \nb", "a\n\tb", "\ta\nb", "a\tb", "a\rb", "a\r\nb", "\n", "\n\n\n", "a\u0001b",
            "a\u0085b\nc", "a\u2028b\nc", "\uFEFFa\nb", "ä", "日本語\nzwei", "🐘", "a 🐘\nb", "---", "---\na\n---", "...", "a\n...\nb",
            "a\n# b\n: c", "select 'x'\n-- a: b # c\nfrom t;", "key: |\n  block\n", "${secret:NAME}", "\u200Ba\nb", "\u007Fx", "<<", "=",
            "2026-12-01", "12:30:45", "x\n\n\n", "y\n  \n", "trailing \nspace ", new string('x', 5000),
            new string('x', 3000) + "\n" + new string('y', 3000),
        ];
        return texts;
    }

    // Much of what means something to YAML, and line breaks, blanks and runes of several code units.
    private static readonly Gen<string> Texts = Gen.OneOf(
        [.. "ab \n\n  :#-'\"\\,[]{}|>*&!%@`~?\tü🐘.0".EnumerateRunes().Select(r => r.ToString())]).Array[1, 24].Select(string.Concat);

    [Test]
    public void Random_texts_come_back_as_they_were() => Texts.Sample(text =>
    {
        var job = new JobDefinition
        {
            Name = "a",
            Kind = "sql",
            Description = text,
            Settings = new JsonObject { ["statement"] = text }.ToJsonString(),
            Params = new JsonObject { ["p"] = new JsonArray(text, new JsonObject { ["q"] = text }) }.ToJsonString(),
        };
        return Differences([job, job with { Name = "b" }]).Count == 0;
    }, iter: 1000, print: text => JsonSerializer.Serialize(text));

    [Test]
    public void Jobs_go_to_the_files_they_came_from_and_large_files_are_parted()
    {
        var big = Enumerable.Range(0, 3).Select(i => new JobDefinition
        {
            Name = $"big{i}",
            Kind = "sql",
            Settings = new JsonObject { ["statement"] = new string('x', 400_000) }.ToJsonString(),
        });
        var files = JobExport.Files(new([Everything, .. big], [], []), SampleKinds.All);
        Assert.That(files.Select(f => $"{f.Name} {f.Jobs.Count}"), Is.EqualTo(new[] { "all.yaml 1", "made-in-sql.yaml 2", "made-in-sql-2.yaml 1" }));
        Assert.That(files.Select(f => Encoding.UTF8.GetByteCount(f.Text)), Is.All.LessThan(JobFiles.FileBytesMax));
    }

    [Test]
    public void What_a_file_cannot_say_is_told()
    {
        var job = new JobDefinition { Name = "a", Kind = "fleet.cleanup", Timeout = TimeSpan.FromMilliseconds(1500) };
        Assert.That(Differences([job]), Is.EqualTo(new[]
        {
            "made-in-sql.yaml:5:14: 'timeout' is '1500ms'; expected a duration such as 30s, 5m, 1h30m or 30d",
        }));
    }

    private static IReadOnlyList<string> Differences(IReadOnlyList<JobDefinition> jobs) =>
        JobExport.Differences(new(jobs, [], []), JobExport.Files(new(jobs, [], []), SampleKinds.All), SampleKinds.All);
}
