using System.Text.Json;
using Npgsql;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;

namespace Scheduler.Runs;

/// <summary>How one part of a run ended, or that it has not.</summary>
/// <param name="Node">Its node.</param>
/// <param name="Verdict">Null: it has not ended.</param>
/// <param name="Reason">Why.</param>
/// <param name="Error">What it failed with.</param>
internal sealed record RunPart(string Node, string? Verdict, string? Reason, string? Error);

/// <summary>
/// A run of a job that runs on all nodes (<c>runs_on: all</c>): it makes a part for each node, waits until all have ended, and ends with the worst
/// verdict of theirs. It needs no slot while it waits. When its node dies another one goes on: the parts are in the ledger.
/// </summary>
public sealed class FanOut(Ledger ledger, TimeProvider time)
{
    // A part that ends is seen this late at most: it is what the run's own end is late by.
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);
    // A part may wait for a slot as long as it may run; one whose node is gone ends by itself (keep_events.sql).
    private const int TimeoutsMax = 2;
    // From the worst on. What was skipped had nothing to do.
    private static readonly string[] Worst = ["failed", "timed_out", "unknown", "cancelled"];

    /// <summary>True for a run that is made of parts.</summary>
    internal static bool Is(JobDefinition job, RunRow run) =>
        job.RunsOn.Contains(NodeIdentity.All) && run.RunKey.LastIndexOf('/') <= run.RunKey.LastIndexOfAny(['@', '!']);

    /// <summary>Carry it out. Throws <see cref="RunLostException"/> when the run is no longer this node's.</summary>
    internal async Task<RunEnd> Run(RunRow run, JobDefinition job, CancellationToken token)
    {
        var begun = time.GetTimestamp();
        await Retry(async () =>
        {
            await ledger.MakeParts(run, token);
            return true;
        }, token);
        while (true)
        {
            var parts = await Retry(() => ledger.Parts(run, token), token);
            var open = parts.Count(p => p.Verdict is null);
            if (open == 0) { return End(run, parts); }
            if (time.GetElapsedTime(begun) >= job.Timeout * TimeoutsMax)
            {
                return new(run, "timed_out", $"{open} of {parts.Count} parts have not ended", Result(parts));
            }
            await Task.Delay(LookEvery, time, token);
        }
    }

    internal static RunEnd End(RunRow run, IReadOnlyList<RunPart> parts)
    {
        if (parts.Count == 0) { return new(run, "failed", "no node", Error: "no live node has the labels of runs_on"); }
        if (Array.Find(Worst, w => parts.Any(p => p.Verdict == w)) is not { } worst) { return new(run, "succeeded", null, Result(parts)); }
        var bad = parts.Where(p => Worst.Contains(p.Verdict)).ToList();
        return new(run, worst, $"{bad.Count} of {parts.Count} parts", Result(parts),
            string.Join('\n', bad.Select(p => $"{p.Node}: {p.Verdict}" + ((p.Error ?? p.Reason) is { } why ? $": {why}" : ""))));
    }

    private static string Result(IReadOnlyList<RunPart> parts) => JsonSerializer.Serialize(new
    {
        done = parts.Count(p => p.Verdict is not null),
        of = parts.Count,
        nodes = parts.ToDictionary(p => p.Node, p => p.Verdict ?? "not ended"),
    });

    private async Task<T> Retry<T>(Func<Task<T>> work, CancellationToken token)
    {
        while (true)
        {
            try { return await work(); }
            catch (NpgsqlException e) when (Transient.IsTransient(e) && !token.IsCancellationRequested)
            {
                await Task.Delay(RetryDelay, time, token);
            }
        }
    }
}
