-- Every attempt of every run, the present or last one included.
-- outcome: running, lost, failed (and tried again), handed back, else the run's verdict.
create or replace view scheduler.attempt as
select r.run_key, r.job, r.due_at, (p ->> 'attempt')::int as attempt, (p ->> 'token')::bigint as token, p ->> 'node' as node,
    (p ->> 'started_at')::timestamptz as started_at, (p ->> 'ended_at')::timestamptz as ended_at, p ->> 'outcome' as outcome, p ->> 'error' as error
from scheduler_private.run r cross join lateral jsonb_array_elements(r.past_attempts) as p
union all
select r.run_key, r.job, r.due_at, r.attempts, r.token, r.node, r.started_at, r.ended_at, coalesce(r.verdict, r.state), r.error
from scheduler_private.run r
where r.attempts > 0 and (r.state = 'running' or (r.state = 'finished' and r.owner is not null));
