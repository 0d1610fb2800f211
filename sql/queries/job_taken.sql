-- Which of these names belong to jobs made in SQL, so that no file may declare them.
--   $1 text[]   names
select j.name from scheduler.job j where j.source = 'sql' and j.name = any ($1::text[]) order by j.name
