-- Bring the rows of calendars to what their files declare.
--   $1 jsonb   array of calendars, one object each with the columns of scheduler.calendar by name; version is that of the row it was compared
--              with, null for a calendar that is new
-- Returns how many rows were written. A row with another version was changed meanwhile and is left alone.
with declared as materialized (
    select * from jsonb_to_recordset($1::jsonb) as d (
        name text, description text, time_zone text, holidays date[], weekdays text[], blackouts jsonb, source text, version integer)
),
put as (
    insert into scheduler.calendar as c (name, description, time_zone, holidays, weekdays, blackouts, source)
    select d.name, d.description, d.time_zone, d.holidays, d.weekdays, d.blackouts, d.source from declared d
    order by d.name
    on conflict (name) do update set
        description = excluded.description, time_zone = excluded.time_zone, holidays = excluded.holidays,
        weekdays = excluded.weekdays, blackouts = excluded.blackouts, source = excluded.source
    where (c.name, c.version) in (select d.name, d.version from declared d)
    returning c.name
)
select count(p.name)::int from put p
