-- What runs right now, longest first.
create or replace view scheduler.running as
select r.run_key, r.job, r.due_at, r.node, r.token, r.attempts, r.started_at, clock_timestamp() - r.started_at as running_for, r.progress
from scheduler_private.run r where r.state = 'running' order by r.started_at;
