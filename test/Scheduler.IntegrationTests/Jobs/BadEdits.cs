namespace Scheduler.IntegrationTests.Jobs;

/// <summary>Edits in SQL that must be refused. What each is told stands in bad_edits.txt.</summary>
internal static class BadEdits
{
    /// <summary>Jobs there are before them.</summary>
    public const string Before = """
        insert into scheduler.job (name, kind, schedule, settings) values
            ('nightly', 'sql', '0 3 * * *', '{"statement": "select 1"}'),
            ('report', 'sql', 'after nightly', '{"statement": "select 2"}'),
            ('archive', 'sql', 'after report on any; @weekly', '{"statement": "select 3"}'),
            ('cleanup', 'fleet.cleanup', '@hourly', '{"batch": 500}')
        """;

    public static IEnumerable<string> All =>
    [
        .. Schedules.Select(s => $"update scheduler.job set schedule = '{s.Replace("'", "''", StringComparison.Ordinal)}' where name = 'nightly'"),
        .. Columns.Select(c => $"update scheduler.job set {c} where name = 'nightly'"),
        .. Settings.Select(s => $"update scheduler.job set settings = '{s}' where name = 'cleanup'"),
        .. Names.Select(n => $"insert into scheduler.job (name, kind, settings) values ({n}, 'sql', '{{\"statement\": \"select 1\"}}')"),
        .. Statements,
    ];

    private static readonly string[] Schedules =
    [
        // Words of other schedulers, and slips.
        "", "every 10 s", "every 5 minutes", "every", "every 0s", "every 1.5h", "every 1w", "every 500ms", "every 1m2h", "every hour",
        "30 seconds", "5m",
        "@dayly", "@every 5m", "@reboot", "daily", "manuel", "evry 5m", "hello", "0 3 * *", "0 0 3 * * ? * *", "manual; @daily", "@daily;;@hourly",
        // Unix cron.
        "60 * * * *", "0 24 * * *", "0 3 32 * *", "0 3 * 13 *", "0 3 * * 8", "0 3 * * MNO", "0 3 * * MONDAY", "*/0 * * * *", "1,,2 3 * * *",
        "0 3 */2 * 1", "a b c d e", "-1 * * * *", "0 3 * * MON#",
        // Quartz cron.
        "60 0 3 * * ?", "0 60 3 * * ?", "0 0 25 * * ?", "0 0 3 ? * 0", "0 0 3 ? JNA *", "0 0 3 ? * MON 1969", "0 0 3 ? * MON 2300",
        // The rest of the language.
        "at noon", "at 2026-13-01T00:00:00Z", "at 2026-02-30T00:00:00Z", "rrule BYDAY=MO", "rrule FREQ=DAYLY", "rrule FREQ=DAILY;BYHUOR=3",
        "rrule FREQ=DAILY;COUNT=3", "after", "after nightly on sucess", "after Nightly", "on start", "on notify", "on notify Orders",
        "on notify scheduler_jobs",
        "on relase",
        // Jobs that are not there, and circles.
        "after nightli", "after nightly", "after archive", "@daily; after report on failure",
        // A statement where a schedule belongs.
        "0 3 * * *'; drop table scheduler.job; --",
    ];

    private static readonly string[] Columns =
    [
        "schedule = repeat('0 3 * * *; ', 100)", "schedule = repeat('@daily; ', 21) || '@daily'", "schedule = null",
        "time_zone = 'Europe/Berln'", "time_zone = 'berlin'", "time_zone = 'europe/berlin'", "time_zone = 'CEST'", "time_zone = '+01:00'",
        "time_zone = ''",
        "time_zone = 'posix/Europe/Berlin'", "time_zone = null",
        "kind = 'sqll'", "kind = 'webhook'", "kind = null", "kind = 'fleet.cleanup'",
        "timeout = interval '0'", "timeout = interval '-5 minutes'", "timeout = interval '1 month'", "timeout = interval '366 days'",
        "timeout = interval '100000000 years'", "timeout = null", "start_within = interval '2 years'", "spread = interval '2 days'",
        "overlap = 'skp'", "missed = 'never'", "on_lost = null", "priority = 10", "priority = 100000",
        "tags = array_fill('x'::text, array[51])", "tags = array['']", "runs_on = array[null]::text[]", "tags = null",
        "retry = '{\"atempts\": 3}'", "retry = '{\"attempts\": 0}'", "retry = '{\"attempts\": \"3\"}'", "retry = '{\"delay\": \"5 sec\"}'",
        "retry = '{\"delay\": 5}'", "retry = '{\"backoff\": \"exponetial\"}'", "retry = '[3]'", "retry = null",
        "guard = '{\"max_fraction\": 30}'", "guard = '{\"max_rows\": 0.5}'", "concurrency = '{\"group\": \"a\"}'",
        "concurrency = '{\"group\": \"A b\", \"limit\": 1}'", "expect = '{\"success_within\": \"3 h\"}'",
        "notify = '{\"on\": [\"failur\"], \"to\": [\"ops\"]}'",
        "notify = '{\"on\": [], \"to\": [\"ops\"]}'", "notify = '{\"on\": \"failure\", \"to\": \"ops\"}'", "params = '[]'",
        "params = jsonb_build_object('a', repeat('x', 70000))", "for_each = '{\"where\": \"enabled\"}'", "description = repeat('x', 10001)",
        "description = E'a\\000b'", "settings = '{\"statement\": \"a\\u0000b\"}'", "starts = 'infinity'",
        "starts = '2027-01-01Z', ends = '2026-01-01Z'",
        "paused_until = '-infinity'", "paused_until = '20226-12-01Z'", "starts = '0044-01-01Z BC'", "ends = '20226-12-01Z'",
        "params = ('{\"a\":' || repeat('[', 70) || repeat(']', 70) || '}')::jsonb", "name = 'nightly2'",
    ];

    private static readonly string[] Settings =
    [
        "{\"bacth\": 1}", "{\"batch\": \"many\"}", "{\"batch\": 0}", "{\"batch\": 1e9}", "{\"offline_older_than\": \"30 days\"}",
        "{\"offline_older_than\": \"1s\"}", "{\"batch\": null}", "[]", "null", "{\"bacth\": 1, \"batch\": \"x\"}", "{",
    ];

    private static readonly string[] Names =
    [
        "'Nightly'", "'x; drop table scheduler.job; --'", "''", "null", "repeat('x', 201)", "'a b'", "E'a\\nb'", "'nightly'", "'../../etc/ passwd'",
    ];

    private static readonly string[] Statements =
    [
        "delete from scheduler.job where name = 'nightly'",
        "insert into scheduler.job (name, kind, settings) values ('new', 'sql', '{}')",
        "insert into scheduler.job (name, kind, settings) values ('new', 'sql', '{\"statement\": 5}')",
        "insert into scheduler.job (name, kind, schedule, settings) values ('a', 'sql', 'after b', '{\"statement\": \"x\"}'), "
            + "('b', 'sql', 'after c', '{\"statement\": \"x\"}'), ('c', 'sql', 'after a', '{\"statement\": \"x\"}')",
        "select scheduler.schedule('nightly', '30 secs', 'vacuum')",
        "select scheduler.schedule('nightly', '@daily', '{batch', kind => 'fleet.cleanup')",
        "select scheduler.schedule('nightly', '@daily', '{\"batch\": \"x\"}', kind => 'fleet.cleanup')",
        "select scheduler.unschedule('nightli')",
        "select scheduler.unschedule('night*')",
        "select scheduler.pause('nigthly')",
        "select scheduler.pause('night ly')",
        "select scheduler.pause('nightly', until => '2020-01-01Z')",
        "select scheduler.resume('*nothing*')",
        "select scheduler.undo('nightly')",
        "select scheduler.undo('nightly', 7)",
        "select scheduler.undo('nobody')",
        "update scheduler.job set schedule = 'every 1x'",
    ];
}
