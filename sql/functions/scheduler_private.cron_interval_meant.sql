-- The interval that a step longer than its unit stands for: an author who writes */90 for minutes means every 90 minutes, if nothing else limits it.
--   fields   the expression
--   place    which of its fields has the step, from 1
--   step     the step
-- Returns null when no interval can be told.
create or replace function scheduler_private.cron_interval_meant(fields text[], place integer, step integer) returns text
language plpgsql immutable as $$
declare
    name constant text := (array['second', 'minute', 'hour'])[place + case when cardinality(fields) = 5 then 1 else 0 end];
    unit constant text := scheduler_private.schedule_grammar() #>> array['cron_units', name];
begin
    if unit is null or not starts_with(fields[place], '*/') or exists (select from unnest(fields[place + 1 :]) w where w not in ('*', '?'))
        or exists (select from unnest(fields[: place - 1]) w where w <> '0') then
        return null;
    elsif step <> (case name when 'hour' then 24 else 60 end) then
        return 'every ' || step || unit;
    end if;
    -- All of the next larger unit.
    return array_to_string(fields[: place - 1] || '0'::text || fields[place + 1 :], ' ');
end $$;
