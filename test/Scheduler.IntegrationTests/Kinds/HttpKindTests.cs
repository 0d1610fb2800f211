using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using NUnit.Framework;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Kinds.Http;
using Scheduler.Runs;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Kinds;

/// <summary>Real requests to a real receiver. Corpora of reliability.md T9.</summary>
[TestFixture]
public sealed class HttpKindTests
{
    [Test]
    public async Task A_request_carries_the_runs_key_and_token_and_the_answer_is_the_result()
    {
        await using var receiver = await HttpReceiver.Start();
        await using var run = new KindRun();
        var result = await Execute(run, new HttpSettings
        {
            Url = receiver.Url + "/echo/${run.key}?a=${job.name}",
            Body = "{\"key\": \"${run.key}\"}",
            Headers = new Dictionary<string, string> { ["X-Attempt"] = "${run.attempt}" },
        });
        Assert.That(receiver.Requests.TryDequeue(out var request), Is.True);
        Assert.That(request!.Key, Is.EqualTo(run.Key));
        Assert.That(request.Token, Is.EqualTo(7));
        Assert.That(request.Method, Is.EqualTo("POST"));
        Assert.That(request.Path, Does.EndWith("?a=kind-test"));
        Assert.That(request.Body, Is.EqualTo($"{{\"key\": \"{run.Key}\"}}"));
        Assert.That(request.Headers["X-Attempt"], Is.EqualTo("1"));
        Assert.That(request.Headers["Content-Type"], Is.EqualTo("application/json"));
        Assert.That(result, Does.StartWith("{\"status\":200,"));
    }

    [TestCase("http://127.0.0.1:{0}/effect")]
    [TestCase("http://localhost:{0}/effect")]
    [TestCase("http://[::ffff:127.0.0.1]:{0}/effect")]
    [TestCase("http://[::1]:{0}/effect")]
    [TestCase("http://2130706433:{0}/effect")]
    [TestCase("http://0x7f.1:{0}/effect")]
    [TestCase("http://0177.0.0.1:{0}/effect")]
    [TestCase("http://127.1:{0}/effect")]
    [TestCase("http://0.0.0.0:{0}/effect")]
    [TestCase("http://169.254.169.254/latest/meta-data")]
    [TestCase("http://[64:ff9b::7f00:1]:{0}/effect")]
    public async Task An_address_that_is_not_public_is_refused_however_it_is_written(string url)
    {
        await using var receiver = await HttpReceiver.Start();
        await using var run = new KindRun();
        var refused = await Assert.ThrowsAsync<OperatorException>(() => Execute(run,
            new HttpSettings { Url = string.Format(System.Globalization.CultureInfo.InvariantCulture, url, receiver.Port) }, allow: []));
        Assert.That(refused!.Message, Does.Contain("may not call"));
        Assert.That(receiver.Requests, Is.Empty);
    }

    [Test]
    public async Task A_redirect_is_not_followed_unless_asked_and_its_address_is_checked_anew()
    {
        await using var inner = await HttpReceiver.Start();
        await using var outer = await HttpReceiver.Start();
        var settings = new HttpSettings { Url = $"{outer.Url}/to?{Uri.EscapeDataString(inner.Url + "/effect")}", Redirects = 0 };
        string[] outerAlone = [$"127.0.0.1:{outer.Port}"];

        await using var first = new KindRun();
        var unexpected = await Assert.ThrowsAsync<RunFailedException>(() => Execute(first, settings, outerAlone));
        Assert.That(unexpected!.Message, Does.Contain("answered 307"));

        await using var second = new KindRun();
        var refused = await Assert.ThrowsAsync<OperatorException>(() => Execute(second, settings with { Redirects = 3 }, outerAlone));
        Assert.That(refused!.Message, Does.Contain("may not call"));
        Assert.That(inner.Requests, Is.Empty);

        await using var third = new KindRun();
        await Execute(third, settings with { Redirects = 3, Headers = new Dictionary<string, string> { ["Authorization"] = "Bearer x" } });
        Assert.That(inner.Requests.TryDequeue(out var request), Is.True);
        Assert.That(request!.Key, Is.EqualTo(third.Key));
        Assert.That(request.Headers.ContainsKey("Authorization"), Is.False, "a job's own headers go to the first host only");
    }

    [TestCase("/to?file:///etc/passwd")]
    [TestCase("/to?gopher://127.0.0.1/")]
    public async Task A_redirect_to_another_scheme_is_refused(string path)
    {
        await using var receiver = await HttpReceiver.Start();
        await using var run = new KindRun();
        var refused = await Assert.ThrowsAsync<OperatorException>(() => Execute(run, new HttpSettings { Url = receiver.Url + path, Redirects = 3 }));
        Assert.That(refused!.Message, Does.Contain("expected http or https"));
    }

    [TestCase("GET", 500, null, ExpectedResult = true)]
    [TestCase("POST", 500, null, ExpectedResult = false)]
    [TestCase("POST", 500, true, ExpectedResult = true)]
    [TestCase("POST", 503, null, ExpectedResult = true)]
    [TestCase("POST", 429, null, ExpectedResult = true)]
    [TestCase("GET", 404, null, ExpectedResult = false)]
    [TestCase("GET", 500, false, ExpectedResult = false)]
    public async Task<bool> Only_what_repeats_no_effect_is_tried_again(string method, int status, bool? idempotent)
    {
        await using var receiver = await HttpReceiver.Start();
        await using var run = new KindRun();
        var settings = new HttpSettings { Url = $"{receiver.Url}/status/{status}", Method = method, Idempotent = idempotent };
        var failure = await Assert.CatchAsync<Exception>(() => Execute(run, settings));
        Assert.That(failure!.Message, Does.Contain($"answered {status}"));
        return Transient.IsTransient(failure);
    }

    [TestCase("POST", ExpectedResult = false)]
    [TestCase("PUT", ExpectedResult = true)]
    public async Task<bool> An_answer_that_does_not_come_leaves_the_outcome_open(string method)
    {
        await using var receiver = await HttpReceiver.Start();
        receiver.Hold();
        await using var run = new KindRun();
        var settings = new HttpSettings { Url = $"{receiver.Url}/effect", Method = method, Timeout = TimeSpan.FromMilliseconds(300) };
        return Transient.IsTransient((await Assert.CatchAsync<Exception>(() => Execute(run, settings)))!);
    }

    [Test]
    public async Task A_connection_that_is_refused_is_tried_again_whatever_the_method()
    {
        var receiver = await HttpReceiver.Start();
        var url = receiver.Url;
        await receiver.DisposeAsync();
        await using var run = new KindRun();
        var failure = await Assert.CatchAsync<Exception>(() => Execute(run, new HttpSettings { Url = url, Method = "POST" }));
        Assert.That(Transient.IsTransient(failure!), Is.True, failure!.Message);
    }

    [Test]
    public async Task Of_a_large_answer_the_beginning_is_kept()
    {
        await using var receiver = await HttpReceiver.Start();
        await using var run = new KindRun();
        var result = JsonDocument.Parse(await Execute(run, new HttpSettings { Url = receiver.Url + "/big" })).RootElement;
        Assert.That(result.GetProperty("body").GetString(), Has.Length.InRange(4000, 4010).And.EndsWith(" …"));
    }

    [TestCaseSource(typeof(ParamTests), nameof(ParamTests.Corpus))]
    public async Task A_param_is_one_value_in_path_query_and_body_whatever_it_holds(string value)
    {
        await using var receiver = await HttpReceiver.Start();
        await using var run = new KindRun(JsonSerializer.Serialize(new { value }));
        await Execute(run, new HttpSettings
        {
            Url = receiver.Url + "/echo/a${params.value}/end?q=${params.value}&last=1",
            Body = "{\"value\": \"${params.value}\", \"last\": 1}",
        });
        Assert.That(receiver.Requests.TryDequeue(out var request), Is.True);
        // As it came, before anybody took %2F for a slash.
        var (path, query) = (request!.Target.Split('?')[0].Split('/'), request.Target.Split('?')[1].Split('&'));
        Assert.That((path.Length, path[1], path[3], query.Length, query[1]), Is.EqualTo((4, "echo", "end", 2, "last=1")), request.Target);
        Assert.That((Uri.UnescapeDataString(path[2][1..]), Uri.UnescapeDataString(query[0][2..])), Is.EqualTo((value, value)));
        var body = JsonDocument.Parse(request.Body).RootElement;
        Assert.That((body.GetProperty("value").GetString(), body.EnumerateObject().Count()), Is.EqualTo((value, 2)));
        Assert.That(request.Headers, Does.Not.ContainKey("X-Evil"));
    }

    // reliability.md T9: what is checked is the address of this very connection.
    [Test]
    public async Task A_name_that_changes_its_mind_gets_nowhere()
    {
        var (first, second) = (IPAddress.Parse("127.0.0.2"), IPAddress.Loopback);
        var (open, closed, port) = ListenOnBoth(first, second);
        using var opened = open;
        using var unasked = closed;
        var answers = new Queue<IPAddress[]>([[first], [second], [second, first]]);
        var guard = new AddressGuard(["127.0.0.2/32"], (_, _) => Task.FromResult(answers.Dequeue()));
        using var client = new HttpClient(new SocketsHttpHandler { ConnectCallback = guard.Connect, UseProxy = false });
        var address = new Uri($"http://rebinding.example:{port}/");

        var reached = Answer(open);
        using (var response = await client.GetAsync(address)) { Assert.That((int)response.StatusCode, Is.EqualTo(204)); }
        await reached;
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(address));
        Assert.That(refused!.InnerException!.Message, Does.Contain("'rebinding.example' port").And.Contain("is 127.0.0.1, which jobs"));
        reached = Answer(open);
        using (var response = await client.GetAsync(address)) { Assert.That((int)response.StatusCode, Is.EqualTo(204)); }
        await reached;
        Assert.That(answers, Is.Empty, "each connection asked once");
        Assert.That(closed.Pending(), Is.False);
    }

    [Test]
    public async Task A_value_with_a_line_break_does_not_make_a_header_of_its_own()
    {
        Environment.SetEnvironmentVariable("HTTP_KIND_TEST_LINES", "a\r\nX-Evil: 1");
        await using var receiver = await HttpReceiver.Start();
        await using var run = new KindRun();
        var refused = await Assert.ThrowsAsync<OperatorException>(() => Execute(run, new HttpSettings
        {
            Url = receiver.Url,
            Headers = new Dictionary<string, string> { ["X-A"] = "${secret:HTTP_KIND_TEST_LINES}" },
        }));
        Assert.That(refused!.Message, Does.Contain("header 'X-A' has a control character"));
    }

    [Test]
    public async Task The_answer_says_when_to_come_back()
    {
        await using var receiver = await HttpReceiver.Start();
        await using var run = new KindRun();
        var failure = await Assert.ThrowsAsync<AnswerException>(() => Execute(run, new HttpSettings { Url = receiver.Url + "/later/2" }));
        Assert.That(failure!.RetryAfter, Is.EqualTo(TimeSpan.FromSeconds(2)));
    }

    [Test]
    public async Task A_probe_tells_the_state_of_each_target_and_fails_beyond_its_threshold()
    {
        await using var receiver = await HttpReceiver.Start();
        var settings = KindRun.Settings<HttpProbeSettings>(HttpProbeJob.Kind, $$"""
            {"targets": [{"name": "good", "url": "{{receiver.Url}}/echo"}, {"name": "bad", "url": "{{receiver.Url}}/status/500"},
              {"name": "says", "url": "{{receiver.Url}}/echo", "contains": "nowhere to be found"},
              {"name": "metadata", "url": "http://169.254.169.254/"},
              {"name": "moved", "url": "{{receiver.Url}}/status/301", "expect": [301]}], "fail_when_down": 3}
            """);
        await using var run = new KindRun();
        var failure = await Assert.ThrowsAsync<RunFailedException>(() => Probe(run, settings));
        Assert.That(failure!.Message, Does.StartWith("3 of 5 targets are down: bad, says, metadata;"));
        var result = JsonSerializer.SerializeToElement(failure.Result, KindSettings.Options);
        Assert.That(result.GetProperty("up").GetInt32(), Is.EqualTo(2));
        Assert.That(result.GetProperty("targets").EnumerateArray().Select(t => t.GetProperty("up").GetBoolean()),
            Is.EqualTo(new[] { true, false, false, false, true }));

        await using var lenient = new KindRun();
        Assert.That(await Probe(lenient, settings with { FailWhenDown = 4 }), Does.StartWith("{\"up\":2,\"down\":3,"));
        Assert.That(lenient.Said(), Has.Count.EqualTo(3));
    }

    private static async Task<string> Execute(KindRun run, HttpSettings settings, string[]? allow = null)
    {
        using var caller = new HttpCaller(KindRun.Node(null, allow ?? ["127.0.0.1"]), TimeProvider.System);
        return await run.Execute(new HttpJob(settings, run.Scope, caller, TimeProvider.System));
    }

    // One port on two addresses; which is free on the one may be taken on the other.
    private static (TcpListener First, TcpListener Second, int Port) ListenOnBoth(IPAddress first, IPAddress second)
    {
        for (var attempt = 1; ; attempt++)
        {
            TcpListener one = new(first, 0);
            one.Start();
            var port = ((IPEndPoint)one.LocalEndpoint).Port;
            TcpListener two = new(second, port);
            try
            {
                two.Start();
                return (one, two, port);
            }
            catch (SocketException) when (attempt < 50)
            {
                one.Dispose();
                two.Dispose();
            }
        }
    }

    private static async Task Answer(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync();
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync() is { Length: > 0 }) { }
        await stream.WriteAsync("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"u8.ToArray());
    }

    private static async Task<string> Probe(KindRun run, HttpProbeSettings settings)
    {
        using var caller = new HttpCaller(KindRun.Node(null, "127.0.0.1"), TimeProvider.System);
        return await run.Execute(new HttpProbeJob(settings, run.Scope, caller));
    }
}
