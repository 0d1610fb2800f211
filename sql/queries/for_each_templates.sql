-- Jobs with for_each, and the names of those that are gone but whose children are not.
--   $1 text[]   only these jobs and what is made by them, null: all
select j.name, coalesce(j.for_each ->> 'relation', '') as relation from scheduler.job j where j.for_each is not null and ($1 is null or j.name = any ($1))
union
select c.made_by, '' from scheduler.job c
where c.made_by is not null and ($1 is null or c.made_by = any ($1))
    and not exists (select from scheduler.job j where j.name = c.made_by and j.for_each is not null)
