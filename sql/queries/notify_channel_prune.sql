-- Remove channels that came from files and are declared in none any more. One that a job names by now is refused.
--   $1 text[], $2 int[]   name and version of each; a row with another version was edited meanwhile and is left alone
-- Returns how many were removed.
with gone as (
    delete from scheduler.channel c using unnest($1::text[], $2::int[]) as g (name, version)
    where c.name = g.name and c.version = g.version
    returning c.name
)
select count(g.name)::int from gone g
