-- Tables a name may have meant: those of its schema and those of its name elsewhere.
--   $1 text, $2 text   schema and name
select n.nspname || '.' || c.relname
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and (n.nspname = $1 or c.relname = $2) and n.nspname not in ('pg_catalog', 'information_schema')
order by 1 limit 1000
