using System.Collections;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Scheduler.Telemetry;

/// <summary>
/// The spans of runs, source <c>Scheduler</c>. A run's trace id is made from its run key, so that all its owners, and whoever reads
/// <c>scheduler.run.trace_id</c>, mean the same trace, and sampling by trace id decides alike on every node.
/// </summary>
internal static class RunTrace
{
    public static readonly ActivitySource Source = new(SchedulerMeter.Name);

    // .NET asks its generator on the thread that starts an activity without a parent.
    [ThreadStatic]
    private static ActivityTraceId? next;

    static RunTrace()
    {
        var former = Activity.TraceIdGenerator;
        Activity.TraceIdGenerator = () => next ?? former?.Invoke() ?? ActivityTraceId.CreateRandom();
    }

    /// <summary>The trace of a run: the first 16 bytes of its key's SHA-256, as the view <c>scheduler.run</c> has it.</summary>
    public static ActivityTraceId TraceOf(string runKey) => ActivityTraceId.CreateFromBytes(Hash(runKey)[..16]);

    /// <summary>Begin the span of a run on this node; null where nobody listens, or the run is not sampled.</summary>
    /// <param name="runKey">The run.</param>
    /// <param name="job">Its job.</param>
    /// <param name="due">When it was due. A fire's span begins then; one that was asked for begins now, for it may be of the past.</param>
    /// <param name="now">Now, by the database's clock.</param>
    /// <param name="token">Which owner this is.</param>
    /// <param name="node">This node.</param>
    public static Activity? Begin(string runKey, string job, DateTime due, DateTimeOffset now, long token, string node)
    {
        if (!Source.HasListeners()) { return null; }
        var isFire = token == 1 && SchedulerMeter.TriggerOf(runKey, job) != "manual";
        var begin = isFire && due < now.UtcDateTime ? new DateTimeOffset(due) : now;
        Activity? activity;
        (var former, Activity.Current) = (Activity.Current, null);
        next = TraceOf(runKey);
        try { activity = Source.StartActivity($"run {job}", ActivityKind.Internal, parentContext: default, startTime: begin); }
        finally { next = null; }
        if (activity is null)
        {
            Activity.Current = former;
            return null;
        }
        activity.SetTag("job.name", job).SetTag("scheduler.run.key", runKey).SetTag("scheduler.run.token", token).SetTag("scheduler.node", node)
            .SetTag("trigger.type", SchedulerMeter.TriggerOf(runKey, job)).SetTag("scheduler.run.due_at", due.ToString("O"));
        if (begin < now)
        {
            Source.StartActivity("wait", ActivityKind.Internal, activity.Context, startTime: begin)?.SetEndTime(now.UtcDateTime).Stop();
        }
        Activity.Current = activity;
        return activity.AddEvent(new("begun", now));
    }

    /// <summary>Begin a part of the present run; null where nobody listens.</summary>
    public static Activity? Part(string name) => Activity.Current is null ? null : Source.StartActivity(name);

    /// <summary>Say on a span what it failed with. Of PostgreSQL's errors only the SQLSTATE: their texts quote parameters.</summary>
    /// <param name="span">The span.</param>
    /// <param name="error">What happened.</param>
    /// <param name="text">Its text, without secrets.</param>
    public static void Failed(Activity span, Exception error, string text)
    {
        var state = (error as PostgresException)?.SqlState;
        span.SetStatus(ActivityStatusCode.Error, state is null ? text : "SQLSTATE " + state).SetTag("error.type", state ?? error.GetType().Name);
    }

    /// <summary>Say which run caused this one.</summary>
    /// <param name="activity">The caused run's span.</param>
    /// <param name="cause">Key of the run before it. Its span's id is not known here: the link carries one made from the key.</param>
    public static void LinkTo(Activity activity, string cause)
    {
        var context = new ActivityContext(TraceOf(cause), ActivitySpanId.CreateFromBytes(Hash(cause)[16..24]), ActivityTraceFlags.None);
        activity.AddLink(new(context, new() { ["scheduler.run.key"] = cause }));
    }

    private static ReadOnlySpan<byte> Hash(string runKey) => SHA256.HashData(Encoding.UTF8.GetBytes(runKey));
}

/// <summary>The run on each line that is logged while it is carried out.</summary>
internal sealed class RunLogScope(string runKey, string job) : IReadOnlyList<KeyValuePair<string, object?>>
{
    public int Count => 2;

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new("scheduler.run.key", runKey),
        1 => new("job.name", job),
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        yield return this[0];
        yield return this[1];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => runKey;
}
