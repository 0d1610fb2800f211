-- Declared jobs by name; the columns of job_all.sql.
--   $1 text[]   names, each once
select j.name, j.kind, j.description, j.owner, j.tags, j.schedule, j.time_zone, j.settings::text, j.guard::text, j.retry::text,
    extract(epoch from j.timeout)::float8, extract(epoch from j.start_within)::float8,
    j.overlap, j.missed, j.on_lost, j.runs_on, j.priority, j.enabled, j.source, j.version, j.paused_at is not null, j.updated_at,
    j.calendar, j.starts, j.ends, extract(epoch from j.spread)::float8, j.params::text, j.concurrency::text, j.expect::text, j.notify::text,
    j.for_each::text, j.made_by, j.paused_until, j.count
from unnest($1::text[]) as w (name) join scheduler.job j on j.name = w.name
