-- Forget a batch of what runs said that were due before the retention.
--   $1 interval   retention
--   $2 int        most rows
-- Returns how many were deleted; call again while it is that many.
with old as materialized (
    select o.due_at, o.run_key, o.attempt, o.first_line from scheduler_private.run_output o
    where o.due_at < clock_timestamp() - $1::interval
    order by o.due_at limit $2 for update skip locked
),
gone as (
    delete from scheduler_private.run_output o using old g
    where o.due_at = g.due_at and o.run_key = g.run_key and o.attempt = g.attempt and o.first_line = g.first_line
    returning 1
)
select count(*)::int from gone
