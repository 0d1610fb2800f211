-- Fires by an event that are due and wait to be entered in the ledger.
--   $1 int, $2 int   number of live nodes and this node's rank among them: each takes its share of the jobs
--   $3 text[]        keys this node has in hand
--   $4 int           most rows
-- Returns run_key, job, due_at, cause. Another node's share too when it has waited for half a second: its node is dead or busy. Entering one twice
-- is harmless: the key is the ledger's.
select e.run_key, e.job, e.due_at, e.cause from scheduler_private.event e
where e.due_at <= clock_timestamp() and e.run_key <> all ($3::text[])
    and ((hashtext(e.job) & 1023) % $1 = $2 or greatest(e.created_at, e.due_at) < clock_timestamp() - interval '500 milliseconds')
order by e.due_at limit $4
