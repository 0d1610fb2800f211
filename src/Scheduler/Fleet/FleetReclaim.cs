using System.ComponentModel.DataAnnotations;
using Npgsql;
using NpgsqlTypes;
using Quartz;
using Scheduler.Database;
using Scheduler.Runs;

namespace Scheduler.Fleet;

/// <summary>Kind <c>fleet.reclaim</c>: puts chunks that have been running too long back to pending, so that another worker does them.</summary>
/// <remarks>
/// The age of the claim alone decides; a worker that is alive and merely slow loses its chunk too, and its late answer is refused by
/// <c>fleet.complete_chunk</c>. So a chunk's work may be done twice, but counts once. Safe to run twice.
/// </remarks>
public sealed class FleetReclaim(FleetReclaim.Settings settings, RunScope run) : IJob
{
    // One run frees at most this many batches (with the default batch 100,000 chunks); the next run, 30 s later, carries on.
    private const int BatchesPerRunMax = 100;

    private static readonly string ReclaimSql = SqlFiles.Read("queries/fleet_reclaim.sql");

    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var reclaimed = 0L;
        for (var batch = 1; batch < BatchesPerRunMax; batch++)
        {
            var rows = 0;
            await run.Step(async (connection, _, token) =>
            {
                rows = await Batch(connection, token);
                return Counts(reclaimed + rows);
            });
            reclaimed += rows;
            if (rows < settings.Batch) { break; }
        }
        // The last batch commits together with the verdict; after a short one it finds what came of age, or was busy, meanwhile.
        await run.Commit(async (connection, _, token) =>
        {
            var rows = await Batch(connection, token);
            return Counts(reclaimed + rows);
        });
    }

    private Task<int> Batch(NpgsqlConnection connection, CancellationToken token) =>
        FleetStatement.Count(connection, ReclaimSql, token, (NpgsqlDbType.Interval, settings.OlderThan), (NpgsqlDbType.Integer, settings.Batch));

    private static string Counts(long reclaimed) => $$"""{"reclaimed": {{reclaimed}}}""";

    /// <summary>Settings of <c>fleet.reclaim</c>.</summary>
    public sealed record Settings
    {
        /// <summary>Age of a chunk's claim after which it is taken away. Too low and slow workers do work in vain; too high and the chunks of
        /// dead workers wait. Default 5 minutes.</summary>
        [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
        public TimeSpan OlderThan { get; init; } = TimeSpan.FromMinutes(5);

        /// <summary>Most chunks freed in one transaction. Too low and a large backlog takes many round trips; too high and its locks are held
        /// long. Default 1000.</summary>
        [Range(1, 100_000)]
        public int Batch { get; init; } = 1000;
    }
}
