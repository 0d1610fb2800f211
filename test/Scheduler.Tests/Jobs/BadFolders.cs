using System.Text;

namespace Scheduler.Tests.Jobs;

/// <summary>Folders of job files that must be refused whole, for the kinds that come with the product. What each is told stands in bad-folders.txt;
/// the integration tests apply them all and look that nothing changed.</summary>
internal static class BadFolders
{
    /// <summary>A folder: what is wrong, and its files.</summary>
    public sealed record Folder(string Name, IReadOnlyList<(string File, byte[] Bytes)> Files)
    {
        public void WriteTo(string path)
        {
            foreach (var (file, bytes) in Files) { File.WriteAllBytes(Path.Combine(path, file), bytes); }
        }

        public override string ToString() => Name;
    }

    public static IReadOnlyList<Folder> All() => [.. Texts(), .. Schedules(), .. Values(), .. Several()];

    private static IEnumerable<Folder> Texts()
    {
        yield return One("tab indentation", "jobs:\n\ta:\n\t\tkind: sql\n");
        yield return One("tab after spaces", "jobs:\n  a:\n  \tkind: sql\n");
        yield return One("200 levels of maps", "jobs:\n" + string.Concat(Enumerable.Range(1, 200).Select(i => new string(' ', i) + "a:\n")));
        yield return One("200 levels of lists", "jobs: " + new string('[', 200) + new string(']', 200) + "\n");
        yield return One("200 levels in settings",
            Job("with: { statement: " + string.Concat(Enumerable.Repeat("{a: ", 200)) + "1" + new string('}', 201)));
        yield return One("anchor bomb", "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\njobs: {}\n");
        yield return One("alias", "jobs:\n  a: &job { kind: sql, with: { statement: select 1 } }\n  b: *job\n");
        yield return One("merge key", "jobs:\n  a: { kind: sql, with: { statement: select 1 } }\n  b: { <<: { kind: sql } }\n");
        yield return One("tag", Job("owner: !!python/object x"));
        yield return One("directive", "%YAML 9.9\n---\njobs: {}\n");
        yield return One("two documents", "jobs: {}\n---\njobs: {}\n");
        yield return One("unclosed quote", Job("owner: \"me"));
        yield return One("unclosed list", Job("tags: [a"));
        yield return One("colon in plain text", Job("description: a: b"));
        yield return One("key without value in list", "jobs:\n  - a\n  - b\n");
        yield return One("NUL in text", Job("owner: \"a\\0b\""));
        yield return One("NUL in the file", "jobs:\n  a:\n    kind: s\0ql\n");
        yield return One("half a surrogate pair", Job("owner: \"a\\uD800b\""));
        yield return new("not UTF-8", [("a.yaml", [.. "jobs:\n  a: { kind: sql, owner: "u8, 0xC3, 0x28, .. " }\n"u8])]);
        yield return new("UTF-16", [("a.yaml", Encoding.Unicode.GetBytes("jobs: {}\n"))]);
        yield return One("10 MB file", new string('#', 10 * 1024 * 1024));
        yield return new("binary file", [("a.yaml", [0x7F, 0x45, 0x4C, 0x46, 0, 1, 2, 0xFF])]);
        yield return One("JSON with a trailing comma", "{\"jobs\": {\"a\": {\"kind\": \"sql\",,}}}\n");
    }

    private static IEnumerable<Folder> Schedules()
    {
        string[] schedules =
        [
            "* * * *", "* * * * * * * *", "60 * * * *", "0 24 * * *", "0 0 32 * *", "0 0 * 13 *", "0 0 30 2 *", "*/0 * * * *", "0 0 * * 8",
            "0 0 * * MOO", "1,,2 * * * *", "0 0 0 31 2 ?", "0 0 2 ? * 2#6", "0 0 2 L-40 * ?", "@dayly", "@reboot", "@every 5m", "every",
            "every 0s", "every 5", "every -1m", "every 1m 30s", "every 1000000d", "at tomorrow", "at 2026-02-30T00:00:00Z",
            "rrule FREQ=NEVER", "rrule", "after", "after b on monday", "on tuesday", "on notify", "manual; @daily", ";", "",
            "a; drop table scheduler.job", "0 0 * * *; 0 61 * * *",
        ];
        foreach (var schedule in schedules) { yield return One($"schedule '{schedule}'", Job($"schedule: \"{schedule}\"")); }
        yield return One("1,001 characters of schedule", Job("schedule: \"" + new string('1', 1001) + "\""));
        yield return One("21 parts", Job("schedule: \"" + string.Join("; ", Enumerable.Range(0, 21).Select(i => $"{i} 0 * * *")) + "\""));
        string[] zones = ["Berlin", "Europe/Berln", "CET; drop", "+01:00", "", "W. Europe Standard Time", "right/UTC", "../../etc/passwd"];
        foreach (var zone in zones)
        {
            yield return One($"zone '{zone}'", Job($"time_zone: \"{zone}\""));
        }
        yield return One("starts after ends", Job("schedule: \"@daily\"\n    starts: 2027-01-01T00:00:00Z\n    ends: 2026-01-01T00:00:00Z"));
        yield return One("starts without a zone", Job("starts: tomorrow"));
        yield return One("spread too long", Job("spread: 2d"));
    }

    private static IEnumerable<Folder> Values()
    {
        string[] keys =
        [
            "shedule: \"@daily\"", "timeout: 0s", "timeout: 400d", "timeout: 99999999999999999999d", "timeout: 5", "timeout: null",
            "timeout: 1.5s", "priority: 10", "priority: -1", "priority: 99999999999999999999999999", "priority: 1e300", "priority: 5.5",
            "priority: \"5\"", "enabled: maybe", "tags: { a: b }", "tags: [[a]]", "tags: [null]", "runs_on: maintenance",
            "count: 0", "count: 3", "count: 2.5",
            "retry: { attempts: 21 }", "retry: { delay: -5s }", "retry: { attempts: many, delay: long }", "retry: []", "overlap: SKIP",
            "missed: 1", "on_lost: true", "guard: { max_rows: 9223372036854775808 }", "guard: { max_fraction: 0 }",
            "guard: { maxrows: 1 }", "concurrency: { group: a }", "concurrency: { group: A B, limit: 2 }",
            "concurrency: { group: a, limit: 0 }", "expect: { sucess_within: 1h }", "expect: { duration_below: 0s }",
            "notify: { on: [], to: [ops] }", "notify: { on: [fire], to: [ops] }", "notify: ops", "for_each: snapshot.node",
            "for_each: { where: x }", "params: [1]", "made_by: me", "version: 3", "source: sql", "paused_at: 2026-01-01T00:00:00Z",
            "calendar: [a]", "with: null", "start_within: 0s",
        ];
        foreach (var key in keys) { yield return One($"key {key}", Job(key)); }
        yield return One("no kind", "jobs:\n  a: { schedule: \"@daily\" }\n");
        yield return One("unknown kind", "jobs:\n  a: { kind: fleet.reclaimm }\n");
        yield return One("kind as a list", "jobs:\n  a: { kind: [sql] }\n");
        yield return One("sql without a statement", "jobs:\n  a: { kind: sql }\n");
        yield return One("sql with an unknown setting", "jobs:\n  a: { kind: sql, with: { statement: select 1, databse: x } }\n");
        yield return One("sql with a number as statement list", "jobs:\n  a: { kind: sql, with: { statement: [1] } }\n");
        yield return One("sql with an unknown placeholder", "jobs:\n  a: { kind: sql, with: { statement: \"select ${run.kye}\" } }\n");
        yield return One("fleet.cleanup with a huge batch", "jobs:\n  a: { kind: fleet.cleanup, with: { batch: 10000000000 } }\n");
        foreach (var name in new[] { "A", "a b", "a'; drop table scheduler.job; --", "ä", "", "a\\nb", new string('a', 201), "a#0", "a@b", "a!b" })
        {
            yield return One($"name '{(name.Length > 100 ? "201 letters" : name)}'",
                $"jobs:\n  \"{name}\": {{ kind: sql, with: {{ statement: select 1 }} }}\n");
        }
    }

    private static IEnumerable<Folder> Several()
    {
        const string Fine = "{ kind: sql, with: { statement: select 1 } }";
        yield return One("one name twice in a file", $"jobs:\n  a: {Fine}\n  a: {Fine}\n");
        yield return One("one key twice", Job("owner: a\n    owner: b"));
        yield return Files("one name in two files", ("a.yaml", $"jobs:\n  a: {Fine}\n"), ("b.yml", $"jobs:\n  a: {Fine}\n"));
        yield return Files("a cycle of after across files",
            ("a.yaml", "jobs:\n  a: { kind: sql, schedule: after c, with: { statement: select 1 } }\n"),
            ("b.yaml", "jobs:\n  b: { kind: sql, schedule: after a, with: { statement: select 1 } }\n"),
            ("c.yaml", "jobs:\n  c: { kind: sql, schedule: after b on any, with: { statement: select 1 } }\n"));
        yield return One("after itself", Job("schedule: after a"));
        yield return Files("one good file and one bad", ("a.yaml", $"jobs:\n  good: {Fine}\n"), ("b.yaml", "jobs:\n  bad: { kind: sqk }\n"));
        yield return One("calendars that are none",
            "calendars:\n  A: { holidays: [2026-13-01] }\n  b: { holidays: [2026-13-01] }\n  c: { weekdays: [son] }\n  d: 5\n");
        yield return Files("one calendar in two files",
            ("a.yaml", "calendars:\n  h: { weekdays: [sun] }\n"), ("b.yaml", "calendars:\n  h: { weekdays: [sat] }\n"));
        yield return One("channels that are none", "channels:\n  A: { kind: slack }\n  b: 5\n  c: { kind: telegram }\n  d: { with: {} }\n  e:\n"
            + "    kind: pagerduty\n    with: { routing_key: abc, rooting: x }\n  f: { kind: ping }\n"
            + "  g: { kind: email, with: { to: [] }, group_wait: 2h }\n");
        yield return Files("one channel in two files",
            ("a.yaml", "channels:\n  h: { kind: slack, with: { url: 'http://x/' } }\n"),
            ("b.yaml", "channels:\n  h: { kind: slack, with: { url: 'http://x/' } }\n"));
        yield return One("10,001 jobs", "jobs:\n" + string.Concat(Enumerable.Range(0, 10_001).Select(i => $"  j{i}: {{ kind: fleet.cleanup }}\n")));
        yield return One("501 mistakes", "jobs:\n" + string.Concat(Enumerable.Range(0, 501).Select(i => $"  j{i}: {{ kind: x }}\n")));
    }

    private static Folder One(string name, string text) => Files(name, ("a.yaml", text));

    private static Folder Files(string name, params (string File, string Text)[] files) =>
        new(name, [.. files.Select(f => (f.File, Encoding.UTF8.GetBytes(f.Text)))]);

    // A job that has one more key, which is wrong.
    private static string Job(string key) =>
        $"jobs:\n  a:\n    kind: sql\n{(key.StartsWith("with", StringComparison.Ordinal) ? "" : "    with: { statement: select 1 }\n")}    {key}\n";
}
