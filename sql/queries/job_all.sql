-- The declared jobs, in the order of their names. job_some.sql is the same for a few.
-- Durations are seconds: an interval of months, which SQL can store, has no exact length; a month counts as 30 days.
select j.name, j.kind, j.description, j.owner, j.tags, j.schedule, j.time_zone, j.settings::text, j.guard::text, j.retry::text,
    extract(epoch from j.timeout)::float8, extract(epoch from j.start_within)::float8,
    j.overlap, j.missed, j.on_lost, j.runs_on, j.priority, j.enabled, j.source, j.version, j.paused_at is not null, j.updated_at,
    j.calendar, j.starts, j.ends, extract(epoch from j.spread)::float8, j.params::text, j.concurrency::text, j.expect::text, j.notify::text,
    j.for_each::text, j.made_by, j.paused_until, j.count
from scheduler.job j
order by j.name
