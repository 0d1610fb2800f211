using System.Globalization;
using Dapper;
using Scheduler.Database;
using Scheduler.Schedules;

namespace Scheduler.Jobs;

/// <summary>A job that an upgrade concerns.</summary>
/// <param name="Job">Its name.</param>
/// <param name="Schedule">Its schedule.</param>
/// <param name="Refused">Why this build refuses it; null when it does not.</param>
/// <param name="Lost">Of its next instants, the first that it is no longer due at; null for none.</param>
/// <param name="Gained">The first that it is due at only now; null for none.</param>
public sealed record ChangedMeaning(string Job, string Schedule, string? Refused, DateTime? Lost, DateTime? Gained)
{
    /// <inheritdoc />
    public override string ToString() => Refused is not null ? $"refused {Job}: {Refused}"
        : $"changed {Job} ('{Schedule}'):" + At("no longer due at", Lost)
            + (Lost is not null && Gained is not null ? "," : "") + At("now due at", Gained);

    private static string At(string words, DateTime? at) => at is null ? ""
        : string.Create(CultureInfo.InvariantCulture, $" {words} {at:yyyy-MM-dd'T'HH:mm:ss'Z'}");
}

/// <summary>What bringing a database of an older build to this one changes in when jobs are due.</summary>
public static class MeaningReport
{
    /// <summary>The newest migration of the builds whose schedules Quartz's own classes computed (before 0.2.0).</summary>
    public const int FormerMigrationLast = 36;
    /// <summary>Of each job so many instants are compared.</summary>
    public const int InstantsCompared = 100;

    /// <summary>The jobs whose next instants change, or whose schedule is refused, by name; none where the database is of a build that means the
    /// same. Throws <see cref="OperatorException"/> for what the server refuses.</summary>
    /// <param name="connectionString">The scheduler's database.</param>
    /// <param name="version">Newest migration the database has; 0 for none.</param>
    /// <param name="now">Instants after this one are compared.</param>
    /// <param name="token">Ends the attempt.</param>
    public static Task<IReadOnlyList<ChangedMeaning>> Of(string connectionString, int version, DateTimeOffset now, CancellationToken token) =>
        OperatorConnection.Use<IReadOnlyList<ChangedMeaning>>(connectionString, async c =>
        {
            if (version is 0 or > FormerMigrationLast) { return []; }
            var rows = await c.QueryAsync<Row>(new CommandDefinition(
                """
                select name, schedule, time_zone, case when starts between '1970-01-01Z' and '9998-12-31Z' then starts end as starts,
                    case when ends between '1970-01-01Z' and '9998-12-31Z' then ends end as ends
                from scheduler.job where for_each is null order by name
                """, cancellationToken: token));
            return [.. rows.Select(r => Compare(r, now)).OfType<ChangedMeaning>()];
        }, token);

    /// <summary>What changes in one job; null for nothing.</summary>
    internal static ChangedMeaning? Compare(Row job, DateTimeOffset now)
    {
        var limits = new ScheduleLimits(Utc(job.Starts), Utc(job.Ends), TimeSpan.Zero, null);
        Schedule schedule;
        try { schedule = Schedule.Parse(job.Schedule, job.TimeZone, limits); }
        catch (ScheduleException e) { return new(job.Name, job.Schedule, e.Message, null, null); }
        // A part that such a build could not read, or computed as this one does, is compared with itself.
        var former = schedule.Parts.Select(p => (SchedulePart?)FormerPart.Of(p.Text, schedule.Zone, limits.Starts) ?? p);
        var (before, after) = (Schedule.Next(former, limits, now, InstantsCompared), schedule.Next(now, InstantsCompared));
        // Behind the last instant of a full list nothing is known of it.
        var end = new[] { before, after }.Where(l => l.Count == InstantsCompared).Select(l => l[^1]).DefaultIfEmpty(DateTimeOffset.MaxValue).Min();
        DateTime? First(IEnumerable<DateTimeOffset> of, IEnumerable<DateTimeOffset> without) =>
            of.Except(without).Where(i => i <= end).Order().Select(i => (DateTime?)i.UtcDateTime).FirstOrDefault();
        var (lost, gained) = (First(before, after), First(after, before));
        return lost is null && gained is null ? null : new(job.Name, job.Schedule, null, lost, gained);
    }

    private static DateTimeOffset? Utc(DateTime? at) => at is { } instant ? new DateTimeOffset(instant, TimeSpan.Zero) : null;

    /// <summary>What is read of a job.</summary>
    internal sealed record Row
    {
        public string Name { get; init; } = "";
        public string Schedule { get; init; } = "";
        public string TimeZone { get; init; } = "";
        public DateTime? Starts { get; init; }
        public DateTime? Ends { get; init; }
    }
}
