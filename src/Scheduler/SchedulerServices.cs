using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Quartz;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Fleet;
using Scheduler.Jobs;
using Scheduler.Jobs.Files;
using Scheduler.Kinds.Commands;
using Scheduler.Kinds.Files;
using Scheduler.Kinds.Http;
using Scheduler.Kinds.Postgres;
using Scheduler.Kinds.Rows;
using Scheduler.Kinds.Sql;
using Scheduler.Notifications;
using Scheduler.Runs;
using Scheduler.Snapshots;
using Scheduler.Telemetry;

namespace Scheduler;

/// <summary>What a node is made of, room by room.</summary>
public static class SchedulerServices
{
    /// <summary>The kinds that come with the product.</summary>
    public static IReadOnlyList<Kind> BuiltInKinds { get; } =
        [SqlJob.Kind, CommandJob.Kind, HttpJob.Kind, HttpProbeJob.Kind, RowsDelete.Kind, FilesDelete.Kind, PostgresBackup.Kind,
        PostgresMaintain.Kind, PartitionMaintain.Kind, .. FleetKinds.All, .. SnapshotKinds.All];

    /// <summary>Add a node. It starts and stops with the host; nothing is connected before that.</summary>
    public static SchedulerBuilder AddScheduler(this IServiceCollection services, NodeOptions options)
    {
        var databases = new Databases(options.ConnectionString, options.Name, options.Slots, options.Databases);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(databases);

        services.AddSingleton<SchedulerMeter>();
        services.AddSingleton<ClusterReading>();
        services.AddSingleton<NodeState>();
        services.AddSingleton<Lease>();
        services.AddSingleton<Listener>();
        services.AddSingleton<FireInbox>();
        services.AddSingleton<ChannelEar>();
        services.AddSingleton<TriggerWatch>();
        services.AddQuartzStore(options, databases, store => store.UseTriggerPersistenceDelegate<PartTriggerStore>(),
            json => json.AddCalendarSerializer(new BlackoutSerializer()));
        if (options.Engine == FireBy.Set) { services.LeaveFiringToTheEngine(databases); }

        services.AddSingleton<KindRegistry>();
        services.AddSingleton<JobDefinitions>();
        services.AddSingleton<Reconciler>();
        services.AddSingleton<ReconcileLoop>();
        services.AddSingleton<NodeFiles>();
        services.AddSingleton<QuestionDesk>();
        foreach (var kind in BuiltInKinds) { services.AddSingleton(kind); }

        services.AddSingleton(new SecretSource(options.OwnSecrets));
        services.AddSingleton<Ledger>();
        services.AddSingleton<OutputPump>();
        services.AddSingleton<HttpCaller>();
        services.AddSingleton<RunWork>();
        services.AddSingleton<FanOut>();
        services.AddSingleton<RunPipeline>();
        services.AddSingleton<Finisher>();
        services.AddSingleton<LargeStatements>();
        services.AddSingleton<Executor>();
        services.AddSingleton<FireEntry>();
        services.AddSingleton<EventDesk>();
        services.AddSingleton<FireEngine>();
        services.AddSingleton<Upkeep>();
        services.AddSingleton<Backfills>();
        services.AddSingleton<ForEach>();

        services.AddSingleton<MailSender>();
        services.AddSingleton<ChannelSender>();
        services.AddSingleton<NotificationDesk>();
        services.AddSingleton<IncidentWatch>();

        services.AddHostedService<SchedulerNode>();
        return new SchedulerBuilder(services);
    }
}

/// <summary>Adds a host application's own kinds to a node.</summary>
public sealed class SchedulerBuilder(IServiceCollection services)
{
    /// <summary>
    /// Add a kind of your own: an <see cref="IJob"/> whose constructor may take its settings record, its <see cref="RunScope"/> and any service.
    /// </summary>
    /// <typeparam name="TJob">The class that does the work.</typeparam>
    /// <typeparam name="TSettings">The record a job's <c>with</c> is read into.</typeparam>
    /// <param name="name">Name operators write in <c>kind:</c>.</param>
    /// <param name="onLost">What happens by default to a run whose node died. Default: it is not run again.</param>
    /// <param name="summary">One line for lists and the JSON schema.</param>
    public SchedulerBuilder AddKind<TJob, TSettings>(string name, OnLost onLost = OnLost.Fail, string summary = "")
        where TJob : class, IJob where TSettings : class, new()
    {
        services.AddSingleton(new Kind(name, typeof(TJob), typeof(TSettings), onLost, summary));
        return this;
    }
}
