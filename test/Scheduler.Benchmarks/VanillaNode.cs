using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Quartz;

namespace Scheduler.Benchmarks;

/// <summary>
/// Quartz as it comes, clustered, as a process of its own. <c>--tuned</c>: the settings that measured best (50 threads, prepared statements,
/// no reset on return, looks every second) with its execution history on.
/// </summary>
internal static class VanillaNode
{
    public const string SchedulerName = "vanilla";

    public static async Task<int> Run(Options options)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders().AddSimpleConsole(c => c.SingleLine = true).SetMinimumLevel(LogLevel.Error);
        var log = new FireLog();
        builder.Services.AddSingleton(log);
        builder.Services.AddSingleton<NoOpJob>();
        AddQuartz(builder.Services, options.Text("connection"), options.Text("name"), options.Has("tuned"));
        using var host = builder.Build();
        await host.StartAsync();
        var scheduler = await host.Services.GetRequiredService<ISchedulerFactory>().GetScheduler();
        if (options.Has("populate")) { await Populate(scheduler, options); }
        else
        {
            await scheduler.Start();
            await NodeProcess.ServeUntilStopped(log, options.Text("out"));
        }
        return 0;
    }

    private static void AddQuartz(IServiceCollection services, string connection, string name, bool tuned) => services.AddQuartz(quartz =>
    {
        var settings = new NpgsqlConnectionStringBuilder(connection) { MaxPoolSize = 70 };
        if (tuned) { (settings.MaxAutoPrepare, settings.AutoPrepareMinUsages, settings.NoResetOnClose) = (100, 2, true); }
        var source = NpgsqlDataSource.Create(settings);
        quartz.ConfigureScheduler(s =>
        {
            (s.InstanceName, s.InstanceId) = (SchedulerName, name);
            if (tuned) { s.IdleWaitTime = TimeSpan.FromSeconds(1); }
        });
        if (tuned) { quartz.UseDefaultThreadPool(50); }
        quartz.UsePersistentStore(store =>
        {
            store.UsePostgres(p => p.DataSourceFactory = _ => source);
            store.UseSystemTextJsonSerializer();
            store.ConfigureStore(o => o.TablePrefix = "quartz.qrtz_");
            store.UseClustering();
            if (tuned) { store.UseExecutionHistory(); }
        });
    });

    private static async Task Populate(IScheduler scheduler, Options options)
    {
        var count = options.Number("schedules", 0);
        var job = JobBuilder.Create<NoOpJob>().WithIdentity("noop").StoreDurably().Build();
        var triggers = new List<ITrigger>(count);
        var start = TimeProvider.System.GetUtcNow();
        start = new DateTimeOffset(start.Ticks - (start.Ticks % TimeSpan.TicksPerSecond) + TimeSpan.TicksPerSecond, TimeSpan.Zero);
        for (var i = 0; i < count; i++)
        {
            var trigger = TriggerBuilder.Create().WithIdentity($"t{i}").ForJob(job).StartAt(start);
            trigger = options.Has("cron")
                ? trigger.WithCronSchedule("* * * * * ?")
                : trigger.WithSimpleSchedule(x => x.WithInterval(TimeSpan.FromSeconds(1)).RepeatForever());
            triggers.Add(trigger.Build());
        }
        await scheduler.ScheduleJobs(
            new Dictionary<IJobDetail, IReadOnlyCollection<ITrigger>> { [job] = triggers }, ScheduleJobOptions.Replacing);
    }

    internal sealed class NoOpJob(FireLog log) : IJob
    {
        public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
        {
            log.Note(context.Trigger.Key.Name, context.ScheduledFireTimeUtc!.Value);
            return ValueTask.CompletedTask;
        }
    }
}
