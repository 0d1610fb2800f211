-- Forget a batch of callers' keys (run_now) older than the retention whose run is finished or gone. The same key then asks for a new run.
--   $1 interval   retention
--   $2 int        most rows
-- Returns how many were deleted; call again while it is that many.
with old as materialized (
    select q.job, q.key from scheduler_private.request q
    where q.requested_at < clock_timestamp() - $1::interval
        and not exists (select from scheduler_private.run r
                        where r.due_at = scheduler_private.due_of(q.run_key) and r.run_key = q.run_key and r.state <> 'finished')
    order by q.requested_at limit $2 for update skip locked
),
gone as (
    delete from scheduler_private.request q using old o where q.job = o.job and q.key = o.key returning 1
)
select count(*)::int from gone
