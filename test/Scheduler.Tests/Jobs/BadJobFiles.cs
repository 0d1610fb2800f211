using NUnit.Framework;

namespace Scheduler.Tests.Jobs;

/// <summary>Job files with one mistake each, and the line that names it.</summary>
internal static class BadJobFiles
{
    private const string JobKeys = "kind, description, owner, tags, schedule, time_zone, calendar, starts, ends, spread, count, with, guard, "
        + "timeout, retry, overlap, missed, start_within, on_lost, runs_on, priority, concurrency, params, expect, notify, for_each, enabled";

    public static IEnumerable<TestCaseData> All()
    {
        foreach (var (text, message) in Files.Concat(Jobs)) { yield return new TestCaseData(text, message); }
    }

    private static readonly (string, string)[] Files =
    [
        ("job: {}", "f.yaml:1:1: unknown key 'job'; did you mean 'jobs'?"),
        ("defaults: {}", "f.yaml:1:1: unknown key 'defaults'; expected one of jobs, calendars, channels"),
        ("- a", "f.yaml:1:1: expected the key 'jobs:' with a map of job names"),
        ("hello", "f.yaml:1:1: expected the key 'jobs:' with a map of job names"),
        ("jobs: [a]", "f.yaml:1:7: 'jobs' is no map; expected job names, each with its keys"),
        ("jobs: {}\n---\njobs: {}", "f.yaml:2:1: a second document begins; expected one document a file"),
        ("jobs: {}\njobs: {}", "f.yaml:2:1: key 'jobs' is there twice, first at line 1"),
        ("jobs:\n  a:\n", "f.yaml:2:5: job 'a' has no keys; expected at least 'kind'"),
        ("jobs:\n  a: 5\n", "f.yaml:2:6: job 'a' has no keys; expected at least 'kind'"),
        ("jobs:\n  A b: { kind: fleet.cleanup }\n",
            "f.yaml:2:3: job name 'A b' is not allowed; expected 1 to 200 lower-case letters, digits and . _ - /"),
        ("jobs:\n  a: { kind: fleet.cleanup }\n  a: { kind: fleet.cleanup }\n", "f.yaml:3:3: key 'a' is there twice, first at line 2"),
        ("jobs:\n  a: { kind: fleet.cleanup, owner: x, owner: y }\n", "f.yaml:2:39: key 'owner' is there twice, first at line 2"),
        ("jobs:\n  a: { kind: fleet.cleanup, owner: &o x }\n", "f.yaml:2:36: anchor '&o' is not allowed; write the value out where it is needed"),
        ("jobs:\n  a:\n    kind: fleet.cleanup\n    schedule: */5 * * * *\n",
            "f.yaml:4:15: the YAML cannot be read: * begins something else in YAML; write it in quotes: \"*/5 * * * *\""),
        ("jobs:\n  a: { kind: fleet.cleanup, schedule: @daily }\n",
            "f.yaml:2:39: the YAML cannot be read: @ begins something else in YAML; write it in quotes: \"@daily\""),
        ("jobs:\n  a: { kind: fleet.cleanup, owner: *o }\n", "f.yaml:2:36: the YAML cannot be read: alias '*o' is not allowed; write the value out"),
        ("jobs:\n  a: { kind: fleet.cleanup, owner: !!binary x }\n",
            "f.yaml:2:36: tag 'tag:yaml.org,2002:binary' is not allowed; expected a plain value"),
        ("jobs:\n  a: { kind: fleet.cleanup, [x]: y }\n", "f.yaml:2:29: a key is a list or a map; expected a word"),
        ("jobs:\n  a-{id}: { kind: fleet.cleanup, for_each: { relation: t }, with: { bach: '{id}' } }\n",
            "f.yaml:2:69: unknown key 'bach'; did you mean 'batch'?"),
        ("jobs:\n  a-{id}: { kind: fleet.cleanup, for_each: { relation: t }, timeout: '{id}' }\n",
            "f.yaml:2:70: 'timeout' is '{id}'; expected a duration such as 30s, 5m, 1h30m or 30d"),
        ("jobs: " + new string('[', 40), "f.yaml:1:38: the YAML cannot be read: nested deeper than 32 levels"),
        ("jobs:\n\ta: {}\n", "f.yaml:2:1: the YAML cannot be read: the line is indented with a tab; expected spaces"),
    ];

    private static readonly (string, string)[] Jobs =
    [
        Job("", "f.yaml:2:3: 'kind' is missing"),
        Job("kind: null", "f.yaml:3:11: 'kind' is empty; expected text"),
        Job("kind: fleet.clean", "f.yaml:3:11: kind 'fleet.clean' is not known; did you mean 'fleet.cleanup'?"),
        Job("kind: webhook", "f.yaml:3:11: kind 'webhook' is not known; expected one of command, fleet.cleanup, sql"),
        Cleanup("ownr: me", "f.yaml:4:5: unknown key 'ownr'; did you mean 'owner'?"),
        Cleanup("colour: red", $"f.yaml:4:5: unknown key 'colour'; expected one of {JobKeys}"),
        Cleanup("description:", "f.yaml:4:17: 'description' is empty; expected text"),
        Cleanup("description: [a]", "f.yaml:4:18: 'description' is a list; expected text"),
        Cleanup("tags: fleet", "f.yaml:4:11: 'tags' is 'fleet'; expected a list"),
        Cleanup("tags: [a, {b: c}]", "f.yaml:4:15: 'tags[1]' is a map; expected text"),
        Cleanup("schedule: 60 * * * *",
            "f.yaml:4:15: schedule '60 * * * *': minute '60' cannot be read; expected 0-59; did you mean '0 * * * *'?"),
        Cleanup("schedule: 0 0 0 31 2 ?", "f.yaml:4:15: schedule '0 0 0 31 2 ?' is never due up to 2299: no such day exists"),
        Cleanup("time_zone: Europe/Berln", "f.yaml:4:16: time zone 'Europe/Berln' is not known; did you mean 'Europe/Berlin'?"),
        Cleanup("time_zone: [UTC]", "f.yaml:4:16: 'time_zone' is a list; expected text"),
        Cleanup("timeout: 600", "f.yaml:4:14: 'timeout' is '600'; expected a duration such as 30s, 5m, 1h30m or 30d"),
        Cleanup("timeout: 0s", "f.yaml:4:14: 'timeout' is 0s; expected 1s to 365d"),
        Cleanup("start_within: soon", "f.yaml:4:19: 'start_within' is 'soon'; expected a duration such as 30s, 5m, 1h30m or 30d"),
        Cleanup("overlap: skp", "f.yaml:4:14: 'overlap' is 'skp'; expected one of skip, queue, cancel, allow; did you mean 'skip'?"),
        Cleanup("missed: never", "f.yaml:4:13: 'missed' is 'never'; expected one of once, skip, all"),
        Cleanup("on_lost: retry", "f.yaml:4:14: 'on_lost' is 'retry'; expected one of rerun, fail"),
        Cleanup("priority: 10", "f.yaml:4:15: 'priority' is 10; expected 0 to 9"),
        Cleanup("priority: high", "f.yaml:4:15: 'priority' is 'high'; expected a whole number"),
        Cleanup("enabled: yes", "f.yaml:4:14: 'enabled' is 'yes'; expected true or false"),
        Cleanup("enabled: \"true\"", "f.yaml:4:14: 'enabled' is 'true'; expected true or false"),
        Cleanup("retry: 3", "f.yaml:4:12: 'retry' is 3; expected a map of keys to values"),
        Cleanup("retry: { attempts: 0 }", "f.yaml:4:24: 'retry.attempts' is 0; expected 1 to 20"),
        Cleanup("retry: { atempts: 3 }", "f.yaml:4:14: unknown key 'retry.atempts'; did you mean 'attempts'?"),
        Cleanup("retry: { backoff: linear }", "f.yaml:4:23: 'retry.backoff' is 'linear'; expected one of exponential, constant"),
        Cleanup("guard: { max_fraction: 30 }", "f.yaml:4:28: 'guard.max_fraction' is 30; expected more than 0 to 1"),
        Cleanup("guard: { max_rows: 0 }", "f.yaml:4:24: 'guard.max_rows' is 0; expected at least 1"),
        Cleanup("with: [a]", "f.yaml:4:11: the settings are a list; expected a map of keys to values"),
        Cleanup("with: { bacth: 1 }", "f.yaml:4:13: unknown key 'bacth'; did you mean 'batch'?"),
        Cleanup("with: { batch: many }", "f.yaml:4:20: 'batch' is 'many'; expected a whole number"),
        Cleanup("with: { batch: 010 }", "f.yaml:4:20: 'batch' is '010'; expected a whole number"),
        Cleanup("with:\n      pause:\n        share: 7", "f.yaml:6:16: 'pause.share' is 7; expected more than 0 to 1"),
        Job("kind: sql", "f.yaml:2:3: 'statement' is missing"),
        Job("kind: sql\n    with: { database: x }", "f.yaml:4:5: 'statement' is missing"),
        Job("kind: command\n    with: { argv: [] }", "f.yaml:4:19: 'argv' is a list of 0; expected at least 1 entries"),
        Job("kind: command\n    with: { argv: [a, b], shell: true }", "f.yaml:4:11: 'argv' has several entries; expected one when 'shell' is true"),
    ];

    private static (string, string) Job(string keys, string message) => ($"jobs:\n  a:\n    {(keys.Length == 0 ? "owner: me" : keys)}\n", message);

    private static (string, string) Cleanup(string keys, string message) => Job("kind: fleet.cleanup\n    " + keys, message);
}
