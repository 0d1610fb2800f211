-- Delete nodes that never joined and nobody claimed, and nodes that left long ago.
--   $1 timestamptz   pending, unclaimed nodes made before this go
--   $2 timestamptz   offline nodes last seen before this go, unless a chunk is still running on them
--   $3 int           most nodes
-- Returns how many. The same conditions stand in fleet_cleanup_count_nodes.sql.
with doomed as materialized (
    select n.id from fleet.node n
    where (n.status = 'pending' and n.user_id is null and n.created_at < $1)
        or (n.status = 'offline' and n.last_seen_at < $2
            and not exists (select from fleet.chunk c where c.node_id = n.id and c.status = 'running'))
    limit $3
    for update of n skip locked
),
gone as (
    delete from fleet.node n using doomed where n.id = doomed.id
    returning n.id
)
select count(*)::int from gone
