-- What is wrong with the name of a time zone: expected are the IANA names the server knows (pg_timezone_names). A node reads its own zone data; one that
-- lacks a name the server has says so in the job's column problem.
--   zone   e.g. 'Europe/Berlin'
-- Returns problem and, where it can be told, meant: the name put right. Both null when nothing is wrong.
-- Reading all zones takes the server some 20 ms; those found are remembered in the session.
create or replace function scheduler_private.time_zone_problem(zone text, out problem text, out meant text)
language plpgsql volatile as $$
declare
    remembered_max constant integer := 4000;
    known constant text := coalesce(current_setting('scheduler_private.known_zones', true), '');
    names constant jsonb := scheduler_private.zone_names() -> 'names';
begin
    if zone = 'UTC' or position(',' || zone || ',' in known) > 0 then
        return;
    end if;
    if zone ~ (scheduler_private.zone_names() ->> 'form') and exists (select from pg_timezone_names z where z.name = zone) then
        if length(known) < remembered_max then
            perform set_config('scheduler_private.known_zones', known || ',' || zone || ',', false);
        end if;
        return;
    end if;
    -- A bare city is the end of a name.
    meant := coalesce(scheduler_private.zone_names() -> 'of_windows' ->> zone,
        (select n.name from jsonb_array_elements_text(names) with ordinality as n (name, place)
         where right(lower(n.name collate "C"), length(zone) + 1) = '/' || lower(replace(zone, ' ', '_') collate "C") order by n.place limit 1),
        scheduler_private.nearest(zone, array(select jsonb_array_elements_text(names))));
    problem := format('time zone ''%s'' is not known%s', zone,
        case when meant is null then '; expected an IANA name such as UTC or Europe/Berlin' else '' end);
end $$;
