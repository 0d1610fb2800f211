-- The partitions of a table with a range of time each, oldest first; the default partition is not among them.
--   $1 text, $2 text   schema and name of the parent
-- Returns of each its schema, its name, its first instant and the first one behind it; without a zone both are read as UTC.
select m.nspname::text, l.relname::text,
    case when b.bound[1] = 'MINVALUE' then '-infinity' else trim(both '''' from b.bound[1]) end::timestamptz as from_at,
    case when b.bound[2] = 'MAXVALUE' then 'infinity' else trim(both '''' from b.bound[2]) end::timestamptz as until_at
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_inherits i on i.inhparent = c.oid
join pg_class l on l.oid = i.inhrelid
join pg_namespace m on m.oid = l.relnamespace
cross join lateral (select regexp_match(pg_get_expr(l.relpartbound, l.oid),
    '^FOR VALUES FROM \((''[^'']*''|MINVALUE)\) TO \((''[^'']*''|MAXVALUE)\)$') as bound) b
where n.nspname = $1 and c.relname = $2 and b.bound is not null
order by 3
