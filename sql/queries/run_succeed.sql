-- End one run as succeeded, in the transaction of its work. As run_finish.sql, but planned for its partition alone: of many runs nobody knows which
-- partitions they are in, and planning for all of them costs more than the work of a small job.
--   $1 text, $2 timestamptz, $3 bigint   run key, due time, token
--   $4 text                              result (json), null when there is none
--   $5 bigint                            this node's lease
-- Returns the key when it was accepted, nothing when the run is another's.
with ended as (
    update scheduler_private.run r set state = 'finished', verdict = 'succeeded', result = $4::jsonb, ended_at = clock_timestamp()
    where r.due_at = $2 and r.run_key = $1 and r.token = $3 and r.owner = $5 and r.verdict is null
    returning r.run_key, r.job, r.due_at
),
freed as (
    update scheduler_private.job_gate g
    set active_key = nullif(g.active_key, e.run_key), last_run_key = e.run_key, last_verdict = 'succeeded', last_due_at = e.due_at,
        last_ended_at = clock_timestamp(), last_success_at = clock_timestamp(), failures_in_row = 0, finished_count = g.finished_count + 1,
        success_count = g.success_count + 1
    from ended e
    where g.job = e.job
    -- Where runs of a job take turns, the next one may begin.
    returning case when g.overlap = 'queue' then pg_notify('scheduler_queued', '') end
)
select run_key from ended
