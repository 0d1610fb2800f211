-- What is wrong with the name of a time zone: expected are the IANA names the server knows (pg_timezone_names).
--   zone   e.g. 'Europe/Berlin'
-- Returns problem and, where it can be told, meant: the name put right. Both null when nothing is wrong.
-- Reading all zones takes the server some 20 ms; those found are remembered in the session.
create or replace function scheduler_private.time_zone_problem(zone text, out problem text, out meant text)
language plpgsql volatile as $$
declare
    remembered_max constant integer := 4000;
    known text := coalesce(current_setting('scheduler_private.known_zones', true), '');
    zones text[];
begin
    if zone = 'UTC' or position(',' || zone || ',' in known) > 0 then
        return;
    end if;
    zones := array(select z.name from pg_timezone_names z where z.name ~ '^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$' order by z.name);
    if zone = any (zones) then
        if length(known) < remembered_max then
            perform set_config('scheduler_private.known_zones', known || ',' || zone || ',', false);
        end if;
        return;
    end if;
    problem := format('time_zone %s is not known; expected an IANA name such as UTC or Europe/Berlin', scheduler_private.shown(to_jsonb(zone)));
    meant := coalesce(
        (select z from unnest(zones) z where lower(z) = lower(zone) limit 1),
        (select z from unnest(zones) z where lower(z) like '%/' || replace(replace(replace(lower(zone), '\', ''), '%', ''), ' ', '\_') limit 1),
        scheduler_private.nearest(zone, zones));
end $$;
