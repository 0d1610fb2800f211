-- The instant a run key names: 'job@2026-11-21T04:00:00Z', 'job!2026-11-21T04:00:00.123456Z', 'job!backfill@2026-11-21T04:00:00Z' and, with a mark
-- behind it, 'job!2026-11-21T04:00:00.123456Z~mark' alike; so does a part on one node, 'job@2026-11-21T04:00:00Z/node'.
--   run_key   key of a run
-- Returns null for text that is no run key, so that a look-up by it finds nothing. Lets look-ups by key reach one partition.
create or replace function scheduler_private.due_of(run_key text) returns timestamptz
language plpgsql stable strict parallel safe as $$
begin
    return substring(run_key from '[@!]([^@!~/]+)(?:[~/][^@!]*)?$')::timestamptz;
exception when invalid_datetime_format or datetime_field_overflow then
    return null;
end $$;
