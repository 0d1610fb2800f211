-- Claim queued runs for this node: highest priority first, then oldest.
--   $1 int       slots free on this node
--   $2 text, $3 bigint, $4 text[]   this node's name, lease and labels
-- Returns what the executor needs of each claimed run. The token grows by one: whoever had the run before can change it no more.
-- Runs of paused jobs wait, unless somebody asked for them by hand.
with candidate as materialized (
    select r.due_at, r.run_key, r.job, g.overlap, g.job is null as gone, r.requested_by is not null as by_hand
    from scheduler_private.run r left join scheduler_private.job_gate g on g.job = r.job
    where r.state = 'queued' and r.runs_on <@ $4::text[] and r.due_at <= clock_timestamp()
        and exists (select from scheduler_private.node n
                    where n.lease_id = $3 and n.lease_until > clock_timestamp() and n.state <> 'stopped')
        and (g.overlap is distinct from 'queue' or g.active_key is null or g.active_key = r.run_key)
        and (r.requested_by is not null or g.paused is not true or g.paused_until <= clock_timestamp())
    order by r.priority desc, r.due_at
    limit $1
    for update of r skip locked
),
-- The lock keeps a run from beginning after the commit of a pause, and turns in order. A gate that another node holds right now is skipped
-- with its runs: they are claimed a moment later.
gate as materialized (
    select g.job, g.overlap, g.active_key, (g.paused and coalesce(g.paused_until > clock_timestamp(), true)) as paused from scheduler_private.job_gate g
    where g.job in (select c.job from candidate c) order by g.job for no key update skip locked
),
ranked as materialized (
    select c.*, row_number() over (partition by c.job order by c.due_at, c.run_key) as turn from candidate c
),
-- Hashed sets, not joins: the planner expects one row and would make loops over all pairs.
taken as materialized (
    select c.* from ranked c
    where c.gone
        or (coalesce(c.job in (select g.job from gate g where not g.paused), false)
            or (c.by_hand and coalesce(c.job in (select g.job from gate g), false)))
        and (coalesce(c.job in (select g.job from gate g where g.overlap <> 'queue'), false)
            or coalesce(c.run_key in (select g.active_key from gate g where g.active_key is not null), false)
            or (c.turn = 1 and coalesce(c.job in (select g.job from gate g where g.active_key is null), false)))
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
