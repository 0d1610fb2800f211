using Microsoft.Extensions.DependencyInjection;
using Quartz;
using Quartz.Extensibility;
using Quartz.Serialization.SystemTextJson;
using Scheduler.Database;

namespace Scheduler.Cluster;

/// <summary>Quartz's clustered store as this product runs it. Every number's source: quartz.md and performance.md of the design pages,
/// repeated in docs/decisions/0002.</summary>
internal static class QuartzSetup
{
    /// <summary>Name of the scheduler in the store; all nodes of a cluster share it.</summary>
    public const string SchedulerName = "scheduler";
    // A firing only enters its fire in the ledger and waits for the batch: many wait at once on few connections.
    private const int FiringsMax = 50;

    /// <summary>Keep Quartz's loop from the triggers of the set-based engine: the store is decorated, everything else stays.</summary>
    public static void LeaveFiringToTheEngine(this IServiceCollection services, Databases databases)
    {
        var store = services.Last(d => d.ServiceType == typeof(IJobStore));
        services.Remove(store);
        services.AddSingleton<IJobStore>(provider => new EngineStore((IJobStore)store.ImplementationFactory!(provider), databases));
    }

    /// <param name="services">Where Quartz is added.</param>
    /// <param name="options">The node's settings.</param>
    /// <param name="databases">Its pools.</param>
    /// <param name="addTriggers">Adds the stores of triggers that are not Quartz's own.</param>
    /// <param name="addCalendars">Adds the serializers of calendars that are not Quartz's own.</param>
    public static void AddQuartzStore(
        this IServiceCollection services, NodeOptions options, Databases databases,
        Action<IPersistentStoreBuilder> addTriggers, Action<SystemTextJsonSerializerRegistry> addCalendars) => services.AddQuartz(quartz =>
    {
        quartz.ConfigureScheduler(scheduler =>
        {
            scheduler.InstanceName = SchedulerName;
            // New with each start: a second process can never be taken for this one, and its fires are recovered by peers, not by itself.
            scheduler.InstanceId = $"{options.Name}-{Guid.NewGuid().ToString("N")[..8]}";
            scheduler.IdleWaitTime = TimeSpan.FromSeconds(1);
            scheduler.DefaultTimeZone = TimeZoneInfo.Utc;
        });
        quartz.UseDefaultThreadPool(FiringsMax);
        quartz.UsePersistentStore(store =>
        {
            store.UsePostgres(postgres => postgres.DataSourceFactory = _ => databases.Quartz);
            store.UseSystemTextJsonSerializer(addCalendars);
            addTriggers(store);
            store.ConfigureStore(settings =>
            {
                settings.TablePrefix = "quartz.qrtz_";
                settings.DbRetryInterval = TimeSpan.FromSeconds(1);
                settings.CommandTimeout = TimeSpan.FromSeconds(10);
                // The ledger decides about late fires; every trigger ignores misfires, so this sweep finds nothing to do and need not be frequent.
                settings.MisfireHandlerFrequency = TimeSpan.FromSeconds(30);
            });
            store.UseClustering(cluster =>
            {
                cluster.CheckinInterval = TimeSpan.FromSeconds(1.5);
                cluster.CheckinMisfireThreshold = TimeSpan.FromSeconds(3);
            });
        });
    });
}
