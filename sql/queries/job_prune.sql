-- Remove jobs that came from files and are declared in none any more. Their runs stay in the ledger.
--   $1 text[], $2 int[]   name and version of each; a row with another version was edited meanwhile and is left alone
-- Returns how many were removed.
with gone as (
    delete from scheduler.job j using unnest($1::text[], $2::int[]) as g (name, version)
    where j.name = g.name and j.version = g.version and j.made_by is null
    returning j.name
)
select count(g.name)::int from gone g
