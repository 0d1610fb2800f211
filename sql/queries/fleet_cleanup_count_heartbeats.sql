-- How many heartbeats would be deleted, and of how many.
--   $1 timestamptz   heartbeats before this
--   $2 bigint        stop counting doomed rows here; null: count all
--   $3 double        share of the table that may go; null: the table is not counted
-- Returns both counts, as fleet_cleanup_count_nodes.sql does.
with doomed as materialized (
    select count(*) as n from (select from fleet.heartbeat h where h.created_at < $1 limit $2) x
)
select d.n, (select count(*) from (select from fleet.heartbeat limit (select coalesce(ceil(e.n / $3::float8) + 1, 0)::bigint from doomed e)) x)
from doomed d
