using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>Requests whose node is killed or frozen, or whose time is over, between the receiver's effect and its answer.</summary>
[TestFixture]
public sealed class HttpTests
{
    [TestCase(false, TestName = "A_request_of_a_killed_node_is_repeated_by_another_and_its_effect_happens_once")]
    [TestCase(true, TestName = "A_request_of_a_frozen_node_is_repeated_by_another_and_its_effect_happens_once")]
    public async Task A_request_is_repeated(bool freeze)
    {
        await using var receiver = await HttpReceiver.Start();
        receiver.Hold();
        await using var cluster = await Start(receiver, "effect", "on_lost: rerun", "idempotent: true");
        var (key, node) = await cluster.RunNowAndWait("call");
        await cluster.Until("the effect has happened", () => Task.FromResult(receiver.Effects.Count == 1));

        if (freeze) { node.Freeze(); }
        else { await node.Kill(); }
        await cluster.Until("another node repeats it", () => Task.FromResult(receiver.Requests.Count == 2), TimeSpan.FromSeconds(20));
        receiver.Release();
        var row = await cluster.UntilFinished(key);
        if (freeze) { node.Thaw(); }

        Assert.That(row.Verdict, Is.EqualTo("succeeded"), row.ToString());
        Assert.That(receiver.Effects, Is.EqualTo(new Dictionary<string, int> { [key] = 1 }));
        var tokens = receiver.Requests.Select(r => r.Token).ToList();
        Assert.That(tokens, Is.Ordered.Ascending);
        Assert.That(tokens.Distinct().Count(), Is.EqualTo(tokens.Count), "each owner has a token of its own");
    }

    [Test]
    public async Task A_request_to_a_receiver_that_honours_nothing_happens_at_most_once()
    {
        await using var receiver = await HttpReceiver.Start();
        receiver.Hold();
        await using var cluster = await Start(receiver, "effect-of-each", "retry: { attempts: 5, delay: 1s }", "timeout: 2s");
        var (lost, node) = await cluster.RunNowAndWait("call");
        await cluster.Until("the effect has happened", () => Task.FromResult(receiver.Effects.Count == 1));
        await node.Kill();
        Assert.That((await cluster.UntilFinished(lost)).Verdict, Is.EqualTo("unknown"));

        var unanswered = await cluster.UntilFinished(await cluster.RunNow("call"));
        Assert.That(unanswered.Verdict, Is.EqualTo("failed"), unanswered.ToString());
        Assert.That(await cluster.Database.Value<string>("select error from scheduler.run where run_key = @RunKey", new { unanswered.RunKey }),
            Does.Contain("whether the receiver has done its work is not known"));
        Assert.That(receiver.Effects.Values, Has.All.EqualTo(1));
    }

    [Test]
    public async Task A_request_whose_run_times_out_ends_and_frees_its_slot()
    {
        await using var receiver = await HttpReceiver.Start();
        receiver.Hold();
        await using var cluster = await Start(receiver, "effect", "timeout: 2s", "timeout: 1m", nodes: 1);
        var row = await cluster.UntilFinished(await cluster.RunNow("call"), TimeSpan.FromSeconds(10));
        Assert.That(row.Verdict, Is.EqualTo("timed_out"), row.ToString());
    }

    [Test]
    public async Task A_request_somebody_cancels_ends_and_is_not_repeated()
    {
        await using var receiver = await HttpReceiver.Start();
        receiver.Hold();
        await using var cluster = await Start(receiver, "effect", "on_lost: rerun", "idempotent: true", nodes: 1);
        var key = await cluster.RunNow("call");
        await cluster.Until("the effect has happened", () => Task.FromResult(receiver.Effects.Count == 1));
        await cluster.Database.Execute("select scheduler.cancel(@key, 'enough')", new { key });
        var row = await cluster.UntilFinished(key, TimeSpan.FromSeconds(10));
        Assert.That((row.Verdict, row.Reason), Is.EqualTo(("cancelled", "enough")), row.ToString());
        Assert.That(receiver.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task The_receivers_wish_for_a_later_try_is_honoured()
    {
        await using var receiver = await HttpReceiver.Start();
        await using var cluster = await Start(receiver, "later/4", "retry: { attempts: 3, delay: 1s }", "timeout: 1m", nodes: 1);
        var row = await cluster.UntilFinished(await cluster.RunNow("call"), TimeSpan.FromSeconds(30));
        Assert.That(row.Verdict, Is.EqualTo("succeeded"), row.ToString());
        Assert.That(await cluster.Database.Value<double>("""
            select extract(epoch from ended_at - (past_attempts -> 0 ->> 'started_at')::timestamptz)::float8 from scheduler.run
            """), Is.GreaterThanOrEqualTo(4));
    }

    // By 0.0.0.0, which leads here too: .NET never takes the loopback address over a proxy, whatever it is told.
    private static Task<TestCluster> Start(HttpReceiver receiver, string path, string policy, string setting, int nodes = 2) =>
        TestCluster.Start(new()
        {
            Nodes = nodes,
            Jobs = $"jobs:\n  call:\n    kind: http\n    schedule: manual\n    overlap: allow\n    {policy}\n    with:\n"
                + $"      url: http://0.0.0.0:{receiver.Port}/{path}\n      method: POST\n      {setting}\n",
            Setup = new()
            {
                Environment = new Dictionary<string, string>
                {
                    ["SCHEDULER__HTTP__ALLOW"] = $"127.0.0.1:{receiver.Port},0.0.0.0:{receiver.Port}",
                    // Nobody answers there: a request that took the way over the proxy would fail.
                    ["HTTP_PROXY"] = "http://127.0.0.1:1",
                    ["ALL_PROXY"] = "http://127.0.0.1:1",
                },
            },
        });
}
