-- The calendars that channels name as their quiet hours.
select distinct c.quiet from scheduler.channel c where c.enabled and c.quiet is not null
