-- Delete a batch of finished runs older than the retention from the partition that holds what no other does. Others go with their partition.
--   $1 interval   retention
--   $2 int        most rows
-- Returns how many were deleted; call again while it is that many.
with old as materialized (
    select r.due_at, r.run_key from scheduler_private.run_default r
    where r.due_at < clock_timestamp() - $1::interval and r.state = 'finished'
    order by r.due_at limit $2 for update skip locked
),
gone as (
    delete from scheduler_private.run_default r using old o where r.due_at = o.due_at and r.run_key = o.run_key returning 1
)
select count(*)::int from gone
