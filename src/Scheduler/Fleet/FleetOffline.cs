using System.ComponentModel.DataAnnotations;
using Npgsql;
using NpgsqlTypes;
using Quartz;
using Scheduler.Database;
using Scheduler.Runs;

namespace Scheduler.Fleet;

/// <summary>Kind <c>fleet.offline</c>: marks online nodes offline that have sent no heartbeat for too long.</summary>
/// <remarks>Says nothing about the chunks they hold: those go by the age of their claim, see <see cref="FleetReclaim"/>. A node that was only cut off
/// is online again with its next heartbeat. Safe to run twice.</remarks>
public sealed class FleetOffline(FleetOffline.Settings settings, RunScope run) : IJob
{
    // One run marks at most this many batches (with the default batch 100,000 nodes); the next run, a minute later, carries on.
    private const int BatchesPerRunMax = 100;

    private static readonly string OfflineSql = SqlFiles.Read("queries/fleet_offline.sql");

    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var marked = 0L;
        for (var batch = 1; batch < BatchesPerRunMax; batch++)
        {
            var rows = 0;
            await run.Step(async (connection, _, token) =>
            {
                rows = await Batch(connection, token);
                return Counts(marked + rows);
            });
            marked += rows;
            if (rows < settings.Batch) { break; }
        }
        // The last batch commits together with the verdict; after a short one it finds what fell silent, or was busy, meanwhile.
        await run.Commit(async (connection, _, token) =>
        {
            var rows = await Batch(connection, token);
            return Counts(marked + rows);
        });
    }

    private Task<int> Batch(NpgsqlConnection connection, CancellationToken token) =>
        FleetStatement.Count(connection, OfflineSql, token, (NpgsqlDbType.Interval, settings.SilentFor), (NpgsqlDbType.Integer, settings.Batch));

    private static string Counts(long marked) => $$"""{"marked_offline": {{marked}}}""";

    /// <summary>Settings of <c>fleet.offline</c>.</summary>
    public sealed record Settings
    {
        /// <summary>Time since a node's last heartbeat after which it counts as offline. Too low and a node with a slow network flaps; too high
        /// and a dead node looks alive. Keep it at several heartbeats. Default 5 minutes.</summary>
        [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
        public TimeSpan SilentFor { get; init; } = TimeSpan.FromMinutes(5);

        /// <summary>Most nodes marked in one transaction. Too low and a large outage takes many round trips; too high and heartbeats wait for
        /// its locks. Default 1000.</summary>
        [Range(1, 100_000)]
        public int Batch { get; init; } = 1000;
    }
}
