-- How many configs would be deleted, and of how many.
--   $1 timestamptz   configs last used before this
--   $2 bigint        stop counting doomed rows here; null: count all
--   $3 double        share of the table that may go; null: the table is not counted
-- Returns both counts, as fleet_cleanup_count_nodes.sql does.
with doomed as materialized (
    select count(*) as n from (
        select from fleet.config f
        where f.last_used_at < $1 and not exists (select from fleet.job j where j.config_hash = f.hash)
        limit $2) x
)
select d.n, (select count(*) from (select from fleet.config limit (select coalesce(ceil(e.n / $3::float8) + 1, 0)::bigint from doomed e)) x)
from doomed d
