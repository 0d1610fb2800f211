using System.Collections.Concurrent;
using System.Globalization;
using Polly;
using Polly.CircuitBreaker;
using Scheduler.Database;

namespace Scheduler.Kinds.Http;

/// <summary>
/// A circuit breaker for each endpoint (scheme, host, port) that jobs of this node call: one that keeps failing is left alone for a while, so that
/// neither it nor our slots are worn out. Each node learns for itself.
/// </summary>
internal sealed class EndpointBreakers(TimeProvider time)
{
    // Fewer say little: a receiver that is restarted fails a handful of requests and is back.
    private const int FailuresMin = 5;
    private const double FailureRatio = 0.8;
    private static readonly TimeSpan LookedBack = TimeSpan.FromMinutes(2);
    // Then one request is let through, and its end decides.
    private static readonly TimeSpan OpenFor = TimeSpan.FromSeconds(15);
    // Beyond it those that work are forgotten; what is still too many goes without a breaker.
    private const int EndpointsMax = 1000;

    private readonly ConcurrentDictionary<string, Endpoint> endpoints = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>How many endpoints are known.</summary>
    internal int Count => endpoints.Count;

    /// <summary>Send a request to an endpoint, or throw <see cref="TryAgainException"/> at once while it is left alone.</summary>
    /// <param name="address">Where to; what is after the port does not matter.</param>
    /// <param name="send">Sends it. A failure is an exception of the network, the end of its own time, and an answer of 5xx.</param>
    /// <param name="token">The run's end, which says nothing of the endpoint.</param>
    public async Task<HttpAnswer> Ask(Uri address, Func<Task<HttpAnswer>> send, CancellationToken token)
    {
        var name = address.GetLeftPart(UriPartial.Authority);
        if (Find(name) is not { } endpoint) { return await send(); }
        try { return await endpoint.Policy.ExecuteAsync(async _ => await endpoint.Note(send), token); }
        catch (BrokenCircuitException e)
        {
            var after = e.RetryAfter ?? OpenFor;
            var until = (time.GetUtcNow() + after).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            throw new TryAgainException($"{name} keeps failing ({endpoint.LastFailure}); this node does not call it until {until}", after);
        }
    }

    private Endpoint? Find(string name)
    {
        if (endpoints.TryGetValue(name, out var known)) { return known; }
        if (endpoints.Count >= EndpointsMax)
        {
            foreach (var closed in endpoints.Where(e => e.Value.State.CircuitState == CircuitState.Closed)) { endpoints.TryRemove(closed); }
        }
        return endpoints.Count >= EndpointsMax ? null : endpoints.GetOrAdd(name, _ => new(time));
    }

    private sealed class Endpoint
    {
        public Endpoint(TimeProvider time) => Policy = new ResiliencePipelineBuilder<HttpAnswer> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<HttpAnswer>
            {
                MinimumThroughput = FailuresMin,
                FailureRatio = FailureRatio,
                SamplingDuration = LookedBack,
                BreakDuration = OpenFor,
                StateProvider = State,
                ShouldHandle = call => new(IsFailure(call.Outcome, call.Context.CancellationToken)),
            }).Build();

        public ResiliencePipeline<HttpAnswer> Policy { get; }
        public CircuitBreakerStateProvider State { get; } = new();
        /// <summary>What it did last that it should not.</summary>
        public string LastFailure { get; private set; } = "";

        public async Task<HttpAnswer> Note(Func<Task<HttpAnswer>> send)
        {
            try
            {
                var answer = await send();
                if (answer.IsFailure) { LastFailure = string.Create(CultureInfo.InvariantCulture, $"it answered {(int)answer.Status}"); }
                return answer;
            }
            catch (Exception e)
            {
                LastFailure = e is OperationCanceledException ? "no answer in time" : e.Message;
                throw;
            }
        }

        private static bool IsFailure(Outcome<HttpAnswer> outcome, CancellationToken run) => outcome.Exception switch
        {
            null => outcome.Result!.IsFailure,
            // Refused here, not there.
            HttpRequestException { InnerException: OperatorException } => false,
            HttpRequestException or IOException => true,
            OperationCanceledException => !run.IsCancellationRequested,
            _ => false,
        };
    }
}
