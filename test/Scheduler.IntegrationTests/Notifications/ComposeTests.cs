using Npgsql;
using NUnit.Framework;
using Scheduler.Jobs;

namespace Scheduler.IntegrationTests.Notifications;

/// <summary>From events in the outbox to messages: grouping, changes only, quiet hours, what comes and goes, limits. Time passes by moving the rows'
/// instants back.</summary>
[TestFixture]
public sealed class ComposeTests
{
    [Test]
    public async Task A_failure_is_told_once_and_its_recovery_once()
    {
        await using var state = await ChannelState.Create();
        await state.Happens("failure");
        var opened = (await state.Turn()).Single();
        for (var i = 0; i < 3; i++) { await state.Happens("failure"); }
        var again = await state.Turn();
        await state.Happens("recovery");
        var closed = (await state.Turn()).Single();
        Assert.That((opened.Open, opened.Keys, opened.Happened), Is.EqualTo((1, "job:a:failing", 1)));
        Assert.That(again, Is.Empty, "it fails as before");
        Assert.That((closed.Open, closed.Resolved, closed.Keys, closed.Happened), Is.EqualTo((0, 1, "job:a:failing", 3)));
        Assert.That(await state.Turn(), Is.Empty);
    }

    [Test]
    public async Task A_failure_whose_end_nobody_wants_to_hear_of_ends_all_the_same_and_the_next_one_is_told()
    {
        await using var state = await ChannelState.Create("""
            insert into scheduler.channel (name, kind, settings, group_wait, group_interval)
                values ('pager', 'pagerduty', '{"routing_key": "${secret:X}"}', '0', '0')
            """);
        await Both("failure");
        var first = await state.Turn();
        await Both("over");
        var over = await state.Turn();
        await Passes(state, "5 hours");
        var later = await state.Turn();
        await Both("failure");
        var second = await state.Turn();
        await Both("failure");
        await Both("over");
        Assert.That(first.Select(m => (m.Channel, m.Open)), Is.EquivalentTo(new[] { ("ops", 1), ("pager", 1) }));
        Assert.That(over.Select(m => (m.Channel, m.Resolved)), Is.EqualTo(new[] { ("pager", 1) }), "it remembers by itself");
        Assert.That(later, Is.Empty, "nobody is reminded of what is over");
        Assert.That(second.Select(m => (m.Channel, m.Open)), Is.EquivalentTo(new[] { ("ops", 1), ("pager", 1) }));
        Assert.That((await state.Turn()).Select(m => m.Channel), Is.EqualTo(["pager"]), "also when it failed once more before");
        async Task Both(string what)
        {
            await state.Happens(what);
            await state.Happens(what, channel: "pager");
        }
    }

    [Test]
    public async Task A_failure_over_before_anybody_was_told_is_told_although_nobody_wants_to_hear_of_ends()
    {
        await using var state = await ChannelState.Create();
        await state.Happens("failure");
        await state.Happens("over");
        var told = (await state.Turn()).Single();
        Assert.That((told.Open, told.Resolved, told.Happened), Is.EqualTo((0, 1, 1)));
    }

    [TestCase("update scheduler.job set enabled = false")]
    [TestCase("delete from scheduler.job")]
    [TestCase("update scheduler.job set notify = '{}'")]
    [TestCase("update scheduler.job set notify = '{\"on\": [\"missed\"], \"to\": [\"ops\"]}'")]
    public async Task Nobody_is_reminded_of_a_failing_job_that_tells_no_more(string edit)
    {
        await using var state = await ChannelState.Create("""
            insert into scheduler.job (name, kind, settings, notify)
            values ('a', 'sql', '{"statement": "select 1"}', '{"on": ["failure"], "to": ["ops"]}')
            """);
        await state.Happens("failure");
        var told = await state.Turn();
        await state.Database.Execute("update scheduler.job set description = 'another'");
        await Passes(state, "5 hours");
        var reminder = await state.Turn();
        await state.Database.Execute(edit);
        await state.Turn();
        await Passes(state, "5 hours");
        Assert.That((told.Count, reminder.Single().Reminder), Is.EqualTo((1, true)));
        Assert.That(await state.Turn(), Is.Empty);
    }

    [Test]
    public async Task Ten_thousand_failures_are_one_message_that_counts_them()
    {
        await using var state = await ChannelState.Create();
        await state.Database.Execute("""
            insert into scheduler_private.outbox (event, job, channels)
            select 'failure', 'job-' || i % 100, '{ops}' from generate_series(1, 10000) i
            """);
        var messages = await state.Turn();
        Assert.That(messages.Select(m => m.Total), Is.EqualTo([100]), "at most 5,000 events are taken in one turn; the second half changes nothing");
        Assert.That(messages.Sum(m => m.Happened)
            + await state.Database.Value<long>("select sum(happened) from scheduler_private.alert"), Is.EqualTo(10000));
        Assert.That(await state.Database.Value<long>("select count(*) from scheduler_private.outbox"), Is.Zero);
    }

    [Test]
    public async Task What_happens_within_the_wait_goes_together_and_the_next_message_keeps_its_distance()
    {
        await using var state = await ChannelState.Create();
        await state.Database.Execute("update scheduler.channel set group_wait = '10 minutes', group_interval = '1 hour'");
        await state.Happens("failure", "a");
        Assert.That(await state.Turn(), Is.Empty);
        await state.Happens("failure", "b");
        await Passes(state, "11 minutes");
        var first = (await state.Turn()).Single();
        await state.Happens("failure", "c");
        await Passes(state, "11 minutes");
        Assert.That(await state.Turn(), Is.Empty);
        await Passes(state, "1 hour");
        Assert.That((first.Total, (await state.Turn()).Single().Keys), Is.EqualTo((2, "job:c:failing")));
    }

    [Test]
    public async Task What_waits_to_be_delivered_takes_no_further_message_beside_it()
    {
        await using var state = await ChannelState.Create();
        await state.Happens("failure", "a");
        var first = (await state.Take([])).Single();
        foreach (var job in (string[])["b", "c", "d"])
        {
            await state.Happens("failure", job);
            Assert.That(await state.Take([]), Is.Empty);
        }
        await state.Database.Execute("update scheduler_private.notification set state = 'delivered', ended_at = now() where id = @Id",
            new { first.Id });
        Assert.That((await state.Turn()).Single().Total, Is.EqualTo(3));
    }

    [Test]
    public async Task A_failure_that_was_over_before_anybody_was_told_is_told_as_over_and_PagerDuty_hears_nothing()
    {
        await using var state = await ChannelState.Create("""
            insert into scheduler.channel (name, kind, settings, group_wait, group_interval)
                values ('pager', 'pagerduty', '{"routing_key": "${secret:X}"}', '0', '0')
            """);
        foreach (var channel in (string[])["ops", "pager"])
        {
            await state.Happens("failure", "a", channel);
            await state.Happens("recovery", "a", channel);
        }
        var told = (await state.Turn()).Single();
        Assert.That((told.Channel, told.Open, told.Resolved, told.Happened), Is.EqualTo(("ops", 0, 1, 1)));
    }

    [Test]
    public async Task In_quiet_hours_only_pages_are_told_and_the_rest_afterwards()
    {
        await using var state = await ChannelState.Create("""
            insert into scheduler.calendar (name, blackouts) values ('night', '[{"daily": ["22:00", "07:00"]}]');
            update scheduler.channel set quiet = 'night'
            """);
        await state.Happens("failure");
        await state.Database.Execute("""
            insert into scheduler_private.outbox (event, channels, key, open, severity, title)
            values ('incident', '{ops}', 'node:n2:down', true, 'page', 'node n2 is down')
            """);
        var atNight = (await state.Turn("night")).Single();
        Assert.That(atNight.Keys, Is.EqualTo("node:n2:down"));
        Assert.That((await state.Turn()).Single().Keys, Is.EqualTo("job:a:failing"));
    }

    [Test]
    public async Task What_comes_and_goes_is_told_as_such_once_and_again_when_it_has_calmed_down()
    {
        await using var state = await ChannelState.Create();
        var messages = new List<Handed>();
        for (var i = 0; i < 10; i++)
        {
            await state.Happens(i % 2 == 0 ? "failure" : "recovery");
            messages.AddRange(await state.Turn());
        }
        Assert.That(messages, Has.Count.EqualTo(6));
        Assert.That(messages.Select(m => m.Flapping), Is.EqualTo([false, false, false, false, false, true]));
        await state.Happens("failure");
        Assert.That(await state.Turn(), Is.Empty);
        await Passes(state, "11 minutes");
        var calm = (await state.Turn()).Single();
        Assert.That((calm.Open, calm.Flapping), Is.EqualTo((1, false)));
        await state.Happens("recovery");
        Assert.That((await state.Turn()).Single().Resolved, Is.EqualTo(1));
    }

    [Test]
    public async Task What_stays_open_is_told_again_unless_somebody_is_at_it()
    {
        await using var state = await ChannelState.Create("update scheduler.channel set remind_every = '1 hour'");
        await state.Happens("failure");
        await state.Turn();
        Assert.That(await state.Turn(), Is.Empty);
        await Passes(state, "61 minutes");
        var reminder = (await state.Turn()).Single();
        Assert.That((reminder.Reminder, reminder.Open), Is.EqualTo((true, 1)));
        await state.Database.Execute("""
            insert into scheduler_private.incident (key, condition, severity, title) values ('job:a:failing', 'failing', 'warning', 'x');
            select scheduler.ack_incident(id, 'at it') from scheduler.incident
            """);
        await Passes(state, "61 minutes");
        Assert.That(await state.Turn(), Is.Empty);
    }

    [Test]
    public async Task PagerDuty_gets_ten_things_one_by_one_and_the_rest_as_one()
    {
        await using var state = await ChannelState.Create("""
            insert into scheduler.channel (name, kind, settings, group_wait, group_interval)
                values ('pager', 'pagerduty', '{"routing_key": "${secret:X}"}', '0', '0')
            """);
        for (var i = 0; i < 30; i++) { await state.Happens("failure", $"j{i}", "pager"); }
        var opened = await state.Turn();
        for (var i = 0; i < 30; i++) { await state.Happens("recovery", $"j{i}", "pager"); }
        var closed = await state.Turn();
        Assert.That((opened.Count(m => m.What == "alerts"), opened.Single(m => m.What == "digest").Firing), Is.EqualTo((10, 20)));
        Assert.That((closed.Count(m => m.What == "alerts"), closed.Single(m => m.What == "digest").Firing), Is.EqualTo((10, 0)));
        Assert.That(closed.Where(m => m.What == "alerts").Select(m => m.Keys),
            Is.EquivalentTo(opened.Where(m => m.What == "alerts").Select(m => m.Keys)), "what was opened is closed");
    }

    [Test]
    public async Task A_message_of_a_node_whose_lease_is_over_is_taken_up_by_another_under_the_same_key()
    {
        await using var state = await ChannelState.Create("""
            insert into scheduler_private.node (name, lease_id, state, labels, slots, version, host, pid, lease_until)
                values ('n2', 2, 'live', '{}', 10, '0', 'test', 1, now() + interval '1 hour')
            """);
        await state.Happens("failure");
        var first = (await state.Take([])).Single();
        Assert.That(await state.Take([], "n2", 2), Is.Empty);
        await state.Database.Execute("update scheduler_private.node set lease_until = now() where name = 'n1'");
        Assert.That((await state.Take([], "n2", 2)).Single().DedupeKey, Is.EqualTo(first.DedupeKey));
    }

    [Test]
    public async Task A_heartbeat_comes_due_again_and_again_and_an_old_one_is_not_made_up_for()
    {
        await using var state = await ChannelState.Create("""
            insert into scheduler.channel (name, kind, settings) values ('watch', 'ping', '{"url": "http://x/", "heartbeat": "1m"}')
            """);
        Assert.That((await state.Turn()).Single().What, Is.EqualTo("heartbeat"));
        Assert.That(await state.Turn(), Is.Empty);
        await state.Database.Execute("update scheduler_private.channel_turn set heartbeat_at = now() - interval '10 minutes'");
        Assert.That(await state.Turn(), Has.Count.EqualTo(1));
    }

    [TestCase("update scheduler.job set notify = '{\"on\": [\"failure\"], \"to\": [\"opps\"]}'", "channel 'opps', which does not exist")]
    [TestCase("delete from scheduler.channel where name = 'ops'", "channel 'ops' is used by the jobs 'a'")]
    [TestCase("insert into scheduler.channel (name, kind, settings) values ('p', 'pagerduty', '{\"routing_key\": \"abc\"}')",
        "settings.routing_key is 'abc'; expected a secret by reference")]
    [TestCase("insert into scheduler.channel (name, kind, settings) values ('s', 'slack', '{\"url\": \"https://hooks.slack.com/services/T/B/X\"}')",
        "expected an http or https URL; Slack's own are secrets")]
    [TestCase("insert into scheduler.channel (name, kind, settings) values ('m', 'email', '{\"to\": [\"ops\"]}')", "expected a mail address")]
    [TestCase("insert into scheduler.channel (name, kind, settings) values ('w', 'webhook', '{\"urll\": \"http://x\"}')", "unknown key 'urll'")]
    [TestCase("insert into scheduler.channel (name, kind) values ('w', 'telegram')", "channel_kind_is_known")]
    [TestCase("select scheduler.test_channel('opps')", "there is no channel 'opps'")]
    public async Task What_cannot_be_is_refused(string edit, string problem)
    {
        await using var state = await ChannelState.Create("""
            insert into scheduler.job (name, kind, settings, notify)
            values ('a', 'sql', '{"statement": "select 1"}', '{"on": ["failure"], "to": ["ops"]}')
            """);
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => state.Database.Execute(edit));
        Assert.That(refusal!.MessageText, Does.Contain(problem));
    }

    [Test]
    public async Task Job_files_know_the_settings_of_channels_that_the_statement_knows()
    {
        await using var state = await ChannelState.Create();
        foreach (var (kind, type) in ChannelSettings.All)
        {
            var keys = await state.Database.Rows<string>("""
                select k || case when s -> 'required' ? k then ' required' else '' end
                from (select scheduler_private.channel_schema(@kind) as s) s, jsonb_object_keys(s -> 'properties') k
                """, new { kind = kind.ToString().ToLowerInvariant() });
            Assert.That(KindSettings.Keys(type).Select(k => k.Name + (k.IsRequired ? " required" : "")), Is.EquivalentTo(keys), kind.ToString());
        }
    }

    // As if that much time had passed.
    private static Task Passes(ChannelState state, string time) => state.Database.Execute($"""
        update scheduler_private.alert set changed_at = changed_at - interval '{time}', pending_since = pending_since - interval '{time}',
            told_at = told_at - interval '{time}', flips_since = flips_since - interval '{time}', since = since - interval '{time}';
        update scheduler_private.channel_turn set composed_at = composed_at - interval '{time}'
        """);
}
