-- A local time as text, read whole: 2026-12-24T18:00, with or without seconds, a T or a blank between. Null when there is no such time.
--   written   the text
create or replace function scheduler_private.local_time(written text) returns timestamp
language plpgsql immutable strict parallel safe as $$
declare
    n constant integer[] := regexp_match(written, '^([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?$')::integer[];
begin
    if n is null or n[1] < 1 or n[2] not between 1 and 12 or n[4] > 23 or n[5] > 59 or coalesce(n[6], 0) > 59
        or n[3] not between 1 and scheduler_private.month_days(n[1], n[2]) then
        return null;
    end if;
    return make_timestamp(n[1], n[2], n[3], n[4], n[5], coalesce(n[6], 0));
end $$;
