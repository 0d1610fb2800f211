-- Raise unless a blackout has one of its three forms.
--   calendar   name of the calendar, for the message
--   entry      {"from": local instant, "to": local instant}, {"daily": [local time, local time]} or {"cron": text}
create or replace function scheduler_private.check_blackout(calendar text, entry jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    instant constant text := '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?$';
    hour constant text := '^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$';
    keys constant text := case when jsonb_typeof(entry) = 'object' then (select string_agg(k, ',' order by k) from jsonb_object_keys(entry) k) end;
begin
    if keys = 'from,to' and entry ->> 'from' ~ instant and entry ->> 'to' ~ instant
        and (entry ->> 'from')::timestamp < (entry ->> 'to')::timestamp then
        return;
    elsif keys = 'daily' and jsonb_typeof(entry -> 'daily') = 'array' and jsonb_array_length(entry -> 'daily') = 2
        and entry #>> '{daily,0}' ~ hour and (entry #>> '{daily,1}' ~ hour or entry #>> '{daily,1}' = '24:00')
        and entry #>> '{daily,0}' <> entry #>> '{daily,1}' then
        return;
    elsif keys = 'cron' and jsonb_typeof(entry -> 'cron') = 'string' then
        return;
    end if;
    raise exception 'blackout % of calendar % cannot be read; expected {"from": "2026-12-24T00:00", "to": "2026-12-27T00:00"}, '
        '{"daily": ["22:00", "06:00"]} or {"cron": "* 12 * * MON-FRI"}, beginning before its end', entry, quote_literal(calendar)
        using errcode = 'check_violation';
exception when datetime_field_overflow then
    raise exception 'blackout % of calendar % names a day that does not exist', entry, quote_literal(calendar) using errcode = 'check_violation';
end $$;
