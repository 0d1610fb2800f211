-- End runs with their verdicts, many at once. A row counts only with the current owner and token: a stale finish changes nothing.
--   $1 text[], $2 timestamptz[], $3 bigint[]   run keys, due times, tokens
--   $4 text[], $5 text[]      verdicts and reasons (reason null when there is none)
--   $6 text[], $7 text[]      results (json) and errors, null when there is none
--   $8 bigint                 this node's lease
-- Returns the keys that were accepted; the others were refused. Jobs that follow an ended run become due in the same transaction, and who wants to be
-- told of it will be.
with done as materialized (
    select * from unnest($1::text[], $2::timestamptz[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[])
        as d (run_key, due_at, token, verdict, reason, result, error)
),
ended as (
    update scheduler_private.run r
    set state = 'finished', verdict = d.verdict, reason = d.reason, result = d.result::jsonb, error = d.error, ended_at = clock_timestamp()
    from done d
    -- Owned and without a verdict is running. Said without the state, so that no plan can go by the index of live runs instead of the key.
    where r.due_at = d.due_at and r.run_key = d.run_key and r.token = d.token and r.owner = $8 and r.verdict is null
    -- Whoever asked for it by hand may wait for its end.
    returning r.run_key, r.job, r.due_at, r.verdict, r.reason, r.part_of, case when r.requested_by is not null then pg_notify('scheduler_finished', r.run_key) end
),
-- What is part of a run is counted with it. One row a job, its latest due run: an update sees each gate row once. In the order of the jobs, so that two of these meet in one order.
latest as materialized (
    select distinct on (e.job) e.job, e.run_key, e.due_at, e.verdict,
        count(*) over (partition by e.job) as ended_count,
        count(*) filter (where e.verdict = 'succeeded') over (partition by e.job) as success_count,
        count(*) filter (where e.verdict not in ('succeeded', 'cancelled', 'skipped')) over (partition by e.job) as failed_count,
        array_agg(e.run_key) over (partition by e.job) as keys
    from ended e where e.part_of is null order by e.job, e.due_at desc
),
freed as (
    update scheduler_private.job_gate g
    set active_key = case when g.active_key = any (l.keys) then null else g.active_key end,
        last_run_key = l.run_key, last_verdict = l.verdict, last_due_at = l.due_at, last_ended_at = clock_timestamp(),
        last_success_at = case when l.success_count > 0 then clock_timestamp() else g.last_success_at end,
        failures_in_row = case when l.verdict = 'succeeded' then 0 else g.failures_in_row + l.failed_count::int end,
        failures_before = g.failures_in_row,
        finished_count = g.finished_count + l.ended_count, success_count = g.success_count + l.success_count
    from latest l
    where g.job = l.job
    -- Where runs of a job or of a group take turns, the next one may begin.
    returning g.job, g.followed, g.notify, g.failures_before + l.failed_count as failures, l.run_key, l.due_at, l.verdict,
        case when g.overlap = 'queue' or g.concurrency_group is not null then pg_notify('scheduler_queued', '') end
),
-- Jobs that follow these are due now, by this very commit. Where nobody follows, the set is empty and nothing more is looked at.
followed as materialized (
    select array_agg(e.run_key) as keys, array_agg(e.job) as jobs, array_agg(e.verdict) as verdicts
    from ended e where e.part_of is null and coalesce(e.job in (select f.job from freed f where f.followed), false) having count(*) > 0
),
chained as (
    insert into scheduler_private.event (run_key, job, due_at, cause, part)
    select f.* from followed e cross join lateral scheduler_private.follow(e.keys, e.jobs, e.verdicts) f
    on conflict do nothing
    returning pg_notify('scheduler_events', '')
),
-- What somebody wants to be told of, by this very commit (bits: notify_mask.sql). Where nobody does, the set is empty and nothing more is looked at.
told as materialized (select f.* from freed f where f.notify <> 0),
noted as (
    insert into scheduler_private.outbox (event, job, run_key, due_at, channels)
    select n.event, n.job, n.run_key, n.due_at, scheduler_private.channels_of(n.job)
    from (
        select case when e.verdict = 'succeeded' then 'success'
                when e.reason = 'guard' and coalesce(e.job in (select t.job from told t where t.notify & 64 <> 0), false) then 'guard'
                else 'failure' end as event,
            e.job, e.run_key, e.due_at
        from ended e
        where e.part_of is null and exists (select from told) and case
            when e.verdict = 'succeeded' then coalesce(e.job in (select t.job from told t where t.notify & 4 <> 0), false)
            when e.verdict = 'cancelled' then false
            when e.reason = 'guard' then coalesce(e.job in (select t.job from told t where t.notify & 65 <> 0), false)
            else coalesce(e.job in (select t.job from told t where t.notify & 1 <> 0), false) end
        union all
        -- Who was told of the failure and wants no word of its end is to know of it all the same.
        select case when t.notify & 2 <> 0 then 'recovery' else 'over' end, t.job, t.run_key, t.due_at
        from told t where t.notify & 3 <> 0 and t.verdict = 'succeeded' and t.failures > 0) n
    order by n.event in ('recovery', 'over')
    returning pg_notify('scheduler_outbox', '')
)
select run_key from ended
