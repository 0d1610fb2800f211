-- Take the runs of dead owners away from them: an owner is dead when no node row holds its lease and the lease is not over.
--   $1 int   most runs handled by one call; call again while it returns that many
--   $2 int   a run lost this many times is parked: it ends as failed instead of running a further time
-- Runs that may run again (on_lost = rerun) go back to the queue with a grown token; the others end as unknown. One that somebody has asked to
-- cancel ends as cancelled.
-- Returns each run with the lease that lost it and what became of it. Any number of nodes may call this at once.
with suspect as materialized (
    select r.due_at, r.run_key, r.token
    from scheduler_private.run r
    where r.state = 'running'
        and not exists (select from scheduler_private.node n
                        where n.lease_id = r.owner and n.lease_until > clock_timestamp() and n.state <> 'stopped')
    order by r.state, r.priority desc, r.due_at
    limit $1
),
-- Compared by token: a run that has a new owner since the statement began has another one, and is left alone.
lost as materialized (
    select r.due_at, r.run_key, r.job, r.owner, r.node, r.token,
        case when r.cancel is not null then 'cancelled' when r.on_lost = 'fail' then 'unknown' when r.losses + 1 >= $2 then 'failed' end as verdict
    from scheduler_private.run r join suspect s on s.due_at = r.due_at and s.run_key = r.run_key and s.token = r.token
    where r.verdict is null
    for update of r skip locked
),
-- Runs that end free their job. One whose gate somebody holds right now is left for the next look, so that it delays no other.
gate as materialized (
    select g.job from scheduler_private.job_gate g
    where g.job in (select job from lost where verdict is not null) order by g.job for no key update skip locked
),
moved as (
    update scheduler_private.run r
    set state = case when l.verdict is null then 'queued' else 'finished' end,
        token = r.token + 1, losses = r.losses + 1, owner = null,
        past_attempts = r.past_attempts || jsonb_build_object('attempt', r.attempts, 'token', r.token, 'node', r.node,
            'started_at', r.started_at, 'ended_at', clock_timestamp(), 'outcome', 'lost', 'error', 'the node''s lease was over'),
        ended_at = case when l.verdict is not null then clock_timestamp() end,
        verdict = l.verdict,
        reason = case l.verdict when 'cancelled' then r.cancel ->> 'reason' when 'unknown' then 'its node died' when 'failed' then 'parked: lost ' || r.losses + 1 || ' times' end
    from lost l
    where r.due_at = l.due_at and r.run_key = l.run_key and r.token = l.token
        and (l.verdict is null or exists (select from gate g where g.job = l.job)
             or not exists (select from scheduler_private.job_gate g where g.job = l.job))
    returning r.run_key, r.job, r.due_at, r.verdict, r.losses, r.concurrency_group, r.part_of
),
ended as materialized (
    select distinct on (m.job) m.job, m.run_key, m.verdict, m.due_at, count(*) over (partition by m.job) as ended_count,
        count(*) filter (where m.verdict <> 'cancelled') over (partition by m.job) as failed_count,
        array_agg(m.run_key) over (partition by m.job) as keys
    from moved m where m.verdict is not null and m.part_of is null order by m.job, m.due_at desc
),
freed as (
    update scheduler_private.job_gate g
    set active_key = case when g.active_key = any (e.keys) then null else g.active_key end,
        last_run_key = e.run_key, last_verdict = e.verdict, last_due_at = e.due_at, last_ended_at = clock_timestamp(),
        failures_in_row = g.failures_in_row + e.failed_count::int, failures_before = g.failures_in_row, finished_count = g.finished_count + e.ended_count
    from ended e
    where g.job = e.job and coalesce(e.job in (select b.job from gate b), false)
    returning g.job, g.followed
),
followed as materialized (
    select array_agg(m.run_key) as keys, array_agg(m.job) as jobs, array_agg(m.verdict) as verdicts from moved m
    where m.verdict is not null and m.part_of is null and coalesce(m.job in (select f.job from freed f where f.followed), false) having count(*) > 0
),
chained as (
    insert into scheduler_private.event (run_key, job, due_at, cause, part)
    select f.* from followed e cross join lateral scheduler_private.follow(e.keys, e.jobs, e.verdicts) f
    on conflict do nothing
    returning pg_notify('scheduler_events', '')
),
-- Every loss, and what ended by it, where somebody wants to be told of it (bits: notify_mask.sql).
noted as (
    insert into scheduler_private.outbox (event, job, run_key, due_at, channels)
    select w.event, m.job, m.run_key, m.due_at, scheduler_private.channels_of(m.job)
    from moved m join scheduler_private.job_gate g on g.job = m.job cross join (values ('lost', 32), ('failure', 1)) w (event, bit)
    where g.notify & w.bit <> 0 and (w.bit = 32 or (m.part_of is null and m.verdict in ('failed', 'unknown')))
    returning pg_notify('scheduler_outbox', '')
)
select m.run_key, j.node, j.owner as lease_id, m.losses::int as losses, m.verdict, m.job,
    case when m.verdict is null or m.concurrency_group is not null then pg_notify('scheduler_queued', '') end as told
from moved m join lost j on j.run_key = m.run_key and j.due_at = m.due_at
