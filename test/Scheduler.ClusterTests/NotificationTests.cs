using System.Text.Json;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>From a run's end to receivers outside: real nodes, a real HTTP receiver, a real mail server, and nodes that die on the way.</summary>
[TestFixture]
public sealed class NotificationTests
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    // Fails while the switch says so.
    private const string Switch = "create table public.switch (works boolean); insert into public.switch values (false);";
    private const string Job = """
        jobs:
          work:
            kind: sql
            schedule: manual
            retry: { attempts: 1 }
            notify: { on: [failure, recovery], to: [TO] }
            with: { statement: "select 1 / (select works::int from public.switch)" }
        """;

    [Test]
    public async Task A_failure_and_its_recovery_reach_channels_of_every_kind()
    {
        await using var receiver = await HttpReceiver.Start();
        await using var mails = await MailReceiver.Start();
        await using var cluster = await TestCluster.Start(new()
        {
            Nodes = 1,
            Prepare = $$"""
                {{Switch}}
                insert into scheduler.channel (name, kind, settings, group_wait, group_interval)
                select name, kind, settings::jsonb, '0', '0' from (values
                    ('hook', 'webhook', '{"url": "{{receiver.Url}}/hook", "secret": "${secret:HOOK_SECRET}"}'),
                    ('chat', 'slack', '{"url": "{{receiver.Url}}/slack"}'),
                    ('pager', 'pagerduty', '{"url": "{{receiver.Url}}/pager", "routing_key": "${secret:ROUTING_KEY}"}'),
                    ('ping', 'ping', '{"url": "{{receiver.Url}}/ping/{job}"}'),
                    ('hush', 'webhook', '{"url": "{{receiver.Url}}/hush"}'),
                    ('mail', 'email', '{"to": ["ops@example.com", "dev@example.com"]}')) c (name, kind, settings);
                insert into scheduler.calendar (name, weekdays) values ('always', '{mon,tue,wed,thu,fri,sat,sun}');
                update scheduler.channel set quiet = 'always' where name = 'hush'
                """,
            Jobs = Job.Replace("TO", "hook, chat, pager, ping, hush, mail", StringComparison.Ordinal),
            Setup = new()
            {
                Environment = new Dictionary<string, string>
                {
                    ["SCHEDULER__HTTP__ALLOW"] = $"127.0.0.1:{receiver.Port}",
                    ["SCHEDULER__MAIL__SERVER"] = $"127.0.0.1:{mails.Port}",
                    ["SCHEDULER__MAIL__FROM"] = "scheduler@example.com",
                    ["SCHEDULER__MAIL__USER"] = "scheduler",
                    ["SCHEDULER__MAIL__PASSWORD"] = "${secret:MAIL_PASSWORD}",
                    ["MAIL_PASSWORD"] = "s3cret-mail",
                    ["SSL_CERT_FILE"] = mails.Certificate,
                    ["HOOK_SECRET"] = Secret,
                    ["ROUTING_KEY"] = "R0UT1NG",
                },
            },
        });
        var key = await cluster.RunNow("work");
        await cluster.Until("five receivers know that it fails", () => Told(5));
        await cluster.Database.Execute("update public.switch set works = true");
        await cluster.RunNow("work");
        await cluster.Until("five receivers know that it works again", () => Told(10));
        async Task<bool> Told(int count) => receiver.Requests.Count + mails.Mails.Count >= count
            && await cluster.Database.Value<long>("select count(*) from scheduler.notification where state = 'delivered'") >= count;

        Assert.That(receiver.Requests.Where(r => r.Path == "/hush"), Is.Empty, "its quiet hours are all day");
        var sent = receiver.Requests.ToLookup(r => r.Path.Split('/')[1]);
        foreach (var hook in sent["hook"])
        {
            Assert.That(hook.Headers["webhook-signature"], Is.EqualTo(WebhookSignature.Of(
                Secret, hook.Headers["webhook-id"], hook.Headers["webhook-timestamp"], hook.Body)), "signed as the specification says");
        }
        var said = sent["hook"].Select(h => JsonDocument.Parse(h.Body).RootElement.GetProperty("data").GetProperty("alerts")[0]).ToList();
        Assert.That(said.Select(a => a.GetProperty("status").GetString()), Is.EqualTo(["open", "resolved"]));
        Assert.That(said[0].GetProperty("run_key").GetString(), Is.EqualTo(key));
        Assert.That(said[0].GetProperty("detail").GetString(), Does.Contain("division by zero"));
        Assert.That(sent["slack"].Select(s => JsonDocument.Parse(s.Body).RootElement.GetProperty("text").GetString()),
            Is.EqualTo(["job work failed", "job work recovered"]));
        Assert.That(sent["pager"].Select(p => JsonDocument.Parse(p.Body).RootElement).Select(p => (p.GetProperty("event_action").GetString(),
            p.GetProperty("dedup_key").GetString(), p.GetProperty("routing_key").GetString())), Is.EqualTo(new[]
            {
                ("trigger", "scheduler:job:work:failing", "R0UT1NG"), ("resolve", "scheduler:job:work:failing", "R0UT1NG"),
            }));
        Assert.That(sent["ping"].Select(p => p.Path), Is.EqualTo(["/ping/work/fail", "/ping/work"]));
        Assert.That(mails.Mails.Select(m => (m.From, m.To.Length, m.Tls, m.User)), Is.All.EqualTo(("scheduler@example.com", 2, true, "scheduler")));
        Assert.That(mails.Mails.Select(m => m.Data), Has.One.Contains("Subject: [scheduler] job work failed").And.One.Contains("job work recovered"));
        Assert.That(string.Join('\n', cluster["n1"].Log()), Does.Not.Contain(Secret).And.Not.Contain("R0UT1NG").And.Not.Contain("s3cret-mail"));
    }

    [Test]
    public async Task A_node_killed_between_verdict_and_delivery_loses_nothing()
    {
        await using var receiver = await HttpReceiver.Start();
        receiver.Hold();
        await using var cluster = await Start(receiver, nodes: 2, "effect");
        await cluster.RunNow("work");
        // The receiver has it and does not answer: whether it was delivered the node will never know.
        await cluster.Until("the message is on its way", () => Task.FromResult(receiver.Requests.Count == 1));
        var sender = await cluster.Database.Value<string>("select node from scheduler.notification");
        await cluster[sender!].Kill();
        await cluster.Until("the other node delivers it again", () => Task.FromResult(receiver.Requests.Count == 2));
        receiver.Release();
        await cluster.Until("it is delivered", async () => await cluster.Database.Value<bool>(
            "select state = 'delivered' and attempts = 2 and node <> @sender from scheduler.notification", new { sender }));
        Assert.That(receiver.Effects, Has.Count.EqualTo(1), "both tries had the same key");

        // And once more before any message is made of the verdict: the channel waits, and no node is left that has seen the run.
        await cluster.Database.Execute("update scheduler.channel set group_wait = '3 seconds'; update public.switch set works = true");
        await cluster.RunNow("work");
        await cluster.Until("it has its verdict", async () => await cluster.Count("verdict = 'succeeded'") == 1);
        await cluster.Nodes.Single(n => n.IsAlive).Kill();
        Assert.That(receiver.Effects, Has.Count.EqualTo(1));
        cluster[sender!].Start();
        await cluster.Until("the node that comes back delivers it", () => Task.FromResult(receiver.Effects.Count == 2));
    }

    [Test]
    public async Task Ten_thousand_failures_are_one_incident_and_few_messages_and_none_is_lost_with_a_node()
    {
        const int Runs = 10_000;
        await using var receiver = await HttpReceiver.Start();
        await using var cluster = await Start(receiver, nodes: 2, "hook", "overlap: allow",
            "update scheduler.channel set group_interval = '15 seconds'", weight: 8);
        var began = await cluster.Now();
        await cluster.Database.Execute("select scheduler.run_now('work', '{}', 'k' || i) from generate_series(1, @Runs) i", new { Runs });
        await cluster.Until("some have failed", async () => await cluster.Count("verdict = 'failed'") > Runs / 10, TimeSpan.FromSeconds(60));
        await cluster["n1"].Kill();
        await cluster.Until("all have failed", async () => await cluster.Count("verdict = 'failed'") == Runs, TimeSpan.FromSeconds(120));
        await cluster.Until("the outbox is empty", async () =>
            await cluster.Database.Value<long>("select count(*) from scheduler_private.outbox") == 0);
        await cluster.Until("there is an incident", async () =>
            await cluster.Database.Value<long>("select count(*) from scheduler.incident where condition = 'failing'") == 1);

        // Every failure is counted in a message, or stands beside it to be counted in the next one.
        var counted = await cluster.Database.Value<long>("""
            select (select sum((payload ->> 'happened')::int) from scheduler.notification) + (select sum(happened) from scheduler_private.alert)
            """);
        var seconds = (await cluster.Now() - began).TotalSeconds;
        await TestContext.Out.WriteLineAsync($"{Runs} failures in {seconds:0} s, {receiver.Requests.Count} messages");
        Assert.That(counted, Is.EqualTo(Runs));
        Assert.That(await cluster.Database.Value<long>("select count(*) from scheduler.incident where job is not null"), Is.EqualTo(1));
        Assert.That(receiver.Requests, Has.Count.EqualTo(1), "it fails as before: there is nothing more to tell");
    }

    private static Task<TestCluster> Start(HttpReceiver receiver, int nodes, string path, string policy = "overlap: skip", string more = "",
        int? weight = null) =>
        TestCluster.Start(new()
        {
            Nodes = nodes,
            Weight = weight,
            Prepare = $$"""
                {{Switch}}
                insert into scheduler.channel (name, kind, settings, group_wait, group_interval)
                    values ('hook', 'webhook', '{"url": "{{receiver.Url}}/{{path}}"}', '0', '0');
                {{more}}
                """,
            Jobs = Job.Replace("TO", "hook", StringComparison.Ordinal).Replace("retry:", $"{policy}\n    retry:", StringComparison.Ordinal),
            Setup = new()
            {
                Environment = new Dictionary<string, string> { ["SCHEDULER__HTTP__ALLOW"] = $"127.0.0.1:{receiver.Port}" },
            },
        });
}
