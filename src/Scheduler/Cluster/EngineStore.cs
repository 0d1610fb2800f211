using Npgsql;
using Quartz.Extensibility;
using Quartz.Impl;
using Scheduler.Database;

namespace Scheduler.Cluster;

/// <summary>
/// Quartz's store on a node whose engine fires: it never acquires a trigger of the engine's group. Everything else, misfires, recovery
/// and what was handed over included, is Quartz's as before; a node without the engine ignores the mark and fires everything.
/// </summary>
internal sealed class EngineStore(IJobStore inner, Databases databases) : DelegatingJobStore(inner)
{
    private static readonly string AnySql = SqlFiles.Read("queries/engine_any_of_quartz.sql");
    // One instance: the store keys its cached statement on the list.
    private static readonly Quartz.ExecutionGroupScope[] Refused = [Quartz.ExecutionGroupScope.Named(FireJob.ExecutionGroup)];
    private static readonly TriggerAcquisitionResult Nothing = new() { Due = [], Fired = [], Pending = [] };

    // Only this one: overriding AcquireNextTriggers as well would make the base route one through the other and lose fire-on-acquire.
    public override async ValueTask<TriggerAcquisitionResult> AcquireNextTriggersAndFireDue(
        TriggerAcquisitionRequest request, CancellationToken cancellationToken = default)
    {
        // Quartz's own look reads all that is due, the engine's too; this one reads an index of what is Quartz's.
        await using (var command = databases.Engine.CreateCommand(AnySql))
        {
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = (request.NoLaterThan + request.TimeWindow).UtcTicks });
            if (await command.ExecuteScalarAsync(cancellationToken) is false) { return Nothing; }
        }
        return await InnerJobStore.AcquireNextTriggersAndFireDue(request with { RefusedExecutionGroups = Refused }, cancellationToken);
    }
}
