-- Mark online nodes offline that have been silent too long.
--   $1 interval   silence; a node last seen exactly this long ago stays online
--   $2 int        most nodes
-- Returns how many. Skips nodes whose heartbeat is being written at this moment.
with silent as materialized (
    select n.id from fleet.node n
    where n.status = 'online' and n.last_seen_at < now() - $1::interval
    limit $2
    for update skip locked
),
marked as (
    update fleet.node n set status = 'offline' from silent where n.id = silent.id
    returning n.id
)
select count(*)::int from marked
