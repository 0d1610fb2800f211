-- Indexes of a table that a REINDEX CONCURRENTLY left unfinished.
--   $1 bigint   the table's oid
select n.nspname::text, c.relname::text
from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
where i.indrelid = $1::oid and not i.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$'
