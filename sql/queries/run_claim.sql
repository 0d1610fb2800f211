-- Claim queued runs for this node: highest priority first, then oldest.
--   $1 int       slots free on this node
--   $2 text, $3 bigint, $4 text[]   this node's name, lease and labels
-- Returns what the executor needs of each claimed run. The token grows by one: whoever had the run before can change it no more.
-- Runs of paused jobs wait, unless somebody asked for them by hand. Runs of a job whose gate somebody holds wait too, and others go ahead.
with candidate as materialized (
    select q.due_at, q.run_key, q.job, g.overlap, g.active_key, g.job is null as gone
    from (
        -- By the snapshot's gates first: what cannot begin anyhow is not locked. The order is kept by the loop that follows.
        select r.due_at, r.run_key, r.job, r.requested_by is not null as by_hand
        from scheduler_private.run r left join scheduler_private.job_gate s on s.job = r.job
        where r.state = 'queued' and r.runs_on <@ $4::text[] and r.due_at <= clock_timestamp()
            and exists (select from scheduler_private.node n
                        where n.lease_id = $3 and n.lease_until > clock_timestamp() and n.state <> 'stopped')
            and (s.overlap is distinct from 'queue' or s.active_key is null or s.active_key = r.run_key)
            and (r.requested_by is not null or s.paused is not true or s.paused_until <= clock_timestamp())
        order by r.priority desc, r.due_at
        for update of r skip locked
    ) q
    -- The lock keeps a run from beginning after the commit of a pause, and turns in order; what it returns is the newest committed gate.
    left join lateral (
        select g.job, g.overlap, g.active_key, g.paused and coalesce(g.paused_until > clock_timestamp(), true) as paused
        from scheduler_private.job_gate g where g.job = q.job for no key update skip locked
    ) g on true
    where case
        when g.job is null then not exists (select from scheduler_private.job_gate x where x.job = q.job)
        else (q.by_hand or not g.paused) and (g.overlap <> 'queue' or g.active_key is null or g.active_key = q.run_key)
    end
    limit $1
),
ranked as materialized (
    select c.*, row_number() over (partition by c.job order by c.due_at, c.run_key) as turn from candidate c
),
taken as materialized (
    select r.* from ranked r where r.gone or r.overlap <> 'queue' or r.active_key = r.run_key or (r.active_key is null and r.turn = 1)
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
