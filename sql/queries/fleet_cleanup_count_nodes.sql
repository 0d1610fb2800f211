-- How many nodes fleet_cleanup_nodes.sql would delete, and of how many.
--   $1 timestamptz, $2 timestamptz   as there
--   $3 bigint   stop counting doomed rows here; null: count all
--   $4 double   share of the table that may go; null: the table is not counted
-- Returns both counts. The table is counted only as far as the share needs: a count that stops early is large enough.
with doomed as materialized (
    select count(*) as n from (
        select from fleet.node n
        where (n.status = 'pending' and n.user_id is null and n.created_at < $1)
            or (n.status = 'offline' and n.last_seen_at < $2
                and not exists (select from fleet.chunk c where c.node_id = n.id and c.status = 'running'))
        limit $3) x
)
select d.n, (select count(*) from (select from fleet.node limit (select coalesce(ceil(e.n / $4::float8) + 1, 0)::bigint from doomed e)) x)
from doomed d
