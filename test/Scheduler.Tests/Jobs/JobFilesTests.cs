using NUnit.Framework;
using Scheduler.Database;
using Scheduler.Jobs;

namespace Scheduler.Tests.Jobs;

public sealed class JobFilesTests
{
    private string folder = "";

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("scheduler-jobs-").FullName;

    [TearDown]
    public void DropFolder() => Directory.Delete(folder, recursive: true);

    [Test]
    public void Reads_every_key_of_a_job()
    {
        Write("a.yaml", """
            # a comment
            jobs:
              cleanup-stale-data:
                kind: fleet.cleanup
                description: Delete stale rows
                owner: platform
                tags: [fleet, 2026]
                schedule: "0 * * * *; every 90m"
                time_zone: Europe/Berlin
                with: { offline_older_than: 30d, batch: 500 }
                guard: { max_rows: 100000, max_fraction: 0.3 }
                timeout: 10m
                retry: { attempts: 5, delay: 2s, backoff: constant, max_delay: 1m }
                overlap: queue
                missed: all
                start_within: 1h
                on_lost: fail
                runs_on: [maintenance]
                priority: 9
                calendar: holidays
                starts: 2026-12-01T02:00:00+01:00
                ends: 2027-12-01T02:00:00Z
                spread: 10m
                concurrency: { group: maintenance, limit: 2 }
                params: { depth: 3, deep: { name: x } }
                expect: { success_within: 3h, duration_below: 5m }
                notify: { on: [failure, recovery], to: [ops] }
                for_each: { relation: snapshot.node, where: enabled }
                enabled: false
            """);
        var job = Load().Single();
        Assert.That(job.Tags, Is.EqualTo(new[] { "fleet", "2026" }));
        Assert.That(job.RunsOn, Is.EqualTo(new[] { "maintenance" }));
        Assert.That(job with { Tags = [], RunsOn = [] }, Is.EqualTo(new JobDefinition
        {
            Name = "cleanup-stale-data",
            Kind = "fleet.cleanup",
            Description = "Delete stale rows",
            Owner = "platform",
            Tags = [],
            Schedule = "0 * * * *; every 90m",
            TimeZone = "Europe/Berlin",
            Settings = """{"offline_older_than":"30d","batch":500}""",
            Guard = """{"max_rows":100000,"max_fraction":0.3}""",
            Timeout = TimeSpan.FromMinutes(10),
            Retry = new(5, TimeSpan.FromSeconds(2), false, TimeSpan.FromMinutes(1)),
            Overlap = Overlap.Queue,
            Missed = Missed.All,
            StartWithin = TimeSpan.FromHours(1),
            OnLost = OnLost.Fail,
            RunsOn = [],
            Priority = 9,
            Calendar = "holidays",
            Starts = new(2026, 12, 1, 1, 0, 0, TimeSpan.Zero),
            Ends = new(2027, 12, 1, 2, 0, 0, TimeSpan.Zero),
            Spread = TimeSpan.FromMinutes(10),
            Concurrency = """{"group":"maintenance","limit":2}""",
            Params = """{"depth":3,"deep":{"name":"x"}}""",
            Expect = """{"success_within":"3h","duration_below":"5m"}""",
            Notify = """{"on":["failure","recovery"],"to":["ops"]}""",
            ForEach = """{"relation":"snapshot.node","where":"enabled"}""",
            Enabled = false,
            Source = $"{folder}/a.yaml:3",
        }));
    }

    [Test]
    public void Keys_left_out_have_their_defaults_and_the_kind_says_what_to_do_with_lost_runs()
    {
        Write("a.yml", "jobs:\n  a: { kind: command, with: { argv: [sleep, 5], env: { PORT: 8080, ON: true } } }\n"
            + "  b: { kind: fleet.cleanup, retry: { attempts: 1 } }\n");
        var (a, b) = (Load()[0], Load()[1]);
        Assert.That((a.Schedule, a.TimeZone, a.OnLost, a.Guard, a.Enabled), Is.EqualTo(("manual", "UTC", OnLost.Fail, "{}", true)));
        Assert.That(a.Settings, Is.EqualTo("""{"argv":["sleep","5"],"env":{"PORT":"8080","ON":"true"}}"""));
        Assert.That((b.OnLost, b.Retry), Is.EqualTo((OnLost.Rerun, Retry.Default with { Attempts = 1 })));
    }

    [Test]
    public void Files_are_read_in_the_order_of_their_names_and_others_left_out()
    {
        Write("b.yaml", "jobs: { two: { kind: fleet.cleanup } }");
        Write("a.yml", "jobs: { one: { kind: fleet.cleanup } }");
        Write("c.txt", "no: jobs");
        Write("d.yaml", "# nothing yet\n");
        Write("e.yaml", "jobs:\n");
        Assert.That(Load().Select(j => j.Name), Is.EqualTo(new[] { "one", "two" }));
    }

    [Test]
    public void An_empty_folder_has_no_jobs() => Assert.That(Load(), Is.Empty);

    [Test]
    public void A_missing_folder_is_a_mistake() =>
        Assert.That(() => JobFiles.Load(folder + "/none", SampleKinds.All),
            Throws.TypeOf<OperatorException>().With.Message.EqualTo($"{folder}/none: there is no such folder; expected one with job files (*.yaml)"));

    [TestCaseSource(typeof(BadJobFiles), nameof(BadJobFiles.All))]
    public void A_mistake_is_named_with_its_place(string text, string message)
    {
        Write("f.yaml", text);
        Assert.That(Mistakes(), Is.EqualTo(message));
    }

    [Test]
    public void All_mistakes_of_all_files_are_listed_at_once()
    {
        Write("a.yaml", """
            jobs:
              one: { kind: fleet.cleanup, shedule: "@daily", timeout: 0s, with: { batch: 0, bacth: 1 } }
              two: { kind: sqk, schedule: "@dayly", time_zone: Berlin, priority: 12 }
            """);
        Write("b.yaml", "jobs:\n  one: { kind: fleet.cleanup }\n");
        Assert.That(Mistakes(), Is.EqualTo("""
            a.yaml:2:31: unknown key 'shedule'; did you mean 'schedule'?
            a.yaml:2:59: 'timeout' is 0s; expected 1s to 365d
            a.yaml:2:78: 'batch' is 0; expected 1 to 100000
            a.yaml:2:81: unknown key 'bacth'; did you mean 'batch'?
            a.yaml:3:16: kind 'sqk' is not known; did you mean 'sql'?
            a.yaml:3:31: schedule '@dayly' is not known; did you mean '@daily'?
            a.yaml:3:52: time zone 'Berlin' is not known; did you mean 'Europe/Berlin'?
            a.yaml:3:70: 'priority' is 12; expected 0 to 9
            b.yaml:2:3: job 'one' is declared twice, first at a.yaml:2
            """));
    }

    [Test]
    public void A_file_below_the_current_folder_is_named_by_its_relative_path()
    {
        var inside = Path.Combine(Environment.CurrentDirectory, "job-files-test");
        Directory.CreateDirectory(inside);
        try
        {
            File.WriteAllText(Path.Combine(inside, "a.yaml"), "job: {}");
            Assert.That(() => JobFiles.Load(inside, SampleKinds.All),
                Throws.TypeOf<OperatorException>().With.Message.EqualTo("job-files-test/a.yaml:1:1: unknown key 'job'; did you mean 'jobs'?"));
        }
        finally { Directory.Delete(inside, recursive: true); }
    }

    [Test]
    public void A_file_beyond_the_limit_is_not_read()
    {
        Write("f.yaml", new string('#', JobFiles.FileBytesMax + 1));
        Assert.That(Mistakes(), Is.EqualTo("f.yaml:1:1: the file has 1048577 bytes; expected at most 1048576"));
    }

    [Test]
    public void A_file_that_is_no_text_is_refused()
    {
        File.WriteAllBytes(Path.Combine(folder, "f.yaml"), [0x6A, 0xFF, 0xFE]);
        Assert.That(Mistakes(), Is.EqualTo("f.yaml:1:1: the file is not UTF-8 text"));
    }

    [Test]
    public void More_jobs_than_the_limit_are_refused()
    {
        for (var file = 0; file < 2; file++)
        {
            var names = Enumerable.Range(file * 6000, 6000).Select(i => $"  j{i}: {{ kind: fleet.cleanup }}\n");
            Write($"{file}.yaml", "jobs:\n" + string.Concat(names));
        }
        Assert.That(() => Load(), Throws.TypeOf<OperatorException>()
            .With.Message.EqualTo($"{folder}: the folder declares 12000 jobs; expected at most 10000"));
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(folder, name), text);

    private IReadOnlyList<JobDefinition> Load() => JobFiles.Load(folder, SampleKinds.All).Jobs;

    private string Mistakes()
    {
        var refusal = Assert.Throws<OperatorException>(() => Load())!;
        Assert.That(refusal.ExitCode, Is.EqualTo(2));
        return refusal.Message.Replace(folder + "/", "", StringComparison.Ordinal);
    }
}
