-- Tables to maintain, those that need it most first.
--   $1 text[]    names: schema.table, or schema.* for all of a schema; empty: all but the system's
--   $2 double    share of dead rows from which a table counts, 0 for all
-- Returns of each its oid, its schema and its name. Partitions are listed, their parents are not.
select c.oid::bigint, n.nspname::text, c.relname::text
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_stat_user_tables s on s.relid = c.oid
where c.relkind in ('r', 'm') and c.relpersistence <> 't' and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
    and (cardinality($1::text[]) = 0 or n.nspname || '.' || c.relname = any ($1) or n.nspname || '.*' = any ($1))
    and coalesce(s.n_dead_tup, 0) >= $2 * greatest(coalesce(s.n_live_tup, 0) + coalesce(s.n_dead_tup, 0), 1)
order by coalesce(s.n_dead_tup, 0) desc, c.oid
