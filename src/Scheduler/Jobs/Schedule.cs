using Quartz;
using Quartz.Extensibility;
using Scheduler.Cluster;

namespace Scheduler.Jobs;

/// <summary>A schedule or time zone that cannot be used. The message names the text and what was expected.</summary>
public sealed class ScheduleException(string message) : FormatException(message);

/// <summary>
/// When a job is due: one or several parts (<c>*/5 * * * *</c>, <c>0 0 2 * * ?</c>, <c>@daily</c>, <c>every 30s</c>), or <c>manual</c>:
/// never by itself. Read and computed by Quartz's own classes. See docs/schedules.md.
/// </summary>
public sealed class Schedule
{
    // Twenty parts already describe any plan a person can follow; each part is a trigger in the store.
    private const int PartsMax = 20;
    // As wide as a screen and ten times over; keeps error messages readable.
    private const int TextLengthMax = 1000;

    private readonly IReadOnlyList<SchedulePart> parts;

    private Schedule(string text, TimeZoneInfo zone, IReadOnlyList<SchedulePart> parts) => (Text, Zone, this.parts) = (text, zone, parts);

    /// <summary>The schedule as it was written.</summary>
    public string Text { get; }
    /// <summary>Zone that cron fields are read in; intervals do not depend on it.</summary>
    public TimeZoneInfo Zone { get; }
    /// <summary>True when the job only runs on request.</summary>
    public bool IsManual => parts.Count == 0;

    /// <summary>Read a schedule. Throws <see cref="ScheduleException"/> for an unknown zone, a text that is no schedule, and one that can
    /// never be due.</summary>
    /// <param name="text">Parts separated by <c>;</c>.</param>
    /// <param name="timeZone">IANA name, e.g. <c>Europe/Berlin</c>.</param>
    public static Schedule Parse(string text, string timeZone)
    {
        var zone = Zones.Find(timeZone);
        if (text.Length > TextLengthMax)
        {
            throw new ScheduleException($"the schedule has {text.Length} characters; expected at most {TextLengthMax}");
        }
        var texts = text.Split(';', StringSplitOptions.TrimEntries);
        if (texts.Length > PartsMax) { throw new ScheduleException($"the schedule has {texts.Length} parts; expected at most {PartsMax}"); }
        if (texts is ["manual"]) { return new Schedule(text, zone, []); }
        return new Schedule(text, zone, [.. texts.Select(t => SchedulePart.Parse(t, zone))]);
    }

    /// <summary>
    /// The Quartz triggers of a job, one for each part, none when <see cref="IsManual"/>. A trigger's description is a hash of all it
    /// depends on: while it is equal, the stored trigger need not be replaced. Throws <see cref="ScheduleException"/> when a part is never
    /// due again.
    /// </summary>
    /// <param name="job">Name of the job, which is the name of its Quartz job.</param>
    /// <param name="now">The first fire of each is strictly after this instant.</param>
    public IReadOnlyList<ITrigger> Triggers(string job, DateTimeOffset now) => [.. Plan(job).Select(p => p.Build(now, now))];

    /// <summary>The triggers a job is to have, not built yet: one whose hash is stored already need not be.</summary>
    internal IEnumerable<PlannedTrigger> Plan(string job) => parts.Select((part, i) =>
        new PlannedTrigger(new TriggerKey($"{job}#{i}", FireJob.Group), new JobKey(job, FireJob.Group), part));

    /// <summary>The next due instants strictly after one, in order, each once however many parts name it; fewer than asked when the
    /// schedule ends.</summary>
    /// <param name="after">Instant to begin after.</param>
    /// <param name="count">How many at most.</param>
    public IReadOnlyList<DateTimeOffset> Next(DateTimeOffset after, int count)
    {
        var due = new List<DateTimeOffset>();
        var heads = parts.Select(p => p.Next(after)).ToArray();
        while (due.Count < count && heads.Min() is { } next)
        {
            due.Add(next);
            for (var i = 0; i < heads.Length; i++)
            {
                if (heads[i] == next) { heads[i] = parts[i].Next(next); }
            }
        }
        return due;
    }
}

/// <summary>A trigger a job is to have.</summary>
/// <param name="Key">Key of the trigger: <c>job#0</c>.</param>
/// <param name="Job">Key of its job.</param>
/// <param name="Part">The part of the schedule it stands for.</param>
internal sealed record PlannedTrigger(TriggerKey Key, JobKey Job, SchedulePart Part)
{
    /// <summary>
    /// Make it, first due after an instant. Quartz moves the beginning of a trigger that has never fired from the past to the present. An interval
    /// would be off its multiples from then on: it is made as one that has fired before, which is left alone. A cron begins at its first instant
    /// after <paramref name="now"/>; what it owes until then is not its own, see <see cref="OwedFires"/>. Throws <see cref="ScheduleException"/>
    /// when it is never due again.
    /// </summary>
    /// <param name="after">The first fire is strictly after this instant.</param>
    /// <param name="now">The present.</param>
    public ITrigger Build(DateTimeOffset after, DateTimeOffset now)
    {
        var first = Part.Next(Part is EveryPart || after > now ? after : now)
            ?? throw new ScheduleException($"schedule '{Part.Text}' is never due after {after.UtcDateTime:yyyy-MM-dd}");
        var trigger = TriggerBuilder.Create()
            .WithIdentity(Key)
            .ForJob(Job)
            .WithExecutionGroup(FireJob.ExecutionGroup)
            .WithDescription(Part.Hash)
            .StartAt(first)
            .WithSchedule(Part.Builder())
            .Build();
        if (Part is EveryPart every) { ((IMutableTrigger)trigger).PreviousFireTimeUtc = first - every.Interval; }
        return trigger;
    }
}
