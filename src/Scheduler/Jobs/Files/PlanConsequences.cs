using System.Globalization;
using Scheduler.Database;
using Scheduler.Schedules;

namespace Scheduler.Jobs.Files;

/// <summary>How the due times of one job change.</summary>
/// <param name="Job">The job's name.</param>
/// <param name="Gained">Instants at which it is due after the plan and was not before.</param>
/// <param name="Lost">Instants at which it was due and is not any more.</param>
/// <param name="After">Instants at which it is due after the plan.</param>
/// <param name="CountedUntil">Counted up to this instant only, because there are more than <see cref="PlanConsequences.FiresMax"/>; null when to
/// the end.</param>
public sealed record FiresChange(string Job, int Gained, int Lost, int After, DateTimeOffset? CountedUntil);

/// <summary>What a plan means for the next seven days, computed from the schedules by the scheduler's own code.</summary>
/// <param name="From">The present.</param>
/// <param name="To">Seven days on.</param>
/// <param name="Fires">Jobs whose due times change.</param>
/// <param name="Warnings">What will not go as it looks, one sentence each.</param>
/// <param name="NotComputed">Jobs left out because others have too many fires; see <see cref="AllFiresMax"/>.</param>
public sealed record PlanConsequences(
    DateTimeOffset From, DateTimeOffset To, IReadOnlyList<FiresChange> Fires, IReadOnlyList<string> Warnings, int NotComputed)
{
    /// <summary>Most due times of one job that are looked at: every 30 s of seven days.</summary>
    public const int FiresMax = 20_160;
    /// <summary>Most due times of all jobs together: an answer within seconds.</summary>
    public const int AllFiresMax = 400_000;
    private static readonly TimeSpan Window = TimeSpan.FromDays(7);

    /// <summary>The consequences of a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="live">The rows it was made from.</param>
    /// <param name="usual">Usual duration of jobs that have run, by name.</param>
    /// <param name="now">Instant to begin at.</param>
    internal static PlanConsequences Of(JobPlan plan, LiveJobs live, IReadOnlyDictionary<string, TimeSpan> usual, DateTimeOffset now)
    {
        var byName = live.Jobs.ToDictionary(j => j.Definition.Name, j => j.Definition, StringComparer.Ordinal);
        var before = Readable(live.Calendars.Select(c => c.Calendar));
        var after = Readable(plan.CalendarRows.Select(r => r.Part).Concat(live.Calendars.Select(c => c.Calendar)).DistinctBy(c => c.Name));
        var written = plan.Rows.Select(r => r.Job.Name).Concat(plan.Removals.Select(r => r.Name)).ToHashSet(StringComparer.Ordinal);
        // A calendar that changes moves jobs that do not.
        var moved = plan.Calendars.Where(c => c.Fate == PartFate.Change).Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        var changes = plan.Removals.Select(r => new Change(r.Name, byName[r.Name], null))
            .Concat(plan.Rows.Select(r => new Change(r.Job.Name, r.Before?.Definition, r.Job)))
            .Where(c => c.Before is null || c.After is null || Timing(c.Before) != Timing(c.After) || moved.Contains(c.After.Calendar ?? ""))
            .Concat(byName.Values.Where(j => moved.Contains(j.Calendar ?? "") && !written.Contains(j.Name)).Select(j => new Change(j.Name, j, j)));
        var fires = new List<FiresChange>();
        var warnings = new List<string>();
        var (budget, left) = (AllFiresMax, 0);
        foreach (var (name, was, becomes) in changes)
        {
            if (budget <= 0)
            {
                left++;
                continue;
            }
            var (old, due) = (Due(was, before, now), Due(becomes, after, now));
            budget -= old.Count + due.Count;
            if (Compare(name, old, due) is { } change) { fires.Add(change); }
            if (becomes is not null && usual.TryGetValue(name, out var duration) && Overlapping(becomes, due, duration) is { } warning)
            {
                warnings.Add(warning);
            }
        }
        return new(now, now + Window, fires, warnings, left);
    }

    private sealed record Change(string Name, JobDefinition? Before, JobDefinition? After);

    private static (bool, string, string, string?, DateTimeOffset?, DateTimeOffset?, TimeSpan?, int?) Timing(JobDefinition job) =>
        (job.Enabled, job.Schedule, job.TimeZone, job.Calendar, job.Starts, job.Ends, job.Spread, job.Count);

    private static Dictionary<string, NamedCalendar> Readable(IEnumerable<CalendarDefinition> calendars)
    {
        var readable = new Dictionary<string, NamedCalendar>(StringComparer.Ordinal);
        foreach (var calendar in calendars)
        {
            try { readable[calendar.Name] = calendar.Read(); }
            catch (ScheduleException) { /* its row says why */ }
        }
        return readable;
    }

    private static List<DateTimeOffset> Due(JobDefinition? job, IReadOnlyDictionary<string, NamedCalendar> calendars, DateTimeOffset now)
    {
        if (job is not { Enabled: true }) { return []; }
        // A row edited in SQL may hold what only a node finds wrong; it is not due then.
        try { return [.. job.ReadSchedule(calendars).Next(now, FiresMax).TakeWhile(t => t <= now + Window)]; }
        catch (ScheduleException) { return []; }
    }

    private static FiresChange? Compare(string name, List<DateTimeOffset> old, List<DateTimeOffset> due)
    {
        // Beyond the last instant of a list that was cut nothing can be compared.
        var cut = new[] { old, due }.Where(l => l.Count == FiresMax).Select(l => (DateTimeOffset?)l[^1]).Min();
        if (cut is { } end)
        {
            old = [.. old.TakeWhile(t => t <= end)];
            due = [.. due.TakeWhile(t => t <= end)];
        }
        var (gained, lost) = (due.Except(old).Count(), old.Except(due).Count());
        return gained + lost == 0 ? null : new(name, gained, lost, due.Count, cut);
    }

    private static string? Overlapping(JobDefinition job, List<DateTimeOffset> due, TimeSpan usual)
    {
        var gap = due.Zip(due.Skip(1), (a, b) => b - a).DefaultIfEmpty(TimeSpan.MaxValue).Min();
        if (gap >= usual) { return null; }
        var then = job.Overlap switch
        {
            Overlap.Skip => "fires that meet a run are skipped(overlap)",
            Overlap.Queue => "fires wait for each other and pile up",
            Overlap.Cancel => "runs are cancelled by the next fire",
            Overlap.Allow => "runs go on side by side",
            _ => "see its overlap",
        };
        var lasts = usual < TimeSpan.FromSeconds(1) ? "less than 1s" : Duration.Format(usual);
        return string.Create(CultureInfo.InvariantCulture, $"{job.Name} would be due every {Duration.Format(gap)}, and a run takes {lasts} "
            + $"(median of its last {FileStore.RunsMeasured}): {then}");
    }
}
