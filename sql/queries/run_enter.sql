-- Enter fires in the ledger: decide skip, claim or queue, in one statement, for many fires at once.
--   $1 text[]         run keys, each once
--   $2 text[]         their jobs
--   $3 timestamptz[]  when each was due
--   $4 timestamptz[]  the schedule's next due instant after it, null when there is none
--   $5 int            slots free on this node: at most this many runs are claimed
--   $6 text, $7 bigint, $8 text[]   this node's name, lease and labels
--   $9 text[]         what made each due when it was not the clock, else null
-- Returns a row for each key that was not in the ledger yet: its key, state, verdict, version and reason. A key already there returns nothing and changes nothing.
-- A fire counts as missed, and the job's policy for missed fires applies, when it is entered more than 60 s after its due time.
with fire as materialized (
    select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $9::text[])
        with ordinality as f (run_key, job, due_at, next_due_at, cause, n)
),
-- A fire that is in the ledger already (recovered after its node died) must not count as an overlap of the next one.
fresh as materialized (
    select f.* from fire f
    -- A scalar look-up, not an anti-join: a plan made while the ledger was small must not read all of it when it has grown.
    where (select 1 from scheduler_private.run r where r.due_at = f.due_at and r.run_key = f.run_key limit 1) is null
),
-- A node that was frozen on the way here claims nothing under a lease that is over: its fires are queued.
alive as materialized (
    select from scheduler_private.node n where n.lease_id = $7 and n.lease_until > clock_timestamp() and n.state <> 'stopped'
),
-- The lock makes decisions on one job strictly one after another; it also returns the newest committed gate, not the snapshot's.
gate as materialized (
    select g.job, g.version, g.enabled, (g.paused and coalesce(g.paused_until > clock_timestamp(), true)) as paused,
        g.overlap, g.missed, g.start_within, g.on_lost, g.priority, g.runs_on, g.active_key,
        g.concurrency_group, g.notify
    from scheduler_private.job_gate g where g.job in (select job from fresh) order by g.job for no key update
),
-- decide: from here on the text serves engine_fire.sql too
judged as materialized (
    select f.run_key, f.job, f.due_at, f.cause, f.n, coalesce(g.version, 0) as version, coalesce(g.priority, 5) as priority,
        coalesce(g.runs_on, '{}') as runs_on, coalesce(g.on_lost, 'rerun') as on_lost, g.overlap, g.active_key, g.concurrency_group,
        case
            when g.job is null then 'job deleted'
            when not g.enabled then 'disabled'
            when g.paused then 'paused'
            when g.start_within < clock_timestamp() - f.due_at then 'too late'
            when clock_timestamp() - f.due_at > interval '60 seconds' and g.missed = 'skip' then 'policy skip'
            when clock_timestamp() - f.due_at > interval '60 seconds' and g.missed = 'once'
                and f.next_due_at <= clock_timestamp() then 'a later fire stands for it'
        end as refusal
    from fresh f left join gate g on g.job = f.job
),
-- Of several fires of one job in this call the first in due order goes ahead.
ranked as materialized (
    select j.*, substring(j.cause from '^node start (.+)$') as only_node, row_number() over (partition by j.job, j.refusal is null order by j.due_at, j.n) as turn from judged j
),
decided as materialized (
    select r.*,
        case
            when r.refusal in ('too late', 'policy skip', 'a later fire stands for it') then 'missed'
            when r.refusal is not null then 'skipped'
            when r.overlap = 'skip' and (r.active_key is not null or r.turn > 1) then 'skipped'
        end as verdict,
        -- Places in a group are given out by claim.sql alone: its runs wait for that, a moment when there is one.
        r.concurrency_group is null and r.runs_on <@ $8::text[] and coalesce(r.only_node = $6, true) and (r.overlap <> 'queue' or (r.active_key is null and r.turn = 1)) as fits
    from ranked r
),
placed as materialized (
    select d.*,
        d.verdict is null and d.fits and exists (select from alive)
            and sum(case when d.verdict is null and d.fits then 1 else 0 end) over (order by d.priority desc, d.n) <= $5 as here
    from decided d
),
-- Whose run has the job from now on. Asked for as a hashed set: of a join the planner, who expects one row, makes a loop over all pairs.
holder as materialized (
    select p.run_key from placed p where p.verdict is null and (p.overlap = 'skip' or (p.overlap = 'queue' and p.here))
),
entered as (
    insert into scheduler_private.run
        (run_key, job, due_at, state, version, priority, runs_on, on_lost, node, owner, token, attempts, started_at, ended_at, verdict, reason, cause,
            concurrency_group, only_node)
    select p.run_key, p.job, p.due_at,
        case when p.verdict is not null then 'finished' when p.here then 'running' else 'queued' end,
        p.version, p.priority, p.runs_on, p.on_lost,
        case when p.here then $6 end, case when p.here then $7::bigint end,
        case when p.here then 1 else 0 end, case when p.here then 1 else 0 end,
        case when p.here then clock_timestamp() end,
        case when p.verdict is not null then clock_timestamp() end,
        p.verdict, case when p.verdict is not null then coalesce(p.refusal, 'overlap') end, p.cause, p.concurrency_group, p.only_node
    from placed p
    on conflict do nothing
    returning run_key, job, due_at, state, verdict, version, reason
),
held as (
    update scheduler_private.job_gate g set active_key = e.run_key
    from entered e
    where g.job = e.job and coalesce(e.run_key in (select h.run_key from holder h), false)
),
-- Fires that were missed or skipped and runs that begin, where somebody wants to be told of it (bits: notify_mask.sql).
told as materialized (select g.job, g.notify from gate g where g.notify & 280 <> 0),
noted as (
    insert into scheduler_private.outbox (event, job, run_key, due_at, channels)
    select case e.verdict when 'missed' then 'missed' when 'skipped' then 'skip' else 'start' end, e.job, e.run_key, e.due_at, scheduler_private.channels_of(e.job)
    from entered e
    where exists (select from told) and case
        when e.verdict = 'missed' then coalesce(e.job in (select t.job from told t where t.notify & 8 <> 0), false)
        when e.verdict = 'skipped' then coalesce(e.job in (select t.job from told t where t.notify & 16 <> 0), false)
        when e.state = 'running' then coalesce(e.job in (select t.job from told t where t.notify & 256 <> 0), false)
        else false end
    returning pg_notify('scheduler_outbox', '')
)
select e.run_key, e.state, e.verdict, e.version, e.reason, case when e.state = 'queued' then pg_notify('scheduler_queued', '') end as told
from entered e
