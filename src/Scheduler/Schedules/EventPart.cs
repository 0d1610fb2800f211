using System.Text.RegularExpressions;
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
/// (<c>scheduler_private.subscription</c>); here it is only read and checked.
/// </summary>
/// <param name="Text">As it was written.</param>
internal abstract partial record EventPart(string Text)
{
    private const string Expected = "expected 'on startup', 'on release' or 'on notify CHANNEL'";
    private static readonly string[] Events = ["startup", "release", "notify"];

    /// <summary>True when a part that begins with this word is due by an event.</summary>
    public static bool BeginsWith(string word) => word is "after" or "on";

    /// <summary>Read one part. Throws <see cref="ScheduleException"/>.</summary>
    public static EventPart Parse(string text, string[] words) => words switch
    {
        ["after", var job] => After(text, job, "success"),
        ["after", var job, "on", var which] => After(text, job, which),
        ["after", ..] => throw new ScheduleException(
            $"schedule '{text}' cannot be read; expected 'after JOB', 'after JOB on failure' or 'after JOB on any'"),
        ["on", "startup"] => new StartupPart(text),
        ["on", "release"] => new ReleasePart(text),
        ["on", "notify", var channel] => Notify(text, channel),
        ["on", "notify", ..] => throw new ScheduleException($"schedule '{text}' cannot be read; expected 'on notify' and one channel"),
        ["on", var other] => throw new ScheduleException($"schedule '{text}': '{other}' is no event{Spelling.Hint(other, Events)}; {Expected}"),
        _ => throw new ScheduleException($"schedule '{text}' cannot be read; {Expected}"),
    };

    private static AfterPart After(string text, string job, string which)
    {
        if (!JobName.IsAllowed(job))
        {
            throw new ScheduleException($"schedule '{text}': '{job}' is no job name; expected lower-case letters, digits and . _ - /");
        }
        return which switch
        {
            "success" => new AfterPart(text, job, AfterWhich.Success),
            "failure" => new AfterPart(text, job, AfterWhich.Failure),
            "any" => new AfterPart(text, job, AfterWhich.Any),
            _ => throw new ScheduleException($"schedule '{text}': '{which}' is no outcome{Spelling.Hint(which, ["success", "failure", "any"])}; "
                + "expected success, failure or any"),
        };
    }

    private static NotifyPart Notify(string text, string channel)
    {
        if (!Channel().IsMatch(channel))
        {
            throw new ScheduleException($"schedule '{text}': '{channel}' is no channel; "
                + "expected at most 63 lower-case letters, digits and _, not beginning with a digit");
        }
        if (channel.StartsWith("scheduler_", StringComparison.Ordinal))
        {
            throw new ScheduleException($"schedule '{text}': channels named scheduler_… are the scheduler's own; expected another name");
        }
        return new NotifyPart(text, channel);
    }

    // What NOTIFY makes of a name without quotes, so that nobody is puzzled by capitals.
    [GeneratedRegex("^[a-z_][a-z0-9_]{0,62}$")]
    private static partial Regex Channel();
}

/// <summary>Due when a run of another job has ended.</summary>
internal sealed record AfterPart(string Text, string Job, AfterWhich Which) : EventPart(Text);

/// <summary>Due once when the cluster starts.</summary>
internal sealed record StartupPart(string Text) : EventPart(Text);

/// <summary>Due once for each new version of the job.</summary>
internal sealed record ReleasePart(string Text) : EventPart(Text);

/// <summary>Due once for each burst of notifications on a channel.</summary>
internal sealed record NotifyPart(string Text, string Channel) : EventPart(Text);
