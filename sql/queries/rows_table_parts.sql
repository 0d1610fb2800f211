-- The parts of a table that hold rows: itself, or its partitions however deep.
--   $1 text, $2 text   schema and name
-- Returns of each its oid, schema, name and relkind; none when there is no such table, or a partitioned one has no partition.
select l.oid::bigint, m.nspname::text, l.relname::text, l.relkind::text
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
cross join lateral (
    -- A table that has nothing to do with partitions is in no tree.
    select c.oid where c.relkind = 'r'
    union all
    select p.relid from pg_partition_tree(c.oid) p where c.relkind = 'p' and p.isleaf) part (oid)
join pg_class l on l.oid = part.oid
join pg_namespace m on m.oid = l.relnamespace
where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p') and l.relkind <> 'p'
order by l.oid
