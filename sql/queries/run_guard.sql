-- Who holds a run right now: the fence's first question, and what a refused finish reports.
--   $1 text, $2 timestamptz   run key and due time
--   $3 text   statement time-out in milliseconds the session has from now on, '0' for none; null leaves it as it is
select r.state, r.token, r.owner, r.node, r.verdict, case when $3 is not null then set_config('statement_timeout', $3, false) end
from scheduler_private.run r where r.due_at = $2 and r.run_key = $1
