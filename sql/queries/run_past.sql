-- What went before a run: the run of its job before it, the job's last success, and the run it follows.
--   $1 text, $2 timestamptz   run key and due time
--   $3 text                   its job
-- Returns one row: when the run before it was due, when the job last succeeded, and of the run it follows key, verdict and result (json).
-- Skipped and missed fires were never carried out and are no run before it.
select
    (select p.due_at from scheduler_private.run p
     where p.job = $3 and p.due_at < $2 and p.attempts > 0 and p.state = 'finished' order by p.due_at desc limit 1),
    (select g.last_success_at from scheduler_private.job_gate g where g.job = $3),
    parent.run_key, parent.verdict, parent.result::text
from (select r.cause from scheduler_private.run r where r.due_at = $2 and r.run_key = $1) own
left join lateral (
    select p.run_key, p.verdict, p.result from scheduler_private.run p
    -- Of a run that follows several ('after KEY and KEY') the one its schedule names first.
    where own.cause like 'after %' and p.due_at = scheduler_private.due_of(split_part(substr(own.cause, 7), ' and ', 1))
        and p.run_key = split_part(substr(own.cause, 7), ' and ', 1)
) parent on true
