-- The interval that a step longer than its unit stands for: an author who writes */90 for minutes means every 90 minutes, if nothing else limits it.
--   fields   the expression
--   place    which of its fields has the step, from 1
--   step     the step
-- Returns null when no interval can be told.
create or replace function scheduler_private.cron_interval_meant(fields text[], place integer, step integer) returns text
language plpgsql immutable as $$
begin
    return (
    select case when u.unit is null or not starts_with(fields[place], '*/') or exists (select from unnest(fields[place + 1 :]) w where w not in ('*', '?'))
            or exists (select from unnest(fields[: place - 1]) w where w <> '0') then null
        when step <> case when u.place = 3 then 24 else 60 end then 'every ' || step || u.unit
        -- All of the next larger unit.
        else array_to_string(fields[: place - 1] || '0'::text || fields[place + 1 :], ' ') end
    from (select p.place, scheduler_private.schedule_grammar() #>> array['cron_units', (array['second', 'minute', 'hour'])[p.place]] as unit
          from (select place + case when cardinality(fields) = 5 then 1 else 0 end as place) p) u
    );
end $$;
