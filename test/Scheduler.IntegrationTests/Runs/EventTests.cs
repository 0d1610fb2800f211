using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.Runs;
using Scheduler.Schedules;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Runs;

/// <summary>What becomes due by an event: later, after several jobs, after a start, after the end of the last run.</summary>
[TestFixture, FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EventTests : LedgerFixture
{
    private const string Events = "select coalesce(string_agg(job || ' ' || cause, '; ' order by job, run_key), '') from scheduler_private.event";

    [Test]
    public async Task The_database_reads_events_as_nodes_do()
    {
        foreach (var written in (string[])["after a", "after  a\nand b on any from startup + 5m", "on startup + 15m with mode=full", "on release",
            "on node start + 1s", "on notify orders + 2s", "every 5m after end", "0 2 * * * with a=1", "after and and on on failure with with=1"])
        {
            var parts = Schedule.Parse($"@daily; {written}", "UTC").Events;
            var read = await Database.Rows<(string Event, string Source, int Place, double Delay, bool Marked)>("""
                select event, source, place::int, extract(epoch from delay)::float8, mark = 'w2' from scheduler_private.subscriptions_of('j', @text)
                """, new { text = $"@daily; {written}" });
            var expected = parts.SelectMany(p => (p switch
            {
                AfterPart a => a.Jobs.Select(j => ("after", j)),
                NotifyPart n => [("notify", n.Channel)],
                StartupPart => [("startup", "")],
                ReleasePart => [("release", "")],
                NodeStartPart => [("node", "")],
                _ => [("end", "")],
            }).Select(e => (e.Item1, e.Item2, 2, (p is AfterEndPart end ? end.Interval : p.Delay).TotalSeconds, p.Params.Count > 0)));
            Assert.That(read, Is.EquivalentTo(expected), written);
        }
    }

    [Test]
    public async Task A_delayed_event_is_due_later_and_taken_back_with_its_part()
    {
        var node = await Node("n1");
        await Job("a", "manual");
        await Job("b", "after a + 1h; after a");
        await Job("c", "on startup + 15m; on release + 1d");
        await Database.Execute("select scheduler_private.node_opened(@LeaseId)", node);
        await End(node, "a");
        Assert.That(await Waiting("b"), Is.EqualTo("0s 3600s"));
        Assert.That(await Waiting("c"), Is.EqualTo("900s 86400s"));
        Assert.That(await Database.Value<bool>("select next_fire_at > now() + interval '14 minutes' from scheduler.job_status where name = 'c'"));
        Assert.That(await Database.Rows<string>("select job from scheduler_private.event where due_at <= clock_timestamp()"), Is.EqualTo(["b"]));

        await Database.Execute("""
            update scheduler.job set schedule = 'after a' where name = 'b';
            update scheduler.job set tags = '{x}' where name = 'c'
            """);
        Assert.That(await Waiting("b"), Is.EqualTo("0s"));
        Assert.That(await Waiting("c"), Is.EqualTo("900s 86400s 86400s"), "each version is a release");
        // A start within the time begins it anew.
        await Database.Execute("update scheduler_private.node set state = 'stopped'");
        var again = await Node("n2");
        await Database.Execute("select scheduler_private.node_opened(@LeaseId)", again);
        Assert.That(await Database.Value<long>("select count(*) from scheduler_private.event where cause = 'startup'"), Is.EqualTo(1));
        await Database.Execute("delete from scheduler.job where name = 'c'");
        Assert.That(await Waiting("c"), Is.Empty);
    }

    [Test]
    public async Task A_process_that_comes_live_makes_its_node_due_once()
    {
        var (first, second) = (await Node("n1"), await Node("n2"));
        await Job("warm", "on node start");
        foreach (var lease in (long[])[first.LeaseId, first.LeaseId, second.LeaseId])
        {
            await Database.Execute("select scheduler_private.node_opened(@lease)", new { lease });
        }
        var back = await Node("n1");
        await Database.Execute("select scheduler_private.node_opened(@LeaseId, @former)", new { back.LeaseId, former = first.LeaseId });
        Assert.That(await Database.Value<string>(Events), Is.EqualTo("warm node start n1; warm node start n2"));

        var fires = (await Database.Rows<(string Key, string Job, DateTime Due, string Cause)>(
            "select run_key, job, due_at, cause from scheduler_private.event")).Select(e => new Fire(e.Key, e.Job, e.Due, null, e.Cause));
        await Ledger.Enter([.. fires], 5, second, default);
        await Ledger.Claim(5, second, default);
        Assert.That(await Database.Value<string>("select string_agg(only_node || ' ' || state, ', ' order by only_node) from scheduler_private.run"),
            Is.EqualTo("n1 queued, n2 running"));
    }

    [TestCase("after a and b", "a b", "after a and b")]
    [TestCase("after a and b", "a a a", "")]
    [TestCase("after a and b", "a a b b a", "after a and b; after a and b")]
    [TestCase("after a and b", "a !b b !a b a", "after a and b; after a and b")]
    [TestCase("after b and a on failure", "!a a b !b", "after b and a")]
    [TestCase("after a and b on any; after b", "!a b", "after b; after a and b")]
    [TestCase("after a and b; after b and a on failure", "!a b a !b", "after a and b; after b and a")]
    public async Task Several_jobs_are_waited_for_since_the_last_time(string schedule, string ends, string due)
    {
        var node = await Node("n1");
        await Job("a", "manual");
        await Job("b", "manual");
        await Job("last", schedule);
        foreach (var end in ends.Split(' ')) { await End(node, end.TrimStart('!'), end[0] == '!' ? "failed" : "succeeded"); }
        Assert.That(await Database.Value<string>("""
            select coalesce(string_agg(regexp_replace(cause, '![^ ]+', '', 'g'), '; ' order by length(cause), created_at), '')
            from scheduler_private.event
            """), Is.EqualTo(due));
    }

    [Test]
    public async Task However_many_end_at_once_each_complete_set_is_one_fire([Values(2, 5)] int parents)
    {
        const int Rounds = 12;
        var names = Enumerable.Range(0, parents).Select(i => $"p{i}").ToList();
        foreach (var name in names) { await Job(name, "manual"); }
        await Job("join", "after " + string.Join(" and ", names));
        await Job("other", "after " + string.Join(" and ", names.AsEnumerable().Reverse()) + " on any");
        var nodes = new List<NodeIdentity>();
        foreach (var name in names) { nodes.Add(await Node("n" + name)); }
        for (var round = 1; round <= Rounds; round++)
        {
            var runs = new List<RunRow>();
            foreach (var name in names) { runs.Add(await Begin(nodes[0], name)); }
            // All are let go by one commit, so that they meet at the rows they count in.
            await using (var gate = await Database.Source.OpenConnectionAsync())
            await using (var hold = await gate.BeginTransactionAsync())
            {
                await using var command = gate.CreateCommand();
                command.CommandText = "select id from scheduler_private.gathering order by id for update";
                await command.ExecuteNonQueryAsync();
                var all = Task.WhenAll(runs.Select(r => Ledger.Finish([new(r, "succeeded")], nodes[0].LeaseId, default)));
                await Database.Until("all wait", async () => await Database.Value<long>(
                    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()") >= parents);
                await hold.CommitAsync();
                await all;
            }
            Assert.That(await Database.Value<long>("select count(*) from scheduler_private.event where job = 'join'"), Is.EqualTo(round));
            Assert.That(await Database.Value<long>("select count(*) from scheduler_private.event where job = 'other'"), Is.EqualTo(round));
        }
        Assert.That(await Database.Value<long>("select count(*) from scheduler_private.gathering where runs <> '{}'"), Is.Zero);
    }

    [Test]
    public async Task Only_runs_of_the_start_count_where_that_is_asked()
    {
        var node = await Node("n1");
        await Job("first", "on startup");
        await Job("middle", "after first");
        await Job("hand", "manual");
        await Job("late", "after middle from startup");
        await Job("both", "after first and hand on any from startup");
        await Job("each", "after middle and first from startup");
        await Database.Execute("select scheduler_private.node_opened(@LeaseId)", node);
        await EndEvents(node);
        await EndEvents(node);
        await End(node, "hand");
        Assert.That(await Database.Rows<string>("select job from scheduler_private.event order by job"), Is.EqualTo(["each", "late"]));
        await Database.Execute("delete from scheduler_private.event");
        await End(node, "first");
        await EndEvents(node);
        Assert.That(await Database.Value<string>(Events), Is.Empty, "a run by hand is none of the start");
    }

    [Test]
    public async Task Jobs_of_a_join_exist_end_in_no_circle_and_stay_while_they_are_waited_for()
    {
        await Job("a", "manual");
        Assert.That(async () => await Job("c", "after a and b"), Throws.Exception.Message.Contains("runs after job 'b', which does not exist"));
        await Job("b", "manual");
        await Job("c", "after a and b + 5m");
        Assert.That(await Database.Rows<string>("select job from scheduler_private.job_gate where followed order by job"), Is.EqualTo(["a", "b"]));
        Assert.That(async () => await Database.Execute("update scheduler.job set schedule = 'after a and c' where name = 'b'"),
            Throws.Exception.Message.Contains("runs after itself: b after c after b"));
        Assert.That(async () => await Database.Execute("delete from scheduler.job where name = 'b'"),
            Throws.Exception.Message.Contains("job 'c' runs after it"));
        await Database.Execute("update scheduler.job set schedule = 'after a' where name = 'c'; delete from scheduler.job where name = 'b'");
        Assert.That(await Database.Rows<string>("select job from scheduler_private.job_gate where followed order by job"), Is.EqualTo(["a"]));
        await Database.Execute("select scheduler_private.keep_events()");
        Assert.That(await Database.Value<long>("select count(*) from scheduler_private.gathering"), Is.Zero);
    }

    // However the run ends, is skipped or lost, and whether an operator pauses, disables or edits: one fire is on its way, counted from the end.
    [TestCase("succeeded")]
    [TestCase("failed")]
    [TestCase("skipped")]
    [TestCase("lost")]
    [TestCase("cancelled")]
    [TestCase("cancelled before it began")]
    [TestCase("missed")]
    public async Task After_its_end_a_job_is_due_again_however_it_ended(string end)
    {
        var node = await Node("n1");
        await Job("loop", "every 5m after end", end == "missed" ? "skip" : "all");
        await Database.Execute("update scheduler.job set on_lost = 'fail'");
        Assert.That(await Keep(), Is.EqualTo(1));
        Assert.That(await Keep(), Is.Zero, "one at a time");
        Assert.That(await Waiting("loop"), Is.EqualTo("300s"));
        await Database.Execute("""
            update scheduler_private.event set due_at = due_at - interval '10 minutes',
                run_key = scheduler_private.event_key(job, due_at - interval '10 minutes', 'end')
            """);
        var fire = (await Database.Rows<(string Key, DateTime Due, string Cause)>(
            "select run_key, due_at, cause from scheduler_private.event")).Single();
        await Ledger.Enter([new Fire(fire.Key, "loop", fire.Due, null, fire.Cause)], 0, node, default);
        await Database.Execute("delete from scheduler_private.event");
        if (end != "missed")
        {
            Assert.That(await Keep(), Is.Zero, "its run is live");
            var run = end == "cancelled before it began" ? null : (await Ledger.Claim(1, node, default)).Single();
            if (run is null) { await Database.Execute("select scheduler.cancel(@Key)", new { fire.Key }); }
            else if (end == "lost")
            {
                await Database.Execute("update scheduler_private.node set lease_until = now() - interval '1 s'");
                await Ledger.RequeueLost(default);
            }
            else { await Ledger.Finish([new(run, end)], node.LeaseId, default); }
        }
        Assert.That(await Database.Value<long>("select count(*) from scheduler_private.run where state = 'finished'"), Is.EqualTo(1));
        Assert.That(await Keep(), Is.EqualTo(1));
        Assert.That(await Keep(), Is.Zero);
        Assert.That(await Waiting("loop"), Is.EqualTo("300s"));
    }

    [Test]
    public async Task A_pause_and_an_edit_begin_the_wait_anew()
    {
        await Job("loop", "every 5m after end");
        await Keep();
        await Database.Execute("update scheduler.job set paused_at = now()");
        Assert.That(await Waiting("loop"), Is.Empty);
        Assert.That(await Keep(), Is.Zero);
        await Database.Execute("update scheduler.job set paused_at = null");
        Assert.That(await Keep(), Is.EqualTo(1));
        await Database.Execute("update scheduler.job set schedule = 'every 10m after end; @daily'");
        Assert.That(await Waiting("loop"), Is.Empty);
        await Keep();
        await Database.Execute("update scheduler.job set tags = '{x}'");
        Assert.That(await Keep(), Is.Zero);
        Assert.That(await Waiting("loop"), Is.EqualTo("600s"));
        await Database.Execute("update scheduler.job set enabled = false");
        Assert.That(await Keep(), Is.Zero);
        Assert.That(await Waiting("loop"), Is.Empty);
        await Database.Execute("update scheduler.job set enabled = true");
        await Keep();
        Assert.That(await Waiting("loop"), Is.EqualTo("600s"));
        // A pause that has ended by itself counts from its end, whenever that is noticed.
        await Database.Execute("update scheduler.job set paused_at = now() - interval '1 h', paused_until = now() + interval '1 h'");
        Assert.That(await Keep(), Is.Zero);
        await Database.Execute("update scheduler_private.subscription set since = now() - interval '1 h'");
        await Database.Execute("update scheduler.job set paused_until = now() - interval '2 m'");
        await Keep();
        Assert.That(await Waiting("loop"), Is.EqualTo("480s"));
        await Database.Execute("update scheduler.job set paused_at = null");
        await Keep();
        Assert.That(await Waiting("loop"), Is.EqualTo("480s"));
    }

    [Test]
    public async Task A_run_by_hand_begins_the_wait_anew()
    {
        var node = await Node("n1");
        await Job("loop", "every 5m after end");
        await Database.Execute("update scheduler_private.subscription set since = now() - interval '2 m'");
        await Keep();
        Assert.That(await Waiting("loop"), Is.EqualTo("180s"));
        await End(node, "loop");
        await Keep();
        Assert.That(await Waiting("loop"), Is.EqualTo("300s"));
    }

    [TestCase("@daily with mode=full n=2", null)]
    [TestCase("after a and b with n=-1", null)]
    [TestCase("@daily; after a\n with mod=full", "schedule gives the param 'mod', which the job does not have; expected one of mode, n")]
    [TestCase("on startup with n=1.5", "schedule gives the param 'n' as '1.5'; expected a whole number")]
    public async Task Params_of_parts_are_those_of_the_job(string schedule, string? problem)
    {
        await Job("a", "manual");
        await Job("b", "manual");
        await Database.Execute("insert into scheduler.job (name, kind, schedule, settings, params) values ('j', 'sql', 'manual',"
            + " '{\"statement\": \"select 1\"}', '{\"mode\": \"short\", \"n\": 1}')");
        Assert.That(async () => await Database.Execute("update scheduler.job set schedule = @schedule where name = 'j'", new { schedule }),
            problem is null ? Throws.Nothing : Throws.Exception.Message.Contains(problem));
    }

    [Test]
    public async Task A_count_is_a_number_and_counts_from_a_start()
    {
        await Job("j", "@daily");
        foreach (var (put, problem) in (ValueTuple<string, string>[])[
            ("count = 0, starts = now()", "count is 0; expected 1 to 10000, or null for no limit"),
            ("count = 10001, starts = now()", "count is 10001; expected 1 to 10000"),
            ("count = 3", "count is 3 and counts from starts, which is empty")])
        {
            Assert.That(async () => await Database.Execute($"update scheduler.job set {put}"), Throws.Exception.Message.Contains(problem));
        }
        await Database.Execute("update scheduler.job set count = 10000, starts = now()");
        Assert.That(async () => await Database.Execute("update scheduler.job set starts = null"),
            Throws.Exception.Message.Contains("counts from starts"));
    }

    private Task<int> Keep() => Database.Value<int>("select scheduler_private.keep_events()");

    private Task Job(string name, string schedule, string missed = "all") => Database.Execute("""
        insert into scheduler.job (name, kind, schedule, settings, missed, overlap)
        values (@name, 'sql', @schedule, '{"statement": "select 1"}', @missed, 'allow')
        """, new { name, schedule, missed });

    private async Task<RunRow> Begin(NodeIdentity node, string job)
    {
        await Database.Execute("select scheduler.run_now(@job)", new { job });
        return (await Ledger.Claim(10, node, default)).Single(r => r.Job == job);
    }

    private async Task End(NodeIdentity node, string job, string verdict = "succeeded") =>
        await Ledger.Finish([new(await Begin(node, job), verdict)], node.LeaseId, default);

    // What waits is entered, runs and succeeds.
    private async Task EndEvents(NodeIdentity node)
    {
        var fires = (await Database.Rows<(string Key, string Job, DateTime Due, string Cause)>("""
            delete from scheduler_private.event where job in ('first', 'middle') returning run_key, job, due_at, cause
            """)).Select(e => new Fire(e.Key, e.Job, e.Due, null, e.Cause)).ToList();
        await Ledger.Enter(fires, 0, node, default);
        var runs = await Ledger.Claim(10, node, default);
        await Ledger.Finish([.. runs.Select(r => new RunEnd(r, "succeeded", null))], node.LeaseId, default);
    }

    // How far off each fire of a job is, in whole seconds and rounded to ten.
    private async Task<string> Waiting(string job) => await Database.Value<string>("""
        select coalesce(string_agg(greatest(0, round(extract(epoch from due_at - clock_timestamp()) / 10) * 10) || 's', ' ' order by due_at), '')
        from scheduler_private.event where job = @job
        """, new { job }) ?? "";
}
