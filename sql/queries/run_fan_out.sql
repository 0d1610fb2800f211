-- Make the parts of a run of a job that runs on all nodes (runs_on: all): one for each live node with the job's other labels. Made once: a node that takes
-- the run over finds them.
--   $1 text, $2 timestamptz, $3 bigint, $4 bigint   run key, due time, token, this node's lease
-- Each is its node's alone, is not run again when the node dies, and is decided by no gate: its run was.
insert into scheduler_private.run
    (run_key, job, due_at, state, version, priority, runs_on, on_lost, params, cause, requested_by, part_of, only_node)
select r.run_key || '/' || n.name, r.job, r.due_at, 'queued', r.version, r.priority, array_remove(r.runs_on, 'all'), 'fail', r.params,
    'part of ' || r.run_key, r.requested_by, r.run_key, n.name
from scheduler_private.run r
join scheduler_private.node n on n.state = 'live' and n.lease_until > clock_timestamp() and array_remove(r.runs_on, 'all') <@ n.labels
where r.due_at = $2 and r.run_key = $1 and r.token = $3 and r.owner = $4 and r.verdict is null
    and not exists (select from scheduler_private.run p where p.due_at = r.due_at and p.part_of = r.run_key)
on conflict do nothing
returning pg_notify('scheduler_queued', '')
