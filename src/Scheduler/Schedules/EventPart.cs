using System.Globalization;
using Scheduler.Database;

namespace Scheduler.Schedules;

/// <summary>Which verdicts of a run make the jobs after it due. Skipped and missed fires never ran: nothing follows them.</summary>
internal enum AfterWhich
{
    /// <summary>succeeded. Default.</summary>
    Success,
    /// <summary>failed, timed_out, unknown.</summary>
    Failure,
    /// <summary>Every verdict of a run that had begun, cancelled included.</summary>
    Any,
}

/// <summary>
/// One part of a schedule that is due by an event and not by the clock. The database knows who waits for what
/// (<c>scheduler_private.subscription</c>); here it is only read.
/// </summary>
/// <param name="Text">As it was written.</param>
internal abstract record EventPart(string Text)
{
    /// <summary>How long after the event it is due. Default: at once.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Params of the runs it makes due, in the order they are written. Default: none.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Params { get; init; } = [];

    /// <summary>The part that a form and what its slots hold make.</summary>
    /// <param name="text">As it was written.</param>
    /// <param name="form">The form.</param>
    /// <param name="slots">What its slots hold, those that are left out not in it. All of it is right.</param>
    public static EventPart Of(string text, EventForm form, IReadOnlyDictionary<EventSlot, string> slots)
    {
        EventPart part = form.Event switch
        {
            "after" => new AfterPart(text, slots[EventSlot.Jobs].Split(" and "),
                slots.TryGetValue(EventSlot.Outcome, out var which)
                    ? Enum.Parse<AfterWhich>(CultureInfo.InvariantCulture.TextInfo.ToTitleCase(which)) : AfterWhich.Success,
                slots.ContainsKey(EventSlot.FromStartup)),
            "startup" => new StartupPart(text),
            "release" => new ReleasePart(text),
            "node" => new NodeStartPart(text),
            "notify" => new NotifyPart(text, slots[EventSlot.Channel]),
            _ => new AfterEndPart(text, Duration.Parse(slots[EventSlot.Interval])),
        };
        return slots.TryGetValue(EventSlot.Delay, out var delay) ? part with { Delay = Duration.Parse(delay) } : part;
    }
}

/// <summary>Due when each of some other jobs has had a run with that outcome since it was last due by this part.</summary>
/// <param name="Text">As it was written.</param>
/// <param name="Jobs">The jobs, 1 to <see cref="EventGrammar.JobsMax"/>.</param>
/// <param name="Which">The outcome that counts.</param>
/// <param name="FromStartup">True when only runs count that a start of the cluster made due, at first hand or through others.</param>
internal sealed record AfterPart(string Text, IReadOnlyList<string> Jobs, AfterWhich Which, bool FromStartup) : EventPart(Text);

/// <summary>Due once when the cluster starts.</summary>
internal sealed record StartupPart(string Text) : EventPart(Text);

/// <summary>Due once for each new version of the job.</summary>
internal sealed record ReleasePart(string Text) : EventPart(Text);

/// <summary>Due once for each node process that comes live, and run on that node.</summary>
internal sealed record NodeStartPart(string Text) : EventPart(Text);

/// <summary>Due once for each burst of notifications on a channel.</summary>
internal sealed record NotifyPart(string Text, string Channel) : EventPart(Text);

/// <summary>Due that long after the end of the job's own last run.</summary>
internal sealed record AfterEndPart(string Text, TimeSpan Interval) : EventPart(Text);
