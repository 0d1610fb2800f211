using System.Globalization;
using System.Text;
using Dapper;
using Npgsql;
using Scheduler.Database;
using Scheduler.Schedules;

namespace Scheduler.Jobs;

/// <summary>One due time of a preview.</summary>
/// <param name="DueAt">The instant, UTC.</param>
/// <param name="Local">The same in the schedule's zone, with its offset.</param>
public sealed record PreviewFire(DateTime DueAt, string Local);

/// <summary>When a schedule will be due, and what is worth knowing about it.</summary>
/// <param name="Schedule">The schedule.</param>
/// <param name="TimeZone">Its zone.</param>
/// <param name="Fires">The next due times.</param>
/// <param name="Events">The parts that are due by an event and not by the clock.</param>
/// <param name="Notes">What lint says.</param>
/// <param name="InWords">The schedule as an English sentence.</param>
public sealed record Preview(
    string Schedule, string TimeZone, IReadOnlyList<PreviewFire> Fires, IReadOnlyList<string> Events, IReadOnlyList<string> Notes, string InWords)
{
    /// <summary>Most due times of one preview.</summary>
    public const int FiresMax = 1000;

    /// <summary>The due instants alone, UTC, in order.</summary>
    public IReadOnlyList<DateTime> Due => [.. Fires.Select(f => f.DueAt)];

    /// <summary>The preview of a schedule.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="after">Due times strictly after this instant.</param>
    /// <param name="count">How many at most, 1 to <see cref="FiresMax"/>.</param>
    /// <param name="usualDuration">How long a run takes as a rule, null when that is not known.</param>
    /// <param name="until">None after this instant; null for no limit.</param>
    public static Preview Of(
        Schedule schedule, DateTimeOffset after, int count, TimeSpan? usualDuration = null, DateTimeOffset? until = null) => new(
        schedule.Text, schedule.Zone.Id,
        [.. schedule.Next(after, Math.Clamp(count, 1, FiresMax)).TakeWhile(due => !(due > until)).Select(due => Fire(schedule, due))],
        [.. schedule.Events.Select(e => e.Text)], Lint.Of(schedule, after, usualDuration), ScheduleWords.Of(schedule, after));

    private static PreviewFire Fire(Schedule schedule, DateTimeOffset due) => new(due.UtcDateTime,
        TimeZoneInfo.ConvertTime(due, schedule.Zone).ToString("ddd yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture));

    /// <summary>The preview of a job as it stands. Throws <see cref="OperatorException"/> (3) when there is none of that name.</summary>
    /// <param name="connectionString">The scheduler's database.</param>
    /// <param name="name">The job's name.</param>
    /// <param name="after">Due times strictly after this instant.</param>
    /// <param name="count">How many at most, 1 to <see cref="FiresMax"/>.</param>
    /// <param name="until">None after this instant; null for no limit.</param>
    /// <param name="token">Stops the question.</param>
    public static Task<Preview> OfJob(
        string connectionString, string name, DateTimeOffset after, int count, DateTimeOffset? until, CancellationToken token) =>
        OperatorConnection.Use(connectionString, async c =>
        {
            var job = (await Jobs(c, name, token)).SingleOrDefault()
                ?? throw JobList.NotFound(name, await Names(c, token));
            if (job.Relation is { } relation)
            {
                throw new OperatorException($"job '{name}' is never due itself: it stands for one job a row of {relation}; name one of those, "
                    + "see 'scheduler job list'", 1);
            }
            try
            {
                var schedule = await Read(c, job, token);
                var preview = Of(schedule, after, count, job.Usual, until);
                // What an event makes due later is on its way already.
                return job.NextFireAt is { } due && new DateTimeOffset(due, TimeSpan.Zero) is var next && next > after && !(next > until)
                    && schedule.Events.Count > 0 && preview.Fires.All(f => f.DueAt != due)
                    ? preview with { Fires = [.. preview.Fires.Append(Fire(schedule, next)).OrderBy(f => f.DueAt).Take(count)] } : preview;
            }
            catch (ScheduleException e) { throw new OperatorException($"job '{name}': {e.Message}", 1); }
        }, token);

    /// <summary>What lint says about one job, or about all of them; jobs it has nothing to say about are left out. Throws
    /// <see cref="OperatorException"/> (3) when there is none of that name.</summary>
    public static Task<IReadOnlyList<(string Job, string Note)>> LintOf(
        string connectionString, string? name, TimeProvider time, CancellationToken token) =>
        OperatorConnection.Use<IReadOnlyList<(string, string)>>(connectionString, async c =>
        {
            var rows = (await Jobs(c, null, token)).ToList();
            if (name is not null && rows.All(r => r.Name != name))
            {
                throw JobList.NotFound(name, rows.Select(r => r.Name));
            }
            var (notes, readable) = (new List<(string, string)>(), new List<(string, Schedule)>());
            var now = time.GetUtcNow();
            // A job with for_each is never due itself, and its schedule may hold {column}; the jobs it stands for have rows of their own.
            foreach (var row in rows.Where(r => r.Relation is null))
            {
                try
                {
                    var schedule = await Read(c, row, token);
                    readable.Add((row.Name, schedule));
                    if (name is null || name == row.Name) { notes.AddRange(Lint.Of(schedule, now, row.Usual).Select(n => (row.Name, n))); }
                }
                catch (ScheduleException e) { notes.Add((row.Name, e.Message)); }
            }
            notes.AddRange(Lint.Herds(readable, now).Where(h => name is null || h.Key == name).Select(h => (h.Key, h.Value)));
            return [.. notes.Where(n => name is null || n.Item1 == name).OrderBy(n => n.Item1, StringComparer.Ordinal)];
        }, token);

    /// <summary>The preview as text: a line for each due time, then events, the schedule in words and notes.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var fire in Fires)
        {
            text.Append(CultureInfo.InvariantCulture, $"{fire.DueAt:yyyy-MM-dd'T'HH:mm:ss'Z'}  {fire.Local}").Append('\n');
        }
        foreach (var due in Events) { text.Append("due ").Append(due).Append('\n'); }
        if (Fires.Count == 0 && Events.Count == 0) { text.Append("not due in that time").Append('\n'); }
        text.Append("in words: ").Append(InWords).Append('\n');
        foreach (var note in Notes) { text.Append("note: ").Append(note).Append('\n'); }
        return text.ToString().TrimEnd('\n');
    }

    private static async Task<Schedule> Read(NpgsqlConnection connection, Row job, CancellationToken token)
    {
        var calendars = new Dictionary<string, NamedCalendar>(StringComparer.Ordinal);
        if (job.Calendar is not null)
        {
            var row = await connection.QuerySingleAsync<CalendarRow>(new CommandDefinition(
                "select name, time_zone, holidays, weekdays, blackouts::text as blackouts from scheduler.calendar where name = @Calendar",
                new { job.Calendar }, cancellationToken: token));
            calendars.Add(row.Name, new CalendarDefinition
            {
                Name = row.Name,
                TimeZone = row.TimeZone,
                Holidays = row.Holidays,
                Weekdays = row.Weekdays,
                Blackouts = row.Blackouts,
            }.Read());
        }
        return Jobs(job, calendars);
    }

    private static Schedule Jobs(Row job, IReadOnlyDictionary<string, NamedCalendar> calendars) => new JobDefinition
    {
        Name = job.Name,
        Kind = "",
        Schedule = job.Schedule,
        TimeZone = job.TimeZone,
        Calendar = job.Calendar,
        Starts = Instant(job.Starts),
        Ends = Instant(job.Ends),
        Spread = job.Spread is { } spread ? TimeSpan.FromSeconds(spread) : null,
        Count = job.Count,
    }.ReadSchedule(calendars);

    private static DateTimeOffset? Instant(DateTime? utc) => utc is { } instant ? new DateTimeOffset(instant, TimeSpan.Zero) : null;

    // The usual duration is the middle one of the last twenty that succeeded: one long run proves nothing.
    private static Task<IEnumerable<Row>> Jobs(NpgsqlConnection connection, string? name, CancellationToken token) =>
        connection.QueryAsync<Row>(new CommandDefinition("""
            select j.name, j.schedule, j.time_zone, j.calendar,
                -- What no node can hold is the job's problem, and not that of the others.
                case when j.starts between '1970-01-01Z' and '9998-12-31Z' then j.starts end as starts,
                case when j.ends between '1970-01-01Z' and '9998-12-31Z' then j.ends end as ends,
                extract(epoch from j.spread)::float8 as spread, j.count,
                case when @name is not null then (select s.next_fire_at from scheduler.job_status s where s.name = j.name) end as next_fire_at,
                j.for_each ->> 'relation' as relation, usual.seconds
            from scheduler.job j left join lateral (
                select percentile_cont(0.5) within group (order by extract(epoch from l.ended_at - l.started_at))::float8 as seconds from (
                    select r.ended_at, r.started_at from scheduler.run r where r.job = j.name and r.verdict = 'succeeded'
                        and r.due_at > clock_timestamp() - interval '30 days' order by r.due_at desc limit 20) l) usual on true
            where @name::text is null or j.name = @name order by j.name
            """, new { name }, cancellationToken: token));

    private static Task<IEnumerable<string>> Names(NpgsqlConnection connection, CancellationToken token) =>
        connection.QueryAsync<string>(new CommandDefinition("select name from scheduler.job order by name", cancellationToken: token));

    private sealed record Row
    {
        public string Name { get; init; } = "";
        public string Schedule { get; init; } = "";
        public string TimeZone { get; init; } = "";
        public string? Calendar { get; init; }
        public DateTime? Starts { get; init; }
        public DateTime? Ends { get; init; }
        public double? Spread { get; init; }
        public int? Count { get; init; }
        public DateTime? NextFireAt { get; init; }
        public string? Relation { get; init; }
        public double? Seconds { get; init; }
        public TimeSpan? Usual => Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    private sealed record CalendarRow
    {
        public string Name { get; init; } = "";
        public string TimeZone { get; init; } = "";
        public DateOnly[] Holidays { get; init; } = [];
        public string[] Weekdays { get; init; } = [];
        public string Blackouts { get; init; } = "";
    }
}
