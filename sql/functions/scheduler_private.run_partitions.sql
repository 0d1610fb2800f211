-- The partitions of the ledger and the instants each holds, oldest first. run_default, which holds the rest, is not among them.
-- Returns partition, from_at (inclusive), until_at (exclusive).
create or replace function scheduler_private.run_partitions()
returns table (partition regclass, from_at timestamptz, until_at timestamptz)
language sql stable set timezone = 'UTC' set datestyle = 'ISO' as $$
    select i.inhrelid::regclass,
        case when b.bound[1] = 'MINVALUE' then '-infinity' else trim('''' from b.bound[1]) end::timestamptz as from_at,
        case when b.bound[2] = 'MAXVALUE' then 'infinity' else trim('''' from b.bound[2]) end::timestamptz as until_at
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    cross join lateral regexp_match(pg_get_expr(c.relpartbound, c.oid), '^FOR VALUES FROM \((.+)\) TO \((.+)\)$') as b (bound)
    where i.inhparent = 'scheduler_private.run'::regclass and b.bound is not null
    order by 2
$$;
