using System.Text.RegularExpressions;
using NUnit.Framework;
using Scheduler.Database;
using Scheduler.IntegrationTests.Snapshots;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Cli;

/// <summary>Tables on a real terminal: as wide as it is, no word broken, keys whole; the same rows in a pipe have all columns.</summary>
[TestFixture, Platform("Linux")]
public sealed partial class TerminalTests
{
    private const string LongJob = "a-rather-long-name-of-a-job-that-cleans-up";
    private const string LongRun = LongJob + "@2026-11-21T04:00:00Z";
    // A terminal would obey its escape sequence, and its last word would be shown from right to left.
    private const string Error = "P0001: \u001b[31m請求書が見つかりません: 顧客番号一二三四五六七八九の請求書はすでに削除されています\u001b[0m\r\nconnection "
        + "refused by billing-database.internal.example.com after seventeen attempts \u202ekcatta";

    private static TestDatabase db = null!;

    [OneTimeSetUp]
    public static async Task SetUp()
    {
        db = await TestDatabase.Create();
        await db.Execute("""
            insert into scheduler.job (name, kind, schedule, settings, description)
            values (@LongJob, 'sql', '*/5 * * * *; on notify invoices_were_imported', '{"statement": "select 1"}', ''),
                ('backup', 'sql', '@daily', '{"statement": "select 1"}', '');
            update scheduler.job set settings = jsonb_build_object('statement', repeat('select count(*) from invoices where paid; ', 5))
                where name = 'backup';
            update scheduler.job set settings = jsonb_build_object('statement', repeat('select count(*) from invoices where due; ', 5))
                where name = 'backup';
            update scheduler.job set problem = 'schedule ''@daily'' has no fire left before the end of time' where name = 'backup';
            insert into quartz.qrtz_job_details (sched_name, job_name, job_group, job_class_name, is_durable, is_nonconcurrent, is_update_data,
                requests_recovery) values ('scheduler', @LongJob, 'jobs', 'x', true, false, false, true);
            insert into quartz.qrtz_triggers (sched_name, trigger_name, trigger_group, job_name, job_group, trigger_state, trigger_type, start_time,
                next_fire_time) values ('scheduler', 'a', 'jobs', @LongJob, 'jobs', 'WAITING', 'CRON', 0,
                scheduler_private.ticks_of('2126-11-21T04:00:00Z'));
            insert into scheduler_private.run (run_key, job, due_at, state, version, priority, node, verdict, error, reason, started_at, ended_at,
                token, attempts, owner)
            values (@LongRun, @LongJob, '2026-11-21T04:00:00Z', 'finished', 1, 5, 'n1', 'failed', @Error, null, '2026-11-21T04:00:00Z',
                    '2026-11-21T04:00:01Z', 1, 1, 1),
                ('backup@2026-11-21T00:00:00Z', 'backup', '2026-11-21T00:00:00Z', 'finished', 1, 5, null, 'skipped', null, 'paused', null,
                    '2026-11-21T00:00:00Z', 0, 0, null);
            update scheduler_private.job_gate set failures_in_row = 1, last_run_key = @LongRun, last_verdict = 'failed',
                last_due_at = '2026-11-21T04:00:00Z', last_ended_at = '2026-11-21T04:00:01Z', finished_count = 1 where job = @LongJob;
            insert into scheduler_private.node (name, lease_id, state, slots, version, host, pid, lease_until, labels, url, renewed_at)
            values ('scheduler-node-in-frankfurt', 1, 'live', 20, '0.1.0', 'fra1-prod-scheduler-0017', 4711, now() + interval '1 day',
                '{maintenance,gpu,frankfurt,production}', 'http://10.20.30.40:8080', '2026-11-21T04:00:01Z');
            insert into scheduler.channel (name, kind, settings, description)
            values ('operations-pager-of-the-billing-team', 'slack', '{"url": "http://127.0.0.1:1/"}', 'Who is called when invoices are late'),
                ('ops', 'slack', '{"url": "http://127.0.0.1:1/"}', '');
            insert into scheduler_private.notification (channel, what, payload, expires_at, error, attempts)
            values ('operations-pager-of-the-billing-team', 'alerts', '{}', now() + interval '1 day', @Error, 3);
            select scheduler_private.watch_incidents('0', '30 days')
            """, new { LongJob, LongRun, Error });
        await db.AddNode("ethereum-archive-node-in-frankfurt-0017");
        await db.AddUpload("ethereum-archive-node-in-frankfurt-0017", "failed");
    }

    [OneTimeTearDown]
    public static async Task TearDown() => await db.DisposeAsync();

    [Test]
    public async Task Every_list_fits_80_columns_breaks_no_word_and_keeps_its_keys(
        [Values("job list", "run list", "node list", "incident list --all", "channel list", "channel log", "upload list", "snapshot list",
            "job history backup", "job diff backup", "job show " + LongJob, "run show " + LongRun)] string command) => await Fits(command, 80);

    [Test]
    public async Task A_list_fits_a_terminal_of_any_width(
        [Values("job list", "run list", "job diff backup")] string command, [Values(40, 200)] int columns) => await Fits(command, columns);

    [Test]
    public async Task Of_80_columns_the_jobs_take_what_matters_most_and_a_long_name_has_a_line_of_its_own()
    {
        var shown = await Show(80, "job", "list");
        Assert.That(shown, Is.EqualTo("""
            name                                        state    last_verdict
            a-rather-long-name-of-a-job-that-cleans-up  idle     failed
            backup                                      problem
            7 more columns with -o wide

            """.ReplaceLineEndings("\n")));
        Assert.That(await Show(40, "job", "list"), Is.EqualTo("""
            name    state    last_verdict
            a-rather-long-name-of-a-job-that-cleans-up
                    idle     failed
            backup  problem
            7 more columns with -o wide

            """.ReplaceLineEndings("\n")));
    }

    [Test]
    public async Task Wide_shows_all_columns_and_so_does_a_pipe()
    {
        var wide = await Show(80, "run", "list", "-o", "wide");
        var piped = (await Ask("run", "list")).Out;
        Assert.That(wide, Is.EqualTo(piped));
        Assert.That(piped.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries),
            Is.EqualTo(new[] { "run_key", "state", "verdict", "reason", "node", "attempts", "started_at", "ended_at", "error" }));
        Assert.That(piped, Does.Contain("after seventeen attempts"));
        Assert.That(piped.Where(c => c is '\u001b' or '\u202e' or '\r'), Is.Empty);
    }

    [Test]
    public async Task A_table_is_coloured_on_a_terminal_and_not_with_NO_COLOR()
    {
        var coloured = (await Binary.OnTerminal(80, Environment(), "run", "list")).Out;
        var plain = (await Binary.OnTerminal(80, new Dictionary<string, string>(Environment()) { ["NO_COLOR"] = "1" }, "run", "list")).Out;
        Assert.That(coloured, Does.Match("\u001b\\[[0-9;]*mfailed"));
        Assert.That(plain, Does.Contain("failed").And.Not.Match("\u001b\\[[0-9;]*mfailed"));
    }

    private static async Task Fits(string command, int columns)
    {
        var arguments = command.Split(' ');
        var asked = await Ask(arguments);
        var (piped, shown) = (asked.Out, await Show(columns, arguments));
        var known = Words(piped + asked.Error).ToHashSet();
        foreach (var line in TablesOf(shown))
        {
            // A line of its own is what a single key gets that is longer than the terminal.
            Assert.That(Cells(line) <= columns || !line.Trim().Contains(' '), Is.True, $"'{line}' has {Cells(line)} columns\n{shown}");
            Assert.That(Words(line).Where(w => !known.Contains(w)), Is.Empty, $"broken words in\n{shown}\n{piped}");
        }
        // The first column is the key, or a number of one.
        foreach (var key in TablesOf(piped).Select(l => l.Split("  ")[0]).Where(k => k.Length > 0))
        {
            Assert.That(shown, Does.Contain(key));
        }
    }

    // Of 'show' the tables alone: a definition's lines are as long as they are.
    private static IEnumerable<string> TablesOf(string shown) => shown.TrimEnd('\n').Split('\n').Reverse()
        .TakeWhile(l => l.Length > 0).Reverse().Where(l => !MoreColumns().IsMatch(l) && !LastRuns().IsMatch(l));

    // Scripts without blanks have no words to break; a list's items are words.
    private static IEnumerable<string> Words(string text) => text.Split([' ', '\n', ','], StringSplitOptions.RemoveEmptyEntries)
        .Select(w => w.TrimEnd('…')).Where(w => w.Length > 0 && w.All(char.IsAscii));

    private static int Cells(string line) => line.Sum(c => c >= '\u2e80' && c != '…' ? 2 : 1);

    private static async Task<string> Show(int columns, params string[] arguments)
    {
        var shown = await Binary.OnTerminal(columns, Environment(), arguments);
        Assert.That(shown.ExitCode, Is.Zero, shown.Out + shown.Error);
        return string.Join('\n', shown.Out.Split('\n').Select(l => PlainText.Clean(l).TrimEnd()));
    }

    private static Task<Ended> Ask(params string[] arguments) => Binary.RunWith(Environment(), arguments);

    private static Dictionary<string, string> Environment() => new() { ["SCHEDULER__CONNECTION"] = db.ConnectionString };

    [GeneratedRegex(@"^\d+ more columns? with -o wide$")]
    private static partial Regex MoreColumns();

    [GeneratedRegex("^(last 10 runs|attempts)$")]
    private static partial Regex LastRuns();
}
