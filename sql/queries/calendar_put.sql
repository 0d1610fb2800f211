-- Bring the rows of calendars to what their files declare.
--   $1 jsonb   array of calendars, one object each with the columns of scheduler.calendar by name
-- Returns how many were added or changed. A row that is equal is not touched, nor is one made in SQL. Safe to repeat.
with put as (
    insert into scheduler.calendar as c (name, description, time_zone, holidays, weekdays, blackouts, source)
    select d.name, d.description, d.time_zone, d.holidays, d.weekdays, d.blackouts, d.source
    from jsonb_to_recordset($1::jsonb) as d (name text, description text, time_zone text, holidays date[], weekdays text[], blackouts jsonb, source text)
    order by d.name
    on conflict (name) do update set
        description = excluded.description, time_zone = excluded.time_zone, holidays = excluded.holidays,
        weekdays = excluded.weekdays, blackouts = excluded.blackouts, source = excluded.source
    where c.source <> 'sql' and (c.description, c.time_zone, c.holidays, c.weekdays, c.blackouts, c.source)
        is distinct from (excluded.description, excluded.time_zone, excluded.holidays, excluded.weekdays, excluded.blackouts, excluded.source)
    returning c.name
)
select count(*)::int from put
