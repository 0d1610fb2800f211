-- Which names mean nothing in this database, and what they may have meant.
--   $1 text[]   names: schema.table, or schema.* for all of a schema
-- Returns of each its name and the names of all tables in its schema and of its own name elsewhere.
select t.name, array(
    select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'm', 'p') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
        and (n.nspname = split_part(t.name, '.', 1) or c.relname = split_part(t.name, '.', 2))
    order by 1 limit 1000)
from unnest($1::text[]) t (name)
where not exists (
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'm', 'p') and t.name = n.nspname || '.' || c.relname)
    and not exists (select from pg_namespace n where t.name = n.nspname || '.*')
