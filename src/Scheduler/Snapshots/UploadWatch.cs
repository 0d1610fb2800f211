using Scheduler.Database;
using Scheduler.Snapshots.Agents;

namespace Scheduler.Snapshots;

/// <summary>What became of one upload at one look.</summary>
/// <param name="What"><c>running</c>, <c>completed</c>, <c>failed</c>, <c>cancelled</c>, <c>lost</c>, <c>resumed</c>, <c>unreachable</c> or
/// <c>left</c> (somebody else is at it); or <c>verifying</c>.</param>
/// <param name="Why">For people.</param>
/// <param name="Resumes">It is begun again later.</param>
/// <param name="Verify">For <c>verifying</c>: compares and says what became of it. Takes as long as two lists of files take, so not within a
/// look.</param>
internal sealed record LookOutcome(
    string What, string? Why = null, bool Resumes = false, Func<CancellationToken, Task<LookOutcome>>? Verify = null);

/// <summary>
/// Looks at one upload and draws the conclusion. Without an answer of its agent none is drawn until <c>lost_after</c>. Before anything is taken for
/// lost or failed its destination is compared with its source: an agent that forgot what it did may well have done it.
/// </summary>
internal sealed class UploadWatch(UploadStore store, UploadBegin begin, TimeSpan verifyTimeout)
{
    private static readonly TimeSpan ResumeAfterMax = TimeSpan.FromHours(1);

    /// <summary>Look. Throws nothing about the agent: what could not be asked is an outcome.</summary>
    public async Task<LookOutcome> Look(UploadRow upload, CancellationToken token)
    {
        try
        {
            return upload.State switch
            {
                "starting" => await Starting(upload, token),
                "running" => await Running(upload, token),
                _ => await Resume(upload, token),
            };
        }
        catch (Exception e) when (e is NoAnswerException or RefusedException) { return await NoAnswer(upload, e.Message, token); }
    }

    // The run that wanted it is over without having begun it, or an attempt was resumed by a monitor that came to no end.
    private async Task<LookOutcome> Starting(UploadRow upload, CancellationToken token)
    {
        if (upload.CancelReason is { } why)
        {
            if (await store.Take(upload) is not { } taken) { return new("left"); }
            if (await begin.AgentOf(taken).Find(taken, token) is { } job) { await begin.AgentOf(taken).Stop(taken, job.Group, token); }
            return await End(taken, new("cancelled", why));
        }
        return await begin.Taken(upload, token) is null ? new("left") : new("running");
    }

    private async Task<LookOutcome> Resume(UploadRow upload, CancellationToken token)
    {
        if (await store.Resume(upload) is not { } resumed) { return new("left"); }
        try { return await begin.Fresh(resumed, token) is null ? new("left") : new("resumed"); }
        catch (Exception e) when (e is NoAnswerException or RefusedException) { return await NoAnswer(resumed, e.Message, token); }
    }

    private async Task<LookOutcome> Running(UploadRow upload, CancellationToken token)
    {
        var agent = begin.AgentOf(upload);
        if (upload.CancelReason is { } why)
        {
            await agent.Stop(upload, upload.AgentGroup, token);
            if (upload.Taken) { await agent.StopOthers(upload, token); }
            return await End(upload, new("cancelled", why));
        }
        var report = await agent.Look(upload, token);
        if (report.Says != AgentSays.Gone) { await store.Seen(upload, report); }
        switch (report.Says)
        {
            case AgentSays.Succeeded:
                return Verifying(upload, t => Done(upload, agent, t));
            case AgentSays.Failed:
                return Verifying(upload, t => Bad(upload, agent, "failed", "the agent gave up", report.Why, t));
            case AgentSays.Gone:
                return Verifying(upload, t => Bad(upload, agent, "lost", report.Why!, null, t));
        }
        if (upload.Taken) { await agent.StopOthers(upload, token); }
        var moved = upload.Still < upload.Definition.Limits.StalledAfter.TotalSeconds;
        if (moved || report.Activity != upload.Activity) { return new("running"); }
        return Verifying(upload, async t =>
        {
            await agent.Stop(upload, upload.AgentGroup, t);
            var stalled = $"stalled: no progress for {Duration.Format(upload.Definition.Limits.StalledAfter)}";
            return await Bad(upload, agent, "failed", stalled, null, t);
        });
    }

    private LookOutcome Verifying(UploadRow upload, Func<CancellationToken, Task<LookOutcome>> conclude) => new("verifying", Verify: async token =>
    {
        try { return await conclude(token); }
        catch (Exception e) when (e is NoAnswerException or RefusedException) { return await NoAnswer(upload, e.Message, token); }
    });

    private async Task<Comparison> Compare(UploadRow upload, IUploadAgent agent, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(verifyTimeout);
        try { return await agent.Compare(upload, limit.Token); }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            throw new NoAnswerException($"to compare it with its source took longer than {Duration.Format(verifyTimeout)}");
        }
    }

    private async Task<LookOutcome> Done(UploadRow upload, IUploadAgent agent, CancellationToken token)
    {
        var there = await Compare(upload, agent, token);
        return there.Difference is null ? await End(upload, new("completed", There: there))
            : await End(upload, Again(upload, "failed", "verification: " + there.Difference, null, there));
    }

    // Whole is whole, whatever the agent says.
    private async Task<LookOutcome> Bad(UploadRow upload, IUploadAgent agent, string state, string reason, string? error, CancellationToken token)
    {
        Comparison? there = null;
        try { there = await Compare(upload, agent, token); }
        catch (Exception e) when (e is NoAnswerException or RefusedException)
        {
            // The store is away, say. The verdict stands without; a later attempt copies what it must.
            error = error is null ? e.Message : $"{error}; its destination could not be listed: {e.Message}";
        }
        return there is { Compared: true, Difference: null } ? await End(upload, new("completed", There: there))
            : await End(upload, Again(upload, state, reason, error, there));
    }

    /// <summary>Its agent could not be asked: no verdict until <c>lost_after</c>.</summary>
    public async Task<LookOutcome> NoAnswer(UploadRow upload, string why, CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        var limits = upload.Definition.Limits;
        if (upload.State is "starting" or "running" && upload.Silent >= limits.LostAfter.TotalSeconds)
        {
            // Nobody wants it any more: it is not begun again when its agent is back.
            if (upload.CancelReason is { } asked) { return await End(upload, new("cancelled", asked, "its agent did not answer: " + why)); }
            return await End(upload, Again(upload, "lost", $"its agent has not answered for {Duration.Format(limits.LostAfter)}", why, null));
        }
        await store.Problem(upload, why);
        return new("unreachable", why);
    }

    private static UploadEnd Again(UploadRow upload, string state, string reason, string? error, Comparison? there)
    {
        var limits = upload.Definition.Limits;
        if (upload.Attempt > limits.Resumes) { return new(state, reason, error, null, there); }
        var after = limits.ResumeAfter * Math.Pow(2, Math.Min(upload.Attempt - 1, 20));
        return new(state, reason, error, after < ResumeAfterMax ? after : ResumeAfterMax, there);
    }

    private async Task<LookOutcome> End(UploadRow upload, UploadEnd end)
    {
        var why = end.Error is null ? end.Reason : $"{end.Reason}: {end.Error}";
        return await store.End(upload, end) ? new(end.State, why, end.ResumeAfter is not null) : new("left");
    }
}
