-- What a schedule's parts wait for, as rows of scheduler_private.subscription. Parts that are due by the clock, or cannot be read, give none.
--   name       the job
--   schedule   its schedule
-- The patterns are those of EventGrammar.cs; a test compares them.
create or replace function scheduler_private.subscriptions_of(name text, schedule text)
returns table (event text, source text, job text, condition text, place smallint, part text, delay interval, waits_for smallint,
    from_startup boolean, mark text)
language sql immutable set search_path = pg_catalog, pg_temp as $$
    with written as (
        select w.place::smallint as place, btrim(regexp_replace(w.part, '[ \t\n\r]+', ' ', 'g')) as part
        from unnest(scheduler_private.schedule_parts(subscriptions_of.schedule)) with ordinality w (part, place)
    ),
    plain as (
        select w.place, coalesce(m[1], w.part) as part, case when m is null then '' else 'w' || w.place end as mark
        from written w left join lateral regexp_match(w.part, '^(.+) with ([^ =]+=[^ ]+(?: [^ =]+=[^ ]+)*)$') m on true
    ),
    found as (
        select p.*, 'after' as event, string_to_array(m[1], ' and ') as sources, coalesce(m[2], 'success') as condition, m[3] is not null as startup,
            m[4] as later
        from plain p, regexp_match(p.part, '^after ([^ ]+(?: and [^ ]+)*)(?: on ([^ ]+))?( from startup)?(?: \+ ([^ ]+))?$') m
        where m is not null and coalesce(m[2], 'any') in ('success', 'failure', 'any')
        union all
        select p.*, 'startup', '{""}', '', false, m[1] from plain p, regexp_match(p.part, '^on startup(?: \+ ([^ ]+))?$') m where m is not null
        union all
        select p.*, 'release', '{""}', '', false, m[1] from plain p, regexp_match(p.part, '^on release(?: \+ ([^ ]+))?$') m where m is not null
        union all
        select p.*, 'node', '{""}', '', false, m[1] from plain p, regexp_match(p.part, '^on node start(?: \+ ([^ ]+))?$') m where m is not null
        union all
        select p.*, 'notify', array[m[1]], '', false, m[2] from plain p, regexp_match(p.part, '^on notify ([^ ]+)(?: \+ ([^ ]+))?$') m
        where m[1] ~ '^[a-z_][a-z0-9_]{0,62}$'
        union all
        select p.*, 'end', '{""}', '', false, m[1] from plain p, regexp_match(p.part, '^every ([^ ]+) after end$') m where m is not null
    )
    select f.event, s.source, subscriptions_of.name, f.condition, f.place, f.part,
        make_interval(secs => coalesce(scheduler_private.duration_seconds(f.later), 0)::float8), cardinality(f.sources)::smallint, f.startup, f.mark
    from found f cross join lateral unnest(f.sources) s (source)
    where f.later is null or scheduler_private.duration_seconds(f.later) is not null
$$;
