-- The channels, in the order of their names. Times in seconds.
select c.name, c.kind, c.description, c.settings::text, c.incidents, c.enabled, c.quiet, extract(epoch from c.group_wait)::float8,
    extract(epoch from c.group_interval)::float8, extract(epoch from c.remind_every)::float8, c.source, c.version
from scheduler.channel c order by c.name
