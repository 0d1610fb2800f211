-- The runs a lease holds, to find those whose claim's answer was lost on the way.
--   $1 bigint   this node's lease
-- Returns the columns of run_claim.sql.
select r.run_key, r.job, r.due_at, r.token, r.attempts, r.version, r.params::text as params
from scheduler_private.run r where r.state = 'running' and r.owner = $1
