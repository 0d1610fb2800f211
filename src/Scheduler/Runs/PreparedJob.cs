using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Polly;
using Polly.Retry;
using Polly.Timeout;
using Quartz;
using Scheduler.Database;
using Scheduler.Jobs;

namespace Scheduler.Runs;

/// <summary>A run under way: which attempt it is, and how a further one is noted in the ledger.</summary>
internal sealed class RunUnderWay(RunRow run, Redactor redactor)
{
    public RunRow Run { get; } = run;
    public Redactor Redactor { get; } = redactor;
    public int Attempt { get; set; } = run.Attempts;
}

/// <summary>What every run of one version of a job shares: read, checked and built once.</summary>
internal sealed class PreparedJob
{
    private static readonly ResiliencePropertyKey<RunUnderWay> UnderWay = new("scheduler.run");
    // Kept as long as the definition itself is.
    private static readonly ConditionalWeakTable<StoredJob, PreparedJob> Prepared = [];
    // Making one compiles code, about a millisecond: once a kind, not once a job.
    private static readonly ConcurrentDictionary<(Type Job, Type Settings), ObjectFactory> Factories = new();

    // The longest a timer of .NET runs; a job that may take longer is ended then.
    private static readonly TimeSpan TimeoutMax = TimeSpan.FromDays(49);

    private readonly ObjectFactory factory;
    private readonly ResiliencePipeline policy;
    private readonly IJobDetail detail;

    private PreparedJob(StoredJob job, Kind kind, TimeProvider time, Func<RunUnderWay, OnRetryArguments<object>, ValueTask> failed)
    {
        var definition = job.Definition;
        Timeout = definition.Timeout;
        Settings = KindSettings.Read(kind, definition.Settings);
        Params = definition.Params;
        NamesPast = definition.Settings.Contains("${prev.", StringComparison.Ordinal)
            || definition.Settings.Contains("${parent.", StringComparison.Ordinal);
        Guard = JsonSerializer.Deserialize<GuardLimits>(definition.Guard, KindSettings.Options);
        factory = Factories.GetOrAdd((kind.JobType, kind.SettingsType),
            static types => ActivatorUtilities.CreateFactory(types.Job, [types.Settings, typeof(RunScope)]));
        var described = JobBuilder.Create<IJob>().OfType(kind.JobType).WithIdentity(definition.Name, "runs");
        detail = (definition.Params == "{}" ? described : described.UsingJobData("params", definition.Params)).Build();
        policy = Policy(definition, time, failed);
    }

    public TimeSpan Timeout { get; }
    public object Settings { get; }
    public GuardLimits? Guard { get; }
    public string Params { get; }
    /// <summary>True when the settings name runs before this one.</summary>
    public bool NamesPast { get; }

    /// <summary>The one of this definition, made at its first run. Throws for settings that cannot be read.</summary>
    public static PreparedJob Of(StoredJob job, Kind kind, TimeProvider time, Func<RunUnderWay, OnRetryArguments<object>, ValueTask> failed) =>
        Prepared.GetValue(job, key => new PreparedJob(key, kind, time, failed));

    /// <summary>Build the kind's job for one attempt.</summary>
    public IJob Build(IServiceProvider services, RunScope scope) => (IJob)factory(services, [Settings, scope]);

    /// <summary>The job's description in the context of a run; its data are the job's parameters, or those of a manual run.</summary>
    public IJobDetail Detail(RunRow run) => run.Params is null ? detail : detail.GetJobBuilder().UsingJobData("params", run.Params).Build();

    /// <summary>Time-out ▸ retry ▸ attempt.</summary>
    public async Task Execute(RunUnderWay run, Func<CancellationToken, Task> attempt, CancellationToken token)
    {
        var context = ResilienceContextPool.Shared.Get(token);
        try
        {
            context.Properties.Set(UnderWay, run);
            await policy.ExecuteAsync(static async (c, work) => await work(c.CancellationToken), context, attempt);
        }
        finally { ResilienceContextPool.Shared.Return(context); }
    }

    private static TimeSpan? AskedFor(Exception? failure) =>
        failure is AnswerException answer ? answer.RetryAfter : (failure as TryAgainException)?.RetryAfter;

    private static ResiliencePipeline Policy(
        JobDefinition job, TimeProvider time, Func<RunUnderWay, OnRetryArguments<object>, ValueTask> failed)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        // Polly's own property ends at 24 hours; its generator does not.
        var timeout = job.Timeout < TimeoutMax ? job.Timeout : TimeoutMax;
        builder.AddTimeout(new TimeoutStrategyOptions { TimeoutGenerator = _ => ValueTask.FromResult(timeout) });
        if (job.Retry.Attempts > 1)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = job.Retry.Attempts - 1,
                Delay = job.Retry.Delay,
                MaxDelay = job.Retry.MaxDelay,
                BackoffType = job.Retry.Exponential ? DelayBackoffType.Exponential : DelayBackoffType.Constant,
                UseJitter = true,
                ShouldHandle = new PredicateBuilder().Handle<Exception>(Transient.IsTransient),
                // What the other side asked for, when it did and that is longer than ours: coming back earlier only adds to its load. The run's
                // time-out bounds it. Null: the delay as declared.
                DelayGenerator = failure => new ValueTask<TimeSpan?>(
                    AskedFor(failure.Outcome.Exception) is { } asked && asked > job.Retry.Delay ? asked : null),
                // Noted before the wait: an operator sees at once why the run takes longer.
                OnRetry = failure => failed(failure.Context.Properties.GetValue(UnderWay, null!), failure),
            });
        }
        return builder.Build();
    }
}
