-- The calendars, in the order of their names.
select c.name, c.description, c.time_zone, c.holidays, c.weekdays, c.blackouts::text, c.source, c.updated_at, c.problem, c.version
from scheduler.calendar c order by c.name
