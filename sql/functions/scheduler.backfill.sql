-- Run a job for the instants it was due in the past.
--   name      the job
--   range     instants, e.g. tstzrange('2026-11-01', '2026-11-08'); both ends are needed; the future is left out
--   spacing   at least this long between the beginnings of two of its runs, null: as they come
--   cap       most runs, 1 to 10,000; a range that holds more is refused, not cut
--   dry_run   true: only reckon
-- Returns the request's number: scheduler.backfill_request shows the answer of a node within a second, and how far it is. The run of an instant
-- has the key job!backfill@2026-11-21T04:00:00Z and that due_at; it is entered once, however often it is asked for. Instants whose own fire succeeded are
-- left out. Jobs whose runs must not overlap get them one after the other. Paused and disabled jobs run: the request is explicit.
create or replace function scheduler.backfill(
    name text, range tstzrange, spacing interval default null, cap integer default 1000, dry_run boolean default true) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    number bigint;
    template boolean;
begin
    select j.for_each is not null into template from scheduler.job j where j.name = backfill.name;
    if not found then
        raise exception 'there is no job named %', quote_literal(backfill.name) using errcode = 'no_data_found', hint = 'see scheduler.job';
    elsif template then
        raise exception 'job % stands for one job a row (for_each) and has no runs of its own', quote_literal(backfill.name)
            using errcode = 'invalid_parameter_value', hint = 'backfill those it made: select name from scheduler.job where made_by = '
                || quote_literal(backfill.name);
    elsif backfill.range is null or isempty(backfill.range) or lower_inf(backfill.range) or upper_inf(backfill.range)
        or not isfinite(lower(backfill.range)) or not isfinite(upper(backfill.range)) then
        raise exception 'range is %; expected two instants, the first before the second', coalesce(quote_literal(backfill.range), 'null')
            using errcode = 'invalid_parameter_value', hint = 'e.g. tstzrange(''2026-11-01'', ''2026-11-08'')';
    elsif not (scheduler_private.is_instant(lower(backfill.range)) and scheduler_private.is_instant(upper(backfill.range))) then
        raise exception 'range is %; expected instants of the years 1970 to 9998', quote_literal(backfill.range)
            using errcode = 'invalid_parameter_value';
    elsif backfill.cap is null or backfill.cap not between 1 and 10000 then
        raise exception 'cap is %; expected 1 to 10000', coalesce(backfill.cap::text, 'null') using errcode = 'invalid_parameter_value';
    elsif backfill.spacing not between interval '1 second' and interval '7 days' then
        raise exception 'spacing is %; expected 1 second to 7 days, or null', backfill.spacing using errcode = 'invalid_parameter_value';
    end if;
    insert into scheduler_private.backfill (job, from_at, until_at, spacing, cap, dry_run)
    values (backfill.name, lower(backfill.range) + case when lower_inc(backfill.range) then interval '0' else interval '1 microsecond' end,
            upper(backfill.range) + case when upper_inc(backfill.range) then interval '1 microsecond' else interval '0' end,
            backfill.spacing, backfill.cap, coalesce(backfill.dry_run, true))
    returning id into number;
    perform pg_notify('scheduler_request', '');
    return number;
end $$;
