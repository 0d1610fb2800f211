using System.Globalization;
using System.Text.Json;
using Npgsql;
using Scheduler.Database;
using Scheduler.Jobs;

namespace Scheduler.Runs;

/// <summary>How much of one thing a run would delete.</summary>
/// <param name="What">Its name for people, e.g. <c>fleet.node</c>; what an approval names it by.</param>
/// <param name="Unit">rows or files.</param>
/// <param name="ResultKey">Key of a run's result that says how many of it were deleted.</param>
/// <param name="Count">How many would go.</param>
/// <param name="Total">How many there are, or at least; null when no share is asked for.</param>
public sealed record Doomed(string What, string Unit, string ResultKey, long Count, long? Total);

/// <summary>The guard of deleting jobs: limits given and learned, asked before the first thing goes.</summary>
internal static class DeleteGuard
{
    // Fewer runs than this say nothing about what is usual, and fewer rows than this are no disaster.
    private const int HistoryMin = 5;
    private const long BandFrom = 1000;
    // Things come of age between the guard's count and the approval.
    private const double ApprovedMargin = 1.1;

    private static readonly string HistorySql = SqlFiles.Read("queries/guard_history.sql");

    internal static async Task<JsonElement?> Ask(
        RunScope run, NpgsqlConnection connection, IReadOnlyList<Doomed> doomed, RunApproval? approval)
    {
        var limits = run.Guard ?? new(null, null);
        var breaches = new List<string>();
        foreach (var one in doomed)
        {
            var breach = approval is null
                ? Given(one, limits) ?? await Learned(run, connection, one, limits.Band ?? GuardLimits.BandDefault)
                : Approved(one, approval);
            if (breach is not null) { breaches.Add(breach); }
        }
        var counts = doomed.ToDictionary(d => d.What, d => d.Count, StringComparer.Ordinal);
        if (limits.DryRun == true)
        {
            return JsonSerializer.SerializeToElement(
                new { dry_run = true, would_delete = counts, guard = breaches.Count == 0 ? null : string.Join("; ", breaches) });
        }
        if (breaches.Count == 0) { return null; }
        throw new GuardBreachedException(
            $"job {run.Job} would delete {string.Join("; ", breaches)}; nothing was deleted. Look at them, then 'scheduler run approve "
            + $"{run.RunKey}', or change the job", JsonSerializer.Serialize(new { would_delete = counts }));
    }

    // Words to put behind "would delete", or null.
    private static string? Given(Doomed one, GuardLimits limits)
    {
        if (one.Count > limits.MaxRows)
        {
            return $"{Number(one.Count)} {one.Unit} of {one.What}, more than its guard's max_rows {Number(limits.MaxRows.Value)}";
        }
        return one.Total is { } total && limits.MaxFraction is { } share && one.Count > share * total
            ? $"{Number(one.Count)} of {Number(total)} {one.Unit} of {one.What}, more than its guard's max_fraction "
                + share.ToString(CultureInfo.InvariantCulture)
            : null;
    }

    private static async Task<string?> Learned(RunScope run, NpgsqlConnection connection, Doomed one, double band)
    {
        if (band == 0 || one.Count < BandFrom) { return null; }
        var history = new List<long>();
        await using (var command = new NpgsqlCommand(HistorySql, connection))
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = run.Job });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = one.ResultKey });
            await using var reader = await command.ExecuteReaderAsync(run.Token);
            while (await reader.ReadAsync(run.Token)) { history.Add(reader.GetInt64(0)); }
        }
        if (history.Count < HistoryMin || one.Count <= band * history.Max()) { return null; }
        return $"{Number(one.Count)} {one.Unit} of {one.What}; the last {history.Count} runs deleted {Number(history.Max())} at most, and its "
            + $"guard's band allows {band.ToString(CultureInfo.InvariantCulture)} times as many";
    }

    private static string? Approved(Doomed one, RunApproval approval)
    {
        var allowed = (long)Math.Ceiling(approval.Counts.GetValueOrDefault(one.What) * ApprovedMargin);
        return one.Count <= allowed ? null
            : $"{Number(one.Count)} {one.Unit} of {one.What}, more than the {Number(allowed)} {approval.By} approved for {approval.RunKey}";
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
