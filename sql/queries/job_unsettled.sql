-- Of some jobs, those that are about to be brought to Quartz: what differs there is no drift. And when each was due last that the ledger knows.
--   $1 text[]   names
select w.name, exists (select from scheduler_private.job_change c where c.job = w.name) as unsettled,
    (select r.due_at from scheduler_private.run r where r.job = w.name and r.run_key like w.name || '@%' order by r.due_at desc limit 1) as last_due_at
from unnest($1::text[]) as w (name)
