-- How many runs of a concurrency group may run at once: the smallest limit of its jobs. Null when no job is in it any more: no limit.
--   name   the group
create or replace function scheduler_private.group_limit(name text) returns integer
language sql stable as $$
    select min(g.concurrency_limit) from scheduler_private.job_gate g where g.concurrency_group = name
$$;
