-- How a table is partitioned.
--   $1 text, $2 text   schema and name
-- Returns the strategy (r for range), the number of columns, the first one's type; no row when it is no partitioned table.
select p.partstrat::text, p.partnatts::int, format_type(a.atttypid, null)
from pg_partitioned_table p
join pg_class c on c.oid = p.partrelid
join pg_namespace n on n.oid = c.relnamespace
left join pg_attribute a on a.attrelid = c.oid and a.attnum = p.partattrs[0]
where n.nspname = $1 and c.relname = $2
