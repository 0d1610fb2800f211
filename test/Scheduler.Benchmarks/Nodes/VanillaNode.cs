using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Quartz;

namespace Scheduler.Benchmarks;

/// <summary>
/// Quartz as it comes, clustered, as a process of its own. <c>--tuned</c>: the settings that measured best (50 threads, prepared statements,
/// no reset on return, looks every second) with its execution history on. <c>--tight</c>: nodes are seen to be dead early.
/// <c>--client</c>: stores and triggers, but runs nothing.
/// </summary>
internal static class VanillaNode
{
    public const string SchedulerName = "vanilla";

    public static async Task<int> Run(Options options)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders().AddSimpleConsole(c => c.SingleLine = true).SetMinimumLevel(LogLevel.Error);
        var log = FireLog.For(options);
        var work = new LongWork();
        var source = Source(options);
        builder.Services.AddSingleton(log).AddSingleton(work).AddSingleton(source);
        builder.Services.AddSingleton<NoOpJob>().AddSingleton<LongJob>().AddSingleton<InsertJob>();
        AddQuartz(builder.Services, options, source);
        using var host = builder.Build();
        await host.StartAsync();
        var scheduler = await host.Services.GetRequiredService<ISchedulerFactory>().GetScheduler();
        if (options.Has("populate"))
        {
            await Populate(scheduler, options);
            return 0;
        }
        if (!options.Has("client")) { await scheduler.Start(); }
        await NodeProcess.ServeUntilStopped(log, options.Text("out"), command => Obey(command, scheduler, work));
        return 0;
    }

    private static async Task Obey(string command, IScheduler scheduler, LongWork work)
    {
        if (command == "release") { work.Release(); }
        else if (command.Split(' ') is ["trigger", var job]) { await scheduler.TriggerJob(new JobKey(job)); }
        else { throw new ArgumentException($"vanilla cannot '{command}'; it can release, and trigger a job"); }
    }

    private static NpgsqlDataSource Source(Options options)
    {
        var settings = new NpgsqlConnectionStringBuilder(options.Text("connection")) { MaxPoolSize = 70, ApplicationName = SchedulerName };
        if (options.Has("tuned")) { (settings.MaxAutoPrepare, settings.AutoPrepareMinUsages, settings.NoResetOnClose) = (100, 2, true); }
        return NpgsqlDataSource.Create(settings);
    }

    private static void AddQuartz(IServiceCollection services, Options options, NpgsqlDataSource source) => services.AddQuartz(quartz =>
    {
        quartz.ConfigureScheduler(s =>
        {
            (s.InstanceName, s.InstanceId) = (SchedulerName, options.Text("name"));
            if (options.Has("tuned")) { s.IdleWaitTime = TimeSpan.FromSeconds(1); }
        });
        if (options.Has("tuned")) { quartz.UseDefaultThreadPool(50); }
        quartz.UsePersistentStore(store =>
        {
            store.UsePostgres(p => p.DataSourceFactory = _ => source);
            store.UseSystemTextJsonSerializer();
            store.ConfigureStore(o => o.TablePrefix = "quartz.qrtz_");
            store.UseClustering(c =>
            {
                if (options.Has("tight")) { (c.CheckinInterval, c.CheckinMisfireThreshold) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)); }
            });
            if (options.Has("tuned")) { store.UseExecutionHistory(); }
            if (options.Has("populate")) { store.ProvisionSchema(); }
        });
    });

    // Three durable jobs, and triggers for the one that --job names. Many triggers of one shot or of a far time are copied in SQL instead.
    private static async Task Populate(IScheduler scheduler, Options options)
    {
        IJobDetail[] jobs =
        [
            JobBuilder.Create<NoOpJob>().WithIdentity("noop").StoreDurably().Build(),
            JobBuilder.Create<InsertJob>().WithIdentity("insert").StoreDurably().Build(),
            JobBuilder.Create<LongJob>().WithIdentity("long").RequestRecovery().StoreDurably().Build(),
        ];
        foreach (var job in jobs) { await scheduler.AddJob(job, AddJobOptions.Replacing); }
        var fired = jobs.Single(j => j.Key.Name == (options.Has("job") ? options.Text("job") : "noop"));
        var start = TimeProvider.System.GetUtcNow();
        start = new DateTimeOffset(start.Ticks - (start.Ticks % TimeSpan.TicksPerSecond) + TimeSpan.TicksPerSecond, TimeSpan.Zero);
        var triggers = Enumerable.Range(0, options.Number("schedules", 0)).Select(i =>
        {
            var trigger = TriggerBuilder.Create().WithIdentity($"t{i}").ForJob(fired).StartAt(start);
            return (options.Has("cron") ? trigger.WithCronSchedule("* * * * * ?")
                : options.Has("later") ? trigger.StartAt(start.AddYears(10)).WithSimpleSchedule(
                    x => x.WithMisfireInstruction(SimpleTriggerMisfireInstruction.IgnoreMisfires))
                : trigger.WithSimpleSchedule(x => x.WithInterval(TimeSpan.FromSeconds(1)).RepeatForever())).Build();
        }).ToList();
        await scheduler.ScheduleJobs(
            new Dictionary<IJobDetail, IReadOnlyCollection<ITrigger>> { [fired] = triggers }, ScheduleJobOptions.Replacing);
    }

    internal sealed class NoOpJob(IFireLog log) : IJob
    {
        public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
        {
            log.Note(context.Trigger.Key.Name, context.ScheduledFireTimeUtc!.Value);
            return ValueTask.CompletedTask;
        }
    }

    internal sealed class LongJob(IFireLog log, LongWork work) : IJob
    {
        public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
        {
            log.Note(context.JobDetail.Key.Name, context.ScheduledFireTimeUtc!.Value, context.Recovering ? 2 : 1);
            await work.Wait(cancellationToken);
        }
    }

    /// <summary>The real work of <c>sqljobs</c>: one row, in a transaction of its own, without a fence.</summary>
    internal sealed class InsertJob(IFireLog log, NpgsqlDataSource source) : IJob
    {
        public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
        {
            var due = context.ScheduledFireTimeUtc!.Value;
            log.Note(context.Trigger.Key.Name, due);
            await using var command = source.CreateCommand("insert into bench.effect (run_key, job, due_at) values ($1, $2, $3)");
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = $"{context.Trigger.Key.Name}@{due:O}" });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = context.Trigger.Key.Name });
            command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = due.UtcDateTime });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
