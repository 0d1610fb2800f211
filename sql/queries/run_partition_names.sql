-- The ledger's partitions that hold runs of about now, the days first that are asked for most: name, first instant, instant after the last.
select format('%I.%I', n.nspname, c.relname), p.from_at, p.until_at
from scheduler_private.run_partitions() p join pg_class c on c.oid = p.partition join pg_namespace n on n.oid = c.relnamespace
where isfinite(p.from_at) and isfinite(p.until_at) order by p.from_at desc
