namespace Scheduler.Schedules;

/// <summary>
/// The one place that says when a schedule is due. All ask it: stored triggers of every kind, whichever loop fires them, catching up, the sweep,
/// edits, backfills, previews. What is due is a set that depends on the schedule alone; <c>Next(after)</c> is the first of it later than the instant
/// asked about, wherever that lies.
/// </summary>
internal static class Instants
{
    // Two days of a job that is due every second and falls into hours that are left out; whole days and spans take one try each.
    internal const int TriesMax = 200_000;
    // A second before the last one that a date can say: a due instant plus the spread, and one tick more, are still dates.
    private static readonly DateTimeOffset Last = new DateTimeOffset(9999, 12, 31, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset First = new DateTimeOffset(1, 1, 2, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The first due instant of a part strictly after one; null when there is none.</summary>
    /// <param name="part">The part of a schedule.</param>
    /// <param name="starts">Not due before this instant, null for no limit.</param>
    /// <param name="ends">Not due after this instant, null for no limit.</param>
    /// <param name="offset">Every due instant is this much later: the job's place in its spread.</param>
    /// <param name="calendar">Not due where this leaves out, null for nothing.</param>
    /// <param name="after">The instant.</param>
    public static DateTimeOffset? Next(
        SchedulePart part, DateTimeOffset? starts, DateTimeOffset? ends, TimeSpan offset, CalendarRules? calendar, DateTimeOffset after)
    {
        var from = starts is { } begin && after < begin ? begin.AddTicks(-1) : after;
        for (var tries = 0; tries <= TriesMax; tries++)
        {
            if (from < First + offset) { from = First + offset; }
            if (from > Last || part.Next(from - offset) is not { } next || next > Last - offset) { return null; }
            var due = next + offset;
            if (due > ends) { return null; }
            if (calendar is null || calendar.Includes(due)) { return due; }
            // What is left out may be a year of seconds: go on where the calendar does.
            if (calendar.NextIncluded(due) is not { } included) { return null; }
            from = included.AddTicks(-1) > due ? included.AddTicks(-1) : due;
        }
        return null;
    }
}
