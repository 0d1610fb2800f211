-- The columns of a table in their order.
--   $1 text, $2 text   schema and name
-- Returns of each its name, its type, whether it cannot be null, and whether the table computes it.
select a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated <> ''
from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped
order by a.attnum
