using System.Globalization;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using Scheduler.Database;
using Scheduler.Kinds.Http;

namespace Scheduler.Tests.Kinds;

public sealed class EndpointBreakersTests
{
    private static readonly Uri Shop = new("https://shop.example/a");
    private readonly FakeTimeProvider time = new(new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero));

    [Test]
    public async Task An_endpoint_that_keeps_failing_is_left_alone_and_then_tried_with_one_request()
    {
        var breakers = new EndpointBreakers(time);
        for (var i = 0; i < 5; i++) { Assert.That((await breakers.Ask(Shop, Answer(503), default)).Status, Is.EqualTo((HttpStatusCode)503)); }

        var refused = await Assert.ThrowsAsync<TryAgainException>(() => breakers.Ask(new("https://shop.example/b"), Never, default));
        Assert.That(refused!.Message,
            Is.EqualTo("https://shop.example keeps failing (it answered 503); this node does not call it until 2026-11-21T00:00:15Z"));
        Assert.That((Transient.IsTransient(refused), refused.RetryAfter), Is.EqualTo((true, TimeSpan.FromSeconds(15))));
        Assert.That((await breakers.Ask(new("https://other.example/"), Answer(200), default)).Status, Is.EqualTo(HttpStatusCode.OK), "others go on");

        time.Advance(TimeSpan.FromSeconds(16));
        await Assert.ThrowsAsync<HttpRequestException>(() => breakers.Ask(Shop, () => throw new HttpRequestException("refused"), default));
        await Assert.ThrowsAsync<TryAgainException>(() => breakers.Ask(Shop, Never, default));

        time.Advance(TimeSpan.FromSeconds(16));
        await breakers.Ask(Shop, Answer(200), default);
        await breakers.Ask(Shop, Answer(200), default);
    }

    [Test]
    public async Task The_end_of_a_run_and_an_address_refused_here_say_nothing_of_the_endpoint()
    {
        var breakers = new EndpointBreakers(time);
        for (var i = 0; i < 10; i++)
        {
            using var run = new CancellationTokenSource();
            await Assert.CatchAsync<OperationCanceledException>(() => breakers.Ask(Shop, async () =>
            {
                await run.CancelAsync();
                throw new OperationCanceledException(run.Token);
            }, run.Token));
            await Assert.ThrowsAsync<HttpRequestException>(() => breakers.Ask(Shop,
                () => throw new HttpRequestException("no", new OperatorException("not allowed")), default));
        }
        Assert.That((await breakers.Ask(Shop, Answer(404), default)).Status, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task However_many_endpoints_are_called_a_bounded_number_is_known_and_those_that_fail_stay()
    {
        var breakers = new EndpointBreakers(time);
        for (var i = 0; i < 5; i++) { await breakers.Ask(Shop, Answer(500), default); }
        for (var i = 0; i < 2500; i++)
        {
            await breakers.Ask(new(string.Create(CultureInfo.InvariantCulture, $"https://h{i}.example/")), Answer(200), default);
        }
        Assert.That(breakers.Count, Is.LessThanOrEqualTo(1000));
        await Assert.ThrowsAsync<TryAgainException>(() => breakers.Ask(Shop, Never, default));
    }

    private static Func<Task<HttpAnswer>> Answer(int status) =>
        () => Task.FromResult(new HttpAnswer((HttpStatusCode)status, "", false, null, Shop));

    private static Task<HttpAnswer> Never() => throw new AssertionException("it was called");
}
