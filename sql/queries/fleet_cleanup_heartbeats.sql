-- Delete the oldest heartbeats.
--   $1 timestamptz   heartbeats before this go
--   $2 int           most heartbeats
-- Returns how many.
with gone as (
    delete from fleet.heartbeat h
    where h.ctid = any (array(
        select o.ctid from fleet.heartbeat o where o.created_at < $1 order by o.created_at limit $2 for update skip locked))
    returning 1
)
select count(*)::int from gone
