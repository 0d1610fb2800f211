using System.Globalization;
using Npgsql;
using Scheduler.Database;

namespace Scheduler.Jobs.Files;

/// <summary>Says of each field of a plan who set its live value: the file at its last apply, or whoever the audit names since.</summary>
internal static class FieldOwners
{
    private static readonly string OwnersSql = SqlFiles.Read("queries/job_field_owners.sql");

    /// <summary>The plan with its owners.</summary>
    public static async Task<JobPlan> Name(NpgsqlConnection connection, JobPlan plan, LiveJobs live, CancellationToken token)
    {
        // As the file left it: still the file's. Everything else somebody edited.
        var owners = new Dictionary<(string, string), string>();
        var edited = new List<(string Job, string Field)>();
        foreach (var job in plan.Changed.Concat(plan.Drifted))
        {
            var applied = job.TakenOver ? null : live.Applied.GetValueOrDefault((AppliedFile.Job, job.Name));
            foreach (var field in job.Fields)
            {
                if (applied is not null && FieldMerge.Same(field.Live, field.LastApplied)) { owners[(job.Name, field.Field)] = applied.Source; }
                else { edited.Add((job.Name, field.Field)); }
            }
        }
        await Ask(connection, edited, owners, token);
        IReadOnlyList<PlannedChange> Named(IReadOnlyList<PlannedChange> jobs) => [.. jobs.Select(j => j with
        {
            Fields = [.. j.Fields.Select(f => f with { LiveOwner = owners.GetValueOrDefault((j.Name, f.Field)) })],
        })];
        return plan with { Changed = Named(plan.Changed), Drifted = Named(plan.Drifted) };
    }

    private static async Task Ask(
        NpgsqlConnection connection, List<(string Job, string Field)> edited, Dictionary<(string, string), string> owners, CancellationToken token)
    {
        if (edited.Count == 0) { return; }
        await using (var known = new NpgsqlCommand("select to_regclass('scheduler.audit') is not null", connection))
        {
            if (!(bool)(await known.ExecuteScalarAsync(token))!) { return; }
        }
        var paths = edited.Select(e => e.Field.Split('.')).ToList();
        await using var command = new NpgsqlCommand(OwnersSql, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string[]> { TypedValue = [.. edited.Select(e => e.Job)] },
                new NpgsqlParameter<string[]> { TypedValue = [.. paths.Select(p => p[0] == "with" ? "settings" : p[0])] },
                new NpgsqlParameter<string[]> { TypedValue = [.. paths.Select(p => string.Join('\n', p[1..]))] },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token))
        {
            var (role, application, at, source) = (reader.GetString(1), reader.GetString(2), reader.GetDateTime(3), reader.GetString(4));
            var by = source.Contains(':') ? source : application.Length > 0 ? $"{role} ({application})" : role;
            owners[edited[reader.GetInt32(0) - 1]] = string.Create(CultureInfo.InvariantCulture, $"{by} at {at:yyyy-MM-dd'T'HH:mm:ss'Z'}");
        }
    }
}
