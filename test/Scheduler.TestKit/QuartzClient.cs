using Microsoft.Extensions.DependencyInjection;
using Quartz;
using Scheduler.Cluster;

namespace Scheduler.TestKit;

/// <summary>
/// Quartz's own store on a test database, read and written by a scheduler that is never started: for triggers that no schedule of ours can say.
/// They take the place of a declared job's trigger and carry its hash, so that reconciling leaves them alone.
/// </summary>
public sealed class QuartzClient : IAsyncDisposable
{
    private readonly ServiceProvider services;
    private readonly TestDatabase database;

    private QuartzClient(ServiceProvider services, IScheduler scheduler, TestDatabase database) =>
        (this.services, Scheduler, this.database) = (services, scheduler, database);

    /// <summary>Its interface; fires nothing.</summary>
    public IScheduler Scheduler { get; }

    /// <summary>Connect to the store of a database.</summary>
    public static async Task<QuartzClient> Of(TestDatabase database)
    {
        var services = new ServiceCollection().AddLogging().AddQuartz(quartz =>
        {
            quartz.ConfigureScheduler(s => (s.InstanceName, s.InstanceId) = ("scheduler", "test-" + Guid.NewGuid().ToString("N")[..8]));
            quartz.UsePersistentStore(store =>
            {
                store.UsePostgres(p => p.DataSourceFactory = _ => database.Source);
                store.UseSystemTextJsonSerializer();
                store.ConfigureStore(o => o.TablePrefix = "quartz.qrtz_");
                store.UseClustering();
            });
        }).BuildServiceProvider();
        return new QuartzClient(services, await services.GetRequiredService<ISchedulerFactory>().GetScheduler(), database);
    }

    /// <summary>The key of a declared job's first trigger.</summary>
    public static TriggerKey KeyOf(string job) => new(job + "#0", FireJob.Group);

    /// <summary>A trigger for a job; it is the engine's to fire until the engine hands it over.</summary>
    public static ITrigger For(string job, DateTimeOffset start, DateTimeOffset? end, IScheduleBuilder schedule, string? calendar = null)
    {
        var builder = TriggerBuilder.Create().WithIdentity(KeyOf(job)).ForJob(new JobKey(job, FireJob.Group))
            .WithExecutionGroup(FireJob.ExecutionGroup).StartAt(start).EndAt(end).WithSchedule(schedule);
        return (calendar is null ? builder : builder.WithCalendarName(calendar)).Build();
    }

    /// <summary>
    /// Put a trigger in the place of the declared one, all of whose due instants are still owed, those long past included: a node that was down
    /// as long would leave its row like this.
    /// </summary>
    public async Task Replace(ITrigger trigger, ICalendar? calendar = null)
    {
        var hash = await database.Value<string>("select description from quartz.qrtz_triggers where trigger_name = @Name", new { trigger.Key.Name });
        // Quartz takes no trigger that has ended, and begins a cron trigger at the present: both are set right in the row.
        var now = TimeProvider.System.GetUtcNow();
        var stored = trigger.GetTriggerBuilder().WithDescription(hash).EndAt(null).StartAt(trigger.EndTimeUtc < now ? now.AddDays(1)
            : trigger.StartTimeUtc).Build();
        if (await Scheduler.RescheduleJob(trigger.Key, stored) is null) { throw new InvalidOperationException($"there is no trigger {trigger.Key}"); }
        var (start, end, next) = (trigger.StartTimeUtc.UtcTicks, trigger.EndTimeUtc?.UtcTicks, DueTimes(trigger, calendar)[0].Ticks);
        await database.Execute("update quartz.qrtz_triggers set start_time = @start, end_time = @end, next_fire_time = @next, prev_fire_time = null"
            + " where trigger_name = @Name", new { trigger.Key.Name, start, end, next });
    }

    /// <summary>When Quartz's own class says a trigger is due, from its start on, at most a thousand times: what every engine has to keep
    /// to.</summary>
    public static IReadOnlyList<DateTime> DueTimes(ITrigger trigger, ICalendar? calendar = null)
    {
        var due = new List<DateTime>();
        for (var next = trigger.GetFireTimeAfter(trigger.StartTimeUtc.AddTicks(-1)); next is not null && due.Count < 1000;
            next = trigger.GetFireTimeAfter(next))
        {
            if (calendar?.IsTimeIncluded(next.Value) ?? true) { due.Add(next.Value.UtcDateTime); }
        }
        return due;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Scheduler.Shutdown();
        await services.DisposeAsync();
    }
}
