-- What a schedule's parts wait for, as rows of scheduler_private.subscription. Parts that are due by the clock, or cannot be read, give none.
--   name       the job
--   schedule   its schedule
create or replace function scheduler_private.subscriptions_of(name text, schedule text)
returns table (event text, source text, job text, condition text)
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select case when w[1] = 'after' then 'after' else w[2] end,
        case when w[1] = 'after' then w[2] when w[2] = 'notify' then w[3] else '' end,
        subscriptions_of.name,
        case when w[1] = 'after' then coalesce(w[4], 'success') else '' end
    from regexp_split_to_table(subscriptions_of.schedule, ';') p
    cross join lateral regexp_split_to_array(btrim(p, E' \t\n\r'), '\s+') as s (w)
    where (w[1] = 'after' and (cardinality(w) = 2 or (cardinality(w) = 4 and w[3] = 'on' and w[4] in ('success', 'failure', 'any'))))
        or (w[1] = 'on' and w[2] in ('startup', 'release') and cardinality(w) = 2)
        or (w[1] = 'on' and w[2] = 'notify' and cardinality(w) = 3 and w[3] ~ '^[a-z_][a-z0-9_]{0,62}$')
$$;
