-- Which of these names belong to calendars made in SQL, so that no file may declare them.
--   $1 text[]   names
select c.name from scheduler.calendar c where c.source = 'sql' and c.name = any ($1::text[]) order by c.name
