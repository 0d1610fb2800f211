namespace Scheduler.Telemetry;

/// <summary>The gauges whose values telemetry_jobs.sql and telemetry_cluster.sql return, by the names they give them.</summary>
internal static class ClusterGauges
{
    public static IReadOnlyList<(string Name, string Unit, string Description)> All { get; } =
    [
        ("scheduler.schedule.last_success.time", "s", "When the job last succeeded, seconds since 1970"),
        ("scheduler.schedule.last_run.time", "s", "Due time of the job's last run that ended"),
        ("scheduler.schedule.next_fire.time", "s", "When the job is next due"),
        ("scheduler.schedule.expected_last_fire.time", "s", "Latest instant the job was due at, whether it fired or not"),
        ("scheduler.schedule.last_missed.time", "s", "Due time of the job's last missed fire of the last day"),
        ("scheduler.schedule.grace", "s", "How late a fire may be: expect.start_within, else 60 s"),
        ("scheduler.schedule.paused", "", "1 while the job is paused"),
        ("scheduler.schedule.paused.time", "s", "Since when the job is paused"),
        ("scheduler.schedule.info", "", "1: kind, owner, schedule and zone of the job"),
        ("scheduler.job.created.time", "s", "When the job was declared"),
        ("scheduler.job.failures_in_row", "{run}", "Runs of the job that failed since its last success"),
        ("scheduler.job.problem", "", "1 while the job cannot fire"),
        ("scheduler.job.guard_stopped", "", "1 while a run the guard stopped waits for approval"),
        ("scheduler.job.expect.success_within", "s", "The job's expect.success_within"),
        ("scheduler.job.expect.start_within", "s", "The job's expect.start_within"),
        ("scheduler.job.expect.duration_below", "s", "The job's expect.duration_below"),
        ("scheduler.run.oldest.age", "s", "How long the job's oldest run has been running"),
        ("scheduler.run.stuck_after", "s", "From which age on a run of the job counts as stuck"),
        ("scheduler.backup.size", "By", "Bytes of the job's last backup"),
        ("scheduler.backup.age", "s", "Age of the job's last verified backup"),
        ("scheduler.jobs", "{job}", "Jobs by state"),
        ("scheduler.jobs.omitted", "{job}", "Jobs beyond telemetry.jobs_max, which have no values of their own"),
        ("scheduler.nodes", "{node}", "Nodes by state"),
        ("scheduler.node.info", "", "1: version and host of the node"),
        ("scheduler.node.state", "", "1: the state the node is in"),
        ("scheduler.node.checkin.age", "s", "Time since the node renewed its lease"),
        ("scheduler.node.slots", "{slot}", "Slots of the node, used and free"),
        ("scheduler.node.clock.offset", "s", "The node's clock minus the database's"),
        ("scheduler.backlog", "{run}", "Runs that are due and wait"),
        ("scheduler.backlog.oldest.age", "s", "Time since the oldest of them was due"),
        ("scheduler.lock.wait", "s", "Longest present wait of a node's session for a lock, by kind of lock"),
        ("scheduler.history.rows", "{row}", "Rows of the ledger, as PostgreSQL estimates them"),
        ("scheduler.history.sweep.lag", "s", "How long the oldest partition of the ledger has outlived node.keep_runs"),
        ("scheduler.fleet.nodes", "{node}", "Workers by status"),
        ("scheduler.fleet.chunks", "{chunk}", "Chunks by status, those done apart"),
        ("scheduler.fleet.chunks.overdue", "{chunk}", "Chunks running for more than 10 minutes, which fleet.reclaim should have taken away"),
    ];
}
