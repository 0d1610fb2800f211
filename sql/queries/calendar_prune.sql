-- Remove the calendars that came from files, are declared in none any more and are used by no job.
--   $1 text[]   names that are declared
delete from scheduler.calendar c
where c.source <> 'sql' and c.name <> all ($1::text[]) and not exists (select from scheduler.job j where j.calendar = c.name)
