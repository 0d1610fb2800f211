-- Bring the rows of channels to what their files declare.
--   $1 jsonb   array of channels, one object each with the columns of scheduler.channel by name; version is that of the row it was compared with, null
--              for a channel that is new
-- Returns how many rows were written. A row with another version was changed meanwhile and is left alone.
with declared as materialized (
    select * from jsonb_to_recordset($1::jsonb) as d (
        name text, kind text, description text, settings jsonb, incidents boolean, enabled boolean, quiet text, group_wait interval,
        group_interval interval, remind_every interval, source text, version integer)
),
put as (
    insert into scheduler.channel as c
        (name, kind, description, settings, incidents, enabled, quiet, group_wait, group_interval, remind_every, source)
    select d.name, d.kind, d.description, d.settings, d.incidents, d.enabled, d.quiet, d.group_wait, d.group_interval, d.remind_every, d.source
    from declared d
    order by d.name
    on conflict (name) do update set
        kind = excluded.kind, description = excluded.description, settings = excluded.settings, incidents = excluded.incidents,
        enabled = excluded.enabled, quiet = excluded.quiet, group_wait = excluded.group_wait, group_interval = excluded.group_interval,
        remind_every = excluded.remind_every, source = excluded.source
    where (c.name, c.version) in (select d.name, d.version from declared d)
    returning c.name
)
select count(p.name)::int from put p
