-- The calendars, in the order of their names. A holiday that no node can hold (a row from before the statement judged it) never comes.
select c.name, c.description, c.time_zone,
    array(select h.day from unnest(c.holidays) with ordinality as h (day, place) where h.day between '0001-01-01' and '9999-12-31' order by h.place),
    c.weekdays, c.blackouts::text, c.source, c.updated_at, c.problem, c.version
from scheduler.calendar c order by c.name
