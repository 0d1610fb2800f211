using Quartz.Extensibility;
using Quartz.Impl;

namespace Scheduler.Cluster;

/// <summary>
/// Quartz's store on a node whose engine fires: it never acquires a trigger of the engine's group. Everything else, misfires, recovery
/// and what was handed over included, is Quartz's as before; a node without the engine ignores the mark and fires everything.
/// </summary>
internal sealed class EngineStore(IJobStore inner) : DelegatingJobStore(inner)
{
    // One instance: the store keys its cached statement on the list.
    private static readonly Quartz.ExecutionGroupScope[] Refused = [Quartz.ExecutionGroupScope.Named(FireJob.ExecutionGroup)];

    // Only this one: overriding AcquireNextTriggers as well would make the base route one through the other and lose fire-on-acquire.
    public override ValueTask<TriggerAcquisitionResult> AcquireNextTriggersAndFireDue(
        TriggerAcquisitionRequest request, CancellationToken cancellationToken = default) =>
        InnerJobStore.AcquireNextTriggersAndFireDue(request with { RefusedExecutionGroups = Refused }, cancellationToken);
}
