-- Give runs back to the queue because their node stops: not a loss, and the next owner starts with a grown token.
--   $1 text[], $2 timestamptz[], $3 bigint[]   run keys, due times, tokens
--   $4 bigint   this node's lease
-- Runs that must not run twice (on_lost = fail), and those somebody has asked to cancel, end as cancelled instead. Returns the keys that were this node's to give.
with back as materialized (select * from unnest($1::text[], $2::timestamptz[], $3::bigint[]) as b (run_key, due_at, token)),
moved as (
    update scheduler_private.run r
    set state = case when r.on_lost = 'fail' or r.cancel is not null then 'finished' else 'queued' end,
        verdict = case when r.on_lost = 'fail' or r.cancel is not null then 'cancelled' end,
        reason = case when r.cancel is not null then r.cancel ->> 'reason' when r.on_lost = 'fail' then 'its node stopped' end,
        ended_at = case when r.on_lost = 'fail' or r.cancel is not null then clock_timestamp() end,
        owner = null, token = r.token + 1,
        past_attempts = r.past_attempts || jsonb_build_object('attempt', r.attempts, 'token', r.token, 'node', r.node,
            'started_at', r.started_at, 'ended_at', clock_timestamp(), 'outcome', 'handed back', 'error', 'its node stopped')
    from back b
    where r.due_at = b.due_at and r.run_key = b.run_key and r.token = b.token and r.owner = $4 and r.verdict is null
    returning r.run_key, r.job, r.state, r.verdict, r.concurrency_group, r.part_of
),
gate as materialized (
    select g.job from scheduler_private.job_gate g where g.job in (select job from moved) order by g.job for no key update
),
freed as (
    update scheduler_private.job_gate g set active_key = null
    from moved m
    where g.job = m.job and coalesce(m.job in (select b.job from gate b), false) and g.active_key = m.run_key and (m.state = 'finished' or g.overlap = 'queue')
),
followed as materialized (
    select array_agg(m.run_key) as keys, array_agg(m.job) as jobs, array_agg(m.verdict) as verdicts
    from moved m where m.verdict is not null and m.part_of is null and coalesce(m.job in (select b.job from gate b), false) having count(*) > 0
),
chained as (
    insert into scheduler_private.event (run_key, job, due_at, cause, part)
    select f.* from followed e cross join lateral scheduler_private.follow(e.keys, e.jobs, e.verdicts) f
    on conflict do nothing
    returning pg_notify('scheduler_events', '')
)
select m.run_key, case when m.state = 'queued' or m.concurrency_group is not null then pg_notify('scheduler_queued', '') end as told from moved m
