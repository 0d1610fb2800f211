using Npgsql;

namespace Scheduler.Jobs.Files;

/// <summary>Says of each field of a plan who set its live value: the file at its last apply, or whoever edited it since.</summary>
internal static class FieldOwners
{
    /// <summary>The plan with its owners.</summary>
    public static Task<JobPlan> Name(NpgsqlConnection connection, JobPlan plan, LiveJobs live, CancellationToken token)
    {
        _ = (connection, token);
        return Task.FromResult(plan with
        {
            Changed = [.. plan.Changed.Select(c => Named(c, live))],
            Drifted = [.. plan.Drifted.Select(c => Named(c, live))],
        });
    }

    private static PlannedChange Named(PlannedChange change, LiveJobs live)
    {
        var applied = change.TakenOver ? null : live.Applied.GetValueOrDefault(change.Name);
        return change with
        {
            // As the file left it: still the file's.
            Fields = [.. change.Fields.Select(f => applied is null || !FieldMerge.Same(f.Live, f.LastApplied) ? f : f with { LiveOwner = applied.Source })],
        };
    }
}
