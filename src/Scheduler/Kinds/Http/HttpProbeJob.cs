using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Quartz;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Runs;

namespace Scheduler.Kinds.Http;

/// <summary>One target of a probe.</summary>
public sealed record ProbeTarget
{
    /// <summary>What people call it. Default its address.</summary>
    public string? Name { get; init; }
    /// <summary>Where it is; as in the kind <c>http</c>. No default.</summary>
    [Required, MaxLength(4000)]
    public string Url { get; init; } = "";
    /// <summary>Statuses that mean it is up. Default any from 200 to 299.</summary>
    public IReadOnlyList<int> Expect { get; init; } = [];
    /// <summary>Text its answer must contain, within the first 64 kB. Default none.</summary>
    public string? Contains { get; init; }
}

/// <summary>Settings of the kind <c>http.probe</c>.</summary>
public sealed record HttpProbeSettings : IValidatableObject
{
    /// <summary>What to ask, 1 to 1000 targets. No default.</summary>
    [Required, MinLength(1), MaxLength(1000)]
    public IReadOnlyList<ProbeTarget> Targets { get; init; } = [];

    /// <summary>Targets asked at a time. Default 10.</summary>
    [Range(1, 100)]
    public int AtATime { get; init; } = 10;

    /// <summary>Longest time for one target. Default 10s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Times one target is asked before it counts as down. Default 2: one lost packet is no outage.</summary>
    [Range(1, 10)]
    public int Tries { get; init; } = 2;

    /// <summary>The run fails when this many targets are down. Default 1.</summary>
    [Range(1, 1000)]
    public int FailWhenDown { get; init; } = 1;

    /// <summary>Headers to send to all; may name built-ins and secrets. Default none.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Targets
        .SelectMany((t, i) => HttpAddress.Problems(string.Create(CultureInfo.InvariantCulture, $"targets[{i}].url"), t.Url))
        .Concat(HttpHeaders.Problems(Headers))
        .Select(p => new ValidationResult(p));
}

/// <summary>
/// Asks many addresses whether they are up, several at a time. The result has the state of each; the run fails when too many are down. One target's
/// failure never touches another.
/// </summary>
public sealed class HttpProbeJob(HttpProbeSettings settings, RunScope run, HttpCaller caller) : IJob
{
    private const int ErrorMax = 300;
    private const int NamedInError = 10;

    /// <summary>The kind's entry in the registry.</summary>
    public static Kind Kind { get; } = new("http.probe", typeof(HttpProbeJob), typeof(HttpProbeSettings), OnLost.Rerun,
        "Asks many addresses whether they are up; fails when too many are down");

    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var states = new State[settings.Targets.Count];
        await Parallel.ForEachAsync(Enumerable.Range(0, states.Length),
            new ParallelOptions { MaxDegreeOfParallelism = settings.AtATime, CancellationToken = cancellationToken },
            async (i, token) => states[i] = await Probe(settings.Targets[i], token));
        var down = states.Where(s => !s.Up).ToList();
        foreach (var state in down) { run.Output.Write(OutputSource.Error, $"{state.Name} is down: {state.Error}"); }
        var result = new JsonObject
        {
            ["up"] = states.Length - down.Count,
            ["down"] = down.Count,
            ["targets"] = new JsonArray([.. states.Select(s => s.Json())]),
        };
        if (down.Count < settings.FailWhenDown)
        {
            context.Result = result;
            return;
        }
        var names = string.Join(", ", down.Take(NamedInError).Select(s => s.Name)) + (down.Count > NamedInError ? ", …" : "");
        throw new RunFailedException(
            $"{down.Count} of {states.Length} targets are down: {names}; the run fails from {settings.FailWhenDown} on", result);
    }

    private async Task<State> Probe(ProbeTarget target, CancellationToken token)
    {
        var name = target.Name ?? target.Url;
        var state = new State(name, false, null, 0, null);
        for (var attempt = 1; attempt <= settings.Tries && !state.Up; attempt++) { state = await Ask(target, name, token); }
        return state;
    }

    private async Task<State> Ask(ProbeTarget target, string name, CancellationToken token)
    {
        var began = Stopwatch.GetTimestamp();
        int? status = null;
        string? error;
        try
        {
            var address = HttpAddress.Parse(HttpJob.Url(target.Url, run))
                ?? throw new OperatorException("its address, once it is filled in, is no http or https address");
            var headers = settings.Headers.ToDictionary(h => h.Key, h => run.Fill(h.Value));
            var own = new Dictionary<string, string> { ["User-Agent"] = "scheduler" };
            var answer = await caller.Send(new(HttpMethod.Get, address, own, headers), redirects: 0, settings.Timeout, token);
            status = (int)answer.Status;
            error = !(target.Expect.Count > 0 ? target.Expect.Contains(status.Value) : status is >= 200 and <= 299) ? $"it answered {status}"
                : target.Contains is { } text && !answer.Body.Contains(text, StringComparison.Ordinal) ? $"its answer does not contain '{text}'"
                : null;
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested) { error = $"no answer within {Duration.Format(settings.Timeout)}"; }
        catch (Exception e) when (e is HttpRequestException or IOException or OperatorException or TryAgainException) { error = e.Message; }
        return new(name, error is null, status, (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds,
            error is null ? null : PlainText.Cut(PlainText.Clean(error), ErrorMax));
    }

    private sealed record State(string Name, bool Up, int? Status, long Milliseconds, string? Error)
    {
        public JsonObject Json()
        {
            var json = new JsonObject { ["name"] = Name, ["up"] = Up, ["ms"] = Milliseconds };
            if (Status is not null) { json["status"] = Status; }
            if (Error is not null) { json["error"] = Error; }
            return json;
        }
    }
}
