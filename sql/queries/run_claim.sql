-- Claim queued runs for this node: highest priority first, then oldest.
--   $1 int       slots free on this node
--   $2 text, $3 bigint, $4 text[]   this node's name, lease and labels
-- Returns what the executor needs of each claimed run. The token grows by one: whoever had the run before can change it no more.
-- Runs of paused jobs wait, unless somebody asked for them by hand.
with candidate as materialized (
    select r.due_at, r.run_key, r.job, r.requested_by
    from scheduler_private.run r left join scheduler_private.job_gate g on g.job = r.job
    where r.state = 'queued' and r.runs_on <@ $4::text[]
        and exists (select from scheduler_private.node n
                    where n.lease_id = $3 and n.lease_until > clock_timestamp() and n.state <> 'stopped')
        and (g.overlap is distinct from 'queue' or g.active_key is null or g.active_key = r.run_key)
        and (r.requested_by is not null or g.paused is not true)
    order by r.priority desc, r.due_at
    limit $1
    for update of r skip locked
),
-- A gate that another node holds right now is skipped with its runs: they are claimed a moment later.
gate as materialized (
    select g.job, g.overlap, g.active_key, g.paused from scheduler_private.job_gate g
    where g.job in (select job from candidate) order by g.job for no key update skip locked
),
taken as materialized (
    select c.* from (
        select c.due_at, c.run_key, c.job, g.overlap,
            row_number() over (partition by c.job order by c.due_at, c.run_key) as turn,
            g.active_key, coalesce(g.paused, false) and c.requested_by is null as paused,
            g.job is null and exists (select from scheduler_private.job_gate x where x.job = c.job) as gate_busy
        from candidate c left join gate g on g.job = c.job) c
    where not c.paused and not c.gate_busy
        and (c.overlap is distinct from 'queue' or c.active_key = c.run_key or (c.active_key is null and c.turn = 1))
),
held as (
    update scheduler_private.job_gate g set active_key = t.run_key
    from taken t where g.job = t.job and t.overlap = 'queue'
)
update scheduler_private.run r
set state = 'running', node = $2, owner = $3, token = r.token + 1, attempts = r.attempts + 1, started_at = clock_timestamp(), progress = null
from taken t
where r.due_at = t.due_at and r.run_key = t.run_key
returning r.run_key, r.job, r.due_at, r.token, r.attempts, r.version, r.params::text as params
