-- What a relation is: its kind (null: there is none) and whether it tells of its changes already.
--   $1 text   schema and name, e.g. public.site
select c.relkind::text, exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname = 'scheduler_for_each')
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname || '.' || c.relname = $1
