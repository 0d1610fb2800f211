-- What a schedule's parts wait for, as rows of scheduler_private.subscription: a row for each part, or, when it waits for several jobs, for each of them.
-- Parts that are due by the clock, or cannot be read, give none.
--   name       the job
--   schedule   its schedule
create or replace function scheduler_private.subscriptions_of(name text, schedule text)
returns table (event text, source text, job text, condition text, place smallint, part text, delay interval, waits_for smallint,
    from_startup boolean, mark text)
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
    written record;
    params text[];
    form record;
    sources text[];
begin
    for written in
        select w.n, btrim(regexp_replace(w.part, '[ \t\n\r]+', ' ', 'g')) as plain
        from unnest(scheduler_private.schedule_parts(subscriptions_of.schedule)) with ordinality w (part, n)
    loop
        params := regexp_match(written.plain, scheduler_private.schedule_grammar() #>> '{events,with_pattern}');
        select f.* into form from scheduler_private.event_form(coalesce(params[1], written.plain)) f;
        continue when form.event is null or form.problem is not null;
        sources := case when form.slots ? 'Jobs' then string_to_array(form.slots ->> 'Jobs', ' and ')
            when form.slots ? 'Channel' then array[form.slots ->> 'Channel'] else '{""}' end;
        return query select form.event, s.source, subscriptions_of.name,
            case when form.event = 'after' then coalesce(form.slots ->> 'Outcome', 'success') else '' end,
            written.n::smallint, coalesce(params[1], written.plain),
            make_interval(secs => coalesce(scheduler_private.duration_seconds(coalesce(form.slots ->> 'Delay', form.slots ->> 'Interval')), 0)::float8),
            cardinality(sources)::smallint, form.slots ? 'FromStartup', case when params is null then '' else 'w' || written.n end
        from unnest(sources) s (source);
    end loop;
end $$;
