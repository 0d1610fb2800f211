-- Remove the jobs that came from files and are declared in none any more. Those that a job with for_each made go with it, not here. Their runs stay in the ledger.
--   $1 text[]   names that are declared
-- Returns how many were removed.
with gone as (
    delete from scheduler.job j where j.source <> 'sql' and j.made_by is null and j.name <> all ($1::text[]) returning j.name
)
select count(g.name)::int from gone g
