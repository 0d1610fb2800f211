-- Every run: one row per fire (key job@instant), per manual request (key job!instant) and per event (key job!instant~mark), with its one verdict.
-- requested_by: who asked for it by hand, or which event made it due ('after KEY', 'startup', 'release 3', 'notify CHANNEL'); null: the clock.
-- Look one up with: where run_key = K and due_at = scheduler_private.due_of(K)   (reaches one partition).
-- concurrency_group: the group it was entered under; at most so many of a group run at once as the smallest limit of its jobs says.
-- trace_id: the trace its spans are in, where the nodes send any (docs/telemetry.md).
-- part_of: the run whose part on one node it is (runs_on: all); the key of such a part is that run's and /NODE.
-- waiting_for says what a queued run waits for. attempts counts the present one. cancel: who asked for its end, when and why.
create or replace view scheduler.run as
select r.run_key, r.job, r.due_at, r.state,
    case when r.state <> 'queued' then null
         when g.paused and coalesce(g.paused_until > clock_timestamp(), true) and r.requested_by is null and r.part_of is null then 'the job is paused'
         when g.overlap = 'queue' and g.active_key is not null and g.active_key <> r.run_key and r.part_of is null then 'run ' || g.active_key || ' of the same job'
         when r.concurrency_group is not null and c.running >= c.places
         then 'a place in group ' || r.concurrency_group || ' (' || c.running || ' of ' || c.places || ' run)'
         when not exists (select from scheduler_private.node n where n.state = 'live' and n.lease_until > clock_timestamp()
                          and array_remove(r.runs_on, 'all') <@ n.labels and coalesce(n.name = r.only_node, true))
         then 'a live node' || coalesce(', ' || r.only_node, '') || case when r.runs_on = '{}' then '' else ' with the labels ' || array_to_string(r.runs_on, ', ') end
         else 'a free slot' end as waiting_for,
    r.node, r.token, r.attempts, r.started_at, r.ended_at, r.verdict, r.reason, r.result, r.error, r.progress,
    coalesce(r.requested_by, r.cause) as requested_by, r.version, r.created_at, r.priority, r.params, r.losses, r.past_attempts, r.cancel,
    r.concurrency_group, left(encode(sha256(convert_to(r.run_key, 'UTF8')), 'hex'), 32) as trace_id,
    r.part_of
from scheduler_private.run r left join scheduler_private.job_gate g on g.job = r.job and r.state = 'queued'
left join lateral (
    select (select count(*) from scheduler_private.run o where o.concurrency_group = r.concurrency_group and o.state = 'running') as running,
        (select min(o.concurrency_limit) from scheduler_private.job_gate o where o.concurrency_group = r.concurrency_group) as places
    where r.state = 'queued' and r.concurrency_group is not null) c on true;
