-- End one run as succeeded, in the transaction of its work. As run_finish.sql, but planned for its partition alone: of many runs nobody knows which
-- partitions they are in, and planning for all of them costs more than the work of a small job.
--   $1 text, $2 timestamptz, $3 bigint   run key, due time, token
--   $4 text                              result (json), null when there is none
--   $5 bigint                            this node's lease
-- Returns the key. When the run is another's it raises SR001, so that a commit sent after it in one go is none. Jobs that
-- follow it become due in the same transaction.
with ended as (
    update scheduler_private.run r set state = 'finished', verdict = 'succeeded', result = $4::jsonb, ended_at = clock_timestamp()
    where r.due_at = $2 and r.run_key = $1 and r.token = $3 and r.owner = $5 and r.verdict is null
    -- Whoever asked for it by hand may wait for its end.
    returning r.run_key, r.job, r.due_at, r.part_of, case when r.requested_by is not null then pg_notify('scheduler_finished', r.run_key) end
),
freed as (
    update scheduler_private.job_gate g
    set active_key = nullif(g.active_key, e.run_key), last_run_key = e.run_key, last_verdict = 'succeeded', last_due_at = e.due_at,
        last_ended_at = clock_timestamp(), last_success_at = clock_timestamp(), failures_in_row = 0, failures_before = g.failures_in_row,
        finished_count = g.finished_count + 1, success_count = g.success_count + 1
    from ended e
    where g.job = e.job and e.part_of is null
    -- Where runs of a job or of a group take turns, the next one may begin.
    returning g.followed,
        -- What somebody wants to be told of, by this very commit. Asked here and not in a part of its own, which each plan would have to think about.
        case when g.notify & 4 <> 0 or (g.notify & 3 <> 0 and g.failures_before > 0)
            then scheduler_private.note_success(g.job, e.run_key, e.due_at, g.notify, g.failures_before) end,
        case when g.overlap = 'queue' or g.concurrency_group is not null then pg_notify('scheduler_queued', '') end
),
-- Jobs that follow it are due now, by this very commit.
chained as (
    insert into scheduler_private.event (run_key, job, due_at, cause, part)
    select s.* from ended e join freed f on f.followed
    cross join lateral scheduler_private.follow(array[e.run_key], array[e.job], '{succeeded}') s
    on conflict do nothing
    returning pg_notify('scheduler_events', '')
)
select coalesce((select run_key from ended), scheduler_private.refuse_verdict($1))
